import Contracts
import Foundation
import Testing

@testable import Transport

@Suite("All descriptors used up")
struct DescriptorLimitTests {
    @Test("is told, and does not stop what is open (in a process of its own)", .enabled(if: !InnerProcess.isInner))
    func inAProcessOfItsOwn() throws {
        let (status, text) = try InnerProcess.run("DescriptorLimitTests/inner")
        #expect(status == 0, "\(text)")
        #expect(text.contains("1 test"), "\(text)")
    }

    @Test("the same, inside", .enabled(if: InnerProcess.isInner))
    func inner() async throws {
        let echo = RecordingSink { event in
            if case .received(let link, let bytes, _) = event { link.send(bytes) }
            if case .ended(let link) = event { link.finished() }
        }
        let bench = Bench([listener("a", max: 1000)], sink: echo)
        await bench.transport.start()
        let port = await bench.port("a")
        let first = try #require(TestSocket(dialling: port))
        #expect(await eventually { echo.ups("a") == 1 })
        let visitors = (0..<40).map { _ in TestSocket.unconnected() }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = rlim_t((visitors.map(\.descriptor).max() ?? 0) + 10)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        for visitor in visitors { #expect(visitor.dial(port)) }
        #expect(await eventually { echo.troubles("a").contains { $0.contains("Raise LimitNOFILE=") } })
        #expect(echo.ups("a") < 41)
        // The one that was there is served as before, without a pause.
        for round in UInt8(0)..<50 {
            first.send([round])
            #expect(first.receive(exactly: 1) == [round])
        }
        // It does not spin: less than half of one processor in the next second.
        let before = clock()
        try await Task.sleep(for: .seconds(1))
        #expect(clock() - before < CLOCKS_PER_SEC / 2)
        // Room again: everyone who still waits is let in.
        limit.rlim_cur += 200
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(await eventually { echo.ups("a") == 41 })
        for visitor in visitors { visitor.close() }
        first.close()
        await bench.transport.stop()
    }
}
