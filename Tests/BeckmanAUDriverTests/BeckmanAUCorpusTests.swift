import BeckmanAUDriver
import DriverBench
import Testing

/// Captures of the format through the driver, and what must hold for any driver.
struct BeckmanAUCorpusTests {
    static let options = [
        "beckman-au480": #"""
        {"start": "ENQ", "end": "EOT",
         "widths": {"id": 26, "sex": 1, "years": 3, "months": 2, "test": 3, "value": 9, "rest": 6}}
        """#,
        "olympus-au400": #"{"widths": {"system": 2, "id": 20}}"#,
        "olympus-au600": #"{"widths": {"system": 2, "id": 0, "value": 9}}"#,
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    @Test func capturesAreThere() { #expect(Self.captures.count >= 3) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(BeckmanAUDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(BeckmanAUDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(BeckmanAUDriver.self, options, capture.bytes) == [])
        let noise = Array("\r\n\u{7}xx".utf8)
        #expect(try DriverChecks.noise(BeckmanAUDriver.self, options, capture.bytes, noise) == [])
    }

    @Test("with widths that are not the analyser's, detection gives the same, for every capture", arguments: captures)
    func detects(_ capture: CorpusCapture) throws {
        let codes = capture.device == "beckman-au480" ? #", "start": "ENQ", "end": "EOT""# : ""
        let options = #"{"detect": true, "widths": {"id": 7, "value": 8}\#(codes)}"#
        let replay = try Replay.run(BeckmanAUDriver.self, options, capture.bytes)
        #expect(Comparison(expected: capture.expected["results"]?.array ?? [], actual: replay.rows).differences == [])
        #expect(!replay.faults(.notice).isEmpty && replay.faults(.refused).isEmpty)
        let fixed = try Replay.run(
            BeckmanAUDriver.self, options.replacing(#""detect": true, "#, with: ""), capture.bytes)
        #expect(fixed.rows.isEmpty)
    }

    @Test("a changed byte is never a changed result where the check character is required")
    func damage() throws {
        let capture = try #require(Self.captures.first { $0.device == "olympus-au600" })
        let options = #"{"bcc": "required", "widths": {"system": 2, "id": 0, "value": 9}}"#
        #expect(try DriverChecks.damage(BeckmanAUDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.damage(BeckmanAUDriver.self, options, capture.bytes, by: 0x14) == [])
    }
}
