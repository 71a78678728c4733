import Contracts
import Foundation
import Logging

@testable import Delivery

enum ImageFixtures {
    /// A file that can be read; what is in it does not matter to the fake archive.
    static let file: String = {
        let path = FileManager.default.temporaryDirectory.path + "/hilum-image-\(getpid()).dcm"
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0, count: 200))
        return path
    }()

    /// Instance `number` of study `study`.
    static func item(_ id: Int64, study: Int = 1, destination: String = "pacs", path: String = file) -> ForwardItem {
        ForwardItem(
            id: id, destination: destination, study: "1.2.\(study)", sopClass: "1.2.840.10008.5.1.4.1.1.2",
            sopInstance: "1.2.\(study).\(id)", transferSyntax: "1.2.840.10008.1.2.1", path: path, size: 200,
            callingAE: "CT1", attempts: 0, createdAt: Fixtures.created)
    }

    static let quick = RetryPolicy(initialDelay: .milliseconds(5), longestDelay: .milliseconds(40))

    static func archive(_ change: (inout DICOMDestinationSpec) -> Void = { _ in }) -> DICOMDestinationSpec {
        var spec = DICOMDestinationSpec(host: "127.0.0.1", port: 11112, called: "PACS", calling: "HILUM")
        change(&spec)
        return spec
    }

    static func runner(
        _ queue: MemoryForwardQueue, _ archive: FakeArchive, _ spec: DICOMDestinationSpec = archive(),
        alarms: AlarmList = AlarmList(), lanes: Int = 2, retry: RetryPolicy = quick, patience: Duration? = nil
    ) -> ImageRunner {
        let destination = DestinationSpec(id: "pacs", kind: .dicom(spec), lanes: lanes, retry: retry)
        let clock = MachineClock()
        let commitment = spec.commitment.map {
            CommitmentRequester(
                destination: destination, spec: spec, commitment: $0, service: archive.service, queue: queue,
                alarms: alarms, clock: clock, logger: RunnerTests.quietLogger)
        }
        return ImageRunner(
            spec: destination, sender: DICOMImageSender(spec: spec, service: archive.service, patience: patience),
            queue: queue, alarms: alarms, clock: clock, logger: RunnerTests.quietLogger, commitment: commitment)
    }
}
