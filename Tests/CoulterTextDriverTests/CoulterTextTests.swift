import DriverBench
import DriverKit
import Testing

@testable import CoulterTextDriver

/// The conversation in blocks, and what lines give.
struct CoulterTextTests {
    static let reportOptions = #"{"format": "report"}"#

    /// CRC-16/GENIBUS, or CRC-16/X-25.
    static func crc(_ bytes: [UInt8], isReflected: Bool = false) -> String {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= isReflected ? UInt16(byte) : UInt16(byte) << 8
            for _ in 0..<8 {
                if isReflected { crc = crc & 1 == 1 ? crc >> 1 ^ 0x8408 : crc >> 1 }
                if !isReflected { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
            }
        }
        let hex = String(~crc, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - hex.count) + hex
    }

    static func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return (digits.count < 2 ? "0" : "") + digits
    }

    static func block(_ number: Int, _ text: String) -> [UInt8] {
        Array("\u{2}\(hex(number))\(text)\(crc(Array(text.utf8)))\u{3}".utf8)
    }

    static let first = "DATE 03/18/24\r\nTIME 09:52:07\r\nID1 0042-A  \r\nWBC  6"
    static let second = ".8\r\nRBC 4.61 *VL\r\nEO% :::::\r\nBIRTH 01/02/60\r\n"

    static func report(_ lines: [String]) -> [UInt8] {
        let body = Array(lines.map { $0 + "\r\n" }.joined().utf8)
        return [2] + body + Array(hex(Int(0 &- body.reduce(0, &+))).utf8) + [3]
    }

    @Test("SYN, count, blocks, SYN: each answered as the format says, the last block after its message")
    func conversation() throws {
        var replay = try Replay(CoulterTextDriver.self)
        replay.feed([0x16])
        #expect(replay.transmitted == [0x16])
        replay.feed("02")
        #expect(replay.transmitted == [0x16, 6])
        replay.feed(Self.block(1, Self.first))
        #expect(replay.transmitted == [0x16, 6, 6] && replay.messages.isEmpty)
        replay.feed(Self.block(2, Self.second))
        #expect(replay.kinds == ["now", "now", "held", "message", "held"])
        replay.feed([0x16])
        #expect(replay.transmitted == [0x16, 6, 6, 6, 6] && replay.faults.isEmpty)
        let message = replay.messages[0]
        #expect(message.orders[0].specimenID == "0042-A")
        #expect(message.results.map(\.code) == ["WBC", "RBC", "EO%"])
        #expect(message.results.map(\.value) == ["6.8", "4.61", ""])
        #expect(message.results[1].flags == ["*", "V", "L"] && !message.results[2].isUsable)
        #expect(message.results[0].time == "2024-03-18T09:52:07")
        replay.silence()
        #expect(replay.driver.isIdle)
    }

    @Test("a damaged block is refused with NAK and taken when it comes again; a block twice counts once")
    func again() throws {
        var bad = Self.block(1, Self.first)
        bad[20] ^= 1
        let good = Self.block(1, Self.first)
        let replay = try Replay.run(
            CoulterTextDriver.self, "{}", Array("02".utf8) + bad + good + good + Self.block(2, Self.second))
        #expect(replay.transmitted == [6, 0x15, 6, 6, 6])
        #expect(replay.messages.count == 1 && replay.messages[0].results[0].value == "6.8")
        #expect(replay.faults.map(\.severity) == [.refused, .notice])
    }

    @Test("the two ways of reckoning the CRC, and one alone")
    func crcForms() throws {
        let text = "ID1 7\r\nWBC 6.8\r\n"
        let plain = Array("01".utf8) + Self.block(1, text)
        let reflected = Array("01\u{2}01\(text)\(Self.crc(Array(text.utf8), isReflected: true))\u{3}".utf8)
        func count(_ bytes: [UInt8], _ options: String) throws -> Int {
            try Replay.run(CoulterTextDriver.self, options, bytes).messages.count
        }
        #expect(try count(plain, "{}") == 1 && count(reflected, "{}") == 1)
        #expect(try count(plain, #"{"crc": "plain"}"#) == 1 && count(reflected, #"{"crc": "plain"}"#) == 0)
        #expect(try count(plain, #"{"crc": "reflected"}"#) == 0 && count(reflected, #"{"crc": "reflected"}"#) == 1)
    }

    @Test("a transmission that comes again counts once; blocks out of order or without count are refused")
    func order() throws {
        let whole = Array("02".utf8) + Self.block(1, Self.first) + Self.block(2, Self.second)
        let twice = try Replay.run(CoulterTextDriver.self, "{}", whole + [0x16] + whole)
        #expect(twice.messages.count == 1 && twice.faults(.notice).count == 1)
        let swapped = try Replay.run(
            CoulterTextDriver.self, "{}", Array("02".utf8) + Self.block(2, Self.second) + Self.block(1, Self.first))
        #expect(swapped.messages.isEmpty && swapped.transmitted == [6, 0x15, 6])
        #expect(swapped.faults.map(\.severity) == [.refused, .lost])
        let without = try Replay.run(CoulterTextDriver.self, "{}", Self.block(1, Self.first))
        #expect(without.messages.isEmpty && without.faults(.refused).count == 1)
    }

    @Test("silence within a transmission, and a new one: the unfinished is lost, the next is read")
    func unfinished() throws {
        let whole = Array("02".utf8) + Self.block(1, Self.first) + Self.block(2, Self.second)
        var replay = try Replay(CoulterTextDriver.self)
        replay.feed(Array("02".utf8) + Self.block(1, Self.first))
        replay.silence()
        #expect(replay.faults(.lost).count == 1 && replay.driver.isIdle)
        replay.feed(whole)
        #expect(replay.messages.count == 1)
        let restarted = try Replay.run(
            CoulterTextDriver.self, "{}", Array("02".utf8) + Self.block(1, Self.first) + [0x16] + whole)
        #expect(restarted.messages.count == 1 && restarted.faults(.lost).count == 1)
    }

    @Test("two samples in one report are given to nobody")
    func ambiguous() throws {
        let text = "ID1 1\r\nWBC 6.8\r\nID1 2\r\nWBC 7.0\r\n"
        let replay = try Replay.run(CoulterTextDriver.self, "{}", Array("01".utf8) + Self.block(1, text))
        #expect(replay.messages.isEmpty && replay.faults(.lost).count == 1)
        let times = "ID1 1\r\nTIME 09:00:00\r\nWBC 6.8 ?\r\nDATE 03/18/24\r\nTIME 10:00:00\r\n"
        let timed = try Replay.run(CoulterTextDriver.self, "{}", Array("01".utf8) + Self.block(1, times))
        #expect(timed.messages.first?.results.map(\.time) == ["2024-03-18T09:00:00"])
        #expect(timed.messages.first?.results.first?.flags == ["?"] && timed.faults.map(\.severity) == [.notice])
    }

    @Test("dashes are no id; a flag directly behind its value; a value that is no number is none")
    func lines() throws {
        let text = "ID1 ------------\r\nWBC 6.8R\r\nPLT 2 41\r\nHGB 1x9\r\nNE # 3.9 *R\r\nRET% 1.1\r\nPCT\r\n"
        let replay = try Replay.run(
            CoulterTextDriver.self, #"{"codes": ["RET%"]}"#, Array("01".utf8) + Self.block(1, text))
        let message = try #require(replay.messages.first)
        #expect(message.orders[0].specimenID == "")
        let byCode = Dictionary(uniqueKeysWithValues: message.results.map { ($0.code, $0) })
        #expect(byCode["WBC"]?.value == "6.8" && byCode["WBC"]?.flags == ["R"])
        #expect(byCode["HGB"]?.value == "" && byCode["HGB"]?.isUsable == false)
        #expect(byCode["NE#"]?.flags == ["*", "R"] && byCode["RET%"]?.value == "1.1")
        #expect(byCode["PCT"]?.isUsable == false)
        #expect(byCode["PLT"]?.isUsable == false, "two numbers: which one it is, is not known")
        #expect(replay.faults(.lost).count == 2)
    }

    @Test("a report: number where the id is blank, damage is lost where the device repeats nothing, changed line ends")
    func report() throws {
        let lines = [
            "DATE 24/03/18 ", "TEST 021      ", "ID            ", "HGB   114.    ", "MO #    .3 R3 ", "MPV   ... ",
        ]
        let good = Self.report(lines)
        let replay = try Replay.run(CoulterTextDriver.self, Self.reportOptions, good)
        let message = try #require(replay.messages.first)
        #expect(message.orders[0].specimenID == "021" && message.orders[0].specimenKind == "number")
        #expect(message.results.map(\.code) == ["HGB", "MO#", "MPV"] && message.results[1].flags == ["R3"])
        #expect(replay.kinds == ["message", "acknowledge"] && replay.transmitted.isEmpty)
        #expect(message.results[0].time == "2024-03-18" && !message.results[2].isUsable)
        var bad = good
        bad[60] ^= 1
        #expect(try Replay.run(CoulterTextDriver.self, Self.reportOptions, bad).faults.map(\.severity) == [.lost])
        let changed = try Replay.run(CoulterTextDriver.self, Self.reportOptions, good.filter { $0 != 13 })
        #expect(changed.messages == replay.messages && changed.faults(.notice).count == 1)
        let withID = try Replay.run(
            CoulterTextDriver.self, Self.reportOptions, Self.report(lines.map { $0.hasPrefix("ID") ? "ID 0007 B" : $0 })
        )
        #expect(withID.messages[0].orders[0].specimenID == "0007 B" && withID.messages[0].orders[0].specimenKind == "")
    }

    @Test("options that cannot be used are refused with words")
    func options() {
        for options in [#"{"format": "MAXM"}"#, #"{"flags": "all"}"#, #"{"date": 3}"#, #"{"check": "crc"}"#] {
            #expect(throws: OptionsFault.self, "\(options)") { try Replay(CoulterTextDriver.self, options) }
        }
    }
}
