extension R4 {
    /// R4 dateTime: `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or date and time to the second with zone.
    public struct DateTime: Sendable, Hashable {
        /// As R4 wants it.
        public let text: String

        /// Makes a dateTime of local ISO 8601 text and the zone that was in force.
        ///
        /// R4 2.24.0.1: hours and minutes need a zone, seconds may be filled with zeros. Time that came without zone, or
        /// with an hour only, is cut to its date, because nothing may be invented. nil when it is no date at all.
        public init?(local: String, utcOffset: Int32?) {
            let bytes = Array(local.utf8)
            guard let date = DateTime.datePrefix(bytes) else { return nil }
            guard date.count == 10, bytes.count > 10 else {
                guard bytes.count == date.count else { return nil }
                text = String(decoding: date, as: UTF8.self)
                return
            }
            guard bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20 else { return nil }
            let time = bytes[11...]
            guard let utcOffset, let zone = DateTime.zone(utcOffset), let clock = DateTime.clock(time) else {
                text = String(decoding: date, as: UTF8.self)
                return
            }
            text = String(decoding: date, as: UTF8.self) + "T" + clock + zone
        }

        /// An instant in a zone, to the millisecond (R4 instant).
        ///
        /// - Parameters:
        ///   - unixMicroseconds: since 1970, UTC.
        ///   - utcOffset: seconds east of UTC.
        public init(unixMicroseconds: Int64, utcOffset: Int32 = 0) {
            let offset = DateTime.zone(utcOffset) == nil ? 0 : utcOffset
            let parts = CivilTime(unixMicroseconds: unixMicroseconds, utcOffset: offset)
            let fraction = String(parts.microsecond / 1000)
            text =
                "\(pad(parts.year, 4))-\(pad(parts.month, 2))-\(pad(parts.day, 2))T\(pad(parts.hour, 2)):"
                + "\(pad(parts.minute, 2)):\(pad(parts.second, 2)).\(String(repeating: "0", count: 3 - fraction.count))"
                + fraction + (DateTime.zone(offset) ?? "Z")
        }

        /// The date: first ten digits at most.
        public var date: String { String(text.prefix(10)) }
        /// True when it has a time of day, so that it may stand where R4 wants an instant.
        public var isInstant: Bool { text.utf8.count > 10 }

        static func datePrefix(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
            func isNumber(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
            func number(_ at: Int) -> Int { Int(bytes[at] &- 0x30) * 10 + Int(bytes[at + 1] &- 0x30) }
            guard bytes.count >= 4, isNumber(0..<4), bytes[0..<4] != [0x30, 0x30, 0x30, 0x30] else { return nil }
            guard bytes.count >= 7 else { return bytes.count == 4 ? bytes[0..<4] : nil }
            guard bytes[4] == UInt8(ascii: "-"), isNumber(5..<7), (1...12).contains(number(5)) else { return nil }
            guard bytes.count >= 10 else { return bytes.count == 7 ? bytes[0..<7] : nil }
            guard bytes[7] == UInt8(ascii: "-"), isNumber(8..<10) else { return nil }
            let year = Int(bytes[0] &- 0x30) * 1000 + Int(bytes[1] &- 0x30) * 100 + number(2)
            guard number(8) >= 1, number(8) <= CivilTime.daysInMonth(number(5), year: year) else { return nil }
            return bytes[0..<10]
        }

        /// `hh:mm` or `hh:mm:ss[.f…]` as `hh:mm:ss[.f…]`.
        static func clock(_ bytes: ArraySlice<UInt8>) -> String? {
            let clock = Array(bytes)
            guard clock.count >= 5, clock[2] == UInt8(ascii: ":") else { return nil }
            func number(_ at: Int, below limit: Int) -> Bool {
                guard at + 1 < clock.count, clock[at] >= 0x30, clock[at] <= 0x39, clock[at + 1] >= 0x30,
                    clock[at + 1] <= 0x39
                else { return false }
                return Int(clock[at] - 0x30) * 10 + Int(clock[at + 1] - 0x30) < limit
            }
            guard number(0, below: 24), number(3, below: 60) else { return nil }
            if clock.count == 5 { return String(decoding: clock, as: UTF8.self) + ":00" }
            guard clock[5] == UInt8(ascii: ":"), number(6, below: 60) else { return nil }
            if clock.count == 8 { return String(decoding: clock, as: UTF8.self) }
            guard clock[8] == UInt8(ascii: "."), clock.count > 9, clock.count <= 18,
                clock[9...].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
            else { return nil }
            return String(decoding: clock, as: UTF8.self)
        }

        /// `+08:00`; nil when it is not whole minutes or beyond 14 hours.
        static func zone(_ offset: Int32) -> String? {
            guard offset % 60 == 0, offset >= -14 * 3600, offset <= 14 * 3600 else { return nil }
            let minutes = Int(offset < 0 ? -offset : offset) / 60
            return (offset < 0 ? "-" : "+") + pad(minutes / 60, 2) + ":" + pad(minutes % 60, 2)
        }
    }

    static func pad(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

/// Date and time of day of an instant (proleptic Gregorian calendar).
public struct CivilTime: Sendable, Equatable {
    /// Year.
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    /// 0 to 23.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// 0 to 59.
    public var second: Int
    /// 0 to 999,999.
    public var microsecond: Int

    /// The instant as a clock in that zone shows it.
    ///
    /// - Parameters:
    ///   - unixMicroseconds: since 1970, UTC; taken modulo the years 0 to 9999, so that no number can trap.
    ///   - utcOffset: seconds east of UTC.
    public init(unixMicroseconds: Int64, utcOffset: Int32) {
        let earliest: Int64 = -62_135_596_800_000_000
        let latest: Int64 = 253_402_214_400_000_000
        let clamped = min(max(unixMicroseconds, earliest), latest)
        let offset = Int64(min(max(utcOffset, -86_400), 86_400))
        let micros = clamped + offset * 1_000_000
        let days = CivilTime.floorDivide(micros, 86_400_000_000)
        let rest = Int(micros - days * 86_400_000_000)
        microsecond = rest % 1_000_000
        let seconds = rest / 1_000_000
        hour = seconds / 3600
        minute = seconds / 60 % 60
        second = seconds % 60
        // Days since 0000-03-01, eras of 400 years.
        let shifted = Int(days) + 719_468
        let era = shifted >= 0 ? shifted / 146_097 : (shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days of a month; 0 for a month that does not exist.
    public static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 1, 3, 5, 7, 8, 10, 12: 31
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 0
        }
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
