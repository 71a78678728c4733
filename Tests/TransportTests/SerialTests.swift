import CPlatform
import Contracts
import Glibc
import Testing

@testable import Transport

func serial(
    _ device: String, _ path: String, reopen: Double = 0.05, change: (inout SerialSettings) -> Void = { _ in }
) -> DeviceLinkSpec {
    var settings = SerialSettings(path: path, reopenAfter: reopen)
    change(&settings)
    return DeviceLinkSpec(device: device, way: .serial(settings))
}

/// Reads from a descriptor until so many bytes are there, or the time is up.
func read(_ descriptor: Int32, exactly count: Int, seconds: Double = 30) async -> [UInt8] {
    var bytes: [UInt8] = []
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(seconds)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < count, clock.now < limit {
        let got = Glibc.read(descriptor, &buffer, min(buffer.count, count - bytes.count))
        if got > 0 {
            bytes += buffer.prefix(got)
        } else {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
    return bytes
}

/// Writes all of it to a non-blocking descriptor.
func write(_ descriptor: Int32, _ bytes: [UInt8]) async {
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { written += count } else { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

@Suite("A serial line", .serialized)
struct SerialTests {
    @Test("carries every byte both ways, FF too, whether line errors are watched or not", arguments: [true, false])
    func bothWays(watchesErrors: Bool) async throws {
        let terminal = try PseudoTerminal()
        let sink = RecordingSink { event in
            if case .received(let link, let bytes, _) = event { link.send(bytes) }
        }
        let bench = Bench([serial("a", terminal.path) { $0.reportsLineErrors = watchesErrors }], sink: sink)
        await bench.transport.start()
        #expect(await eventually { sink.ups("a") == 1 })
        var sent: [UInt8] = []
        for round in 0..<20 {
            let bytes = (0..<256).map { UInt8(truncatingIfNeeded: $0 &+ round) } + [0xFF, 0xFF, 0x00, 0xFF]
            sent += bytes
            await write(terminal.master, bytes)
            #expect(await read(terminal.master, exactly: bytes.count) == bytes)
        }
        #expect(sink.bytes("a") == sent)
        await bench.transport.stop()
        #expect(sink.downs("a").count == 1)
    }

    @Test("a line that is unplugged is told as down, looked for, and opened when it returns under its name")
    func unplug() async throws {
        try await withFolder { folder in
            let name = "\(folder)/usb-adapter"
            let bench = Bench([serial("a", name)])
            await bench.transport.start()
            // Absent from the start: told once.
            #expect(await eventually { bench.sink.troubles("a").count == 1 })
            #expect(bench.sink.troubles("a")[0].contains("\(name): no such port"))
            for round in 1...3 {
                let terminal = try PseudoTerminal()
                #expect(symlink(terminal.path, name) == 0)
                #expect(await eventually { bench.sink.ups("a") == round })
                let bytes = Array("result \(round)".utf8)
                await write(terminal.master, bytes)
                #expect(await eventually { bench.sink.bytes("a").suffix(bytes.count) == bytes[...] })
                unlink(name)
                terminal.close()
                #expect(await eventually { bench.sink.downs("a").count == round })
                #expect(await eventually { bench.sink.troubles("a").count == round + 1 })
            }
            try? await Task.sleep(for: .milliseconds(300))
            #expect(bench.sink.troubles("a").count == 4)
            await bench.transport.stop()
        }
    }

    @Test("a line that is not read holds up the device, and loses nothing")
    func backPressure() async throws {
        let terminal = try PseudoTerminal()
        let bench = Bench([serial("a", terminal.path)])
        await bench.transport.start()
        #expect(await eventually { bench.sink.ups("a") == 1 })
        bench.sink.link("a")?.setReading(false)
        try await Task.sleep(for: .milliseconds(50))
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let writer = Task { await write(terminal.master, bytes) }
        try await Task.sleep(for: .milliseconds(300))
        let held = bench.sink.byteCount("a")
        #expect(held < 70_000)
        bench.sink.link("a")?.setReading(true)
        await writer.value
        #expect(await eventually { bench.sink.byteCount("a") == bytes.count })
        #expect(bench.sink.bytes("a") == bytes)
        await bench.transport.stop()
    }

    @Test("closing sends what was said before, and the line opens again by itself")
    func close() async throws {
        let terminal = try PseudoTerminal()
        let bench = Bench([serial("a", terminal.path)])
        await bench.transport.start()
        #expect(await eventually { bench.sink.ups("a") == 1 })
        let answer = [UInt8](repeating: 0x06, count: 100)
        bench.sink.link("a")?.send(answer)
        bench.sink.link("a")?.close(reason: "asked to")
        #expect(await read(terminal.master, exactly: 100) == answer)
        #expect(await eventually { bench.sink.downs("a") == ["asked to"] && bench.sink.ups("a") == 2 })
        await bench.transport.stop()
    }

    @Test("settings that no port has, and files that are no port, are told with a cure")
    func wrongSettings() async throws {
        try await withFolder { folder in
            let file = "\(folder)/file"
            fclose(fopen(file, "w"))
            let terminal = try PseudoTerminal()
            let cases: [(DeviceLinkSpec, String)] = [
                (serial("a", file), "not a serial port | `ls /dev/serial/by-id/"),
                (serial("b", terminal.path) { $0.dataBits = 9 }, "9 data bits | Write `data_bits: 7` or `8`"),
                (serial("c", terminal.path) { $0.stopBits = 0 }, "0 stop bits"),
                (serial("d", terminal.path) { $0.baud = -1 }, "-1 baud"),
                (serial("e", terminal.path) { $0.baud = 12345 }, "12345 8N1: the port does not do these settings"),
                (serial("f", "\(folder)/none"), "no such port | Plug the adapter in"),
            ]
            let bench = Bench(cases.map(\.0))
            await bench.transport.start()
            for (spec, text) in cases {
                #expect(await eventually { bench.sink.troubles(spec.device).first?.contains(text) == true }, "\(text)")
            }
            await bench.transport.stop()
        }
    }

    @Test("each refusal of the system names the place and what to do")
    func faults() {
        let settings = SerialSettings(path: "/dev/null")
        let cases: [(Int32, String)] = [
            (EACCES, "/dev/null: no permission: it belongs to the group dialout, and the gateway runs as "),
            (EACCES, "sudo usermod -aG dialout "), (EBUSY, "/dev/null: in use by "), (EBUSY, "sudo fuser -v /dev/null"),
            (ENXIO, "/dev/null: no such port"), (EIO, "/dev/null: there is no hardware behind the port"),
            (ENOTTY, "not a serial port"), (EMFILE, "/dev/null: cannot open: Too many open files (errno 24)"),
        ]
        for (code, text) in cases {
            #expect(
                SerialFault.trouble(code, settings).description.contains(text), "\(SerialFault.trouble(code, settings))"
            )
        }
    }

    @Test("one line belongs to one device: the second is told who has it")
    func exclusive() async throws {
        let terminal = try PseudoTerminal()
        let first = try SerialPort.open(SerialSettings(path: terminal.path))
        #expect(!first.usesLibrary)
        let error = #expect(throws: LinkTrouble.self) { try SerialPort.open(SerialSettings(path: terminal.path)) }
        #expect(error?.problem.contains("in use by") == true)
        #expect(error?.problem.contains("(pid \(getpid()))") == true)
        first.close()
        let second = try SerialPort.open(SerialSettings(path: terminal.path))
        second.close()
    }

    @Test("7E1 and the like reach the terminal")
    func settingsReachTheTerminal() async throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort.open(
            SerialSettings(path: terminal.path, baud: 4800, dataBits: 7, parity: .odd, stopBits: 2, flow: .xonxoff))
        var now = termios()
        #expect(tcgetattr(port.descriptor, &now) == 0)
        #expect(cfgetispeed(&now) == speed_t(B4800))
        #expect(now.c_cflag & tcflag_t(CSTOPB) != 0)
        #expect(now.c_iflag & tcflag_t(IXON | IXOFF) == tcflag_t(IXON | IXOFF))
        #expect(now.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
        // A pseudo-terminal keeps 8 bits without parity whatever is asked (pty(7)); real ports are said in docs/links.md.
        port.close()
    }

    @Test("a pair of pseudo-terminals is a null-modem cable, with names that stay")
    func pair() async throws {
        try await withFolder { folder in
            let pair = try PseudoTerminalPair(links: ("\(folder)/analyser", "\(folder)/gateway"))
            let bench = Bench([serial("a", "\(folder)/gateway")])
            await bench.transport.start()
            #expect(await eventually { bench.sink.ups("a") == 1 })
            let device = try SerialPort.open(SerialSettings(path: "\(folder)/analyser"))
            let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            #expect(device.writeAll(bytes))
            #expect(await eventually { bench.sink.byteCount("a") == bytes.count })
            #expect(bench.sink.bytes("a") == bytes)
            // The device goes and comes again: the cable stays.
            device.close()
            let again = try SerialPort.open(SerialSettings(path: "\(folder)/analyser"))
            bench.sink.link("a")?.send([6])
            #expect(again.waitForInput(milliseconds: 2000))
            again.close()
            #expect(bench.sink.downs("a").isEmpty)
            pair.unplug()
            await pair.waitUntilUnplugged()
            #expect(await eventually { bench.sink.downs("a").count == 1 })
            await bench.transport.stop()
        }
    }

    @Test("marks of line errors are taken out, wherever the pieces are cut")
    func lineErrors() {
        // FF FF is data; FF 00 41 an A with an error; FF 00 00 a break.
        let stream: [UInt8] = [0x42, 0xFF, 0xFF, 0x43, 0xFF, 0x00, 0x41, 0x44, 0xFF, 0x00, 0x00, 0x45, 0xFF, 0xFF]
        let data: [UInt8] = [0x42, 0xFF, 0x43, 0x41, 0x44, 0x45, 0xFF]
        for first in 0...stream.count {
            for second in first...stream.count {
                var filter = LineErrorFilter()
                var out: [UInt8] = []
                for piece in [stream[..<first], stream[first..<second], stream[second...]] {
                    out += Array(piece).withUnsafeBytes { filter.data(in: $0) }
                }
                #expect(out == data)
                #expect(filter.errors == 2)
            }
        }
    }
}
