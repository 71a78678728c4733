import DriverHost
import Foundation
import Testing

/// Rule 12: memory does not grow.
///
/// 100,000 messages where the machine is quick enough, else as many as six seconds allow (an unoptimised build);
/// HILUM_CONFORMANCE_MESSAGES sets a number that is run whatever it takes.
@Suite(.serialized) struct EnduranceTests {
    @Test(arguments: ConformanceCase.all) func memoryStaysFlat(_ given: ConformanceCase) async throws {
        let named = ProcessInfo.processInfo.environment["HILUM_CONFORMANCE_MESSAGES"].flatMap(Int.init)
        let wanted = named ?? 100_000
        let host = try ConformanceHost.make(given)
        let session = try await ConformanceSession(given, host)
        session.keepNothing()
        let start = ProcessInfo.processInfo.systemUptime
        var rounds = 0
        func isLongEnough() -> Bool { named == nil && ProcessInfo.processInfo.systemUptime - start > 6 }
        func run(upTo messages: Int) async throws {
            while rounds * given.messages < messages, !isLongEnough() {
                for _ in 0..<max(1, 200_000 / given.capture.count) {
                    session.feed(given.capture)
                    // A message that comes again at once may rightly be taken for a repeat.
                    session.wait(seconds: 600)
                    rounds += 1
                }
                try await session.answers()
            }
        }
        // The allocator and the caches find their size first.
        try await run(upTo: max(2000, wanted / 20))
        let early = try #require(await host.processes().first).resident
        try await run(upTo: wanted)
        let late = try #require(await host.processes().first).resident
        let count = session.messageCount
        #expect(count == rounds * given.messages)
        #expect(session.outcome.restarts.isEmpty)
        print("\(given.name): \(count) messages, resident \(early >> 10) KiB, then \(late >> 10) KiB")
        #expect(late - early < 1 << 20, "the process grew by \((late - early) >> 10) KiB")
        await host.stop()
    }
}
