import Contracts
import Foundation
import NIOCore
import Testing

@testable import Transport

/// Open descriptors of this process.
private func descriptors() -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
}

@Suite("A TCP link under stress", .serialized)
struct TCPEnduranceTests {
    @Test("3,000 strangers and 1,000 short visits leave memory and descriptors as they were")
    func flood() async throws {
        let bench = Bench([listener("a", peers: ["127.0.0.1"])], sink: RecordingSink(keepsBytes: false))
        await bench.transport.start()
        let port = await bench.port("a")
        for _ in 0..<200 {
            TestSocket(dialling: port, from: "127.0.0.9")?.close()
            TestSocket(dialling: port)?.reset()
        }
        try await Task.sleep(for: .milliseconds(300))
        let (memory, open) = (residentMegabytes(), descriptors())
        var connected = 0
        for round in 0..<3000 {
            if let stranger = TestSocket(dialling: port, from: "127.0.0.\(9 + round % 200)") {
                connected += 1
                stranger.close()
            }
            if round % 3 == 0 { TestSocket(dialling: port)?.reset() }
        }
        #expect(connected > 2900)
        #expect(await eventually { bench.sink.links.isEmpty })
        #expect(await eventually { descriptors() <= open + 2 })
        #expect(residentMegabytes() < memory + 20)
        // Still there for the device.
        let device = try #require(TestSocket(dialling: port))
        device.send("still here")
        #expect(await eventually { bench.sink.byteCount("a") == 10 })
        device.close()
        await bench.transport.stop()
    }

    @Test("a gigabyte without end is handed on in pieces; held up, it waits in the device")
    func gigabyte() async throws {
        let sink = RecordingSink(keepsBytes: false)
        let bench = Bench([listener("a")], sink: sink)
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        device.setTimeout(60)
        let total = 1 << 30
        let writer = Task.detached { () -> Bool in
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            for _ in 0..<(total >> 20) where !device.send(piece) { return false }
            return true
        }
        #expect(await eventually { sink.byteCount("a") > 50 << 20 })
        sink.link("a")?.setReading(false)
        try await Task.sleep(for: .milliseconds(1500))
        let before = sink.byteCount("a")
        try await Task.sleep(for: .milliseconds(500))
        // Nothing is read while it is held up, and nothing piles up here.
        #expect(sink.byteCount("a") == before)
        #expect(residentMegabytes() < 250)
        sink.link("a")?.setReading(true)
        #expect(await writer.value)
        #expect(await eventually(within: 120) { sink.byteCount("a") == total })
        #expect(residentMegabytes() < 250)
        #expect(sink.state.withLock { $0.pieces } > 1000)
        device.close()
        await bench.transport.stop()
    }

    @Test("a device that takes nothing is dropped before what waits for it fills the memory")
    func outboundLimit() async throws {
        let bench = Bench([listener("a", options: TCPOptions(outboundLimit: 1 << 20))])
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        #expect(await eventually { bench.sink.ups("a") == 1 })
        let link = bench.sink.link("a")
        for _ in 0..<200 { link?.send([UInt8](repeating: 1, count: 100_000)) }
        #expect(await eventually { bench.sink.downs("a").first?.contains("takes nothing") == true })
        device.close()
        await bench.transport.stop()
    }

    @Test("sends from many threads arrive whole, and those of each thread in order")
    func sendOrder() async throws {
        let bench = Bench([listener("a")])
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        #expect(await eventually { bench.sink.ups("a") == 1 })
        let link = try #require(bench.sink.link("a"))
        await withTaskGroup(of: Void.self) { group in
            for thread in UInt8(0)..<8 {
                group.addTask { for count in UInt8(0)..<200 { link.send([thread, count]) } }
            }
        }
        let bytes = try #require(device.receive(exactly: 8 * 200 * 2))
        var next = [UInt8](repeating: 0, count: 8)
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let thread = Int(bytes[index])
            #expect(thread < 8 && bytes[index + 1] == next[thread])
            next[thread] &+= 1
        }
        device.close()
        await bench.transport.stop()
    }

    @Test("a half-closed connection still gets its answers, and ends when they are finished")
    func halfClose() async throws {
        let sink = RecordingSink { event in
            if case .ended(let link) = event {
                // The answer comes after its commit, a moment later.
                Task {
                    try? await Task.sleep(for: .milliseconds(100))
                    link.send(Array("stored".utf8))
                    link.finished()
                }
            }
        }
        let bench = Bench([listener("a")], sink: sink)
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        device.send("result")
        device.endSending()
        #expect(device.receive(exactly: 6) == Array("stored".utf8))
        #expect(device.receive() == [])
        #expect(await eventually { sink.downs("a") == ["closed by the device"] })
        device.close()
        await bench.transport.stop()
    }

    @Test("a device that vanishes without a word is found by keep-alive")
    func halfOpen() async throws {
        let options = TCPOptions(keepAliveIdle: 1, keepAliveInterval: 1, keepAliveCount: 2, unacknowledgedLimit: 3)
        let bench = Bench([listener("a", options: options)])
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        device.send("x")
        #expect(await eventually { bench.sink.byteCount("a") == 1 })
        guard device.vanish() else {
            print("skipped: needs the right to use TCP_REPAIR (CAP_NET_ADMIN)")
            device.close()
            return await bench.transport.stop()
        }
        #expect(await eventually { bench.sink.downs("a").count == 1 })
        await bench.transport.stop()
    }

    @Test("the kernel is told of keep-alive and of the limit for unacknowledged bytes")
    func keepAliveIsSet() async throws {
        let options = TCPOptions(keepAliveIdle: 33, keepAliveInterval: 7, keepAliveCount: 5, unacknowledgedLimit: 44)
        let device = try #require(TestSocket.listening())
        let bench = Bench([listener("a", options: options), connector("b", port: device.port, options: options)])
        await bench.transport.start()
        let caller = try #require(TestSocket(dialling: await bench.port("a")))
        let callee = try #require(device.accept())
        #expect(await eventually { bench.sink.links.count == 2 })
        for link in bench.sink.links {
            let channel = try #require((link as? TCPLink)?.channel as? any SocketOptionProvider)
            func value(_ level: NIOBSDSocket.OptionLevel, _ name: Int32) async throws -> CInt {
                try await channel.unsafeGetSocketOption(level: level, name: .init(rawValue: name)).get()
            }
            #expect(try await value(.socket, SO_KEEPALIVE) != 0)
            #expect(try await value(.tcp, TCP_KEEPIDLE) == 33)
            #expect(try await value(.tcp, TCP_KEEPINTVL) == 7)
            #expect(try await value(.tcp, TCP_KEEPCNT) == 5)
            #expect(try await value(.tcp, TCP_USER_TIMEOUT) == 68_000)
            #expect(try await value(.tcp, TCP_NODELAY) != 0)
        }
        caller.close()
        callee.close()
        device.close()
        await bench.transport.stop()
    }

    @Test("a silent device is closed after the idle limit, one that speaks is not, nor one that we hold up")
    func idleLimit() async throws {
        let options = TCPOptions(idleLimit: 6)
        let bench = Bench([
            listener("silent", peers: ["127.0.0.1"], options: options),
            listener("speaks", peers: ["127.0.0.2"], options: options),
            listener("held", peers: ["127.0.0.3"], options: options),
        ])
        await bench.transport.start()
        let port = await bench.port("silent")
        let silent = try #require(TestSocket(dialling: port))
        let speaks = try #require(TestSocket(dialling: port, from: "127.0.0.2"))
        let held = try #require(TestSocket(dialling: port, from: "127.0.0.3"))
        #expect(await eventually { bench.sink.links.count == 3 })
        bench.sink.link("held")?.setReading(false)
        let end = ContinuousClock.now + .seconds(60)
        while bench.sink.downs("silent").isEmpty, ContinuousClock.now < end {
            speaks.send("x")
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(bench.sink.downs("silent").first?.contains("idle limit") == true)
        #expect(bench.sink.downs("speaks").isEmpty && bench.sink.downs("held").isEmpty)
        for socket in [silent, speaks, held] { socket.close() }
        await bench.transport.stop()
    }

    @Test("changing, adding and removing devices leaves the links of others alone")
    func hotChange() async throws {
        let bench = Bench([listener("one", peers: ["127.0.0.1"]), listener("two", peers: ["127.0.0.2"])])
        await bench.transport.start()
        let port = await bench.port("one")
        let one = try #require(TestSocket(dialling: port))
        let two = try #require(TestSocket(dialling: port, from: "127.0.0.2"))
        #expect(await eventually { bench.sink.links.count == 2 })

        await bench.transport.add(listener("three", peers: ["127.0.0.3"]))
        let three = try #require(TestSocket(dialling: port, from: "127.0.0.3"))
        #expect(await eventually { bench.sink.ups("three") == 1 })

        await bench.transport.update(listener("two", peers: ["127.0.0.22"]))
        #expect(await eventually { bench.sink.downs("two").count == 1 })
        await bench.transport.remove("three")
        #expect(await eventually { bench.sink.downs("three").count == 1 })

        // The same once more changes nothing.
        await bench.transport.apply([listener("one", peers: ["127.0.0.1"]), listener("two", peers: ["127.0.0.22"])])
        one.send("still the same connection")
        #expect(await eventually { bench.sink.byteCount("one") == 25 })
        #expect(bench.sink.downs("one").isEmpty && bench.sink.ups("one") == 1)
        for socket in [one, two, three] { socket.close() }
        await bench.transport.stop()
        #expect(TestSocket(dialling: port) == nil)
    }

    @Test("devices that could be taken for each other are told, and only the first is served")
    func mistakable() async throws {
        let bench = Bench([
            listener("one", peers: ["127.0.0.1"]), listener("same", peers: ["127.0.0.1"]),
            listener("anyone", peers: ["any"]),
            listener("open", address: "0.0.0.0"),
        ])
        await bench.transport.start()
        #expect(
            await eventually {
                bench.sink.troubles("same").first?.contains("one are expected from the same peer") == true
            })
        #expect(
            await eventually { bench.sink.troubles("anyone").first?.contains("`peer: any` cannot be told") == true })
        #expect(await eventually { bench.sink.troubles("open").first?.contains("nobody may connect") == true })
        await bench.transport.stop()
    }

    @Test("an address that is not this machine's, or none at all, is told with a cure")
    func wrongAddress() async throws {
        let bench = Bench([
            listener("away", address: "203.0.113.5", peers: ["any"]),
            listener("text", address: "example", peers: ["any"]),
        ])
        await bench.transport.start()
        #expect(await eventually { bench.sink.troubles("away").first?.contains("no such address") == true })
        #expect(await eventually { bench.sink.troubles("text").first?.contains("not an address") == true })
        await bench.transport.stop()
    }
}
