import DriverBench
import DriverKit
import Testing

@testable import ABXDriver

/// The capture of the format, packets of the description, and what must hold for any driver.
struct ABXDriverTests {
    static let captures = CorpusCapture.all(["horiba-micros60"])

    static func packet(_ name: String = "RESULT", _ fields: [String], check: UInt16? = nil, length: Int? = nil)
        -> [UInt8]
    {
        var rest: [UInt8] = [0xFF, 0x20] + Array((name + "\r").utf8)
        for field in fields { rest += Array((field + "\r").utf8) }
        let count = length ?? rest.count + 13
        let digits = String(count)
        let body = Array((String(repeating: "0", count: 5 - digits.count) + digits + "\r").utf8) + rest
        let sum = check ?? body.reduce(UInt16(0)) { $0 &+ UInt16($1) }
        let hex = String(sum, radix: 16, uppercase: true)
        let tail = String(repeating: "0", count: 4 - hex.count) + hex
        return [2] + body + [0xFD, 0x20] + Array((tail + "\r").utf8) + [3]
    }

    private func run(_ bytes: [UInt8], _ options: String = "{}") throws -> Replay {
        try Replay.run(ABXDriver.self, options, bytes)
    }

    @Test func captureIsThere() { #expect(!Self.captures.isEmpty) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        #expect(try DriverChecks.decodes(ABXDriver.self, "{}", capture) == [])
        #expect(try DriverChecks.truncations(ABXDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.garbage(ABXDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.noise(ABXDriver.self, "{}", capture.bytes, Array("\u{1}\u{4}xx".utf8)) == [])
        #expect(try DriverChecks.damage(ABXDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.damage(ABXDriver.self, "{}", capture.bytes, by: 0x18) == [])
    }

    @Test("specimen id, none where it is blank; patient number; rerun")
    func identity() throws {
        let replay = try run(
            [1] + Self.packet("RES-RR", ["u 0042-B  ", "s 0007", "p P001", "q 18/03/24 11h58mn", "! 006.4"]) + [4])
        let message = try #require(replay.messages.first)
        #expect(message.orders[0].specimenID == "0042-B" && message.orders[0].run == "RES-RR")
        #expect(message.patients.map(\.id) == ["P001"] && message.results[0].time == "2024-03-18T11:58")
        #expect(replay.faults.isEmpty && replay.kinds == ["message", "acknowledge"])
        let numbered = try run(Self.packet("RESULT", ["u     ", "s 0007", "! 006.4"]))
        #expect(numbered.messages[0].orders[0].specimenID == "" && numbered.messages[0].orders[0].fillerID == "0007")
    }

    @Test("control material never is a patient's; other packets are no results")
    func kinds() throws {
        let control = try run(Self.packet("QC-RES", ["u 1", "! 006.4"]))
        #expect(control.messages[0].orders[0].isQC && control.messages[0].results[0].isQC)
        let other = try run(Self.packet("START", ["u 1", "! 006.4"]))
        #expect(other.messages.isEmpty && other.faults.map(\.severity) == [.notice])
    }

    @Test("values that are none, flags, the same result twice, two ids")
    func odd() throws {
        let replay = try run(
            Self.packet(
                "RESULT", ["u 7", "! --.--", "2 04.72hL", "3 01x.1", "4 042.0", "4 043.0", "@ 00233  1", "W \u{7F}"]))
        let results = try #require(replay.messages.first).results
        #expect(results.map(\.code) == ["!", "2", "3", "4", "4", "@"])
        #expect(results.map(\.value) == ["", "4.72", "", "", "", ""])
        #expect(results[1].flags == ["h", "L"] && replay.faults(.lost).count == 4)
        let two = try run(Self.packet("RESULT", ["u 7", "u 8", "! 006.4"]))
        #expect(two.messages[0].orders[0].specimenID == "" && two.faults(.lost).count == 1)
    }

    @Test("check and length: required, noted, ignored")
    func checks() throws {
        let bad = Self.packet("RESULT", ["u 7", "! 006.4"], check: 0x1234)
        #expect(try run(bad).messages.isEmpty && run(bad).faults(.lost).count == 1)
        let refused = try run(bad, #"{"answers": "ack-nak"}"#)
        #expect(refused.transmitted == [0x15] && refused.faults(.refused).count == 1)
        let noted = try run(bad, #"{"check": "noted"}"#)
        #expect(noted.messages.count == 1 && noted.faults(.notice).count == 1)
        #expect(try run(bad, #"{"check": "ignored"}"#).faults.isEmpty)
        let short = Self.packet("RESULT", ["u 7", "! 006.4"], length: 9)
        #expect(try run(short).messages.count == 1 && run(short).faults(.notice).count == 1)
        #expect(try run(short, #"{"length": "required"}"#).messages.isEmpty)
        #expect(try run(short, #"{"length": "ignored"}"#).faults.isEmpty)
    }

    @Test("the same packet again counts once, and is answered again")
    func repeats() throws {
        let packet = Self.packet("RESULT", ["u 7", "! 006.4"])
        let replay = try run(packet + packet, #"{"answers": "ack"}"#)
        #expect(replay.messages.count == 1 && replay.transmitted == [6, 6])
    }

    @Test("options that cannot be used are refused with words")
    func options() {
        for options in [
            #"{"check": "sum"}"#, #"{"date": "d/m/y"}"#, #"{"control_packets": ["RESULT"]}"#, #"{"packets": []}"#,
        ] {
            #expect(throws: OptionsFault.self, "\(options)") { try Replay(ABXDriver.self, options) }
        }
    }
}
