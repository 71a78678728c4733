import Contracts
import Glibc
import Testing

@testable import Transport

func connector(
    _ device: String, port: Int, host: String = "127.0.0.1", atOnce: Bool = false,
    backoff: Backoff = Backoff(first: 0.05, longest: 0.2), options: TCPOptions = TCPOptions()
) -> DeviceLinkSpec {
    DeviceLinkSpec(
        device: device,
        way: .connect(
            TCPConnectSettings(
                host: host, port: port, connectTimeout: 2, backoff: backoff, reconnectAtOnce: atOnce, options: options))
    )
}

@Suite("A connecting link", .serialized)
struct TCPConnectTests {
    @Test("dials until the device is there, and again after it was lost")
    func dialsAgain() async throws {
        let device = try #require(TestSocket.listening())
        let port = device.port
        device.close()
        let sink = RecordingSink { event in
            if case .received(let link, let bytes, _) = event { link.send(bytes) }
            if case .ended(let link) = event { link.finished() }
        }
        let bench = Bench([connector("a", port: port)], sink: sink)
        await bench.transport.start()
        #expect(await eventually { sink.troubles("a").count == 1 })
        #expect(sink.troubles("a")[0].contains("127.0.0.1:\(port): connection refused: nothing listens there"))
        let back = try #require(TestSocket.listening(port: port))
        for round in 1...3 {
            let connection = try #require(back.accept())
            connection.send("round \(round)")
            #expect(connection.receive(exactly: 7) == Array("round \(round)".utf8))
            if round == 2 { connection.reset() } else { connection.close() }
        }
        #expect(await eventually { sink.downs("a").count >= 2 })
        #expect(sink.downs("a")[1].contains("reset"))
        // The same trouble was not told at each attempt.
        #expect(sink.troubles("a").count == 1)
        await bench.transport.stop()
        back.close()
    }

    @Test("a device that closes after each message is dialled again at once, if it is known to")
    func atOnce() async throws {
        let device = try #require(TestSocket.listening())
        let bench = Bench([
            connector("a", port: device.port, atOnce: true, backoff: Backoff(first: 30, longest: 60))
        ])
        await bench.transport.start()
        for _ in 1...5 {
            let connection = try #require(device.accept())
            connection.send("x")
            #expect(await eventually { !bench.sink.links.isEmpty })
            connection.close()
        }
        #expect(await eventually { bench.sink.bytes("a").count == 5 })
        await bench.transport.stop()
        device.close()
    }

    @Test("a device that takes the connection and drops it is dialled less and less often")
    func backsOff() async throws {
        let device = try #require(TestSocket.listening())
        let bench = Bench([connector("a", port: device.port, backoff: Backoff(first: 0.1, longest: 10, jitter: 0))])
        await bench.transport.start()
        let clock = ContinuousClock()
        var times: [ContinuousClock.Instant] = []
        for _ in 1...5 {
            let connection = try #require(device.accept())
            times.append(clock.now)
            connection.reset()
        }
        let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
        for (pause, least) in zip(pauses, [100, 200, 400, 800]) {
            #expect(pause >= .milliseconds(least - 5) && pause < .milliseconds(least + 20_000), "\(pauses)")
        }
        await bench.transport.stop()
        device.close()
    }

    @Test("what cannot be dialled is told with place and cure")
    func troubles() async throws {
        let bench = Bench([
            connector("name", port: 5000, host: "no-such-analyser.invalid"), connector("port", port: 70000),
        ])
        await bench.transport.start()
        #expect(await eventually { !bench.sink.troubles("name").isEmpty })
        #expect(bench.sink.troubles("name").first?.contains("no-such-analyser.invalid:5000: the name") == true)
        #expect(await eventually { bench.sink.troubles("port").first?.contains("not a port") == true })
        await bench.transport.stop()
    }

    @Test("stopping while dialling leaves nothing behind")
    func stopWhileDialling() async throws {
        for _ in 0..<20 {
            let device = try #require(TestSocket.listening())
            let bench = Bench([connector("a", port: device.port)])
            await bench.transport.start()
            await bench.transport.stop()
            try await Task.sleep(for: .milliseconds(20))
            #expect(bench.sink.links.isEmpty)
            device.close()
        }
    }

    @Test("pauses double, stay in their bounds, and vary")
    func backoff() {
        let backoff = Backoff(first: 1, longest: 60, jitter: 0.2)
        let steady = Backoff(first: 1, longest: 60, jitter: 0)
        #expect((1...9).map { steady.pause(after: $0) } == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        var seen: Set<Double> = []
        for failures in [-5, 0, 1, 2, 7, 1000, Int.max] {
            for _ in 0..<50 {
                let pause = backoff.pause(after: failures)
                let middle = steady.pause(after: failures)
                #expect(pause >= 0.8 * middle && pause <= 1.2 * middle)
                seen.insert(pause)
            }
        }
        #expect(seen.count > 100)
        for odd in [Double.nan, .infinity, -.infinity, -1, 0, 1e300] {
            let pause = Backoff(first: odd, longest: odd, jitter: odd).pause(after: 3)
            #expect(pause >= 0.01 && !pause.isNaN)
        }
    }
}
