import DriverBench
import DriverKit
import Testing

@testable import HitachiDriver

/// Captures of the format through the driver, and what must hold for any driver.
struct HitachiCorpusTests {
    static let options = [
        "hitachi-7170": "{}", "hitachi-7150": #"{"format": "line"}"#, "hitachi-917": #"{"format": "packet"}"#,
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    @Test func capturesAreThere() { #expect(Self.captures.count >= 3) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(HitachiDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(HitachiDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(HitachiDriver.self, options, capture.bytes) == [])
        let noise = Array("\r\n\u{7}xx".utf8)
        #expect(try DriverChecks.noise(HitachiDriver.self, options, capture.bytes, noise) == [])
    }

    @Test("a changed byte is never a changed result where the check is required")
    func damage() throws {
        let capture = try #require(Self.captures.first { $0.device == "hitachi-7170" })
        #expect(try DriverChecks.damage(HitachiDriver.self, #"{"check": "xor"}"#, capture.bytes) == [])
        #expect(try DriverChecks.damage(HitachiDriver.self, #"{"check": "xor"}"#, capture.bytes, by: 0x41) == [])
    }
}
