import DriverBench
import DriverKit
import Testing

@testable import SysmexD1Driver

/// Captures of the formats through the driver, and what must hold for any driver.
struct SysmexD1CorpusTests {
    static let options = [
        "sysmex-kx21": "{}", "sysmex-k1000": "{}",
        "sysmex-f820": #"{"date": "dmy", "differential": "sizes"}"#,
        "sysmex-k4500": #"{"format": "d1u-long"}"#, "sysmex-ca1500": #"{"format": "ca"}"#,
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    @Test func capturesAreThere() { #expect(Self.captures.count >= 4) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(SysmexD1Driver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(SysmexD1Driver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(SysmexD1Driver.self, options, capture.bytes) == [])
        let noise = Array("\r\n\u{7}xx D1".utf8)
        #expect(try DriverChecks.noise(SysmexD1Driver.self, options, capture.bytes, noise) == [])
    }

    @Test("a block that lost its STX is read when it is whole to the byte", arguments: captures)
    func lostStart(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        let whole = try Replay.run(SysmexD1Driver.self, options, capture.bytes)
        let start = try #require(capture.bytes.firstIndex(of: 2))
        for lead in ["", "~~", "D1U0D1", "D1210101"] {
            let headless = Array(lead.utf8) + capture.bytes[(start + 1)...]
            for pieces in [Replay.Pieces.whole, .fixed(1)] {
                let replay = try Replay.run(SysmexD1Driver.self, options, headless, pieces: pieces)
                #expect(replay.messages == whole.messages, "after \"\(lead)\": \(replay.faults)")
            }
        }
        // One byte less: nothing is read, and that is no mere notice.
        let short = try Replay.run(SysmexD1Driver.self, options, Array(capture.bytes[(start + 2)...]))
        #expect(short.messages.count == whole.messages.count - 1)
        #expect(short.faults(.refused).count == 1)
    }
}
