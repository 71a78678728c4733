import SerialBlocks
import Testing

struct FieldTests {
    @Test("columns: nothing outside, nothing that is not printable")
    func columns() {
        let columns = FixedColumns(Array("AB  12".utf8) + [0x80])
        #expect(columns.text(0, 4) == "AB  ")
        #expect(columns.trimmed(2, 4) == "12")
        #expect(columns.text(4, 3) == nil)
        #expect(columns.field(6, 1) == [0x80])
        for (offset, length) in [(-1, 2), (0, -1), (5, 3), (8, 0), (.max, 1), (1, .max)] {
            #expect(columns.field(offset, length) == nil)
        }
        #expect(columns.field(7, 0)?.isEmpty == true)
        #expect(columns.byte(7) == nil)
    }

    @Test(
        "implied decimals",
        arguments: [
            ("0349", 1, "34.9"), ("0138", 0, "138"), ("0000", 0, "0"), ("0000", 1, "0.0"), ("00820", 2, "8.20"),
            ("5", 2, "0.05"), ("10000", 1, "1000.0"),
        ])
    func implied(_ digits: String, _ decimals: Int, _ number: String) {
        #expect(FixedColumns.number(digits, decimals: decimals) == number)
    }

    @Test("what is not digits alone has no implied decimals")
    func notDigits() {
        for text in ["", "12 ", "*000", "-123", "1.2", "１２"] {
            #expect(FixedColumns.number(text, decimals: 1) == nil)
        }
        #expect(FixedColumns.number("1", decimals: -1) == nil)
    }

    @Test("plain numbers lose padding and nothing else")
    func plain() {
        for (text, number) in [
            ("006.4", "6.4"), ("00089", "89"), (" 004.0 ", "4.0"), ("000.4", "0.4"), (".09", ".09"), ("395.", "395."),
            ("-0.3", "-0.3"), ("+12", "12"), ("0", "0"), ("000", "0"),
        ] {
            #expect(FixedColumns.plainNumber(text) == number)
        }
        for text in ["", " ", ".", "-", "1.2.3", "1e5", "12a", "--1", "- 1", "1 2"] {
            #expect(FixedColumns.plainNumber(text) == nil, "\(text)")
        }
    }

    @Test("dates in every order")
    func dates() {
        #expect(BlockTime.date("240318", order: .ymd) == "2024-03-18")
        #expect(BlockTime.date("170324", order: .dmy) == "2024-03-17")
        #expect(BlockTime.date("03/18/24", order: .mdy) == "2024-03-18")
        #expect(BlockTime.date("18032024", order: .dmy) == "2024-03-18")
        #expect(BlockTime.date("20240318", order: .ymd) == "2024-03-18")
        #expect(BlockTime.date("18MAR24", order: .dmy) == "2024-03-18")
        #expect(BlockTime.date("07 sep 01", order: .dmy) == "2001-09-07")
        #expect(BlockTime.date("MAR 18/24", order: .mdy) == "2024-03-18")
        #expect(BlockTime.date("29-02-2024", order: .dmy) == "2024-02-29")
        #expect(BlockTime.date("991231", order: .ymd) == "1999-12-31")
        for bad in [
            "", "000000", "240230", "241301", "2402", "24/03", "24/03/18/01", "ABCDEF", "2 4 3 1 8", "24:03:18",
        ] {
            #expect(BlockTime.date(bad, order: .ymd) == nil, "\(bad)")
        }
        #expect(BlockTime.date("29-02-2023", order: .dmy) == nil)
        #expect(BlockTime.date("18MAR24", order: .mdy) == nil)
    }

    @Test("times of day")
    func times() {
        #expect(BlockTime.time("0915") == "09:15")
        #expect(BlockTime.time("9:5") == "09:05")
        #expect(BlockTime.time("09:52:07 ") == "09:52:07")
        #expect(BlockTime.time("115800") == "11:58:00")
        for bad in ["", "24:00", "0960", "915", "1:2:3:4", "aa:bb", ":", "09155"] {
            #expect(BlockTime.time(bad) == nil, "\(bad)")
        }
        #expect(BlockTime.instant(date: "2024-03-18", time: nil) == "2024-03-18")
        #expect(BlockTime.instant(date: nil, time: "09:15") == "")
    }
}
