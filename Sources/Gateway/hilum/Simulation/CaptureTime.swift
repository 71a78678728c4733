/// Times of 14 digits in a capture (YYYYMMDDHHMMSS, LIS02-A2 5.6.2, HL7 TS), with or without a zone behind them.
enum CaptureTime {
    /// Seconds since 1970 as if the local time were UTC; nil where the token is no time.
    static func read(_ token: ArraySlice<UInt8>) -> Int64? {
        guard token.count >= 14 else { return nil }
        if token.count > 14 {
            let next = token[token.startIndex + 14]
            guard next == UInt8(ascii: "+") || next == UInt8(ascii: "-") || next == UInt8(ascii: ".") else {
                return nil
            }
        }
        var digits: [Int] = []
        for byte in token.prefix(14) {
            guard (0x30...0x39).contains(byte) else { return nil }
            digits.append(Int(byte) - 0x30)
        }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard (1950..<2100).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        return days(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// The token moved by seconds; nil where it is no time.
    static func shifted(_ token: ArraySlice<UInt8>, by seconds: Int64) -> [UInt8]? {
        guard let time = read(token) else { return nil }
        return written(time + seconds) + token.dropFirst(14)
    }

    /// The latest time in a text; nil where there is none.
    static func latest(_ text: MessageText) -> Int64? {
        text.tokens.compactMap { read(text.bytes[$0]) }.max()
    }

    /// 14 digits.
    static func written(_ time: Int64) -> [UInt8] {
        let bounded = min(max(time, days(1950, 1, 1) * 86_400), days(2100, 1, 1) * 86_400 - 1)
        let (day, second) = bounded.quotientAndRemainderFloor(by: 86_400)
        let (year, month, date) = civil(day)
        let parts = [
            (year, 4), (month, 2), (date, 2), (Int(second / 3600), 2), (Int(second / 60 % 60), 2),
            (Int(second % 60), 2),
        ]
        return parts.flatMap { value, width -> [UInt8] in
            let text = Array(String(value).utf8)
            return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - text.count)) + text
        }
    }

    /// Days since 1970-01-01 in the Gregorian calendar: years counted from March, eras of 400 years.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = Int64(month <= 2 ? year - 1 : year)
        let (era, ofEra) = year.quotientAndRemainderFloor(by: 400)
        let ofYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// The inverse of `days`.
    static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, ofEra) = (days + 719_468).quotientAndRemainderFloor(by: 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let day = Int(ofYear - (153 * month + 2) / 5 + 1)
        let civilMonth = Int(month < 10 ? month + 3 : month - 9)
        return (Int(year + era * 400) + (civilMonth <= 2 ? 1 : 0), civilMonth, day)
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity; the divisor is positive.
    func quotientAndRemainderFloor(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
