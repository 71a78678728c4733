import Contracts
import DICOM
import DriverWire
import Foundation
import Imaging
import ImagingModel
import Logging
import ResultModel
import Store
import Synchronization

/// A clock that a test moves.
final class TestClock: Contracts.Clock {
    private let time = Mutex(Instant(unix: 1_726_000_000_000_000, monotonic: 1, utcOffset: 28_800))
    func now() -> Instant { time.withLock { $0 } }
    func advance(seconds: Int64) {
        time.withLock {
            $0.unix += seconds * 1_000_000
            $0.monotonic += seconds * 1_000_000
        }
    }
}

/// A gateway's imaging half with a store of its own and a driver that a test plays.
final class ImagingTestSite: Sendable {
    let folder = NSTemporaryDirectory() + "hilum-imaging-\(UUID().uuidString)"
    let clock = TestClock()
    private let files = Mutex(0)

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func openStore(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> Store {
        var configuration = StoreConfiguration(folder: folder, clock: clock)
        change(&configuration)
        return try Store(configuration)
    }

    /// Settings with one CT that is forwarded to `pacs` and told to `emr`.
    func settings() -> ImagingSettings {
        var settings = ImagingSettings(
            folder: folder + "/images", forward: { _, _, _ in [ImageRoute(destination: "pacs")] },
            report: { _, _ in ["emr"] })
        var device = ImagingDevice(id: "ct-1")
        device.title = "CT1"
        device.may = ["store", "worklist", "mpps", "commit", "find", "retrieve"]
        settings.devices = [device]
        settings.listeners = [ImagingSettings.Listener(port: 0)]
        return settings
    }

    func run(
        _ store: Store, _ settings: ImagingSettings? = nil, driver: FakeDriver = FakeDriver()
    ) async throws -> RunningNode {
        let node = ImagingNode(
            hosting: driver, store: store, journal: store, alarms: store, clock: clock,
            settings: settings ?? self.settings(), log: Logger(label: "test"))
        try await node.start()
        return RunningNode(node: node, driver: driver, store: store, site: self)
    }

    /// Writes a file as the driver does.
    func write(_ set: DataSet, transferSyntax: String = TransferSyntax.explicitLittleEndian) throws -> String {
        var meta = DataSet()
        meta.set(.sourceApplicationEntityTitle, .AE, text: "CT1")
        let file = DICOMFile(meta: meta, dataSet: set, transferSyntax: transferSyntax)
        return try write(file.encoded())
    }

    func write(_ bytes: [UInt8]) throws -> String {
        let number = files.withLock { files in
            files += 1
            return files
        }
        let hour = folder + "/images/2024/09/10/20"
        try FileManager.default.createDirectory(atPath: hour, withIntermediateDirectories: true)
        let path = hour + "/\(number).dcm"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

/// A node that runs.
struct RunningNode: Sendable {
    let node: ImagingNode
    let driver: FakeDriver
    let store: Store
    let site: ImagingTestSite

    /// Sends a data set as a C-STORE; the status that is answered.
    @discardableResult
    func store(
        _ set: DataSet, sopClass: String? = nil, sopInstance: String? = nil,
        fields: [String: String] = [:], path given: String? = nil
    ) async throws -> String {
        let path = try given ?? site.write(set)
        var all = [
            "path": path, "size": "\(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)",
            "sop_class": sopClass ?? set.string(.sopClassUID) ?? "",
            "sop_instance": sopInstance ?? set.string(.sopInstanceUID) ?? "",
            "transfer_syntax": TransferSyntax.explicitLittleEndian,
        ]
        all.merge(fields) { $1 }
        return try await driver.ask("stored", all).answer["status"] ?? ""
    }

    func study(_ uid: String = Sample.study) async throws -> ArchivedStudy? {
        try await store.reader.study(uid)?.study
    }

    /// Waits until a study stands like this.
    func study(
        _ uid: String = Sample.study, when isSo: (ArchivedStudy) -> Bool
    ) async throws -> ArchivedStudy {
        try await eventually {
            guard let study = try await study(uid), isSo(study) else { return nil }
            return study
        }
    }

    /// What the EMR's queue holds now, settled as delivered.
    func delivered() async throws -> [Report] {
        let items = try await store.claim(destination: "emr", limit: 100, now: site.clock.now().unix).items
        try await store.settle(items.map { ($0.id, .delivered(note: "AA")) }, now: site.clock.now().unix)
        return items.map(\.report)
    }
}

/// Data sets of a made-up CT.
enum Sample {
    static let study = "1.2.826.0.1.3680043.9.1.1"
    static let ct = "1.2.840.10008.5.1.4.1.1.2"

    static func image(
        _ number: Int, study: String = Sample.study, series: Int = 1, patient: String = "P1",
        name: String = "Wang^Xiaodong=王^小东", change: (inout DataSet) -> Void = { _ in }
    ) -> DataSet {
        var set = DataSet(characterSet: .utf8)
        set.set(.sopClassUID, .UI, text: ct)
        set.set(.sopInstanceUID, .UI, text: "\(study).\(series).\(number)")
        set.set(.studyInstanceUID, .UI, text: study)
        set.set(.seriesInstanceUID, .UI, text: "\(study).\(series)")
        set.set(.patientID, .LO, text: patient)
        set.set(.patientName, .PN, text: name)
        set.set(.patientBirthDate, .DA, text: "19600401")
        set.set(.patientSex, .CS, text: "M")
        set.set(.studyDate, .DA, text: "20240910")
        set.set(.studyTime, .TM, text: "091500")
        set.set(.accessionNumber, .SH, text: "A1")
        set.set(.studyDescription, .LO, text: "CT chest")
        set.set(.modality, .CS, text: "CT")
        set.set(.seriesNumber, .IS, integer: series)
        set.set(.instanceNumber, .IS, integer: number)
        set.set(.stationName, .SH, text: "CTROOM1")
        set.set(.rows, .US, integer: 4)
        set.set(.columns, .US, integer: 4)
        set.set(.bitsAllocated, .US, integer: 16)
        set.set(.pixelData, .OW, bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32))
        change(&set)
        return set
    }
}
