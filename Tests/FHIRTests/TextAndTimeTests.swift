import FHIR
import Testing

@Suite("R4 text and time")
struct TextAndTimeTests {
    @Test(
        "Text keeps what FHIR may hold, and nothing else",
        arguments: [
            ("plain", "plain"), (" padded\t", "padded"), ("a\u{0}b", "a b"), ("\u{1B}[31m", "[31m"),
            ("a\nb\tc", "a\nb\tc"),
            ("\u{85}x\u{9F}", "x"), ("\u{7F}", ""), ("\u{3000}张三\u{A0}", "张三"), ("é", "é"), ("é ", "é"), ("𠀀", "𠀀"),
            ("\r\n", ""), ("a\u{80}b", "a b"), ("", ""), ("\u{FEFF}x", "\u{FEFF}x"), ("µ", "µ"), ("°", "°"),
        ])
    func text(written: String, expected: String) {
        #expect(R4.text(written) == expected)
    }

    @Test(
        "dateTime: zone beside a time of day, nothing invented",
        arguments: [
            ("2024", nil, "2024"), ("2024-03", 0, "2024-03"), ("2024-03-18", 28_800, "2024-03-18"),
            ("2024-03-18T09:15", 28_800, "2024-03-18T09:15:00+08:00"),
            ("2024-03-18T09:15:07", -12_600, "2024-03-18T09:15:07-03:30"),
            ("2024-03-18T09:15:07.250", 0, "2024-03-18T09:15:07.250+00:00"), ("2024-03-18T09:15:00", nil, "2024-03-18"),
            ("2024-03-18T09", 28_800, "2024-03-18"), ("2024-03-18T25:00", 0, "2024-03-18"),
            ("2024-03-18T09:15:00", 17, "2024-03-18"), ("2024-02-29", nil, "2024-02-29"), ("2023-02-29", nil, nil),
            ("2024-13-01", nil, nil), ("2024-00-10", nil, nil), ("2024-01-32", nil, nil), ("0000-01-01", nil, nil),
            ("", nil, nil), ("202", nil, nil), ("2024-3-1", nil, nil), ("18.03.2024", nil, nil),
            ("2024-03-18X", nil, nil),
            ("20240318", nil, nil), ("2024-03-1", nil, nil),
        ] as [(String, Int32?, String?)])
    func dateTime(local: String, offset: Int32?, expected: String?) {
        #expect(R4.DateTime(local: local, utcOffset: offset)?.text == expected)
    }

    @Test(
        "Instants, also before 1970 and beyond any calendar",
        arguments: [
            (0, 0, "1970-01-01T00:00:00.000+00:00"), (1_773_830_000_123_999, 28_800, "2026-03-18T18:33:20.123+08:00"),
            (-1, 0, "1969-12-31T23:59:59.999+00:00"), (951_782_400_000_000, 0, "2000-02-29T00:00:00.000+00:00"),
            (4_107_542_400_000_000, 0, "2100-03-01T00:00:00.000+00:00"),
            (-11_676_096_000_000_000, 0, "1600-01-01T00:00:00.000+00:00"),
        ] as [(Int64, Int32, String)])
    func instants(unix: Int64, offset: Int32, expected: String) {
        #expect(R4.DateTime(unixMicroseconds: unix, utcOffset: offset).text == expected)
    }

    @Test("No number traps")
    func extremes() {
        for unix in [Int64.min, Int64.max] {
            for offset in [Int32.min, 0, Int32.max] {
                let time = CivilTime(unixMicroseconds: unix, utcOffset: offset)
                #expect((1...12).contains(time.month) && (1...31).contains(time.day))
                #expect(R4.DateTime(unixMicroseconds: unix, utcOffset: offset).text.utf8.count < 40)
            }
        }
    }

    @Test("Every day of 400 years follows the one before")
    func calendar() {
        var before = CivilTime(unixMicroseconds: -86_400_000_000, utcOffset: 0)
        for day in Int64(0)..<146_097 {
            let now = CivilTime(unixMicroseconds: day * 86_400_000_000, utcOffset: 0)
            let isLast = before.day == CivilTime.daysInMonth(before.month, year: before.year)
            let expected =
                isLast
                ? (before.month == 12 ? (before.year + 1, 1, 1) : (before.year, before.month + 1, 1))
                : (before.year, before.month, before.day + 1)
            guard (now.year, now.month, now.day) == expected else {
                Issue.record("\(before) is followed by \(now)")
                return
            }
            before = now
        }
        #expect(before.year == 2369)
    }
}
