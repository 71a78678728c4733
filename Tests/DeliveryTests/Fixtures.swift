import Contracts
import Delivery
import NIOCore
import ResultModel
import Synchronization

/// A clock that tells the time of the machine.
struct MachineClock: Contracts.Clock {
    func now() -> Instant {
        let monotonic = ContinuousClock.now - MachineClock.origin
        let (seconds, attoseconds) = monotonic.components
        let micros = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return Instant(unix: 1_773_830_000_000_000 + micros, monotonic: micros)
    }
    private static let origin = ContinuousClock.now
}

/// A clock that stands still until it is set.
final class StillClock: Contracts.Clock {
    let time: Mutex<Int64>
    init(_ unix: Int64) { time = Mutex(unix) }
    func now() -> Instant {
        let unix = time.withLock { $0 }
        return Instant(unix: unix, monotonic: unix)
    }
}

enum Fixtures {
    /// 2026-03-18T10:33:20Z.
    static let created: Int64 = 1_773_830_000_123_000
    static let shanghai: @Sendable (Int64) -> Int32 = { _ in 28_800 }

    static func observation(
        _ code: String, loinc: String = "", _ value: ObservationValue, status: Observation.Status = .final,
        flags: [String] = []
    ) -> Observation {
        var observation = Observation()
        observation.asSent.code = code
        observation.asSent.name = code + " name"
        if !loinc.isEmpty {
            observation.loinc = Coding(system: Coding.loinc, code: loinc, display: code + " long name")
        }
        observation.localCode = code
        observation.display = code
        observation.value = value
        observation.status = status
        observation.interpretation = flags
        observation.effective = ClinicalTime(local: "2026-03-18T18:30:00", utcOffset: 28_800)
        return observation
    }

    static func number(_ number: String, _ comparator: ObservationValue.Comparator? = nil) -> ObservationValue {
        .quantity(Quantity(number: number, comparator: comparator, unit: "10^9/L", ucum: "10*9/L"))
    }

    /// A report with one row of each form of value.
    static func report() -> Report {
        var report = Report()
        report.id = 17
        report.device = "haematology-1"
        report.profile = "generic-lis"
        report.protocolName = "LIS2-A2"
        report.controlID = "42"
        report.specimen.id = "0012345678"
        report.specimen.type = "whole blood"
        report.specimen.typeCode = "BLD"
        report.specimen.collectedAt = ClinicalTime(local: "2026-03-18T09:15", utcOffset: 28_800)
        report.specimen.receivedAt = ClinicalTime(local: "2026-03-18T09:40:00", utcOffset: 28_800)
        var patient = Patient()
        patient.id = "000771-0175"
        patient.name = "Muster^Erika^Maria"
        patient.birthDate = "1970-02-28"
        patient.sex = "F"
        patient.location = "W3^12^A"
        report.patient = patient
        report.order.placerID = "PL-9"
        report.order.fillerID = ""
        report.order.priority = "S"
        report.order.orderedAt = ClinicalTime(local: "2026-03-18T08:00:00", utcOffset: 28_800)
        report.issued = ClinicalTime(local: "2026-03-18T18:31:00", utcOffset: 28_800)
        report.receivedAt = created - 1_000_000
        report.comments = ["checked by hand"]
        var low = observation("CRP", loinc: "1988-5", number("0.01", .less), flags: ["L"])
        low.referenceRange = ReferenceRange(low: "0", high: "5", text: "0-5")
        low.comments = ["first line\nsecond | line"]
        low.operatorID = "OP7"
        low.method = "nephelometry"
        report.observations = [
            observation("WBC", loinc: "6690-2", number("5.40"), flags: ["N"]),
            low,
            observation("ANA", .ratio(comparator: .greater, numerator: "1", denominator: "1280"), flags: ["POS"]),
            observation(
                "RANGE", .range(low: Quantity(number: "3"), high: Quantity(number: "5"))),
            observation("GLU", .coded(text: "+++", coding: nil), flags: ["A"]),
            observation("COM", .text("see note & call")),
            observation("LYM", .absent(reason: .error, text: "----")),
            observation("WBC", number("5.6")),
        ]
        return report
    }

    static func item(_ report: Report = report(), id: Int64 = 1234, key: UInt64 = 7, destination: String = "emr")
        -> OutboxItem
    {
        OutboxItem(
            id: id, gateway: "AB12", destination: destination, orderKey: key, report: report, attempts: 0,
            createdAt: created)
    }

    static func small(id: Int64, key: UInt64? = nil) -> OutboxItem {
        var report = Report()
        report.id = id
        report.device = "d"
        report.specimen.id = "S\(id)"
        report.observations = [observation("WBC", loinc: "6690-2", number("\(id).5"))]
        return item(report, id: id, key: key ?? UInt64(bitPattern: id))
    }
}

/// Alarms as they were told.
final class AlarmList: AlarmSink {
    let told = Mutex<[String]>([])
    func raise(subject: String, kind: String, text: String) { told.withLock { $0.append("raise \(kind): \(text)") } }
    func clear(subject: String, kind: String, text: String) { told.withLock { $0.append("clear \(kind)") } }
    func count(_ prefix: String) -> Int { told.withLock { $0.count { $0.hasPrefix(prefix) } } }
}

/// A queue in memory with the rules of `Outbox`.
final class MemoryOutbox: Outbox {
    enum State: Equatable {
        case waiting(due: Int64)
        case claimed
        case delivered(String)
        case dead(String)
    }
    struct Row {
        var item: OutboxItem
        var state: State
        var attempts = 0
        var reasons: [String] = []
    }
    struct Broken: Error {}
    struct Contents {
        var rows: [Row] = []
        var order: [Int64] = []
        var failures = 0
        var wakers: [@Sendable () -> Void] = []
    }
    let contents = Mutex(Contents())

    init(_ items: [OutboxItem]) {
        contents.withLock { $0.rows = items.map { Row(item: $0, state: .waiting(due: 0)) } }
    }

    func add(_ items: [OutboxItem]) {
        let wakers = contents.withLock { contents in
            contents.rows += items.map { Row(item: $0, state: .waiting(due: 0)) }
            return contents.wakers
        }
        for wake in wakers { wake() }
    }

    func claim(destination: String, limit: Int, now: Int64) async throws -> (items: [OutboxItem], nextDue: Int64?) {
        try contents.withLock { contents in
            if contents.failures > 0 {
                contents.failures -= 1
                throw Broken()
            }
            var items: [OutboxItem] = []
            var nextDue: Int64?
            var openKeys: Set<UInt64> = []
            for index in contents.rows.indices {
                let row = contents.rows[index]
                let key = row.item.orderKey
                guard !openKeys.contains(key) else { continue }
                switch row.state {
                case .waiting(let due):
                    openKeys.insert(key)
                    if due <= now, items.count < limit {
                        contents.rows[index].state = .claimed
                        var item = row.item
                        item.attempts = row.attempts
                        items.append(item)
                    } else {
                        nextDue = min(nextDue ?? due, due)
                    }
                case .claimed: openKeys.insert(key)
                case .delivered, .dead: break
                }
            }
            return (items, nextDue)
        }
    }

    func settle(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws {
        try contents.withLock { contents in
            if contents.failures > 0 {
                contents.failures -= 1
                throw Broken()
            }
            for (id, outcome) in outcomes {
                guard let index = contents.rows.firstIndex(where: { $0.item.id == id }) else { continue }
                contents.rows[index].attempts += 1
                switch outcome {
                case .delivered(let note):
                    contents.rows[index].state = .delivered(note)
                    contents.order.append(id)
                case .retry(let at, let reason):
                    contents.rows[index].state = .waiting(due: at)
                    contents.rows[index].reasons.append(reason)
                case .dead(let reason): contents.rows[index].state = .dead(reason)
                }
            }
        }
    }

    func onWork(destination: String, _ wake: @escaping @Sendable () -> Void) {
        contents.withLock { $0.wakers.append(wake) }
    }

    func row(_ id: Int64) -> Row? { contents.withLock { $0.rows.first { $0.item.id == id } } }
    var isDone: Bool {
        contents.withLock { contents in
            contents.rows.allSatisfy {
                switch $0.state {
                case .delivered, .dead: true
                case .waiting, .claimed: false
                }
            }
        }
    }
    var deliveredCount: Int {
        contents.withLock { $0.rows.count { if case .delivered = $0.state { true } else { false } } }
    }
}

/// Waits until something holds, 30 s at most.
func eventually(_ seconds: Double = 30, _ condition: @Sendable () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
