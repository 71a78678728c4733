import Contracts
import Logging
import NIOPosix
import ResultModel
import Synchronization
import Testing

@testable import Delivery

/// A sender whose every attempt a closure decides.
final class ScriptedSender: Sender {
    let attempts = Mutex<[Int64]>([])
    let running = Mutex<(now: Int, most: Int, closed: Bool)>((0, 0, false))
    let answer: @Sendable (OutboxItem, Int) async -> Attempt

    init(_ answer: @escaping @Sendable (OutboxItem, Int) async -> Attempt) { self.answer = answer }

    func deliver(_ item: OutboxItem, lane: Int) async -> Attempt {
        let count = attempts.withLock { attempts in
            attempts.append(item.id)
            return attempts.count { $0 == item.id }
        }
        running.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
        let attempt = await answer(item, count)
        running.withLock { $0.now -= 1 }
        return attempt
    }
    func close() async { running.withLock { $0.closed = true } }
    func onOddity(_ tell: @escaping @Sendable (Oddity) -> Void) {}
}

@Suite("Queue runner")
struct RunnerTests {
    static let quick = RetryPolicy(initialDelay: .milliseconds(5), longestDelay: .milliseconds(40))

    static func runner(
        _ outbox: MemoryOutbox, _ sender: ScriptedSender, alarms: AlarmList = AlarmList(), lanes: Int = 4,
        retry: RetryPolicy = quick
    ) -> DestinationRunner {
        DestinationRunner(
            spec: DestinationSpec(
                id: "emr", kind: .folder(.init(path: "/", form: .hl7(ReceiverProfile()))), lanes: lanes, retry: retry),
            sender: sender, outbox: outbox, alarms: alarms, clock: MachineClock(), logger: quietLogger)
    }

    static let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("Everything goes out once, lanes work at the same time, one key in order")
    func order() async throws {
        let items = (1...300).map { Fixtures.small(id: $0, key: UInt64($0 % 10)) }
        let outbox = MemoryOutbox(items)
        let sender = ScriptedSender { _, _ in
            try? await Task.sleep(for: .microseconds(200))
            return .delivered(note: "")
        }
        let runner = Self.runner(outbox, sender)
        await runner.start()
        #expect(await eventually { outbox.isDone })
        await runner.stop()
        let sent = sender.attempts.withLock { $0 }
        #expect(sent.count == 300)
        for key in 0..<10 { #expect(sent.filter { $0 % 10 == key } == sent.filter { $0 % 10 == key }.sorted()) }
        #expect(sender.running.withLock { $0.most } > 1)
        #expect(sender.running.withLock { $0.most } <= 4)
    }

    @Test("A key that waits does not hold up the others, and keeps its order")
    func headOfLine() async throws {
        let items = (1...40).map { Fixtures.small(id: $0, key: UInt64($0 % 4)) }
        let outbox = MemoryOutbox(items)
        let sender = ScriptedSender { item, count in
            item.id == 1 && count <= 3 ? .failed(reason: "AE", retryAfter: nil) : .delivered(note: "")
        }
        let retry = RetryPolicy(initialDelay: .milliseconds(100), longestDelay: .milliseconds(100), refusals: 10)
        let runner = Self.runner(outbox, sender, retry: retry)
        await runner.start()
        #expect(await eventually { outbox.isDone })
        await runner.stop()
        let order = outbox.contents.withLock { $0.order }
        let first = order.filter { $0 % 4 == 1 }
        #expect(first == first.sorted() && first.count == 10)
        #expect(order.suffix(10) == first[...])
    }

    @Test("AE: limited attempts, then a person; AR: at once")
    func refusals() async throws {
        let alarms = AlarmList()
        let outbox = MemoryOutbox((1...3).map { Fixtures.small(id: $0) })
        let sender = ScriptedSender { item, _ in
            switch item.id {
            case 1: .failed(reason: "AE", retryAfter: nil)
            case 2: .refused(reason: "AR")
            default: .delivered(note: "")
            }
        }
        let runner = Self.runner(outbox, sender, alarms: alarms)
        await runner.start()
        #expect(await eventually { outbox.isDone })
        await runner.stop()
        #expect(outbox.row(1)?.state == .dead("AE (5 attempts)"))
        #expect(outbox.row(2)?.state == .dead("AR"))
        #expect(outbox.row(3)?.state == .delivered(""))
        #expect(sender.attempts.withLock { $0.count { $0 == 1 } } == 5)
        #expect(sender.attempts.withLock { $0.count { $0 == 2 } } == 1)
        #expect(alarms.count("raise dead-letter") == 2)
    }

    @Test("A receiver that is down: one alarm, one probe at a time, one recovery, nothing lost or dead")
    func outage() async throws {
        let alarms = AlarmList()
        let outbox = MemoryOutbox((1...100).map { Fixtures.small(id: $0) })
        let isUp = Atomic(false)
        let sender = ScriptedSender { _, _ in
            isUp.load(ordering: .relaxed)
                ? .delivered(note: "") : .unreachable(reason: "refused", isSent: false, retryAfter: nil)
        }
        let runner = Self.runner(outbox, sender, alarms: alarms)
        await runner.start()
        let start = ContinuousClock.now
        #expect(await eventually { sender.attempts.withLock { $0.count } >= 12 })
        // At most the lanes at first, then one probe after another, soon one every 30 ms or later.
        #expect(ContinuousClock.now - start >= .milliseconds(120))
        #expect(outbox.deliveredCount == 0)
        isUp.store(true, ordering: .relaxed)
        #expect(await eventually { outbox.isDone })
        await runner.stop()
        #expect(outbox.deliveredCount == 100)
        #expect(alarms.told.withLock { $0 } == ["raise destination-down: refused", "clear destination-down"])
    }

    @Test("One item that stops the receiver does not block the others and ends with a person")
    func poison() async throws {
        let outbox = MemoryOutbox((1...60).map { Fixtures.small(id: $0) })
        let sender = ScriptedSender { item, _ in
            item.id == 1 ? .unreachable(reason: "closed", isSent: true, retryAfter: nil) : .delivered(note: "")
        }
        let runner = Self.runner(outbox, sender, lanes: 1)
        await runner.start()
        let feed = Task {
            for id in Int64(61)...200 {
                outbox.add([Fixtures.small(id: id)])
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(await eventually { outbox.isDone && outbox.deliveredCount == 199 })
        await feed.value
        await runner.stop()
        guard case .dead(let reason) = outbox.row(1)?.state else {
            Issue.record("\(String(describing: outbox.row(1)))")
            return
        }
        #expect(reason.contains("while the receiver took other items"))
    }

    @Test("A receiver that refuses everything is not fed the whole queue")
    func refusesEverything() async throws {
        let alarms = AlarmList()
        let outbox = MemoryOutbox((1...200).map { Fixtures.small(id: $0) })
        let sender = ScriptedSender { _, _ in .refused(reason: "AR unknown sender") }
        let runner = Self.runner(
            outbox, sender, alarms: alarms, lanes: 1,
            retry: RetryPolicy(initialDelay: .milliseconds(100), longestDelay: .seconds(1)))
        await runner.start()
        #expect(await eventually { alarms.count("raise destination-down") == 1 })
        try await Task.sleep(for: .milliseconds(300))
        await runner.stop()
        #expect(sender.attempts.withLock { $0.count } < 15)
        #expect(alarms.count("raise destination-down: refuses every item") == 1)
    }

    @Test("Retry-After is honoured")
    func retryAfter() async throws {
        let outbox = MemoryOutbox([Fixtures.small(id: 1)])
        let sender = ScriptedSender { _, count in
            count == 1
                ? .unreachable(reason: "503", isSent: false, retryAfter: .milliseconds(400)) : .delivered(note: "")
        }
        let runner = Self.runner(outbox, sender)
        let start = ContinuousClock.now
        await runner.start()
        #expect(await eventually { outbox.isDone })
        #expect(ContinuousClock.now - start >= .milliseconds(390))
        await runner.stop()
    }

    @Test("Outcomes that cannot be recorded are kept: nothing is sent again, nothing more is sent meanwhile")
    func storeFailure() async throws {
        let outbox = MemoryOutbox([Fixtures.small(id: 1)])
        let sender = ScriptedSender { _, _ in
            outbox.contents.withLock { $0.failures = 2 }
            return .delivered(note: "")
        }
        let runner = Self.runner(outbox, sender)
        await runner.start()
        #expect(await eventually { outbox.isDone })
        await runner.stop()
        #expect(sender.attempts.withLock { $0 } == [1])
    }

    @Test("Stop lets attempts under way end and gives the rest back")
    func stop() async throws {
        let outbox = MemoryOutbox((1...50).map { Fixtures.small(id: $0) })
        let sender = ScriptedSender { _, _ in
            try? await Task.sleep(for: .milliseconds(100))
            return .delivered(note: "")
        }
        let runner = Self.runner(outbox, sender, lanes: 2)
        await runner.start()
        #expect(await eventually { sender.running.withLock { $0.now } == 2 })
        await runner.stop()
        let states = outbox.contents.withLock { $0.rows.map(\.state) }
        #expect(!states.contains(.claimed))
        #expect(outbox.deliveredCount == sender.attempts.withLock { $0.count })
        #expect(outbox.deliveredCount <= 6)
        #expect(sender.running.withLock { $0.closed })
    }

    @Test("New items wake the runner")
    func wakes() async throws {
        let outbox = MemoryOutbox([])
        let sender = ScriptedSender { _, _ in .delivered(note: "") }
        let runner = Self.runner(outbox, sender)
        await runner.start()
        for id in Int64(1)...20 {
            outbox.add([Fixtures.small(id: id)])
            #expect(await eventually { outbox.deliveredCount == Int(id) })
        }
        await runner.stop()
    }

    @Test("A failure that began before something else was taken does not stop the destination")
    func lateFailure() {
        var ledger = AttemptLedger(policy: RetryPolicy())
        func now(_ time: Int64) -> Instant { Instant(unix: time, monotonic: time) }
        let item: Int64 = 1
        _ = ledger.judge(.delivered(note: ""), of: 2, begun: 5, now: now(20))
        let late = ledger.judge(
            .unreachable(reason: "503", isSent: false, retryAfter: nil), of: item, begun: 10, now: now(30))
        #expect(late.change == .none && !ledger.circuit.isOpen)
        let fresh = ledger.judge(
            .unreachable(reason: "503", isSent: false, retryAfter: nil), of: item, begun: 25, now: now(40))
        #expect(fresh.change == .outage(reason: "503") && ledger.circuit.isOpen)
        #expect(ledger.judge(.delivered(note: ""), of: item, begun: 41, now: now(50)).change == .recovery)
    }

    @Test("Waiting times: doubled, never beyond the longest, within a quarter of jitter")
    func delays() {
        let policy = RetryPolicy()
        var expected: Int64 = 1_000_000
        for failures in 1...60 {
            for jitter in [0, 0.5, 1.0] {
                let delay = policy.delay(afterFailures: failures, jitter: jitter)
                #expect(delay == Int64(Double(expected) * (0.75 + 0.5 * jitter)))
            }
            expected = min(expected * 2, 300_000_000)
        }
        for odd in [Int.min, -1, 0, Int.max] { #expect(policy.delay(afterFailures: odd, jitter: 9) > 0) }
    }
}
