/// Dates and times of serial formats as ISO 8601, in orders that are *set* on the analyser. Nothing is guessed: what is no
/// date in the given order is nil.
public enum BlockTime {
    /// In which order day, month and year stand.
    public enum Order: String, Sendable, CaseIterable {
        /// Year, month, day.
        case ymd
        /// Day, month, year.
        case dmy
        /// Month, day, year.
        case mdy
    }

    private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

    /// A date in digits, with separators or without (`240318`, `18/03/2024`, `2024-03-18`), or with the English name of
    /// the month (`18 MAR 24`, `MAR 18/24`), which stands where `order` has the month.
    ///
    /// Years of two digits: 70 to 99 are of the last century.
    public static func date(_ text: some StringProtocol, order: Order) -> String? {
        guard let parts = parts(text, order: order), parts.count == 3 else { return nil }
        let (year, month, day): (String, String, String) =
            switch order {
            case .ymd: (parts[0], parts[1], parts[2])
            case .dmy: (parts[2], parts[1], parts[0])
            case .mdy: (parts[2], parts[0], parts[1])
            }
        guard let fullYear = self.year(year), let monthNumber = self.month(month), let dayNumber = small(day),
            dayNumber >= 1, dayNumber <= days(in: monthNumber, of: fullYear)
        else { return nil }
        return "\(four(fullYear))-\(two(monthNumber))-\(two(dayNumber))"
    }

    /// A time of day: `0915`, `091503`, `09:15`, `9:15:03`. Nil: none.
    public static func time(_ text: some StringProtocol) -> String? {
        let trimmed = FixedColumns.trimmed(text)
        var parts = trimmed.split(separator: ":", omittingEmptySubsequences: false).map(FixedColumns.trimmed)
        if parts.count == 1 {
            guard trimmed.utf8.count == 4 || trimmed.utf8.count == 6 else { return nil }
            parts = pairs(trimmed)
        }
        guard parts.count == 2 || parts.count == 3 else { return nil }
        let numbers = parts.compactMap(small)
        guard numbers.count == parts.count, numbers[0] <= 23, numbers.dropFirst().allSatisfy({ $0 <= 59 }) else {
            return nil
        }
        return numbers.map(two).joined(separator: ":")
    }

    /// Date and time together; the date alone where there is no time; empty where there is no date.
    public static func instant(date: String?, time: String?) -> String {
        guard let date else { return "" }
        return time.map { "\(date)T\($0)" } ?? date
    }

    private static func parts(_ text: some StringProtocol, order: Order) -> [String]? {
        var parts: [String] = []
        var isInWord = false
        var isInNumber = false
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39:
                if isInNumber { parts[parts.count - 1].unicodeScalars.append(Unicode.Scalar(byte)) }
                if !isInNumber { parts.append(String(Unicode.Scalar(byte))) }
                (isInNumber, isInWord) = (true, false)
            case 0x41...0x5A, 0x61...0x7A:
                if isInWord { parts[parts.count - 1].unicodeScalars.append(Unicode.Scalar(byte)) }
                if !isInWord { parts.append(String(Unicode.Scalar(byte))) }
                (isInNumber, isInWord) = (false, true)
            case 0x20, 0x2D, 0x2E, 0x2F: (isInNumber, isInWord) = (false, false)
            default: return nil
            }
            if parts.count > 3 { return nil }
        }
        guard parts.count == 1, let digits = parts.first else { return parts }
        if digits.utf8.count == 6 { return pairs(digits) }
        guard digits.utf8.count == 8 else { return nil }
        let all = pairs(digits)
        return order == .ymd ? [all[0] + all[1], all[2], all[3]] : [all[0], all[1], all[2] + all[3]]
    }

    private static func pairs(_ digits: String) -> [String] {
        let bytes = Array(digits.utf8)
        return stride(from: 0, to: bytes.count, by: 2).map {
            String(decoding: bytes[$0..<min(bytes.count, $0 + 2)], as: UTF8.self)
        }
    }

    private static func year(_ text: String) -> Int? {
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else { return nil }
        switch text.utf8.count {
        case 2: return number >= 70 ? 1900 + number : 2000 + number
        case 4 where number >= 1900 && number < 2200: return number
        default: return nil
        }
    }

    private static func month(_ text: String) -> Int? {
        if let index = months.firstIndex(of: text.uppercased()) { return index + 1 }
        return small(text).flatMap { (1...12).contains($0) ? $0 : nil }
    }

    private static func small(_ text: String) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private static func four(_ number: Int) -> String { number < 1000 ? "0\(number)" : "\(number)" }
}
