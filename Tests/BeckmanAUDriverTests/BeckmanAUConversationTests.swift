import BeckmanAUDriver
import DriverBench
import DriverKit
import Testing

/// Answers, refusals, kinds of blocks.
struct BeckmanAUConversationTests {
    static func block(_ text: String, check: Bool = false, end: UInt8 = 0x03) -> [UInt8] {
        let body = Array(text.utf8) + [end]
        return [0x02] + body + (check ? [body.reduce(0, ^)] : [])
    }
    static func sample(
        _ tests: String, kind: String = "D ", number: String = "0034", id: String = "", flag: String = "E"
    ) -> String {
        let blanks = String(repeating: " ", count: 20 - id.count)
        return kind + "0003" + "04" + " " + number + id + blanks + "    " + flag + tests
    }
    static let one = sample("01  27.4r ")

    @Test("ACK waits for the message; NAK at once for a wrong check, and the block is taken when it comes again")
    func answers() throws {
        var replay = try Replay(BeckmanAUDriver.self, #"{"bcc": "required"}"#)
        var bad = Self.block(Self.one, check: true)
        bad[bad.count - 1] ^= 0x20
        replay.feed(bad)
        #expect(replay.transmitted == [0x15] && replay.kinds == ["now"] && replay.faults.map(\.severity) == [.refused])
        replay.feed(Self.block(Self.one, check: true))
        #expect(replay.transmitted == [0x15, 0x06] && replay.kinds == ["now", "message", "held"])
        let classA = try Replay.run(BeckmanAUDriver.self, #"{"answers": false}"#, Self.block(Self.one))
        #expect(classA.transmitted == [] && classA.kinds == ["message", "acknowledge"])
    }

    @Test("bcc auto: with a check, without one at the end of the line, and with one that is also the start code")
    func auto() throws {
        let with = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(Self.one, check: true))
        let without = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(Self.one))
        #expect(with.messages == without.messages && with.messages.count == 1)
        var waiting = try Replay(BeckmanAUDriver.self)
        waiting.feed(Self.block(Self.one))
        #expect(waiting.messages.isEmpty && waiting.deadline != nil)
        waiting.silence()
        #expect(waiting.messages.count == 1 && waiting.transmitted == [0x06])
        // The id is chosen so that the exclusive or is 02, the start code.
        let found = (0..<4000).first { number in
            let body = Array(Self.sample("01  27.4  ", id: "\(number)").utf8) + [0x03]
            return body.reduce(0, ^) == 0x02
        }
        let text = Self.sample("01  27.4  ", id: "\(try #require(found))")
        for check in [true, false] {
            let both = Self.block(text, check: check) + Self.block(Self.one, check: check)
            let replay = try Replay.run(BeckmanAUDriver.self, "{}", both)
            #expect(replay.messages.count == 2, "check \(check)")
            let alone = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(text, check: check))
            #expect(alone.messages.count == 1, "check \(check)")
        }
        let wrong = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(Self.one) + [0x41])
        #expect(wrong.messages.isEmpty && wrong.transmitted == [0x15])
    }

    @Test("codes that are taken as well: the block tells which were set, and damage of one does not swallow the other")
    func otherCodes() throws {
        let options = #"{"start": ["ENQ"], "end": ["EOT"], "also": ["STX ETX"]}"#
        let set = [0x05] + Array(Self.one.utf8) + [0x04]
        for bytes in [set, Self.block(Self.one), Self.block(Self.one, check: true)] {
            let replay = try Replay.run(BeckmanAUDriver.self, options, bytes)
            #expect(replay.messages.count == 1 && replay.transmitted == [0x06], "\(replay.faults)")
        }
        let broken = set.dropLast(5) + Self.block(Self.sample("02  33.0  ", number: "0035"))
        let replay = try Replay.run(BeckmanAUDriver.self, options, Array(broken))
        #expect(replay.messages.map { $0.orders[0].specimenID } == ["0035"] && replay.faults(.refused).count == 1)
        #expect(throws: OptionsFault.self) { try Replay(BeckmanAUDriver.self, #"{"also": ["STX"]}"#) }
    }

    @Test("line ends that a converter put within a block count for nothing", arguments: [true, false])
    func brokenLines(_ check: Bool) throws {
        var block = Self.block(Self.one, check: check)
        block.insert(contentsOf: [0x0D, 0x0A], at: 20)
        let replay = try Replay.run(BeckmanAUDriver.self, "{}", block)
        #expect(replay.messages.first?.results.map(\.value) == ["27.4"] && replay.faults.isEmpty)
    }

    @Test("start and end codes of two bytes")
    func longCodes() throws {
        let bytes = [0x01, 0x02] + Array(Self.one.utf8) + [0x03, 0x04]
        let options = #"{"start": ["SOH", "STX"], "end": ["ETX", "04"], "bcc": "none"}"#
        let replay = try Replay.run(BeckmanAUDriver.self, options, [0x01, 0x01] + bytes, pieces: .fixed(1))
        #expect(replay.messages.count == 1)
        #expect(replay.faults(.lost) == [])
    }

    @Test("kinds: rerun, STAT, control, calibration; the resent mark")
    func kinds() throws {
        func run(_ text: String) throws -> Replay {
            try Replay.run(BeckmanAUDriver.self, "{}", Self.block(text) + Self.block("DE"))
        }
        let rerun = try run(Self.sample("01  27.4r ", kind: "DH"))
        #expect(rerun.messages[0].orders[0].run == "H" && rerun.messages[0].results[0].isResent)
        let stat = try run(Self.sample("01  27.4  ", kind: "d ", number: "E003"))
        #expect(stat.messages[0].orders[0].priority == "S" && stat.messages[0].orders[0].specimenID == "E003")
        #expect(stat.messages[0].orders[0].specimenKind == "number")
        let control = try run(Self.sample("01  27.4  ", kind: "DQ", number: "Q001", id: "LEVEL1"))
        #expect(control.messages[0].results.map(\.isQC) == [true] && control.messages[0].orders[0].specimenID == "Q001")
        let named = try run(Self.sample("01  27.4  ", kind: "D ", number: "C001"))
        #expect(named.messages[0].results.map(\.isQC) == [true])
        for kind in ["DR", "DA"] {
            let other = try run(Self.sample("01  27.4  ", kind: kind))
            #expect(other.messages.map(\.kind) == [.event] && other.rows.isEmpty && other.transmitted == [6, 6])
        }
        let strange = try run("DQ0003")
        #expect(strange.messages.map(\.kind) == [.event])
        let blank = try run(Self.sample("01      # "))
        #expect(blank.messages[0].results.map(\.isUsable) == [false])
        let word = try run(Self.sample("96    ++  "))
        #expect(word.messages[0].results.map(\.value) == ["++"])
    }

    @Test("the blanks at the end of a block may be missing, a value may not")
    func cutBlanks() throws {
        let flags = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(Self.sample("01  27.4")))
        #expect(flags.messages.first?.results.map(\.value) == ["27.4"])
        let value = try Replay.run(BeckmanAUDriver.self, "{}", Self.block(Self.sample("01  27.")))
        #expect(value.messages.isEmpty && value.faults(.refused).count == 1)
    }

    @Test(
        "what does not fit is refused as a whole, with the place",
        arguments: [
            sample("01  27.4  ", flag: "X"), sample("0127.4xx  "), sample("A1  27.4  "), "D 0003", "XX", "D", "",
            sample("01  27.4  ", number: "    "), sample("01  27.4  02  2"), sample("01  2\u{1}.4  "),
        ])
    func refused(_ text: String) throws {
        let replay = try Replay.run(BeckmanAUDriver.self, #"{"bcc": "none"}"#, Self.block(text))
        #expect(replay.messages.isEmpty && replay.transmitted == [0x15])
        #expect(replay.faults.map(\.severity) == [.refused])
        #expect(replay.faults.allSatisfy { $0.start < $0.end })
    }

    @Test("a sample of several blocks: one message; broken off: lost with its name, and never mixed with the next")
    func severalBlocks() throws {
        let first = Self.block(Self.sample("01  27.4  ", id: "A1", flag: "0"), end: 0x17)
        let last = Self.block(Self.sample("02   1.0  ", id: "A1", flag: "E"))
        let whole = try Replay.run(BeckmanAUDriver.self, "{}", first + first + last)
        #expect(whole.messages.map { $0.results.map(\.value) } == [["27.4", "1.0"]])
        #expect(whole.transmitted == [6, 6, 6] && whole.faults.map(\.severity) == [.notice])
        let other = Self.block(Self.sample("02   9.9  ", id: "B2", flag: "E"))
        let mixed = try Replay.run(BeckmanAUDriver.self, "{}", first + other)
        #expect(mixed.messages.map { $0.orders[0].specimenID } == ["B2"])
        #expect(mixed.messages.first?.results.map(\.value) == ["9.9"])
        #expect(mixed.faults(.lost).count == 1 && mixed.faults(.lost)[0].contains("A1"))
    }

    @Test(
        "detection refuses what fits in no way, or in two that disagree",
        arguments: [
            "D 000304 0034    E01  2x.4  ", "D 000304 0034    E01", "D 0003", "D 000304 0034    E",
            // Test 01 with 1234, or test 011 with 234.
            "D 000304 0034    E011234     ",
        ])
    func uncertain(_ text: String) throws {
        let options = #"{"bcc": "none", "detect": true, "widths": {"id": 7, "value": 8}}"#
        let replay = try Replay.run(BeckmanAUDriver.self, options, Self.block(text))
        #expect(replay.messages.isEmpty && replay.transmitted == [0x15])
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [
            #"{"start": "A"}"#, #"{"end": "02"}"#, #"{"start": ["STX", "ETX", "EOT"]}"#, #"{"bcc": true}"#,
            #"{"widths": {"ids": 3}}"#, #"{"widths": {"test": 9}}"#, #"{"end": "ETB"}"#, #"{"unit": 1}"#,
        ])
    func options(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(BeckmanAUDriver.self, json) } }
}
