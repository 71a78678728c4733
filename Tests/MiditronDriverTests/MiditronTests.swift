import DriverBench
import DriverKit
import Testing

@testable import MiditronDriver

/// Captures through the driver; the conversation, columns, refusals.
struct MiditronTests {
    static let captures = CorpusCapture.all(["roche-miditron-junior"])

    static func packet(_ text: String) -> [UInt8] {
        let hex = String(text.utf8.reduce(0, &+), radix: 16, uppercase: true)
        return [0x02] + Array(text.utf8) + [0x03] + Array(((hex.count < 2 ? "0" : "") + hex + "\r").utf8)
    }
    static func sample(id: String = "2403180042", _ pads: String) -> String {
        ";E " + id + String(repeating: " ", count: 10 - id.count) + "    42 18.03.24 11:20 " + pads
    }
    static let goOn = Array("\u{2}>\u{3}3E\r".utf8)
    static let again = Array("\u{2}?\u{3}3F\r".utf8)

    @Test func capturesAreThere() { #expect(Self.captures.count >= 1) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        #expect(try DriverChecks.decodes(MiditronDriver.self, "{}", capture) == [])
        #expect(try DriverChecks.truncations(MiditronDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.garbage(MiditronDriver.self, "{}", capture.bytes, rounds: 60) == [])
        #expect(try DriverChecks.noise(MiditronDriver.self, "{}", capture.bytes, Array("\r\nxx".utf8)) == [])
        #expect(try DriverChecks.damage(MiditronDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.damage(MiditronDriver.self, "{}", capture.bytes, by: 0x10) == [])
    }

    @Test("line ends that a converter put within a packet count for nothing")
    func brokenLines() throws {
        var packet = Self.packet(Self.sample("SG1.020      PH6.5  "))
        packet.insert(contentsOf: [0x0D, 0x0A], at: 20)
        let replay = try Replay.run(MiditronDriver.self, "{}", packet)
        #expect(replay.messages.first?.results.map(\.value) == ["1.020", "6.5"] && replay.faults.isEmpty)
    }

    @Test("every packet is answered with >, the results after they are stored; a wrong check with ? at once")
    func conversation() throws {
        let result = Self.packet(Self.sample("SG1.020      PH6.5  "))
        var replay = try Replay(MiditronDriver.self)
        replay.feed(Self.packet("<") + result + Self.packet(":"))
        #expect(replay.transmitted == Self.goOn + Self.goOn + Self.goOn)
        #expect(replay.kinds == ["held", "message", "held", "held"])
        var bad = result
        bad[40] ^= 1
        let refused = try Replay.run(MiditronDriver.self, "{}", bad)
        #expect(refused.transmitted == Self.again && refused.kinds == ["now"] && refused.faults(.refused).count == 1)
        let silent = try Replay.run(MiditronDriver.self, #"{"answers": false}"#, result)
        #expect(silent.transmitted == [] && silent.kinds == ["message", "acknowledge"])
    }

    @Test("a packet that breaks off and begins again counts once; one that comes again as well")
    func repeats() throws {
        let result = Self.packet(Self.sample("SG1.020      PH6.5  "))
        let broken = try Replay.run(MiditronDriver.self, "{}", Array(result.prefix(30)) + result + result)
        #expect(broken.messages.count == 1 && broken.transmitted == Self.goOn + Self.goOn)
        #expect(broken.faults.map(\.severity) == [.refused, .notice])
        var silent = try Replay(MiditronDriver.self)
        silent.feed(Array(result.prefix(30)))
        silent.silence()
        #expect(silent.transmitted == Self.again && silent.driver.isIdle)
    }

    @Test(
        "numbers with and without unit, words, the arbitrary result alone",
        arguments: [
            ("25/ul", "1+", "25", "/ul", "1+"), ("150 mg/dl", "3+", "150", "mg/dl", "3+"), ("neg", "", "neg", "", ""),
            ("", "pos", "pos", "", ""), (">=1000 mg/dl", "5+", ">=1000", "mg/dl", "5+"), ("1.020", "", "1.020", "", ""),
        ])
    func rows(_ result: String, _ grade: String, _ value: String, _ unit: String, _ flag: String) {
        #expect(
            MiditronReport.row("LEU", result, grade)
                == MiditronReport.Row(code: "LEU", value: value, unit: unit, grade: flag))
    }

    @Test(
        "what is neither number nor word is text, as it stands", arguments: ["2x5/ul", "25 30", "1.0.2", "--", "n3g"])
    func texts(_ result: String) {
        #expect(
            MiditronReport.row("LEU", result, "")
                == MiditronReport.Row(code: "LEU", value: result, unit: "", grade: ""))
    }

    @Test("text that does not fit the columns is refused as a whole")
    func refused() throws {
        for text in [Self.sample("  1.020  "), ";E short", "x", ""] {
            let replay = try Replay.run(MiditronDriver.self, "{}", Self.packet(text))
            #expect(replay.messages.isEmpty && replay.transmitted == Self.again, "\(text)")
        }
    }

    @Test("a blank id is the sequence, which restarts; other packets are events; empty pads are no rows")
    func meanings() throws {
        let blank = try Replay.run(MiditronDriver.self, "{}", Self.packet(Self.sample(id: "", "SG1.020      PH     ")))
        #expect(blank.messages.first?.orders.map(\.specimenID) == ["42"])
        #expect(blank.messages.first?.orders.map(\.specimenKind) == ["number"])
        #expect(blank.messages.first?.results.map(\.code) == ["SG"])
        let event = try Replay.run(MiditronDriver.self, "{}", Self.packet(";Kxyz"))
        #expect(event.messages.map(\.kind) == [.event] && event.transmitted == Self.goOn)
        let none = try Replay.run(MiditronDriver.self, "{}", Self.packet(Self.sample("SG           PH     ")))
        #expect(none.messages.isEmpty && none.faults(.notice).count == 1 && none.transmitted == Self.goOn)
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"answers": "yes"}"#, #"{"date": "iso"}"#, #"{"columns": []}"#, #"{"silence": 0}"#])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(MiditronDriver.self, json) } }
}
