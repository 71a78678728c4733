import DriverKit
import JSONText
import LIS01
import Testing

@testable import LISDriver

struct LinkBehaviourTests {
    static let records = [
        "H|\\^&|||A|||||||P|LIS2-A2|20240318120000", "P|1", "O|1|S1||^^^GLU", "R|1|^^^GLU|5.1|mmol/L||N||F", "L|1|N",
    ]
    static let raw = Array(records.map { $0 + "\r" }.joined().utf8)

    @Test("framing auto tells frames, bare frames, blocks and plain records apart")
    func auto() throws {
        let stx = [ControlCharacter.stx]
        let etx = [ControlCharacter.etx]
        let cases: [([UInt8], [UInt8])] = [
            (session(Self.records), Array(repeating: ack, count: 6)),
            ([enq] + stx + Self.raw + etx + [eot], [ack, ack]),
            ([ControlCharacter.soh] + Self.raw + [eot], [ack]),
            (Self.raw, []),
            (Array("# comment\n\n".utf8) + Self.raw, []), ([0xEF, 0xBB, 0xBF] + Self.raw, []),
            ([0, 0x16] + session(Self.records), Array(repeating: ack, count: 6)),
            ([ControlCharacter.soh] + Self.raw + [eot] + session(Self.records), Array(repeating: ack, count: 7)),
        ]
        for (bytes, answers) in cases {
            let reference = try Replay.run(bytes, options: .null, pieces: .whole)
            #expect(reference.transmitted == answers)
            #expect(!reference.messages.isEmpty)
            for message in reference.messages { #expect(message.results.map(\.value) == ["5.1"]) }
            for pieces in [Replay.Pieces.fixed(1), .fixed(2), .random(4)] {
                let other = try Replay.run(bytes, options: .null, pieces: pieces)
                #expect(other.messages == reference.messages && other.transmitted == answers)
            }
        }
    }

    @Test("frames without ENQ are refused on a line, and read where the options say that a recording lacks it")
    func withoutENQ() throws {
        let bytes = Array(session(Self.records).dropFirst().dropLast())
        let line = try Replay.run(bytes, options: .null, pieces: .whole)
        #expect(line.messages.isEmpty && line.transmitted == Array(repeating: nak, count: 5))
        let options = try JSONValue(parsing: #"{"establishment": "optional"}"#)
        for pieces in [Replay.Pieces.whole, .fixed(1), .random(9)] {
            let recording = try Replay.run(bytes + bytes, options: options, pieces: pieces)
            #expect(recording.messages.map { $0.results.map(\.value) } == [["5.1"], ["5.1"]])
            #expect(!recording.faults.contains { $0.severity != .notice })
        }
    }

    @Test("a message comes before the ACK of its last frame, and the ACK waits for the commit")
    func messageThenAnswer() throws {
        let driver = try LISDriver(options: .null, now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
        var events: [StreamDriverEvent] = []
        session(Self.records).withUnsafeBytes {
            driver.receive($0, now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0), events: &events)
        }
        let kinds = events.compactMap { event -> String? in
            switch event {
            case .transmit(_, let isImmediate): isImmediate ? "now" : "held"
            case .message: "message"
            default: nil
            }
        }
        #expect(kinds == ["now", "held", "held", "held", "held", "message", "held"])
    }

    @Test("spans: a message comes from the bytes of its frames")
    func spans() throws {
        let one = session(Self.records)
        let replay = try Replay.run(one + one, options: .null, pieces: .fixed(3))
        #expect(
            replay.spans == [1..<UInt64(one.count - 1), UInt64(one.count + 1)..<UInt64(2 * one.count - 1)]
                || replay.spans.map(\.lowerBound) == [1, UInt64(one.count + 1)])
        let plain = try Replay.run(Self.raw + Self.raw, options: .null, pieces: .fixed(3))
        let count = UInt64(Self.raw.count)
        #expect(plain.spans == [0..<count, count..<2 * count])
    }

    @Test("EOT before L: refused, nothing reported; the whole message later is")
    func abort() throws {
        var bench = try Bench()
        bench.receive(session(Array(Self.records.dropLast())))
        #expect(bench.replay.messages.isEmpty)
        #expect(bench.replay.faults.map(\.severity) == [.refused])
        #expect(bench.driver.isIdle)
        bench.receive(session(Self.records))
        #expect(bench.replay.messages.count == 1)
        var lenient = try Bench(#"{"terminator": "optional"}"#)
        lenient.receive(session(Array(Self.records.dropLast())))
        #expect(lenient.replay.messages.count == 1 && lenient.replay.messages[0].isComplete)
    }

    @Test("frames ended by ETB only, the last record without CR: whole at EOT")
    func onlyETB() throws {
        let text = Array(Self.raw.dropLast())
        let etb = ControlCharacter.etb
        let bytes = [enq] + LIS01Framing.frame(number: 1, text: text, close: etb) + [eot]
        let replay = try Replay.run(bytes, options: .null, pieces: .fixed(1), finishes: false)
        #expect(replay.messages.count == 1 && replay.messages.allSatisfy(\.isComplete) && replay.faults.isEmpty)
    }

    @Test("30 s in the middle of a message, or the end of the link: lost, told once")
    func brokenOff() throws {
        for ends in [true, false] {
            var bench = try Bench()
            bench.receive(Array(session(Self.records).prefix(60)))
            #expect(!bench.driver.isIdle)
            if ends { bench.finish() } else { bench.timeout(after: 30) }
            #expect(bench.replay.faults.filter { $0.severity == .lost }.count == 1)
            #expect(bench.replay.messages.isEmpty)
            #expect(bench.driver.isIdle)
            bench.receive(session(Self.records))
            #expect(bench.replay.messages.count == 1)
        }
        var plain = try Bench()
        plain.receive(Array(Self.raw.prefix(60)))
        #expect(plain.replay.deadline == 30_000_000)
        plain.timeout(after: 30)
        #expect(plain.replay.faults.map(\.severity) == [.lost])
    }

    @Test("bytes of another protocol: told at the end of the link; signs of life are not")
    func otherProtocol() throws {
        let hl7 = try Replay.run(
            [0x0B] + Array("MSH|^~\\&|X\r".utf8) + [0x1C, 0x0D], options: .null, pieces: .fixed(3))
        #expect(hl7.messages.isEmpty && hl7.faults.map(\.severity) == [.lost])
        #expect(try Replay.run([0, 6, eot, 0x0D], options: .null, pieces: .whole).faults.isEmpty)
        let noisy = try Replay.run(Array("xx".utf8) + session(Self.records), options: .null, pieces: .whole)
        #expect(noisy.messages.count == 1 && noisy.faults.isEmpty)
    }

    @Test("a file whose last line has no end is whole; one without L is lost, or whole where the profile says so")
    func fileEnds() throws {
        let whole = try Replay.run(Self.raw.dropLast(), options: .null, pieces: .whole)
        #expect(whole.messages.count == 1 && whole.faults.isEmpty)
        let cut = Array(Self.records.dropLast().map { $0 + "\r\n" }.joined().utf8)
        #expect(try Replay.run(cut, options: .null, pieces: .whole).faults.map(\.severity) == [.lost])
        let options = try JSONValue(parsing: #"{"terminator": "optional"}"#)
        #expect(try Replay.run(cut, options: options, pieces: .whole).messages.count == 1)
    }

    @Test(
        "text without end, 64 times the limit: refused, told once, memory flat",
        arguments: ["frame", "records", "noise", "block"])
    func endless(_ kind: String) throws {
        var bench = try Bench(#"{"max_message": 65536, "max_frame": 65536}"#)
        switch kind {
        case "frame": bench.receive([enq, ControlCharacter.stx, 0x31])
        case "records": bench.receive(Array("H|\\^&|".utf8))
        case "block": bench.receive([ControlCharacter.soh] + Array("H|\\^&|".utf8))
        default: break
        }
        let chunk = [UInt8](repeating: 0x41, count: 1 << 16)
        for _ in 0..<64 { bench.receive(chunk) }
        #expect(bench.replay.faults.count <= 1)
        #expect(kind == "noise" || bench.replay.faults.count == 1)
        #expect(bench.replay.messages.isEmpty)
        bench.receive([eot, 0x0D] + (kind == "records" ? Self.raw : session(Self.records)))
        #expect(bench.replay.messages.count == 1)
    }

    @Test("no bytes trap the driver, and after ENQ it listens again")
    func garbage() throws {
        var generator = SplitMix64(state: 9)
        let likely: [UInt8] =
            [1, 2, 3, 4, 5, 6, 0x15, 0x17, 0x0D, 0x0A] + Array("0123HPORCLQM|\\^&SXF ".utf8) + [0x80, 0xFF]
        let options = [
            "{}", #"{"framing": "lis01"}"#, #"{"framing": "bare"}"#, #"{"framing": "soh-eot"}"#,
            #"{"framing": "records"}"#,
            #"{"terminator": "optional", "checksum": "none"}"#,
        ]
        for round in 0..<400 {
            var bench = try Bench(options[round % options.count])
            for _ in 0..<20 {
                bench.receive(
                    (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                        likely.randomElement(using: &generator) ?? 0
                    })
                if round % 7 == 0 { bench.timeout(after: Int64.random(in: 0...40, using: &generator)) }
            }
            bench.finish()
            if round % options.count == 1 {
                bench.timeout(after: 60)
                bench.receive([eot])
                let before = bench.replay.messages.count
                bench.receive(session(Self.records))
                #expect(bench.replay.messages.count == before + 1)
            }
        }
    }

    @Test("deadlines: asked for while something is awaited, withdrawn when the line is neutral")
    func deadlines() throws {
        var bench = try Bench()
        #expect(bench.replay.deadline == nil)
        bench.receive([enq])
        #expect(bench.replay.deadline == 30_000_000)
        bench.receive([eot])
        #expect(bench.replay.deadline == nil)
        #expect(bench.driver.isIdle)
    }
}
