import Contracts
import Testing

@testable import DriverHost

/// The calls kept for a replay.
@Suite struct ReplayLogTests {
    struct SplitMix64: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private func time(_ number: Int) -> Instant { Instant(unix: Int64(number), monotonic: Int64(number)) }

    /// A driver that needs each call until the next one whose number divides by `period`; processes that end at any moment,
    /// answers lost with them. Each answer is handed out once, in order, and a fresh process has what it needs.
    @Test func anyCrashesAnyOrder() {
        for seed in 0..<300 {
            var random = SplitMix64(state: UInt64(seed))
            let period = UInt64.random(in: 1...7, using: &random)
            var log = ReplayLog(limit: .max, openedAt: time(0))
            var made = 0
            var handedOut: [UInt64] = []
            /// Calls that the process has, not answered yet; and those it has seen since it was opened.
            var underWay: [ReplayLog.Call] = []
            var seen: [UInt64] = []
            var offset: UInt64 = 0
            for _ in 0..<400 {
                switch Int.random(in: 0...9, using: &random) {
                case 0...3:
                    made += 1
                    log.append(
                        .receive, [UInt8](repeating: UInt8(truncatingIfNeeded: made), count: made % 5), time(made))
                case 4...5:
                    if let call = log.nextToSend(window: 6) { underWay.append(call) }
                case 6...8:
                    guard !underWay.isEmpty else { continue }
                    let call = underWay.removeFirst()
                    seen.append(call.number)
                    let answer = log.answer(call.number, isIdle: call.number % period == 0)
                    #expect(answer != .unexpected)
                    if answer == .new { handedOut.append(call.number) }
                default:
                    log.restart()
                    underWay = []
                    seen = []
                    offset = log.droppedBytes
                }
            }
            while let call = underWay.isEmpty ? log.nextToSend(window: .max) : underWay.removeFirst() {
                seen.append(call.number)
                if log.answer(call.number, isIdle: call.number % period == 0) == .new { handedOut.append(call.number) }
            }
            #expect(handedOut == Array(1...UInt64(max(1, made))).prefix(made).map { $0 })
            #expect(log.isSettled)
            // A process began right after an idle point, and saw everything from there on.
            if let first = seen.first {
                #expect((first - 1) % period == 0)
                #expect(seen == Array(first...UInt64(made)))
                #expect(offset == (1..<first).reduce(0) { $0 + $1 % 5 })
            }
        }
    }

    @Test func unexpectedAnswers() {
        var log = ReplayLog(limit: .max, openedAt: time(0))
        #expect(log.answer(1, isIdle: true) == .unexpected)
        log.append(.receive, [1], time(1))
        #expect(log.answer(1, isIdle: true) == .unexpected)
        _ = log.nextToSend(window: 10)
        #expect(log.answer(2, isIdle: true) == .unexpected)
        #expect(log.answer(1, isIdle: true) == .new)
        #expect(log.answer(1, isIdle: true) == .unexpected)
    }

    @Test func keepsWithinItsLimit() {
        var log = ReplayLog(limit: 1000, openedAt: time(0))
        for number in 1...1000 {
            log.append(.receive, [UInt8](repeating: 1, count: 100), time(number))
            if let call = log.nextToSend(window: .max) { _ = log.answer(call.number, isIdle: false) }
            #expect(log.heldBytes <= 1100)
        }
        #expect(!log.isComplete)
        log.append(.finish, [], time(1001))
        if let call = log.nextToSend(window: .max) { #expect(log.answer(call.number, isIdle: true) == .new) }
        #expect(log.isComplete)
        #expect(log.heldBytes == 0)
        #expect(log.droppedBytes == 100_000)
    }

    @Test func linesOfStandardError() {
        var splitter = LineSplitter()
        #expect(splitter.take(Array("one\ntw".utf8)) == ["one"])
        #expect(splitter.take(Array("o\u{1B}[31m\n\n".utf8)) == ["two [31m"])
        let long = splitter.take([UInt8](repeating: 0x41, count: 2500))
        #expect(long.map(\.count) == [1000, 1000])
    }
}
