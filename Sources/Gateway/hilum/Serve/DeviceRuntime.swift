import Contracts
import DeviceProfile
import DriverWire
import Intake
import JSONText
import Synchronization
import Transport

/// Everything that a configured device needs to run, made from its entry and its profile.
struct DeviceRuntime: Sendable {
    let entry: DeviceEntry
    let profile: DeviceProfile
    let link: DeviceLinkSpec
    private(set) var intake: IntakeDevice

    /// - Parameters:
    ///   - reading: how what it says is read.
    ///   - destinations: ids that a patient's report of this device goes to.
    ///   - desk: gives the device its orders.
    ///   - unknown: counts codes that no rule knew.
    init(
        _ entry: DeviceEntry, reading: DeviceReading, link: DeviceLinkSpec, destinations: [String],
        unknown: UnknownCodes, desk: OrderDesk
    ) {
        self.entry = entry
        self.profile = reading.profile
        self.link = link
        intake = IntakeDevice(
            id: entry.id, driver: profile.driver, options: JSONValue.object(reading.options).serialized(),
            understand: { message, receivedAt in
                let normalized = reading.normalize(message, receivedAt: receivedAt)
                unknown.count(normalized.unknownCodes, device: entry.id)
                let reports = normalized.reports.map { report in
                    (report: report, destinations: report.isQC ? [] : destinations)
                }
                return IntakeDevice.Understood(reports: reports, contentDigest: normalized.contentDigest)
            },
            answer: { query in await desk.answer(query) })
        if profile.orders.download.isPushed {
            intake.download = .init(fetch: { await desk.download() }, claim: { await desk.claim($0) })
        }
    }
}

extension JSONObject {
    /// This object with the members of another laid over it: objects are merged, everything else is replaced.
    func overlaid(by other: JSONObject) -> JSONObject {
        var result = self
        for member in other.members {
            if case .object(let over) = member.value, case .object(let under)? = result[member.key] {
                result[member.key] = .object(under.overlaid(by: over))
            } else {
                result[member.key] = member.value
            }
        }
        return result
    }
}

/// Codes that no rule of a profile knew, counted since the start, for `hilum devices`.
final class UnknownCodes: Sendable {
    private struct Key: Hashable {
        var device: String
        var code: String
    }
    /// Devices that send ever new text as code must not fill the memory.
    private static let most = 10_000
    private let counts = Mutex<[Key: Int]>([:])

    func count(_ codes: [String], device: String) {
        guard !codes.isEmpty else { return }
        counts.withLock { counts in
            for code in codes {
                let key = Key(device: device, code: code)
                if counts.count < Self.most || counts[key] != nil { counts[key, default: 0] += 1 }
            }
        }
    }

    /// Codes of a device with their counts, most frequent first.
    func codes(of device: String) -> [(code: String, count: Int)] {
        counts.withLock { counts in
            counts.filter { $0.key.device == device }.map { ($0.key.code, $0.value) }
        }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }
}
