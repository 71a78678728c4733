import DriverBench
import DriverKit
import Testing
import VitrosDriver

/// Captures through the driver; answers, refusals, reports that break off.
struct VitrosTests {
    static let captures = CorpusCapture.all(["jnj-vitros-750xrc"])

    static func line(_ text: String) -> [UInt8] {
        let hex = String(text.utf8.reduce(0, &+), radix: 16, uppercase: true)
        return Array((text + (hex.count < 2 ? "0" : "") + hex + "\r\n").utf8)
    }
    static func head(_ id: String = "A1", number: String = "0117") -> [UInt8] {
        line(
            "!000a02\(number)4001  101502240318" + id + String(repeating: " ", count: 15 - id.count) + "12 5"
                + String(repeating: " ", count: 15) + "TF01.000  ")
    }
    static func result(_ number: Int, _ value: String = "   15.2 ", flags: String = "12") -> [UInt8] {
        line("!00\(number)fGLU \(value)mmol/L  \(flags)")
    }
    static func end(_ number: Int, _ report: String = "0117") -> [UInt8] { line("!00\(number)h\(report)") }

    @Test func capturesAreThere() { #expect(Self.captures.count >= 1) }

    @Test(arguments: captures, ["{}", #"{"answers": false}"#])
    func decodes(_ capture: CorpusCapture, _ options: String) throws {
        #expect(try DriverChecks.decodes(VitrosDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(VitrosDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(VitrosDriver.self, options, capture.bytes, rounds: 60) == [])
        #expect(try DriverChecks.noise(VitrosDriver.self, options, capture.bytes, Array("\r\nx\u{7}".utf8)) == [])
        #expect(try DriverChecks.damage(VitrosDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.damage(VitrosDriver.self, options, capture.bytes, by: 0x04) == [])
    }

    @Test("each line is answered after it is stored; the last one after the message")
    func answers() throws {
        let replay = try Replay.run(VitrosDriver.self, "{}", Self.head() + Self.result(1) + Self.end(2))
        #expect(replay.kinds == ["held", "held", "message", "held"])
        #expect(replay.transmitted == Array("+++".utf8))
        #expect(replay.messages[0].orders[0].priority == "S" && replay.messages[0].orders[0].rack == "2")
    }

    @Test("a wrong check is answered with -, and the line is taken when it comes again")
    func again() throws {
        var bad = Self.result(1)
        bad[10] ^= 2
        let replay = try Replay.run(
            VitrosDriver.self, "{}", Self.head() + bad + Self.result(1) + Self.result(1) + Self.end(2))
        #expect(replay.transmitted == Array("+-+++".utf8))
        #expect(replay.messages.map { $0.results.map(\.value) } == [["15.2"]])
        #expect(replay.faults.map(\.severity) == [.refused, .notice])
    }

    @Test("without answers, a damaged or missing line makes the report incomplete: it is kept as such, and told")
    func missing() throws {
        var bad = Self.result(1)
        bad[10] ^= 2
        for lines in [bad, []] {
            let replay = try Replay.run(
                VitrosDriver.self, #"{"answers": false}"#, Self.head() + lines + Self.result(2) + Self.end(3))
            #expect(replay.messages.map(\.isComplete) == [false])
            #expect(replay.faults(.lost).contains { $0.contains("line 1 is missing") && $0.contains("A1") })
        }
        let wrongEnd = try Replay.run(VitrosDriver.self, "{}", Self.head() + Self.result(1) + Self.end(2, "0118"))
        #expect(wrongEnd.messages.map(\.isComplete) == [false] && wrongEnd.faults(.lost).count == 1)
        let noHead = try Replay.run(VitrosDriver.self, "{}", Self.result(1) + Self.end(2))
        #expect(noHead.messages.isEmpty && noHead.faults(.lost).count == 2)
    }

    @Test("a report never gives its results to the next one")
    func brokenOff() throws {
        let next = try Replay.run(
            VitrosDriver.self, "{}",
            Self.head("A1") + Self.result(1, "    1.0 ") + Self.head("B2", number: "0118") + Self.result(1, "    9.0 ")
                + Self.end(2, "0118"))
        #expect(next.messages.map { $0.orders[0].specimenID } == ["B2"])
        #expect(next.messages.first?.results.map(\.value) == ["9.0"])
        #expect(next.faults(.lost).count == 1 && next.faults(.lost)[0].contains("A1"))
        var silent = try Replay(VitrosDriver.self)
        silent.feed(Self.head() + Self.result(1))
        silent.silence()
        #expect(silent.driver.isIdle && silent.faults(.lost).count == 1)
    }

    @Test("a line that broke off in the middle of another is read, and the broken one asked for")
    func joined() throws {
        let broken = Array(Self.result(1).prefix(12))
        let replay = try Replay.run(VitrosDriver.self, "{}", Self.head() + broken + Self.result(1) + Self.end(2))
        #expect(replay.messages.map { $0.results.map(\.value) } == [["15.2"]])
        let exclaimed = try Replay.run(VitrosDriver.self, "{}", Self.head("A!1") + Self.result(1) + Self.end(2))
        #expect(exclaimed.messages.map { $0.orders[0].specimenID } == ["A!1"])
    }

    @Test("no result: 99999.99, flag 6, stars; a blank id is the number of the report")
    func meanings() throws {
        for (value, flags) in [("99999.99", "60"), ("    1.0 ", "60"), ("*       ", "00"), ("?       ", "00")] {
            let replay = try Replay.run(
                VitrosDriver.self, "{}", Self.head("") + Self.result(1, value, flags: flags) + Self.end(2))
            #expect(replay.messages.first?.results.map(\.isUsable) == [false], "\(value)")
            #expect(replay.messages.first?.results.map(\.value) == [""], "\(value)")
            #expect(replay.messages.first?.orders.map(\.specimenID) == ["0117"])
            #expect(replay.messages.first?.orders.map(\.specimenKind) == ["number"])
        }
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"answers": "yes"}"#, #"{"date": "iso"}"#, #"{"kermit": true}"#, #"{"silence": 0}"#])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(VitrosDriver.self, json) } }
}
