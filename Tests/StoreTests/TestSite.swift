import Contracts
import Foundation
import ResultModel
import Store
import Synchronization

/// A clock that a test moves.
final class TestClock: Clock {
    private let time: Mutex<Instant>

    init(unix: Int64 = 1_726_000_000_000_000) { time = Mutex(Instant(unix: unix, monotonic: 1, utcOffset: 28_800)) }

    func now() -> Instant { time.withLock { $0 } }

    func advance(seconds: Int64) {
        time.withLock {
            $0.unix += seconds * 1_000_000
            $0.monotonic += max(0, seconds) * 1_000_000
        }
    }
}

/// A state folder of its own for one test.
final class TestSite: Sendable {
    let folder: String
    let clock = TestClock()

    init() {
        folder = NSTemporaryDirectory() + "hilum-store-\(UUID().uuidString)"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> Store {
        var configuration = StoreConfiguration(folder: folder, clock: clock)
        change(&configuration)
        return try Store(configuration)
    }

    /// A unit with one message of one report.
    func unit(
        _ conversation: Int64, _ report: Report, to destinations: [String] = ["emr"], digest: UInt64 = 0,
        raw: String = "raw bytes", device: String = "dev"
    ) -> CommitUnit {
        var unit = CommitUnit(device: device, conversation: conversation)
        unit.journal = [
            JournalEntry(.received, unix: clock.now().unix, bytes: Array(raw.utf8)),
            JournalEntry(.sent, unix: clock.now().unix + 40, bytes: [6]),
        ]
        unit.messages = [
            MessageDraft(
                kind: "results", protocolName: "LIS2", controlID: "17", isComplete: true, start: 0,
                end: UInt64(raw.utf8.count), contentDigest: digest, reports: [(report, destinations)])
        ]
        unit.isIdle = true
        return unit
    }

    /// A report of the device `dev`.
    func report(
        _ specimen: String, patient: String = "", _ values: [(code: String, value: String)],
        status: Observation.Status = .final, time: String = "2024-09-10T10:00:00", qc: Bool = false
    ) -> Report {
        var report = Report()
        report.device = "dev"
        report.profile = "sample"
        report.specimen.id = specimen
        if !patient.isEmpty {
            report.patient = Patient()
            report.patient?.id = patient
        }
        report.status = status
        report.isQC = qc
        report.receivedAt = clock.now().unix
        report.observations = values.map { code, value in
            var observation = Observation()
            observation.asSent.code = code
            observation.asSent.value = value
            observation.asSent.unit = "mmol/L"
            observation.asSent.time = time
            observation.status = status
            observation.value = .quantity(Quantity(number: value, unit: "mmol/L", ucum: "mmol/L"))
            return observation
        }
        return report
    }
}

extension Store {
    /// `commit` that waits.
    func commit(_ unit: CommitUnit) async throws -> CommitReceipt {
        let result: Result<CommitReceipt, StoreFault> = await withCheckedContinuation { continuation in
            commit(unit) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// One report in, its fate out.
    func put(_ unit: CommitUnit) async throws -> ReportFate {
        let receipt = try await commit(unit)
        guard let fate = receipt.reports.first, receipt.reports.count == 1 else { throw MissingFate() }
        return fate
    }

    /// Everything due, settled as delivered; the reports in the order claimed.
    func deliverAll(_ destination: String = "emr", now: Int64) async throws -> [OutboxItem] {
        var all: [OutboxItem] = []
        while true {
            let (items, _) = try await claim(destination: destination, limit: 10, now: now)
            if items.isEmpty { return all }
            all += items
            try await settle(items.map { ($0.id, .delivered(note: "AA")) }, now: now)
        }
    }
}

struct MissingFate: Error {}

/// A seeded generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
