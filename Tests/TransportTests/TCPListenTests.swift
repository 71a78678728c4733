import Contracts
import Glibc
import Testing

@testable import Transport

/// Everything of a test of one or more links.
struct Bench: Sendable {
    let sink: RecordingSink
    let transport: Transport

    init(_ devices: [DeviceLinkSpec], sink: RecordingSink = RecordingSink(), stateFolder: String = "/nonexistent") {
        self.sink = sink
        transport = Transport(
            devices: devices, sink: sink, clock: SystemClock(), stateFolder: stateFolder)
    }

    /// The port a device is expected on.
    func port(_ device: String) async -> Int {
        _ = await eventually { transport.localPort(of: device) != nil }
        return transport.localPort(of: device) ?? 0
    }
}

func listener(
    _ device: String, port: Int = 0, address: String = "127.0.0.1", peers: [String] = [],
    second: TCPListenSettings.SecondConnection = .keepBoth, max: Int = 4, options: TCPOptions = TCPOptions()
) -> DeviceLinkSpec {
    DeviceLinkSpec(
        device: device,
        way: .listen(
            TCPListenSettings(
                address: address, port: port, peers: peers.compactMap { NetworkPeer($0) }, secondConnection: second,
                maxConnections: max, options: options)))
}

@Suite("A listening link", .serialized)
struct TCPListenTests {
    @Test("hands on what comes and sends in order")
    func echo() async throws {
        let sink = RecordingSink { event in
            if case .received(let link, let bytes, _) = event { for byte in bytes { link.send([byte]) } }
        }
        let bench = Bench([listener("a")], sink: sink)
        await bench.transport.start()
        let device = try #require(TestSocket(dialling: await bench.port("a")))
        var sent: [UInt8] = []
        for round in 0..<50 {
            let bytes = (0..<(round * 37 + 1)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ round) }
            sent += bytes
            device.send(bytes)
            #expect(device.receive(exactly: bytes.count) == bytes)
        }
        #expect(sink.bytes("a") == sent)
        device.close()
        #expect(await eventually { sink.downs("a").count == 1 })
        #expect(sink.events.contains(.ended("a")))
        await bench.transport.stop()
    }

    @Test("devices on one port are told apart by their address; a stranger is reset and told about once")
    func peers() async throws {
        let bench = Bench([
            listener("one", peers: ["127.0.0.1"]), listener("two", peers: ["127.0.0.2/32", "127.0.9.0/24"]),
        ])
        await bench.transport.start()
        let port = await bench.port("one")
        let sink = bench.sink
        for (source, id) in [("127.0.0.1", "one"), ("127.0.0.2", "two"), ("127.0.9.77", "two")] {
            let device = try #require(TestSocket(dialling: port, from: source))
            device.send("from \(source);")
            #expect(await eventually { String(decoding: sink.bytes(id), as: UTF8.self).hasSuffix("from \(source);") })
            device.close()
        }
        // Only a device that is missing may be the stranger.
        #expect(await eventually { sink.links.isEmpty })
        for _ in 0..<20 {
            let stranger = TestSocket(dialling: port, from: "127.0.0.3")
            stranger?.send("let me in")
            let answer = stranger?.receive()
            #expect(answer == nil || answer == [])
            stranger?.close()
        }
        #expect(await eventually { bench.transport.status().first?.refusedConnections == 20 })
        #expect(await eventually { sink.troubles("one").count + sink.troubles("two").count > 0 })
        let told = sink.troubles("one") + sink.troubles("two")
        #expect(told.allSatisfy { $0.contains("127.0.0.3") && $0.contains("set `peer: 127.0.0.3`") })
        #expect(told.count <= 2)
        await bench.transport.stop()
    }

    @Test("the closest peer wins: an address over its network")
    func closest() async throws {
        let bench = Bench([listener("ward", peers: ["127.0.0.0/8"]), listener("bed", peers: ["127.0.0.5"])])
        await bench.transport.start()
        let port = await bench.port("ward")
        let bed = try #require(TestSocket(dialling: port, from: "127.0.0.5"))
        let other = try #require(TestSocket(dialling: port, from: "127.0.0.6"))
        #expect(await eventually { bench.sink.ups("bed") == 1 && bench.sink.ups("ward") == 1 })
        bed.close()
        other.close()
        await bench.transport.stop()
    }

    @Test("a port that is in use is named with its holder, and taken once it is free")
    func portInUse() async throws {
        let holder = try #require(TestSocket.listening())
        let bench = Bench([listener("a", port: holder.port)])
        await bench.transport.start()
        #expect(await eventually { !bench.sink.troubles("a").isEmpty })
        let told = bench.sink.troubles("a")[0]
        #expect(told.contains(":\(holder.port): the port is in use by"))
        #expect(told.contains("(pid \(getpid()))"))
        let port = holder.port
        holder.close()
        #expect(await eventually { TestSocket(dialling: port) != nil })
        #expect(await eventually { bench.sink.ups("a") >= 1 })
        // Said once, not at each attempt.
        #expect(bench.sink.troubles("a").count == 1)
        await bench.transport.stop()
    }

    @Test("the same port can be listened on at once after a stop with connections open")
    func restart() async throws {
        let first = Bench([listener("a")])
        await first.transport.start()
        let port = await first.port("a")
        let device = try #require(TestSocket(dialling: port))
        device.send("x")
        #expect(await eventually { first.sink.byteCount("a") == 1 })
        await first.transport.stop()
        #expect(first.sink.downs("a").count == 1)
        let second = Bench([listener("a", port: port)])
        await second.transport.start()
        #expect(await eventually { TestSocket(dialling: port) != nil })
        #expect(second.sink.troubles("a").isEmpty)
        await second.transport.stop()
        device.close()
    }

    @Test("a device that connects again replaces itself, or is kept, as its settings say")
    func secondConnection() async throws {
        let bench = Bench([
            listener("keep", peers: ["127.0.0.1"], max: 2),
            listener("replace", peers: ["127.0.0.2"], second: .replaceOld),
        ])
        await bench.transport.start()
        let port = await bench.port("keep")
        var sockets: [TestSocket] = []
        for count in 1...4 {
            sockets.append(try #require(TestSocket(dialling: port)))
            #expect(await eventually { bench.sink.ups("keep") == count })
        }
        #expect(await eventually { bench.sink.downs("keep").count == 2 })
        #expect(bench.sink.links.count { $0.device == "keep" } == 2)
        for count in 1...3 {
            sockets.append(try #require(TestSocket(dialling: port, from: "127.0.0.2")))
            #expect(await eventually { bench.sink.ups("replace") == count })
        }
        #expect(await eventually { bench.sink.downs("replace").count == 2 })
        #expect(bench.sink.downs("replace").allSatisfy { $0.contains("connected again") })
        for socket in sockets { socket.close() }
        await bench.transport.stop()
    }
}
