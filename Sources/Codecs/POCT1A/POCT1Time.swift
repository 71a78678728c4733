/// Times of POCT1-A: ISO 8601 with zone, `2024-03-18T14:50:00+08:00`.
public enum POCT1Time {
    /// The time as far as it was said, the zone only if it was said, fractions of a second left out; nil: not a time.
    ///
    /// `2024-03-18`, `2024-03-18T14:50`, `…T14:50:00.25-05:00`, `…Z`; a blank in place of T is accepted.
    public static func iso8601(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var number = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                number = number * 10 + Int(byte - 0x30)
            }
            return number
        }
        func holds(_ sign: UInt8, at index: Int) -> Bool { index < bytes.count && bytes[index] == sign }
        guard let year = number(0..<4), year > 0, holds(0x2D, at: 4), let month = number(5..<7), 1...12 ~= month,
            holds(0x2D, at: 7), let day = number(8..<10), 1...31 ~= day
        else { return nil }
        if bytes.count == 10 { return text }
        guard holds(UInt8(ascii: "T"), at: 10) || holds(0x20, at: 10), let hour = number(11..<13), hour <= 24,
            holds(0x3A, at: 13), let minute = number(14..<16), minute < 60
        else { return nil }
        var end = 16
        if holds(0x3A, at: 16) {
            guard let second = number(17..<19), second <= 60 else { return nil }
            end = 19
        }
        var zone = end
        if holds(0x2E, at: zone) || holds(0x2C, at: zone) {
            zone += 1
            while zone < bytes.count, bytes[zone] >= 0x30, bytes[zone] <= 0x39 { zone += 1 }
        }
        let local =
            String(decoding: bytes[..<10], as: UTF8.self) + "T" + String(decoding: bytes[11..<end], as: UTF8.self)
        if zone == bytes.count { return local }
        if holds(UInt8(ascii: "Z"), at: zone), zone + 1 == bytes.count { return local + "+00:00" }
        guard holds(0x2B, at: zone) || holds(0x2D, at: zone), let hours = number((zone + 1)..<(zone + 3)), hours <= 14
        else { return nil }
        let minutesAt = holds(0x3A, at: zone + 3) ? zone + 4 : zone + 3
        let minutes = minutesAt == bytes.count ? 0 : number(minutesAt..<(minutesAt + 2))
        guard let minutes, minutes < 60, minutesAt == bytes.count || minutesAt + 2 == bytes.count else { return nil }
        let sign = bytes[zone] == 0x2B ? "+" : "-"
        return "\(local)\(sign)\(two(hours)):\(two(minutes))"
    }

    /// An instant in a zone, to the second.
    ///
    /// - Parameters:
    ///   - unix: microseconds since 1970, UTC.
    ///   - utcOffset: seconds east of UTC.
    public static func text(unix: Int64, utcOffset: Int32) -> String {
        let offset = max(-50_400, min(50_400, Int64(utcOffset)))
        let seconds = max(0, min(253_402_214_400, unix / 1_000_000)) + offset
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let rest = Int(seconds - days * 86_400)
        // Civil date of a day number: eras of 400 years that begin on 1 March.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
        let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
        let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        let padded = String(repeating: "0", count: max(0, 4 - String(year).utf8.count)) + String(year)
        let zone = Int(abs(offset)) / 60
        let date = "\(padded)-\(two(month))-\(two(day))"
        let time = "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        return "\(date)T\(time)\(offset < 0 ? "-" : "+")\(two(zone / 60)):\(two(zone % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
