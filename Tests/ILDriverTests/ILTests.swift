import DriverBench
import DriverKit
import ILDriver
import Testing

/// Captures through the driver; answers, refusals, repeats.
struct ILTests {
    static let captures = CorpusCapture.all(["il-1620"])
    static let head = "05,031,62001,1107,24031844      ,4,   ,18 MAR 24,10:31,1,     ,"

    static func record(_ text: String) -> [UInt8] {
        let bytes = Array((text + ",").utf8)
        let hex = String(0 &- bytes.reduce(0, &+), radix: 16, uppercase: true)
        return [0x02] + bytes + Array(((hex.count < 2 ? "0" : "") + hex).utf8) + [0x03]
    }

    @Test func capturesAreThere() { #expect(Self.captures.count >= 1) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        #expect(try DriverChecks.decodes(ILDriver.self, "{}", capture) == [])
        #expect(try DriverChecks.truncations(ILDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.garbage(ILDriver.self, "{}", capture.bytes, rounds: 60) == [])
        #expect(try DriverChecks.noise(ILDriver.self, "{}", capture.bytes, Array("\r\nx\u{7}".utf8)) == [])
        #expect(try DriverChecks.damage(ILDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.damage(ILDriver.self, "{}", capture.bytes, by: 0x08) == [])
    }

    @Test("ACK after the record is stored, NAK at once for a wrong check")
    func answers() throws {
        let good = Self.record(Self.head + "01,200,000, 7.412,20")
        let taken = try Replay.run(ILDriver.self, "{}", good)
        #expect(taken.kinds == ["message", "held"] && taken.transmitted == [6])
        var bad = good
        bad[20] ^= 1
        let refused = try Replay.run(ILDriver.self, "{}", bad)
        #expect(refused.messages.isEmpty && refused.transmitted == [0x15] && refused.faults(.refused).count == 1)
        let silent = try Replay.run(ILDriver.self, #"{"answers": "none"}"#, good)
        #expect(silent.transmitted == [] && silent.kinds == ["message", "acknowledge"])
    }

    @Test("a sample sent again has new record numbers and is counted once, for a while")
    func repeats() throws {
        func sample(_ number: Int) -> [UInt8] {
            func head(_ number: Int) -> String { Self.head.replacing("05,031", with: "05,0\(number)") }
            return Self.record(head(number) + "01,200,000, 7.412,20")
                + Self.record(head(number + 1) + "01,220,000, 13.9,04")
        }
        var replay = try Replay(ILDriver.self)
        replay.feed(sample(31) + sample(41))
        #expect(replay.messages.count == 2 && replay.faults(.notice).count == 2 && replay.transmitted == [6, 6, 6, 6])
        replay.silence()
        #expect(replay.driver.isIdle)
        replay.feed(sample(51))
        #expect(replay.messages.count == 4)
    }

    @Test(
        "a record that does not hold what it promises is refused as a whole",
        arguments: [
            "05,031", head + "02,200,000, 7.412,20", head + "xx,200,000, 7.412,20", head + "01,200,000, 7.412",
            head + "01,,000, 7.412,20", head + "01,200,000, 7.\u{1}12,20",
        ])
    func refused(_ text: String) throws {
        let replay = try Replay.run(ILDriver.self, "{}", Self.record(text))
        #expect(replay.messages.isEmpty && replay.transmitted == [0x15] && replay.faults(.refused).count == 1)
    }

    @Test("line ends that a converter put within a record count neither for its check nor for its fields")
    func brokenLines() throws {
        var record = Self.record(Self.head + "01,200,000, 7.412,20")
        record.insert(contentsOf: [0x0D, 0x0A], at: 40)
        let replay = try Replay.run(ILDriver.self, "{}", record)
        #expect(replay.messages.map { $0.results.map(\.value) } == [["7.412"]] && replay.faults.isEmpty)
    }

    @Test(
        "a blank id is no specimen, the sequence stands beside it; temperature is no result; kinds of control are the profile's; other records"
    )
    func meanings() throws {
        let blank = try Replay.run(
            ILDriver.self, #"{"control_kinds": ["4"]}"#,
            Self.record(Self.head.replacing("24031844", with: "        ") + "02,200,000, 7.412,20,250,000, 37.0,23"))
        #expect(
            blank.messages[0].orders[0].specimenID == "" && blank.messages[0].orders[0].fillerID == "1107")
        #expect(blank.messages[0].results.map(\.role) == [.result, .info])
        #expect(blank.messages[0].results.map(\.isQC) == [true, true])
        let other = try Replay.run(ILDriver.self, "{}", Self.record("07,031,62001,1107,TEXT"))
        #expect(other.messages.map(\.kind) == [.event] && other.transmitted == [6])
        let undated = try Replay.run(
            ILDriver.self, "{}", Self.record(Self.head.replacing("18 MAR", with: "38 MAR") + "01,200,000, 7.412,20"))
        #expect(undated.messages[0].results.map(\.time) == [""] && undated.faults(.notice).count == 1)
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"answers": "yes"}"#, #"{"date": "iso"}"#, #"{"kinds": ["4"]}"#, #"{"silence": 0}"#])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(ILDriver.self, json) } }
}
