/// Dates, times and ages (PS3.5 6.2: DA, TM, DT, AS) as ISO 8601 text in the precision in which they were sent.
///
/// Values that are no dates give nil: `20240231`, `0000`, `25:00`. Forms of ACR-NEMA (`2024.01.31`, `10:15:30`) are read.
public enum DICOMTime {
    /// From and to; nil where open. Both ends belong to it.
    public struct Range: Sendable, Equatable {
        /// ISO 8601 text of the start.
        public var from: String?
        /// ISO 8601 text of the end.
        public var to: String?
        /// A range from its ends.
        public init(from: String?, to: String?) {
            self.from = from
            self.to = to
        }
    }

    /// DA: `20240131` gives `2024-01-31`.
    public static func date(_ text: String) -> String? {
        let digits = bytes(text)
        if digits.count == 10, digits[4] == digits[7], digits[4] == UInt8(ascii: ".") || digits[4] == UInt8(ascii: "-")
        {
            return date(digits: Array(digits[0..<4] + digits[5..<7] + digits[8..<10]))
        }
        guard digits.count == 8 else { return nil }
        return date(digits: digits)
    }

    /// TM: `101530.5` gives `10:15:30.5`, `1015` gives `10:15`, `10` gives `10`. A leap second (60) is kept.
    public static func time(_ text: String) -> String? {
        var digits = bytes(text)
        if digits.count >= 5, digits[2] == UInt8(ascii: ":") {
            if digits.count > 5, digits[5] == UInt8(ascii: ":") { digits.remove(at: 5) }
            digits.remove(at: 2)
        }
        return time(digits: digits)
    }

    /// DT: `20240131101530.5+0800` gives `2024-01-31T10:15:30.5+08:00`; `202401` gives `2024-01`.
    public static func dateTime(_ text: String) -> String? {
        var digits = bytes(text)
        var zone = ""
        if digits.count > 4,
            digits[digits.count - 5] == UInt8(ascii: "+") || digits[digits.count - 5] == UInt8(ascii: "-")
        {
            guard let offset = offset(String(decoding: digits.suffix(5), as: UTF8.self)) else { return nil }
            zone = offset
            digits.removeLast(5)
        }
        guard let date = date(digits: Array(digits.prefix(8))) else { return nil }
        if digits.count <= 8 { return zone.isEmpty || digits.count == 8 ? date : nil }
        guard let time = time(digits: Array(digits.dropFirst(8))) else { return nil }
        return "\(date)T\(time)\(zone)"
    }

    /// DA and TM of one moment, with Timezone Offset From UTC (0008,0201) where it is known. Nil without a date; without a
    /// usable time the date alone.
    public static func dateTime(date day: String?, time: String?, offset zone: String? = nil) -> String? {
        guard let day, let date = date(day) else { return nil }
        guard let time, let clock = self.time(time) else { return date }
        return "\(date)T\(clock)\(zone.flatMap { offset($0) } ?? "")"
    }

    /// `+0800` gives `+08:00`. Nil beyond −12:00 and +14:00.
    public static func offset(_ text: String) -> String? {
        let bytes = bytes(text)
        guard bytes.count == 5, let hours = number(bytes[1..<3]), let minutes = number(bytes[3..<5]), minutes < 60
        else {
            return nil
        }
        let isEast = bytes[0] == UInt8(ascii: "+")
        guard isEast || bytes[0] == UInt8(ascii: "-") else { return nil }
        guard hours * 60 + minutes <= (isEast ? 840 : 720) else { return nil }
        return "\(isEast ? "+" : "-")\(two(hours)):\(two(minutes))"
    }

    /// AS: `045Y` gives 45 and `Y`; units are D, W, M, Y.
    public static func age(_ text: String) -> (count: Int, unit: Character)? {
        let bytes = bytes(text)
        guard (2...4).contains(bytes.count), let last = bytes.last, "DWMY".utf8.contains(last),
            let count = number(bytes.dropLast())
        else { return nil }
        return (count, Character(Unicode.Scalar(last)))
    }

    /// A range as matching has it (PS3.4 C.2.2.2.5): `A-B`, `A-`, `-B`; a single value is a range from it to it. Nil for what
    /// is none. For DA, TM and DT.
    public static func range(_ text: String, _ vr: VR) -> Range? {
        let text = DataSet.trimmed(text, .CS)
        func read(_ part: Substring) -> String? {
            switch vr {
            case .DA: date(String(part))
            case .TM: time(String(part))
            case .DT: dateTime(String(part))
            default: nil
            }
        }
        if let value = read(text[...]) { return Range(from: value, to: value) }
        for place in text.indices where text[place] == "-" {
            let (left, right) = (text[..<place], text[text.index(after: place)...])
            if left.isEmpty, right.isEmpty { return nil }
            let (from, to) = (left.isEmpty ? nil : read(left), right.isEmpty ? nil : read(right))
            if (from != nil || left.isEmpty) && (to != nil || right.isEmpty) { return Range(from: from, to: to) }
        }
        return nil
    }
}

extension DICOMTime {
    private static func bytes(_ text: String) -> [UInt8] { Array(DataSet.trimmed(text, .CS).utf8) }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Digits only, at most nine of them.
    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit & 15)
        }
        return value
    }

    /// YYYY, YYYYMM or YYYYMMDD.
    private static func date(digits: [UInt8]) -> String? {
        guard [4, 6, 8].contains(digits.count), let year = number(digits[0..<4]), year > 0 else { return nil }
        var text = String(decoding: digits[0..<4], as: UTF8.self)
        guard digits.count > 4 else { return text }
        guard let month = number(digits[4..<6]), (1...12).contains(month) else { return nil }
        text += "-" + two(month)
        guard digits.count > 6 else { return text }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard let day = number(digits[6..<8]), day >= 1, day <= days[month - 1] else { return nil }
        return text + "-" + two(day)
    }

    /// HH, HHMM, HHMMSS, HHMMSS.FFFFFF.
    private static func time(digits: [UInt8]) -> String? {
        var fraction = ""
        var digits = digits
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            guard point == 6, (1...6).contains(digits.count - 7), number(digits[7...]) != nil else { return nil }
            fraction = "." + String(decoding: digits[7...], as: UTF8.self)
            digits.removeSubrange(6...)
        }
        guard [2, 4, 6].contains(digits.count), let hour = number(digits[0..<2]), hour < 24 else { return nil }
        var text = two(hour)
        guard digits.count > 2 else { return text }
        guard let minute = number(digits[2..<4]), minute < 60 else { return nil }
        text += ":" + two(minute)
        guard digits.count > 4 else { return text }
        guard let second = number(digits[4..<6]), second <= 60 else { return nil }
        return text + ":" + two(second) + fraction
    }
}
