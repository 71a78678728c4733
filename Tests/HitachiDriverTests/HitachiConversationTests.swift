import DriverBench
import DriverKit
import Testing

@testable import HitachiDriver

/// What is answered, and what is refused.
struct HitachiConversationTests {
    static func frame(_ text: String, check: Bool = true) -> [UInt8] {
        let body = Array(text.utf8) + [0x03]
        return [0x02] + body + (check ? [body.reduce(0, ^)] : [])
    }

    /// Sample information of 37 characters, then results.
    static func sample(_ kind: String, number: String, id: String = "", _ results: [String], count: Int? = nil)
        -> String
    {
        func left(_ text: String, _ width: Int) -> String { String(repeating: " ", count: width - text.count) + text }
        func right(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - text.count) }
        return kind + left(number, 5) + "1" + "  7" + right(id, 13) + " 45" + "3" + "1" + "031824" + "0941"
            + left("\(count ?? results.count)", 3) + results.joined()
    }

    @Test("ANY is answered with MOR; MOR carries the check that the analyser uses")
    func anyIsAnswered() throws {
        let plain = try Replay.run(HitachiDriver.self, #"{"check": "none"}"#, Self.frame(">", check: false))
        #expect(plain.transmitted == [0x02, 0x3E, 0x03] && plain.messages.isEmpty && plain.faults.isEmpty)
        let checked = try Replay.run(HitachiDriver.self, "{}", Self.frame(">"))
        #expect(checked.transmitted == [0x02, 0x3E, 0x03, 0x3D])
        let silent = try Replay.run(HitachiDriver.self, #"{"answers": false}"#, Self.frame(">"))
        #expect(silent.transmitted == [])
        let tail = try Replay.run(HitachiDriver.self, #"{"check": "xor", "tail": "cr"}"#, Self.frame(">"))
        #expect(tail.transmitted == [0x02, 0x3E, 0x03, 0x3D, 0x0D])
    }

    @Test("MOR for a result comes after the message and waits for it to be stored")
    func storedFirst() throws {
        let replay = try Replay.run(
            HitachiDriver.self, "{}", Self.frame(Self.sample(":A1", number: "7", id: "00042", ["  5   1.0 "])))
        #expect(replay.kinds == ["message", "held"])
        #expect(replay.messages[0].orders[0].specimenID == "00042")
        #expect(replay.messages[0].orders[0].specimenKind == "")
    }

    @Test("a wrong check is refused with REP at once, and the frame is taken when it comes again")
    func wrongCheck() throws {
        let good = Self.frame(Self.sample(":N1", number: "7", ["  5   1.0 "]))
        var bad = good
        bad[bad.count - 1] ^= 0x10
        var replay = try Replay(HitachiDriver.self, #"{"check": "xor"}"#)
        replay.feed(bad)
        #expect(replay.transmitted == [0x02, 0x3F, 0x03, 0x3C] && replay.kinds == ["now"])
        #expect(replay.faults.map(\.severity) == [.refused])
        replay.feed(good)
        #expect(replay.messages.count == 1)
    }

    @Test("a frame that comes again because MOR was lost counts once, is answered again, and is new after a while")
    func repeats() throws {
        let frame = Self.frame(Self.sample(":N1", number: "7", ["  5   1.0 "]))
        var replay = try Replay(HitachiDriver.self)
        replay.feed(frame + frame)
        #expect(replay.messages.count == 1)
        #expect(replay.transmitted == [0x02, 0x3E, 0x03, 0x3D, 0x02, 0x3E, 0x03, 0x3D])
        #expect(replay.faults(.notice).count == 1)
        #expect(!replay.driver.isIdle)
        replay.silence()
        #expect(replay.driver.isIdle)
        replay.feed(frame)
        #expect(replay.messages.count == 2)
    }

    @Test("a sample over several frames is one message; counts of a frame and of the sample are both known")
    func severalFrames() throws {
        for count in [nil, 3] {
            let first = Self.sample("1N1", number: "7", ["  5   1.0 ", "  6   2.0H"], count: count)
            let last = Self.sample(":N1", number: "7", ["  7   3.0 "], count: count)
            let replay = try Replay.run(HitachiDriver.self, "{}", Self.frame(first) + Self.frame(last))
            #expect(replay.messages.map { $0.results.map(\.value) } == [["1.0", "2.0", "3.0"]])
            #expect(replay.kinds == ["held", "message", "held"])
            #expect(replay.spans.first?.lowerBound == 0)
        }
    }

    @Test("results of one sample are never given to the next: a part without its end is lost, with the sample's number")
    func interrupted() throws {
        let first = Self.frame(Self.sample("1N1", number: "7", ["  5   1.0 "]))
        let other = Self.frame(Self.sample(":N1", number: "8", ["  5   9.0 "]))
        let replay = try Replay.run(HitachiDriver.self, "{}", first + other)
        #expect(replay.messages.map { $0.orders[0].specimenID } == ["8"])
        #expect(replay.messages[0].results.map(\.value) == ["9.0"])
        #expect(replay.faults(.lost).count == 1 && replay.faults(.lost)[0].contains("sample 7"))
        var silent = try Replay(HitachiDriver.self)
        silent.feed(first)
        #expect(!silent.driver.isIdle)
        silent.silence()
        #expect(silent.driver.isIdle && silent.faults(.lost).count == 1)
    }

    @Test("frames without the first ones are kept as incomplete, and said; line ends within a frame are dropped")
    func headless() throws {
        let second = Self.frame(Self.sample("2N1", number: "7", ["  6   2.0 "]))
        let last = Self.frame(Self.sample(":N1", number: "7", ["  7   3.0 "]))
        let replay = try Replay.run(HitachiDriver.self, "{}", second + last)
        #expect(replay.messages.map(\.isComplete) == [false] && replay.faults(.lost).count == 1)
        let whole = Self.frame(Self.sample("1N1", number: "7", ["  5   1.0 "])) + second + last
        #expect(try Replay.run(HitachiDriver.self, "{}", whole).messages.map(\.isComplete) == [true])
        for check in [true, false] {
            var broken = Self.frame(Self.sample(":N1", number: "7", ["  5   1.0 "]), check: check)
            broken.insert(contentsOf: [0x0D, 0x0A], at: 30)
            let read = try Replay.run(HitachiDriver.self, "{}", broken)
            #expect(read.messages.map { $0.results.map(\.value) } == [["1.0"]] && read.faults.isEmpty)
        }
    }

    @Test("line: STAT numbers are three characters, numbers of controls two")
    func lineNumbers() throws {
        for (kind, number) in [("N", "E118"), ("E", "118"), ("C", "18")] {
            let text = "52\(kind)E118 2 7             " + " 5    82 "
            let replay = try Replay.run(
                HitachiDriver.self, #"{"format": "line"}"#, [0x02] + Array(text.utf8) + [0x03, 0x0D, 0x0A])
            #expect(replay.messages.first?.orders.map(\.specimenID) == [number], "\(replay.faults)")
            #expect(replay.messages.first?.results.map(\.isQC) == [kind == "C"])
        }
    }

    @Test(
        "what does not fit is refused as a whole: no row of it is reported",
        arguments: [
            sample(":N1", number: "7", ["  5   1.0 "], count: 2), sample(":N1", number: "7", ["  5   1.0 ", "  6"]),
            sample(":N1", number: "7", [" X5   1.0 "]),
            sample(":Z1", number: "7", ["  5   1.0 "]), ":N1  118", ":", "x", "9N1",
            sample(":N1", number: "7", ["  5   1.0\u{7F}"]),
        ])
    func refused(_ text: String) throws {
        let replay = try Replay.run(HitachiDriver.self, "{}", Self.frame(text))
        #expect(replay.messages.isEmpty)
        #expect(replay.faults.map(\.severity) == [.refused])
        #expect(replay.transmitted == [0x02, 0x3F, 0x03, 0x3C])
    }

    @Test("remains in the id field are not taken for an id; calibration is no result; a value with V may be blank")
    func meanings() throws {
        let remains = try Replay.run(
            HitachiDriver.self, "{}", Self.frame(Self.sample(":N1", number: "7", id: "OLD123", ["  5      V"])))
        #expect(remains.messages[0].orders[0].specimenID == "7")
        #expect(remains.messages[0].orders[0].specimenKind == "number")
        #expect(remains.messages[0].results[0].isUsable == false)
        let always = try Replay.run(
            HitachiDriver.self, #"{"id": "always"}"#,
            Self.frame(Self.sample(":N1", number: "7", id: "OLD123", ["  5   1.0 "])))
        #expect(always.messages[0].orders[0].specimenID == "OLD123")
        let calibration = try Replay.run(
            HitachiDriver.self, "{}", Self.frame(Self.sample(":G1", number: "7", ["  5   1.0 "])))
        #expect(calibration.messages.map(\.kind) == [.event] && calibration.rows.isEmpty)
        let stat = try Replay.run(
            HitachiDriver.self, "{}", Self.frame(Self.sample(":Q1", number: "7", ["  5   1.0 "])))
        #expect(stat.messages[0].orders[0].priority == "S" && stat.messages[0].orders[0].fillerID == "Q7")
        let blankID = try Replay.run(
            HitachiDriver.self, "{}", Self.frame(Self.sample(":A1", number: "7", ["  5   1.0 "])))
        #expect(blankID.messages[0].orders[0].specimenKind == "number" && blankID.faults(.notice).count == 1)
    }

    @Test("every end code that can be set on the analyser is read, and can be sent")
    func endCodes() throws {
        let text = Array(Self.sample(":N1", number: "7", ["  5   1.0 "]).utf8)
        func hex(_ text: [UInt8]) -> [UInt8] {
            let digits = String(text.reduce(0, &+), radix: 16, uppercase: true)
            return Array(((digits.count < 2 ? "0" : "") + digits).utf8)
        }
        let more: [UInt8] = [0x3E]
        let cases: [(String, [UInt8], [UInt8])] = [
            (#"{"check": "xor"}"#, [0x03, (text + [0x03]).reduce(0, ^)], [0x03, 0x3D]),
            (#"{"check": "none"}"#, [0x03], [0x03]),
            (#"{"check": "none", "tail": "crlf"}"#, [0x03, 0x0D, 0x0A], [0x03, 0x0D, 0x0A]),
            (#"{"check": "none", "crlf_before_etx": true}"#, [0x0D, 0x0A, 0x03], [0x0D, 0x0A, 0x03]),
            (#"{"check": "sum", "tail": "cr"}"#, [0x03] + hex(text) + [0x0D], [0x03] + hex(more) + [0x0D]),
        ]
        for (options, sent, answered) in cases {
            let replay = try Replay.run(HitachiDriver.self, options, [0x02] + text + sent)
            #expect(replay.messages.map { $0.results.map(\.value) } == [["1.0"]], "\(options)")
            #expect(replay.transmitted == [0x02] + more + answered, "\(options)")
        }
    }

    @Test("a value that is no number is text where the check is right, and refused where there is none")
    func texts() throws {
        let text = Self.sample(":N1", number: "7", ["  5   1x0 "])
        let checked = try Replay.run(HitachiDriver.self, "{}", Self.frame(text))
        #expect(checked.messages.first?.results.map(\.value) == ["1x0"])
        let unchecked = try Replay.run(HitachiDriver.self, #"{"check": "none"}"#, Self.frame(text, check: false))
        #expect(unchecked.messages.isEmpty && unchecked.faults(.refused).count == 1)
    }

    @Test("an inquiry for tests is told and answered, not left without answer")
    func inquiry() throws {
        let replay = try Replay.run(HitachiDriver.self, "{}", Self.frame(Self.sample(";A1", number: "7", id: "42", [])))
        #expect(replay.transmitted == [0x02, 0x3E, 0x03, 0x3D] && replay.faults(.notice).count == 1)
        var replay2 = try Replay(HitachiDriver.self)
        #expect(try replay2.submit(#"{"specimen_id": "1"}"#) == .unsupported)
    }

    @Test("format packet: ids and packet number before the frame character, two digits and CR behind")
    func packet() throws {
        let info = "  118" + "    2" + "  7" + "1" + "H240318-00001" + " 453" + "1" + "031824" + "0941" + "OP    "
        let text = Array(("013:A1" + info + "  2" + "  5   1.0H" + "  6       ").utf8)
        let sum = text.reduce(0, &+)
        let hex = String(sum, radix: 16, uppercase: true)
        let digits = Array((hex.count < 2 ? "0" + hex : hex).utf8)
        let options = #"{"format": "packet"}"#
        let replay = try Replay.run(HitachiDriver.self, options, [0x02] + text + [0x03] + digits + [0x0D])
        #expect(replay.messages.map { $0.orders[0].specimenID } == ["H240318-00001"])
        #expect(replay.messages.first?.orders[0].rack == "2" && replay.messages.first?.orders[0].position == "7")
        #expect(replay.messages.first?.results.map(\.value) == ["1.0", ""])
        #expect(replay.messages.first?.results.map(\.time) == ["2024-03-18T09:41", "2024-03-18T09:41"])
        #expect(replay.messages.first?.results.map(\.operatorID) == ["OP", "OP"])
        let answer = Array("013>".utf8)
        let answerHex = String(answer.reduce(0, &+), radix: 16, uppercase: true)
        #expect(replay.transmitted == [0x02] + answer + [0x03] + Array(answerHex.utf8) + [0x0D])
        let wrong = try Replay.run(HitachiDriver.self, options, [0x02] + text + [0x03] + Array("00".utf8))
        #expect(wrong.messages.isEmpty && wrong.faults.map(\.severity) == [.refused])
    }

    @Test("format line: above 50 an ACK, below none; a control is no patient; other functions are told")
    func line() throws {
        let options = #"{"format": "line"}"#
        func line(_ head: String) -> [UInt8] {
            [0x02] + Array((head + " 2 7" + String(repeating: " ", count: 13) + " 5    82 ").utf8) + [0x03, 0x0D, 0x0A]
        }
        #expect(try Replay.run(HitachiDriver.self, options, line("52N 118")).transmitted == [6])
        let quiet = try Replay.run(HitachiDriver.self, options, line("02N 118"))
        #expect(quiet.transmitted == [] && quiet.kinds == ["message", "acknowledge"])
        let control = try Replay.run(HitachiDriver.self, options, line("52C   1"))
        #expect(control.messages[0].results.map(\.isQC) == [true])
        let stat = try Replay.run(HitachiDriver.self, options, line("52E  12"))
        #expect(stat.messages[0].orders[0].priority == "S")
        let other = try Replay.run(HitachiDriver.self, options, line("71N 118"))
        #expect(other.messages.isEmpty && other.faults(.notice).count == 1)
        let kind = try Replay.run(HitachiDriver.self, options, line("52X 118"))
        #expect(kind.messages.isEmpty && kind.faults(.refused).count == 1 && kind.transmitted == [])
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [
            #"{"format": "7170"}"#, #"{"check": "crc"}"#, #"{"format": "line", "check": "xor"}"#, #"{"dates": "mdy"}"#,
            #"{"silence": 0}"#, #"{"id": true}"#, "[]",
        ])
    func options(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(HitachiDriver.self, json) } }
}
