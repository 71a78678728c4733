import DriverBench
import DriverKit
import Testing
import XmodemDriver

/// Captures through the driver; repeats, damage, transfers that break off.
struct XmodemTests {
    static let captures = CorpusCapture.all(["ario-elisa"])

    static func section(_ number: Int, code: String = "", test: String = "3", _ result: String) -> String {
        "[\(number)]\r\nName=\r\nId=\(number)\r\nCode=\(code)\r\nIns_Day=8\r\nIns_Month=03\r\nIns_Year=2024\r\n"
            + "Test=\(test)\r\nResult=\(result)\r\n\r\n"
    }
    static func blocks(_ text: String, bits: UInt8 = 0xFF) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: 128).enumerated().map { index, start in
            var data = Array(bytes[start..<min(start + 128, bytes.count)])
            data += [UInt8](repeating: 0x1A, count: 128 - data.count)
            let number = UInt8(truncatingIfNeeded: index + 1)
            return [1, number & bits, (255 - number) & bits] + data + [data.reduce(0, &+) & bits]
        }
    }
    static func stream(_ text: String, bits: UInt8 = 0xFF) -> [UInt8] { Array(blocks(text, bits: bits).joined()) }
    static let two = section(1, code: "24-0007", "0.23  neg") + section(2, "7.92  POS")

    @Test func capturesAreThere() { #expect(!Self.captures.isEmpty) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        #expect(try DriverChecks.decodes(XmodemDriver.self, "{}", capture) == [])
        #expect(try DriverChecks.truncations(XmodemDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.garbage(XmodemDriver.self, "{}", capture.bytes, rounds: 40) == [])
        #expect(try DriverChecks.noise(XmodemDriver.self, "{}", capture.bytes, Array("\r\nxx\r\n".utf8)) == [])
        #expect(try DriverChecks.damage(XmodemDriver.self, "{}", capture.bytes) == [])
    }

    @Test("a block is answered after the sections that it completes are stored; EOT is answered as well")
    func stored() throws {
        let replay = try Replay.run(XmodemDriver.self, "{}", Self.stream(Self.two) + [4])
        #expect(replay.messages.map { $0.orders[0].specimenID } == ["24-0007", "2"])
        #expect(replay.messages.map { $0.orders[0].specimenKind } == ["", "number"])
        #expect(replay.messages.map { $0.results[0].value } == ["0.23", "7.92"])
        #expect(replay.messages.map { $0.results[0].flags } == [["neg"], ["POS"]])
        #expect(replay.messages.map { $0.results[0].time } == ["2024-03-08", "2024-03-08"])
        #expect(replay.transmitted == [6, 6, 6] && replay.faults.isEmpty && !replay.kinds.contains("now"))
        let listening = try Replay.run(
            XmodemDriver.self, #"{"answers": false}"#, Self.stream(Self.two) + [4])
        #expect(listening.messages == replay.messages && listening.transmitted == [] && listening.acknowledged == 3)
    }

    @Test("on a line of seven data bits, numbers and sums have lost bit 7")
    func sevenBits() throws {
        let bytes = Self.stream(Self.two, bits: 0x7F) + [4]
        #expect(
            try Replay.run(XmodemDriver.self, "{}", bytes).messages.map { $0.results[0].value } == ["0.23", "7.92"])
    }

    @Test("a block, and a whole transfer, that come again count once and are answered again")
    func repeats() throws {
        let blocks = Self.blocks(Self.two)
        let transfer = blocks[0] + blocks[0] + blocks[1] + [4]
        let replay = try Replay.run(XmodemDriver.self, "{}", transfer + [4] + transfer)
        #expect(replay.messages.count == 2 && replay.transmitted == [6, 6, 6, 6, 6, 6, 6, 6, 6])
        var later = try Replay(XmodemDriver.self)
        later.feed(transfer)
        later.silence()
        #expect(later.driver.isIdle)
        later.feed(transfer)
        #expect(later.messages.count == 4)
    }

    @Test("a wrong sum is refused at once, and the block taken when it comes again, also when bytes of it were lost")
    func damage() throws {
        let blocks = Self.blocks(Self.two)
        var bad = blocks[0]
        bad[40] ^= 1
        let replay = try Replay.run(XmodemDriver.self, "{}", bad + Array(blocks.joined()) + [4])
        #expect(replay.messages.count == 2 && replay.transmitted == [0x15, 6, 6, 6])
        #expect(replay.faults(.refused).count == 1)
        let short = blocks[0].prefix(70) + Array(blocks.joined()) + [4]
        #expect(try Replay.run(XmodemDriver.self, "{}", Array(short)).messages.count == 2)
        var silent = try Replay(XmodemDriver.self)
        silent.feed(Array(blocks[0].prefix(70)))
        silent.silence()
        #expect(silent.transmitted == [0x15] && silent.driver.isIdle)
        silent.feed(Array(blocks.joined()) + [4])
        #expect(silent.messages.count == 2)
    }

    @Test("a section whose result did not come whole is none; blocks that are missing are told; the rest counts")
    func incomplete() throws {
        let cut = Self.section(1, "0.23  neg") + "[2]\r\nId=2\r\nTest=3\r\nResult=7.9"
        let open = try Replay.run(XmodemDriver.self, "{}", Self.stream(cut) + [4])
        #expect(open.messages.map { $0.orders[0].specimenID } == ["1"] && open.faults(.lost).count == 1)
        let three = Self.blocks(Self.two + Self.section(3, "1.00  neg"))
        #expect(three.count == 3)
        let gap = try Replay.run(XmodemDriver.self, "{}", three[0] + three[2] + [4])
        #expect(gap.messages.map { $0.orders[0].specimenID }.allSatisfy { $0 == "24-0007" || $0 == "3" })
        #expect(gap.faults(.lost).count >= 2)
        let cancelled = try Replay.run(XmodemDriver.self, "{}", three[0] + [0x18, 0x18])
        #expect(cancelled.faults(.lost).count >= 1)
        let blank = try Replay.run(
            XmodemDriver.self, "{}", Self.stream(Self.section(1, "") + Self.section(2, "---")) + [4])
        #expect(blank.messages.flatMap(\.results).map(\.isUsable) == [false, false])
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"answers": "yes"}"#, #"{"specimen": []}"#, #"{"silence": 0}"#, #"{"crc": true}"#])
    func options(_ options: String) { #expect(throws: OptionsFault.self) { try Replay(XmodemDriver.self, options) } }
}
