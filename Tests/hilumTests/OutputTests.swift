import Foundation
import Testing

@testable import hilum

@Suite struct OutputTests {
    @Test(arguments: [
        ("abc", 3), ("", 0), ("血糖", 4), ("ｘ", 2), ("e\u{301}", 1), ("한", 2), ("𠀀", 2), ("µmol", 4), ("👩‍🔬", 2), ("❤️", 2),
        ("䶮", 2),
    ])
    func widths(_ text: String, _ width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func clippingCountsColumns() {
        #expect("血糖测定".clipped(to: 5) == "血糖…")
        #expect("血糖测定".clipped(to: 8) == "血糖测定")
        #expect("abcdef".clipped(to: 3) == "ab…")
        #expect("血".padded(to: 4) == "血  ")
        #expect("7".padded(to: 3, alignment: .right) == "  7")
    }

    /// No byte that a terminal obeys leaves `VisibleText`.
    @Test func nothingObeyedIsShown() {
        for value in UInt32(0)...0x2100 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = VisibleText.of(String(Character(scalar)))
            for part in shown.unicodeScalars {
                #expect(part.value >= 0x20 && part.value != 0x7F && !(0x80..<0xA0).contains(part.value), "U+\(value)")
                #expect(!(0x202A...0x202E).contains(part.value) && !(0x2066...0x2069).contains(part.value))
            }
        }
        #expect(VisibleText.of("a\u{1B}[31mb\r\n") == "a<ESC>[31mb\\r\\n")
        #expect(VisibleText.of("\u{202E}evil") == "<U+202E>evil")
        #expect(VisibleText.ofBytes([0x02, 0x31, 0x48, 0x0D, 0x03]) == "<STX>1H<CR><ETX>")
    }

    private var listing: Listing {
        var listing = Listing(columns: [
            Column("id", "ID", .right), Column("name", "NAME", flexible: true), Column("hidden", ""),
            Column("unit", "UNIT"),
        ])
        listing.rows = [
            [.number(7), .text("血糖 glucose, fasting"), .text("h"), .text("mmol/L", .warning)],
            [.number(1234), .text("K\u{1B}[0m"), .text("i"), .text("")],
        ]
        return listing
    }

    @Test func tablesAreAligned() {
        let text = listing.rendered(.table, terminal: .file)
        #expect(
            text == """
                  ID  NAME                   UNIT
                   7  血糖 glucose, fasting  mmol/L
                1234  K<ESC>[0m              \n
                """)
        // On a narrow terminal the flexible column gives way and nothing is wider than the terminal.
        let narrow = Terminal(isTerminal: true, columns: 26, hasColour: false)
        for line in listing.rendered(.table, terminal: narrow).split(separator: "\n") {
            #expect(DisplayWidth.of(String(line)) <= 26, "\(line)")
        }
    }

    @Test func colourOnlyOnATerminal() {
        let colours = Terminal(isTerminal: true, columns: nil, hasColour: true)
        #expect(listing.rendered(.table, terminal: colours).contains("\u{1B}[33mmmol/L"))
        #expect(!listing.rendered(.table, terminal: .file).contains("\u{1B}"))
        #expect(!listing.rendered(.json, terminal: colours).contains("\u{1B}"))
    }

    @Test func jsonHasEveryColumn() {
        let text = listing.rendered(.json, terminal: .file)
        #expect(
            text.split(separator: "\n").first == """
                {"id":7,"name":"血糖 glucose, fasting","hidden":"h","unit":"mmol/L"}
                """)
        #expect(text.contains("\\u001b"))
    }

    @Test func hexDumpShowsEveryByte() {
        let bytes = (UInt8(0)...40).map { $0 }
        let dump = HexDump.of(bytes, offset: 16)
        #expect(dump.split(separator: "\n").count == 3)
        #expect(dump.hasPrefix("00000010  00 01 02 03 04 05 06 07  08 09"))
        #expect(dump.contains("|................|"))
        #expect(HexDump.of([]) == "")
    }

    @Test func progressIsDrawnOnce() {
        var bar = ProgressBar("x", terminal: .file)
        #expect(bar.line(done: 1, of: 2)?.contains("50 %") == true)
        #expect(bar.line(done: 1, of: 2) == nil)
        #expect(bar.line(done: 5, of: 0) == nil)
        #expect(bar.line(done: 9, of: 2)?.contains("100 %") == true)
    }

    @Test(arguments: [
        ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("7d", 604_800_000),
    ])
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(Duration(written: text)?.milliseconds == milliseconds)
        #expect(Duration(written: text)?.written == text)
    }

    @Test(arguments: ["", "s", "-1s", "1", "1 fortnight", "99999999999999999999s", "9999999999999999d", "1.5s"])
    func noDurations(_ text: String) { #expect(Duration(written: text) == nil) }

    @Test func sizes() {
        #expect(ByteCount.read("64KiB") == 65_536)
        #expect(ByteCount.read("10 MB") == 10_000_000)
        #expect(ByteCount.read("99999999999 GiB") == nil)
        #expect(ByteCount.read("GiB") == nil)
        #expect(ByteCount.written(1 << 30) == "1 GiB")
        #expect(ByteCount.readable(999) == "999 B")
        #expect(ByteCount.readable(1 << 20) == "1.0 MiB")
    }

    @Test func localTimes() throws {
        let time = LocalTime(zone: try #require(TimeZone(identifier: "Europe/Berlin")))
        let unix = try #require(time.read("2026-07-01T12:30:05", now: 0))
        #expect(time.iso(unix) == "2026-07-01T12:30:05+02:00")
        #expect(time.text(unix) == "2026-07-01 12:30:05")
        #expect(time.precise(unix + 42) == "12:30:05.000042")
        #expect(time.read("2h", now: 7_200_000_000) == 0)
        // Winter, and an hour before and after the change of the clocks.
        for text in ["2026-01-01T00:00:00", "2026-10-25T01:59:59", "2026-10-25T04:00:00", "1999-12-31T23:59:59"] {
            let read = try #require(time.read(text, now: 0))
            #expect(time.iso(read).hasPrefix(text), "\(text)")
        }
        for text in ["yesterday", "2026-13-01", "2026-1", "99", ""] { #expect(time.read(text, now: 0) == nil) }
    }
}
