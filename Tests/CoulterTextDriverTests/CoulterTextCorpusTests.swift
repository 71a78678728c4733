import DriverBench
import DriverKit
import Testing

@testable import CoulterTextDriver

/// Captures of both formats through the driver, and what must hold for any driver.
struct CoulterTextCorpusTests {
    static let options = [
        "coulter-maxm": "{}", "coulter-jt": #"{"format": "report", "answers": "ack-nak"}"#,
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    @Test func capturesAreThere() { #expect(Self.captures.count >= 2) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(CoulterTextDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(CoulterTextDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(CoulterTextDriver.self, options, capture.bytes) == [])
        let noise = Array("\r\n\u{7}xx A".utf8)
        #expect(try DriverChecks.noise(CoulterTextDriver.self, options, capture.bytes, noise) == [])
    }

    @Test("a changed byte is never a changed result", arguments: captures)
    func damage(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        for change in [UInt8(0x01), 0x10, 0x41] {
            #expect(try DriverChecks.damage(CoulterTextDriver.self, options, capture.bytes, by: change) == [])
        }
    }
}
