import DriverBench
import DriverKit
import Testing

@testable import FixedTextDriver

/// Captures of the formats through the driver, and what must hold for any driver.
struct FixedTextCorpusTests {
    static let options = [
        "abbott-aeroset": #"{"format": "orders"}"#, "arkray-spotchem-el": #"{"format": "electrolytes"}"#,
        "hemacell-plus": #"{"format": "counter"}"#, "sebia-hydrasys": #"{"format": "fractions"}"#,
        "avl-9181": #"{"format": "lines"}"#, "corning-644": #"{"format": "lines", "date": "mdy"}"#,
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    @Test func capturesAreThere() { #expect(Self.captures.count >= 6) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(FixedTextDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(FixedTextDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(FixedTextDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.noise(FixedTextDriver.self, options, capture.bytes, Array("\r\n\u{7}xx".utf8)) == [])
    }

    @Test("a changed byte is never a changed result where the format has a check")
    func damage() throws {
        let capture = try #require(Self.captures.first { $0.device == "hemacell-plus" })
        #expect(try DriverChecks.damage(FixedTextDriver.self, #"{"format": "counter"}"#, capture.bytes) == [])
    }
}
