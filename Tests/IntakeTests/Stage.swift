import Contracts
import DriverWire
import JSONText
import Logging
import Orders
import ResultModel
import Synchronization

@testable import Intake

/// A link, a driver host and a journal that do what a test tells them.
final class StageLink: Link {
    let device = "d1"
    let peer = "stage"
    let sent = Mutex<[[UInt8]]>([])
    let acknowledged = Mutex(0)
    let closed = Mutex<String?>(nil)
    let reading = Mutex<[Bool]>([])
    func send(_ bytes: [UInt8]) { sent.withLock { $0.append(bytes) } }
    func acknowledge() { acknowledged.withLock { $0 += 1 } }
    let isFinished = Mutex(false)
    func finished() { isFinished.withLock { $0 = true } }
    func setReading(_ value: Bool) { reading.withLock { $0.append(value) } }
    func close(reason: String) { closed.withLock { $0 = $0 ?? reason } }
}

/// Answers each line of bytes: `m` a message, `k` an answer that acknowledges, `i` an immediate one, `n` not idle after it, `q`
/// a query about S1, `o` and `x` the device's word that it takes or refuses what is ordered on S1. An order goes out as
/// `ORDER` and its tests; those of specimen `NO` are refused.
final class StageDrivers: DriverHosting {
    let settled = Mutex<[UInt64]>([])
    let submitted = Mutex(0)
    let opened = Mutex(0)
    let onEnd = Mutex<(@Sendable (DriverEnd) -> Void)?>(nil)

    func open(
        driver: String, device: String, options: [UInt8], at time: Instant,
        onBatch: @escaping @Sendable (DriverBatch) -> Void, onEnd: @escaping @Sendable (DriverEnd) -> Void,
        onRestart: @escaping @Sendable (String) -> Void
    ) async throws -> any DriverInstance {
        opened.withLock { $0 += 1 }
        self.onEnd.withLock { $0 = onEnd }
        return Instance(drivers: self, onBatch: onBatch)
    }

    final class Instance: DriverInstance {
        let drivers: StageDrivers
        let onBatch: @Sendable (DriverBatch) -> Void
        let state = Mutex<(input: UInt64, offset: UInt64)>((0, 0))

        init(drivers: StageDrivers, onBatch: @escaping @Sendable (DriverBatch) -> Void) {
            self.drivers = drivers
            self.onBatch = onBatch
        }

        func receive(_ bytes: [UInt8], at time: Instant) {
            let (input, offset) = state.withLock { state in
                defer { state.offset += UInt64(bytes.count) }
                state.input += 1
                return (state.input, state.offset)
            }
            var events: [DriverEvent] = []
            // A test of large amounts sends nothing that means anything.
            for byte in bytes.prefix(1000) {
                switch byte {
                case UInt8(ascii: "m"):
                    events.append(.message(DeviceMessage(), start: offset, end: offset + UInt64(bytes.count)))
                case UInt8(ascii: "k"): events.append(.transmit(Array("ACK".utf8), isImmediate: false))
                case UInt8(ascii: "i"): events.append(.transmit(Array("NAK".utf8), isImmediate: true))
                case UInt8(ascii: "a"): events.append(.acknowledge)
                case UInt8(ascii: "q"):
                    var query = DeviceMessage(kind: .query)
                    query.queries = [DeviceMessage.Query()]
                    events.append(.query(query, start: offset, end: offset + 1))
                case UInt8(ascii: "o"), UInt8(ascii: "x"):
                    var message = DeviceMessage(kind: .order)
                    message.orders = [DeviceMessage.Order()]
                    message.orders[0].specimenID = "S1"
                    message.orders[0].action = byte == UInt8(ascii: "o") ? "AA" : "AE"
                    events.append(.order(message, start: offset, end: offset + 1))
                default: break
                }
            }
            onBatch(DriverBatch(input: input, events: events, isIdle: !bytes.contains(UInt8(ascii: "n"))))
        }
        func timeout(at time: Instant) { quiet() }
        func submit(_ order: [UInt8], at time: Instant) {
            let input = state.withLock { state in
                state.input += 1
                return state.input
            }
            let json = try? JSONValue(parsing: order)
            if json?["specimen_id"]?.string == "NO" {
                let fault = DriverEvent.fault(DriverFault(.refused, "cannot be said"))
                return onBatch(DriverBatch(input: input, events: [fault], isIdle: true, isOrderRefused: true))
            }
            drivers.submitted.withLock { $0 += 1 }
            let text = "ORDER " + (json?["tests"]?.array ?? []).compactMap(\.string).joined(separator: " ")
            onBatch(DriverBatch(input: input, events: [.transmit(Array(text.utf8), isImmediate: false)], isIdle: true))
        }
        func finish(at time: Instant) { quiet() }
        func settled(input: UInt64) { drivers.settled.withLock { $0.append(input) } }
        func close() {}
        private func quiet() {
            let input = state.withLock { state in
                state.input += 1
                return state.input
            }
            onBatch(DriverBatch(input: input, events: [], isIdle: true))
        }
    }
}

final class StageJournal: Journal {
    typealias Completion = @Sendable (Result<CommitReceipt, StoreFault>) -> Void
    struct State {
        var units: [CommitUnit] = []
        var waiting: [Completion] = []
        var holdsBack = false
        var fault: StoreFault?
        var closed: [Int64] = []
        var quarantined: [[UInt8]] = []
        var unfinished: [UnfinishedConversation] = []
    }
    let state = Mutex(State())

    func openConversation(device: String, peer: String, at unix: Int64) async throws -> Int64 { 7 }

    func commit(_ unit: CommitUnit, completion: @escaping Completion) {
        let (fault, holdsBack) = state.withLock { state in
            state.units.append(unit)
            if state.holdsBack { state.waiting.append(completion) }
            return (state.fault, state.holdsBack)
        }
        if holdsBack { return }
        if let fault { completion(.failure(fault)) } else { completion(.success(CommitReceipt(reports: []))) }
    }

    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for completion in waiting { completion(.success(CommitReceipt(reports: []))) }
    }

    func quarantine(device: String, conversation: Int64, bytes: [UInt8], reason: String) async throws {
        state.withLock { $0.quarantined.append(bytes) }
    }
    func unfinishedConversations() async throws -> [UnfinishedConversation] { state.withLock { $0.unfinished } }
    func closeConversation(_ id: Int64, at unix: Int64) async throws { state.withLock { $0.closed.append(id) } }

    /// All bytes of one direction, in the order committed.
    func bytes(_ direction: JournalEntry.Direction) -> [UInt8] {
        state.withLock { state in
            state.units.flatMap(\.journal).filter { $0.direction == direction }.flatMap(\.bytes)
        }
    }
}

final class StageAlarms: AlarmSink {
    let raised = Mutex<[String]>([])
    func raise(subject: String, kind: String, text: String) { raised.withLock { $0.append("\(kind): \(text)") } }
    func clear(subject: String, kind: String, text: String) {}
}

struct StageClock: Contracts.Clock {
    func now() -> Instant { Instant(unix: 1_700_000_000_000_000, monotonic: 0) }
}

struct Stage {
    let link = StageLink()
    let drivers = StageDrivers()
    let journal = StageJournal()
    let alarms = StageAlarms()
    let intake: Intake

    init() {
        intake = Intake(
            drivers: drivers, journal: journal, alarms: alarms, clock: StageClock(), log: Logger(label: "test"))
        intake.update(device(options: "{}"))
    }

    func device(options: String) -> IntakeDevice {
        IntakeDevice(
            id: "d1", driver: "stage", options: Array(options.utf8),
            understand: { _, _ in .init(reports: [(Report(), [])], contentDigest: 1) }, answer: { _ in [] })
    }

    func receive(_ text: String) { intake.handle(.received(link, Array(text.utf8), StageClock().now())) }

    var sent: [String] { link.sent.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }

    /// Waits until something holds, at most thirty seconds.
    func until(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<6000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return condition()
    }
}
