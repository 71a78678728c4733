import DriverKit
import JSONText

/// Times as people's programs write them, as ISO 8601.
///
/// A year of four digits at the start is year, month, day. Anything else needs `date_order`: 03/04/2024 is not guessed. A month
/// in letters needs no order; English names are known, others are set.
struct DateForm {
    enum Order: Sendable {
        case ymd
        case dmy
        case mdy
    }
    var order: Order?
    private var months: [String]

    private static let english = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    init() { months = DateForm.english }

    init(_ reader: inout OptionReader) throws(OptionsFault) {
        order = try reader.choice("date_order", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy])
        months = DateForm.english
        if let names = try reader.texts("months") {
            guard names.count == 12, names.allSatisfy({ !$0.isEmpty }) else {
                throw OptionsFault("options.months: write twelve names, January first, not \(names.count)")
            }
            months = names.map { $0.lowercased() }
        }
    }

    /// Local time as far as said, the zone only if said; nil: not a time, or not to be told.
    func iso8601(_ text: String) -> String? {
        var parts = Parts(text)
        guard !parts.items.isEmpty, parts.items.count <= 12 else { return nil }
        guard let date = date(&parts) else { return nil }
        guard !parts.items.isEmpty else { return date }
        guard let time = DateForm.time(&parts) else { return nil }
        return date + "T" + time
    }

    private func date(_ parts: inout Parts) -> String? {
        guard let first = parts.items.first else { return nil }
        // One run of digits: 20240318, 240318, 20240318143000.
        if case .number(let digits) = first, [6, 8, 12, 14].contains(digits.utf8.count) {
            let isShort = digits.utf8.count == 6
            let length = isShort ? 6 : 8
            let day = Array(digits.prefix(length))
            if digits.utf8.count > 8 {
                guard order == nil || order == .ymd else { return nil }
                parts.items[0] = .number(String(digits.dropFirst(8)))
            } else {
                parts.items.removeFirst()
            }
            let order = isShort ? self.order : self.order ?? .ymd
            guard let order else { return nil }
            let year = isShort ? 2 : 4
            switch order {
            case .ymd: return iso(String(day[..<year]), String(day[year..<year + 2]), String(day[(year + 2)...]))
            case .dmy: return iso(String(day[4...]), String(day[2..<4]), String(day[..<2]))
            case .mdy: return iso(String(day[4...]), String(day[..<2]), String(day[2..<4]))
            }
        }
        // A day's name before the date.
        if case .word(let word) = first, month(word) == nil { parts.items.removeFirst() }
        guard parts.items.count >= 3 else { return nil }
        let items = Array(parts.items[..<3])
        parts.items.removeFirst(3)
        if let place = items.firstIndex(where: { if case .word = $0 { true } else { false } }) {
            guard let month = month(items[place].text) else { return nil }
            var others = items
            others.remove(at: place)
            guard case .number(let left) = others[0], case .number(let right) = others[1] else { return nil }
            // 18 Mar 2024, Mar 18 2024, 2024 Mar 18.
            let isYearFirst = left.utf8.count == 4
            return isYearFirst ? iso(left, String(month), right) : iso(right, String(month), left)
        }
        let numbers = items.map(\.text)
        if numbers[0].utf8.count == 4 { return iso(numbers[0], numbers[1], numbers[2]) }
        switch order {
        case nil: return nil
        case .ymd?: return iso(numbers[0], numbers[1], numbers[2])
        case .dmy?: return iso(numbers[2], numbers[1], numbers[0])
        case .mdy?: return iso(numbers[2], numbers[0], numbers[1])
        }
    }

    private func month(_ word: String) -> Int? {
        let word = word.lowercased()
        for (index, name) in months.enumerated() where name == word || name.hasPrefix(word) && word.count >= 3 {
            return index + 1
        }
        return DateForm.english.firstIndex { word.hasPrefix($0) }.map { $0 + 1 }
    }

    private func iso(_ year: String, _ month: String, _ day: String) -> String? {
        guard let month = Int(month), 1...12 ~= month, let day = Int(day), day >= 1, var number = Int(year) else {
            return nil
        }
        guard year.utf8.count == 4 || year.utf8.count == 2 else { return nil }
        if year.utf8.count == 2 { number += number < 70 ? 2000 : 1900 }
        let isLeap = number % 4 == 0 && (number % 100 != 0 || number % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard number > 0, day <= lengths[month - 1] else { return nil }
        let padded = String(repeating: "0", count: max(0, 4 - String(number).utf8.count)) + String(number)
        return "\(padded)-\(DateForm.two(month))-\(DateForm.two(day))"
    }

    private static func time(_ parts: inout Parts) -> String? {
        var numbers: [String] = []
        while case .number(let text)? = parts.items.first, numbers.count < 4 {
            numbers.append(text)
            parts.items.removeFirst()
        }
        if numbers.count == 1, let run = numbers.first, run.utf8.count == 4 || run.utf8.count == 6 {
            let digits = Array(run)
            numbers = stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<$0 + 2]) }
        }
        guard numbers.count >= 2, numbers.prefix(3).allSatisfy({ $0.utf8.count <= 2 }), var hour = Int(numbers[0]),
            let minute = Int(numbers[1]), minute < 60
        else { return nil }
        var zone = ""
        for item in parts.items {
            guard case .word(let word) = item else { return nil }
            switch word.lowercased() {
            case "am", "pm":
                guard 1...12 ~= hour else { return nil }
                hour = hour % 12 + (word.lowercased() == "pm" ? 12 : 0)
            default:
                guard zone.isEmpty, let offset = zones[word.uppercased()] else { return nil }
                zone = offset
            }
        }
        guard hour <= 24 else { return nil }
        var text = "\(two(hour)):\(two(minute))"
        if numbers.count > 2 {
            guard let second = Int(numbers[2]), second <= 60 else { return nil }
            text += ":\(two(second))"
        }
        return text + (parts.zone.isEmpty ? zone : parts.zone)
    }

    /// Zones by letters that mean one offset wherever they are written. Not CST, EST, IST, BST: each means several.
    private static let zones = [
        "Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "CET": "+01:00", "CEST": "+02:00", "EET": "+02:00",
        "EEST": "+03:00", "JST": "+09:00", "KST": "+09:00", "PST": "-08:00", "PDT": "-07:00", "MDT": "-06:00",
        "CDT": "-05:00", "EDT": "-04:00",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Runs of digits and of letters; a zone at the end.
private struct Parts {
    enum Item {
        case number(String)
        case word(String)
        var text: String {
            switch self {
            case .number(let text), .word(let text): text
            }
        }
    }
    var items: [Item] = []
    var zone = ""

    init(_ text: String) {
        var text = Substring(text)
        // +08:00 or -0500 behind a time of day.
        if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }), text[..<sign].contains(":") {
            let digits = text[text.index(after: sign)...].filter { $0 != ":" }
            if digits.utf8.count == 4 || digits.utf8.count == 2, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                zone = "\(text[sign])\(digits.prefix(2)):\(digits.utf8.count == 4 ? String(digits.suffix(2)) : "00")"
                text = text[..<sign]
            }
        }
        var run = ""
        var isNumber = false
        func flush(_ items: inout [Item]) {
            if !run.isEmpty { items.append(isNumber ? .number(run) : .word(run)) }
            run = ""
        }
        for character in text {
            let isDigit = character.isASCII && character.isNumber
            guard isDigit || character.isLetter else {
                flush(&items)
                continue
            }
            if isDigit != isNumber { flush(&items) }
            // The T of ISO 8601 stands between numbers and is no month.
            isNumber = isDigit
            run.append(character)
            if items.count > 12 { return }
        }
        flush(&items)
        items.removeAll { if case .word(let word) = $0 { word == "T" || word == "t" } else { false } }
    }
}
