import Foundation
import Testing

@testable import Delivery

/// Writes what the builders make to the folder named by `HILUM_SAMPLES`, for judges of other make.
@Suite("Samples for other judges", .enabled(if: ProcessInfo.processInfo.environment["HILUM_SAMPLES"] != nil))
struct SampleFiles {
    @Test func write() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["HILUM_SAMPLES"])
        for version in ReceiverProfile.Version.allCases {
            for isFlat in [false, true] {
                for isSingle in [false, true] {
                    var profile = ReceiverProfile()
                    profile.version = version
                    profile.isOneObservationAMessage = isSingle
                    if isFlat {
                        profile.numbers = .text
                        profile.codes = .text
                        profile.units = .text
                    }
                    let builder = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
                    for item in Samples.items {
                        for message in try builder.messages(for: item) {
                            let name = "\(version.rawValue)-\(isFlat)-\(message.controlID).hl7"
                            try Data(message.bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
                        }
                    }
                }
            }
        }
        let mapper = FHIRMapper(spec: FHIRMappingSpec(), utcOffset: Fixtures.shanghai)
        for item in Samples.items {
            let bytes = try mapper.bundle(for: item).json().serialized(pretty: true)
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/\(item.id).json"))
        }
    }
}
