/// Retry-After (RFC 9110 section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// How long to wait; nil when it cannot be read. A date in the past is no wait.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970, UTC.
    static func read(_ value: String, now: Int64) -> Duration? {
        let value = value.trimmed
        if !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            return .seconds(min(Int64(value) ?? Int64(Int32.max), Int64(Int32.max)))
        }
        guard let date = seconds(value) else { return nil }
        return .seconds(max(0, min(date &- now / 1_000_000, Int64(Int32.max))))
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, also `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994` (RFC 9110
    /// section 5.6.7), as seconds since 1970.
    static func seconds(_ text: String) -> Int64? {
        var words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        guard words.count == 5 || words.count == 6 else { return nil }
        // The form of asctime: month before day, year last, no zone.
        if words.count == 5 { words = [words[0], words[2], words[1], words[4], words[3], "GMT"] }
        guard words[5] == "GMT" || words[5] == "UTC", let day = Int64(words[1]),
            let month = months.firstIndex(of: words[2]), var year = Int64(words[3])
        else { return nil }
        if words[3].utf8.count == 2 { year += year < 70 ? 2000 : 1900 }
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]),
            (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
