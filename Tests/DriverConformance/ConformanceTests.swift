import Contracts
import DriverHost
import DriverWire
import Foundation
import Testing

/// The rules of docs/writing-a-driver.md that every driver must keep, by their numbers there.
@Suite(.serialized) struct ConformanceTests {
    /// What the driver makes of the capture when nothing disturbs it.
    private func undisturbed(_ given: ConformanceCase, _ host: DriverHost) async throws -> ConformanceSession.Outcome {
        let session = try await ConformanceSession(given, host)
        session.feed(given.capture)
        session.finish()
        try await session.answers()
        session.close()
        return session.outcome
    }

    /// The process has not ended. If it has, the rest of a test would only say so again.
    private func expectAlive(_ outcome: ConformanceSession.Outcome, _ what: Comment) throws {
        try #require(outcome.restarts.isEmpty, what)
        try #require(outcome.end == nil, what)
    }

    @Test func thereAreCases() { #expect(ConformanceCase.all.count >= 7) }

    /// Rules 1 and 9: any pieces give the same, and as many messages as there are.
    @Test(arguments: ConformanceCase.all) func pieces(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, host)
        #expect(whole.messages.count == given.messages)
        #expect(!whole.faults.contains { $0.severity == .lost }, "\(whole.faults)")
        for seed in 0..<8 {
            var random = SplitMix64(state: UInt64(seed))
            let session = try await ConformanceSession(given, host)
            session.feed(given.capture, pieces: seed == 0 ? .one : seed == 1 ? .seven : .random, &random)
            session.finish()
            try await session.answers()
            let outcome = session.outcome
            try expectAlive(outcome, "seed \(seed)")
            #expect(outcome.messages == whole.messages, "seed \(seed)")
            #expect(outcome.transmitted == whole.transmitted, "seed \(seed)")
            #expect(outcome.faults == whole.faults, "seed \(seed)")
            session.close()
        }
        for message in whole.messages {
            #expect(message.start <= message.end && message.end <= UInt64(given.capture.count))
        }
        await host.stop()
    }

    /// Rule 2: silence at any place ends in a state from which the next message is read, and deadlines come to an end.
    @Test(arguments: ConformanceCase.all) func silence(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let step = max(1, given.capture.count / 40)
        for cut in stride(from: 1, to: given.capture.count, by: step) {
            let session = try await ConformanceSession(given, host)
            session.feed(given.capture.prefix(cut))
            let met = try await session.silence()
            try #require(
                met < ConformanceSession.mostDeadlines, "after byte \(cut) the driver sets deadlines without end")
            let before = session.outcome.messages.count
            session.feed(given.capture)
            session.finish()
            try await session.answers()
            try expectAlive(session.outcome, "cut at \(cut)")
            if given.recovers {
                #expect(session.outcome.messages.count - before == given.messages, "after silence at byte \(cut)")
            }
            session.close()
        }
        await host.stop()
    }

    /// Rule 3: the wall clock may jump.
    @Test(arguments: ConformanceCase.all) func clockSteps(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, host)
        let jumps: [Int64] = [
            -86_400, 86_400, -315_360_000, 3_155_760_000, -9_000_000_000_000, 9_000_000_000_000, 1, -1,
        ]
        var random = SplitMix64(state: 3)
        let session = try await ConformanceSession(given, host)
        var rest = given.capture[...]
        var jump = 0
        while !rest.isEmpty {
            let size = Int.random(in: 1...40, using: &random)
            session.feed(rest.prefix(size))
            rest = rest.dropFirst(size)
            session.wait(clockJump: jumps[jump % jumps.count] * 1_000_000)
            jump += 1
        }
        session.finish()
        try await session.answers()
        try expectAlive(session.outcome, "clock steps")
        #expect(session.outcome.messages == whole.messages)
        await host.stop()
    }

    /// Rule 4: garbage does no harm, and what comes after it is read.
    @Test(arguments: ConformanceCase.all) func garbage(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        for seed in 0..<20 {
            var random = SplitMix64(state: UInt64(100 + seed))
            let session = try await ConformanceSession(given, host)
            let count = Int.random(in: 1...(seed < 2 ? 200_000 : 2000), using: &random)
            let garbage = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            session.feed(garbage, pieces: .random, &random)
            _ = try await session.silence()
            let before = session.outcome.messages.count
            session.feed(given.capture, pieces: .random, &random)
            session.finish()
            try await session.answers()
            try expectAlive(session.outcome, "seed \(seed)")
            if given.recovers { #expect(session.outcome.messages.count - before == given.messages, "seed \(seed)") }
            session.close()
        }
        await host.stop()
    }

    /// Rule 4: neither do damaged messages.
    @Test(arguments: ConformanceCase.all) func damage(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        for seed in 0..<150 {
            var random = SplitMix64(state: UInt64(1000 + seed))
            var damaged = given.capture
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 2 where damaged.count > 1: damaged.remove(at: place)
                default: damaged.insert(contentsOf: damaged[place...].prefix(50), at: place)
                }
            }
            let session = try await ConformanceSession(given, host)
            session.feed(damaged, pieces: .random, &random)
            _ = try await session.silence()
            session.finish()
            try await session.answers()
            try expectAlive(session.outcome, "seed \(seed)")
            session.close()
        }
        await host.stop()
    }

    /// Rules 5 and 6: the same calls give the same events, and `idle` is true: the process ends in mid-message, and
    /// nothing is missing, nothing comes twice.
    @Test(arguments: ConformanceCase.all) func restartInMidMessage(_ given: ConformanceCase) async throws {
        let first = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, first)
        await first.stop()
        var random = SplitMix64(state: 5)
        for round in 0..<12 {
            // A host of its own: one whose processes end too often takes its time.
            let host = try ConformanceHost.make(given)
            let session = try await ConformanceSession(given, host)
            var cuts = (0..<(round < 8 ? 1 : 3)).map { _ in Int.random(in: 0...given.capture.count, using: &random) }
                .sorted()
            cuts.append(given.capture.count)
            var from = 0
            for cut in cuts {
                session.feed(Array(given.capture[from..<cut]), pieces: .random, &random)
                if round % 2 == 0 { try await session.answers() }
                if cut != cuts.last {
                    for process in await host.processes() { kill(process.process, SIGKILL) }
                }
                from = cut
            }
            session.finish()
            try await session.answers()
            #expect(session.outcome.end == nil)
            #expect(session.outcome.messages == whole.messages, "ended at \(cuts)")
            #expect(session.outcome.transmitted == whole.transmitted, "ended at \(cuts)")
            await host.stop()
        }
    }

    /// Rule 7: what acknowledges a message comes after it and is not IMMEDIATE.
    @Test(arguments: ConformanceCase.all) func acknowledgesAfterTheMessage(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, host)
        // A host whose store is down: of all answers only those pass that are IMMEDIATE and have no message before them.
        let events = whole.batches.flatMap(\.events)
        var unanswered = 0
        for event in events {
            switch event {
            case .message:
                #expect(unanswered == 0 || !given.answers, "a message is not answered before the next one")
                unanswered += 1
            case .transmit(_, let isImmediate):
                #expect(
                    !isImmediate || unanswered == 0,
                    "an IMMEDIATE answer follows a message that is not acknowledged yet")
                if !isImmediate { unanswered = 0 }
            case .acknowledge: unanswered = 0
            default: break
            }
        }
        if given.answers { #expect(unanswered == 0, "the last message is not acknowledged") }
        await host.stop()
    }

    /// Rule 8: instances know nothing of each other.
    @Test(arguments: ConformanceCase.all) func instancesAreApart(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, host)
        var random = SplitMix64(state: 8)
        var sessions: [ConformanceSession] = []
        for index in 0..<10 { sessions.append(try await ConformanceSession(given, host, device: "device \(index)")) }
        var rests = sessions.map { _ in given.capture[...] }
        while let index = rests.indices.filter({ !rests[$0].isEmpty }).randomElement(using: &random) {
            let size = Int.random(in: 1...max(1, given.capture.count / 20), using: &random)
            sessions[index].feed(rests[index].prefix(size))
            rests[index] = rests[index].dropFirst(size)
        }
        for session in sessions {
            session.finish()
            try await session.answers()
            #expect(session.outcome.messages == whole.messages)
            #expect(session.outcome.transmitted == whole.transmitted)
        }
        await host.stop()
    }

    /// Rule 10: the link ends in mid-message; that is told, and the driver is idle.
    @Test(arguments: ConformanceCase.all) func finish(_ given: ConformanceCase) async throws {
        let host = try ConformanceHost.make(given)
        let whole = try await undisturbed(given, host)
        #expect(whole.isIdle, "not idle after the end of the link")
        for message in whole.messages where message.end - message.start >= 16 {
            // The last bytes may be ones that the driver need not wait for.
            let cuts = Int(message.start) + 1...Int(message.end) - 8
            for cut in stride(from: cuts.lowerBound, through: cuts.upperBound, by: max(1, cuts.count / 150)) {
                let session = try await ConformanceSession(given, host)
                session.feed(given.capture.prefix(cut))
                try await session.answers()
                let before = session.outcome
                session.finish()
                try await session.answers()
                let after = session.outcome
                try expectAlive(after, "finish at \(cut)")
                try #require(after.isIdle, "not idle after the link ended at byte \(cut)")
                try #require(!before.isIdle, "idle in mid-message, at byte \(cut)")
                try #require(
                    after.faults.count > before.faults.count || after.messages.count > before.messages.count,
                    "the link ended at byte \(cut), within a message, and nothing is told about it")
                session.close()
            }
        }
        await host.stop()
    }

    /// Rule 11: options that cannot be used are refused with words.
    @Test(
        arguments: ConformanceCase.all,
        ["not JSON", "[]", "{", "3", "\"text\"", #"{"no such option": 1}"#, "{\"a\":", "\u{0}"])
    func badOptions(_ given: ConformanceCase, _ options: String) async throws {
        let host = try ConformanceHost.make(given)
        var bad = given
        bad.options = Array(options.utf8)
        do {
            _ = try await ConformanceSession(bad, host)
            Issue.record("the options \(options) were taken")
        } catch let fault as DriverOpenFault {
            guard case .optionsRefused(let text) = fault.end else {
                Issue.record("\(fault.end)")
                return
            }
            #expect(text.count >= 10, "\(text)")
        }
        await host.stop()
    }
}
