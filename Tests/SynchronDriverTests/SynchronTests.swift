import DriverBench
import DriverKit
import SynchronDriver
import Testing

/// Captures through the driver; answers, refusals, samples that break off.
struct SynchronTests {
    static let options = ["beckman-synchron-elise": "{}", "beckman-array360": #"{"format": "records"}"#]
    static let captures = CorpusCapture.all(options.keys.sorted())

    static func line(_ fields: String) -> [UInt8] {
        let bytes = Array("[\(fields)]".utf8)
        let hex = String(0 &- bytes.reduce(0, &+), radix: 16, uppercase: true)
        return bytes + Array(((hex.count < 2 ? "0" : "") + hex + "\r\n").utf8)
    }

    @Test func capturesAreThere() { #expect(Self.captures.count >= 2) }

    @Test(arguments: captures, ["", #""answers": "dle""#, #""answers": "none""#, #""answer_after_xon": true"#])
    func decodes(_ capture: CorpusCapture, _ more: String) throws {
        var options = Self.options[capture.device] ?? "{}"
        if !more.isEmpty { options = options == "{}" ? "{\(more)}" : options.dropLast() + ", \(more)}" }
        #expect(try DriverChecks.decodes(SynchronDriver.self, options, capture) == [])
        guard more.isEmpty else { return }
        #expect(try DriverChecks.truncations(SynchronDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(SynchronDriver.self, options, capture.bytes, rounds: 40) == [])
        #expect(try DriverChecks.noise(SynchronDriver.self, options, capture.bytes, Array("\r\nx\u{7}".utf8)) == [])
        #expect(try DriverChecks.damage(SynchronDriver.self, options, capture.bytes) == [])
    }

    @Test("each line is answered after it is stored; ACK, or DLE 1 and DLE 0 in turn")
    func answers() throws {
        let lines = [Self.line("20,031824,1120"), Self.line("21,01,A1,RO,SE,"), Self.line("99"), Self.line("88")]
        let ack = try Replay.run(SynchronDriver.self, #"{"format": "records", "answers": "ack"}"#, lines.flatMap { $0 })
        #expect(ack.transmitted == [6, 6, 6, 6] && !ack.kinds.contains("now"))
        var dle = try Replay(SynchronDriver.self, #"{"format": "records"}"#)
        dle.feed([0x05])
        #expect(dle.transmitted == [0x10, 0x30])
        dle.feed(lines.flatMap { $0 })
        #expect(dle.transmitted.dropFirst(2) == [0x10, 0x31, 0x10, 0x30, 0x10, 0x31, 0x10, 0x30])
        dle.feed(lines[0])
        #expect(dle.transmitted.suffix(2) == [0x10, 0x31])
    }

    @Test("a line whose answer was lost comes again: answered as before, counted once")
    func repeats() throws {
        let head = Self.line("21,01,A1,RO,SE,")
        let result = Self.line("22,CRP,T8,R, 12.40,12,14,NA,HI,NR,N,  0.00,  8.00")
        let bytes = Self.line("20,031824,1120") + head + result + result + Self.line("99") + Self.line("88")
        let replay = try Replay.run(SynchronDriver.self, #"{"format": "records"}"#, bytes)
        #expect(replay.messages.map { $0.results.map(\.value) } == [["12.40"]])
        #expect(replay.messages.first?.results.map(\.range) == ["0.00-8.00"])
        #expect(Array(replay.transmitted[4..<8]) == [0x10, 0x31, 0x10, 0x31])
    }

    @Test("an answer waits for XON, for a second, or for the next line")
    func turnaround() throws {
        var replay = try Replay(SynchronDriver.self, #"{"answer_after_xon": true}"#)
        replay.feed(Self.line("LL,102,01, 1, 4,R,S, , , ,A1"))
        #expect(replay.transmitted == [] && replay.deadline != nil)
        replay.feed([0x11])
        #expect(replay.transmitted == [6])
        replay.feed(Self.line("LL,102,03,A1,01A,  1.0,01,O,NA"))
        replay.feed(Self.line("LL,102,07,031824,101530,A1, 1, 4"))
        #expect(replay.transmitted == [6, 6] && replay.kinds == ["held", "held", "message"])
        replay.silence()
        #expect(replay.transmitted == [6, 6, 6] && replay.driver.isIdle)
    }

    @Test("a wrong check is refused at once with NAK, nothing of the line is used")
    func refused() throws {
        var bad = Self.line("LL,102,03,A1,01A,  1.0,01,O,NA")
        bad[bad.count - 3] = bad[bad.count - 3] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        let bytes =
            Self.line("LL,102,01, 1, 4,R,S, , , ,A1") + bad + Self.line("LL,102,03,A1,01A,  2.0,01,O,HI")
            + Self.line("LL,102,07,031824,101530,A1, 1, 4")
        let replay = try Replay.run(SynchronDriver.self, "{}", bytes)
        #expect(replay.messages.map { $0.results.map(\.value) } == [["2.0"]])
        #expect(replay.messages[0].results[0].flags == ["HI"])
        #expect(replay.transmitted == [6, 0x15, 6, 6] && replay.faults(.refused).count == 1)
    }

    @Test("samples that alternate keep their own results")
    func interleaved() throws {
        let bytes = [
            "LL,102,01, 1, 4,R,S, , , ,A1", "LL,102,01, 1, 5,S,U, , , ,B2", "LL,102,03,A1,01A,  1.0,01,O,NA",
            "LL,102,03,B2,01A,  2.0,01,O,NA", "LL,102,07,031824,101530,B2, 1, 5", "LL,102,07,031824,101531,A1, 1, 4",
        ].flatMap { Self.line($0) }
        let replay = try Replay.run(SynchronDriver.self, "{}", bytes)
        #expect(replay.messages.map { $0.orders[0].specimenID } == ["B2", "A1"])
        #expect(replay.messages.map { $0.results.map(\.value) } == [["2.0"], ["1.0"]])
        #expect(replay.messages.map { $0.orders[0].priority } == ["S", ""])
    }

    @Test("a sample without its end is told with its id and kept as incomplete, for a person")
    func brokenOff() throws {
        let start = Self.line("LL,102,01, 1, 4,R,S, , , ,A1") + Self.line("LL,102,03,A1,01A,  1.0,01,O,NA")
        let ended = try Replay.run(SynchronDriver.self, "{}", start + Self.line("LL,103,17"))
        var silent = try Replay(SynchronDriver.self)
        silent.feed(start)
        silent.silence()
        let records = #"{"format": "records"}"#
        let next = try Replay.run(
            SynchronDriver.self, records,
            [
                "21,01,A1,RO,SE,", "22,CRP,T8,R, 1.0,12,14,NA,NA", "21,02,B2,RO,SE,", "22,CRP,T8,R, 9.0,12,14,NA,NA",
                "99",
            ]
            .flatMap { Self.line($0) })
        for replay in [ended, silent] {
            #expect(
                replay.messages.map(\.isComplete) == [false] && replay.faults(.lost).count == 1
                    && replay.faults(.lost)[0].contains("A1"))
        }
        #expect(next.messages.map { $0.orders[0].specimenID } == ["A1", "B2"] && next.faults(.lost).count == 1)
        #expect(next.messages.map(\.isComplete) == [false, true])
        #expect(next.messages.map { $0.results.map(\.value) } == [["1.0"], ["9.0"]])
        let orphan = try Replay.run(SynchronDriver.self, records, Self.line("22,CRP,T8,R, 1.0,12,14,NA,NA"))
        #expect(orphan.messages.isEmpty && orphan.faults(.lost).count == 1)
    }

    @Test("records: behind a damaged line, maybe a head, results belong to nobody until the next head")
    func damagedHead() throws {
        var head = Self.line("21,02,B2,RO,SE,")
        head[head.count - 3] = head[head.count - 3] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        func lines(_ texts: [String]) -> [UInt8] { texts.flatMap { Self.line($0) } }
        let first = lines(["21,01,A1,RO,SE,", "22,CRP,T8,R, 1.0,12,14,NA,NA"])
        let rest = lines(["22,CRP,T8,R, 9.0,12,14,NA,NA", "99"])
        let records = #"{"format": "records"}"#
        let lost = try Replay.run(SynchronDriver.self, records, first + head + rest)
        #expect(lost.messages.flatMap(\.results).map(\.value) == ["1.0"] && lost.faults(.lost).count == 1)
        let resent = try Replay.run(
            SynchronDriver.self, records, first + lines(["99"]) + head + Self.line("21,02,B2,RO,SE,") + rest)
        #expect(resent.messages.map { $0.orders[0].specimenID } == ["A1", "B2"])
        #expect(resent.messages.map { $0.results.map(\.value) } == [["1.0"], ["9.0"]])
    }

    @Test("a blank id is no specimen; other kinds of sample are controls; status B is no result even with a number")
    func meanings() throws {
        let blank = try Replay.run(
            SynchronDriver.self, #"{"format": "records"}"#,
            ["21,07,             ,RO,SE,", "22,CRP,T8,R, 1.0,12,14,NA,NA", "99"].flatMap { Self.line($0) })
        #expect(blank.messages.map { $0.orders[0].specimenID } == [""] && blank.messages[0].orders[0].position == "07")
        let control = try Replay.run(
            SynchronDriver.self, #"{"format": "records"}"#,
            ["21,07,LEVEL1,CO,SE,", "22,CRP,T8,R, 1.0,12,14,NA,NA", "99"].flatMap { Self.line($0) })
        #expect(control.messages.map { $0.results.map(\.isQC) } == [[true]])
        let bad = try Replay.run(
            SynchronDriver.self, "{}",
            ["LL,102,03,A1,01A,  1.0,01,B,NA", "LL,102,07,031824,101530,A1, 1, 4"].flatMap { Self.line($0) })
        #expect(bad.messages.map { $0.results.map(\.isUsable) } == [[false]])
        let calibration = try Replay.run(SynchronDriver.self, "{}", Self.line("LL,102,09,031824,101600,01A,N, 2980.1"))
        #expect(calibration.messages.map(\.kind) == [.event] && calibration.rows.isEmpty)
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"format": "array"}"#, #"{"answers": true}"#, #"{"dates": "mdy"}"#, #"{"silence": 0}"#, "3"])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(SynchronDriver.self, json) } }
}
