import CharacterSets
import JSONText

/// Laboratory orders from a file, for `hilum orders import`.
///
/// CSV: a first line with names of columns (`columns`), then a line an order; several tests in one line are separated by
/// blanks, lines of one placer and specimen are one order. JSON: an array of orders, or an object with `orders`:
///
/// ```json
/// [{"placer": "PL1", "filler": "", "specimen_id": "00123", "specimen_type": "SER",
///   "patient": {"id": "P1", "name": "Doe^Jane", "birth_date": "1980-02-29", "sex": "F"},
///   "tests": ["2345-7", {"code": "K", "name": "Potassium"}], "priority": "routine", "action": "new",
///   "ordered_at": "2026-11-23T08:00", "collected_at": "2026-11-23T08:30", "devices": ["chemistry-1"]}]
/// ```
///
/// Must be there: `placer`, `specimen_id`, the patient's id, and one test (a cancellation without tests is of all).
public enum OrderFile {
    /// Columns of a CSV file.
    public static let columns = [
        "placer", "filler", "specimen_id", "specimen_type", "patient_id", "patient_name", "birth_date", "sex", "tests",
        "priority", "action", "ordered_at", "collected_at", "devices",
    ]

    /// Whether a file is about specimens and their tests, as far as its columns or keys say.
    public static func isLaboratory(_ bytes: [UInt8]) -> Bool {
        let content = content(bytes)
        if isJSON(content) {
            // Names may be in any encoding: the keys are what tells.
            guard let value = try? JSONValue(parsing: content) else {
                return String(decoding: content, as: UTF8.self).contains("\"specimen_id\"")
            }
            let list = value.array ?? value["orders"]?.array ?? []
            return list.contains { $0["specimen_id"] != nil }
        }
        let text = String(decoding: content.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        let names = SeparatedText(text).rows.first?.fields.map { $0.lowercased() } ?? []
        return names.contains("specimen_id") || names.contains("tests")
    }

    /// The file's text in UTF-8: UTF-8 stays as it is, what can only be GB 18030 is turned; of anything else nobody knows
    /// what its names say.
    ///
    /// - Parameter encoding: what a person says it is written in; nil: told from the bytes.
    public static func utf8(_ bytes: [UInt8], encoding: CharacterSet? = nil) throws(OrderFileFault) -> [UInt8] {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw OrderFileFault("the file is UTF-16", "save it as \"CSV UTF-8\"")
        }
        let bytes = content(bytes)
        let isUTF8 = bytes.withUnsafeBytes { CharacterSet.isValidUTF8($0) }
        if isUTF8, encoding == nil || encoding == .utf8 { return bytes }
        let set = encoding ?? CharacterSet.detect(bytes)
        guard set != .utf8, encoding != nil || set == .gb18030 else {
            let place = "line \(line(of: firstBroken(bytes), in: bytes))"
            throw OrderFileFault(
                "\(place): the file is neither UTF-8 nor, as far as can be told, GB 18030",
                "save it as UTF-8, or name what it is written in: --encoding ISO-8859-1")
        }
        var text: [UInt8] = []
        let unreadable = bytes.withUnsafeBytes { set.transcode($0, to: &text) }
        guard unreadable == 0 else {
            throw OrderFileFault(
                "\(unreadable) characters of the file cannot be read as \(set.name)",
                "save it as UTF-8, or name another --encoding")
        }
        return text
    }

    private static func firstBroken(_ bytes: [UInt8]) -> Int {
        var index = 0
        while index < bytes.count {
            var end = index
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            if !bytes[index..<end].withUnsafeBytes({ CharacterSet.isValidUTF8($0) }) { return index }
            index = end + 1
        }
        return bytes.count
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int { bytes.prefix(offset).count { $0 == 0x0A } + 1 }

    /// Reads a file of either kind, in UTF-8 or GB 18030.
    ///
    /// - Throws: `OrderFileFault` with the line.
    public static func parse(_ bytes: [UInt8]) throws(OrderFileFault) -> [LaboratoryOrder] {
        let content = try utf8(bytes)
        var orders: [LaboratoryOrder] = []
        var places: [String: Int] = [:]
        for (place, order) in isJSON(content) ? try OrderJSON.parse(content) : try OrderCSV.parse(content) {
            try check(order, place)
            let key = "\(order.placer)\u{0}\(order.specimenID)\u{0}\(order.action == .cancel)"
            guard let known = places[key] else {
                places[key] = orders.count
                orders.append(order)
                continue
            }
            if orders[known].patient.contradicts(order.patient) {
                throw OrderFileFault(
                    "\(place): order \(order.placer) on specimen \(order.specimenID) is of another patient above",
                    "correct the patient, or give the orders numbers of their own")
            }
            for test in order.tests where !orders[known].tests.contains(where: { $0.code == test.code }) {
                orders[known].tests.append(test)
            }
        }
        return orders
    }

    private static func content(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0))
    }

    private static func isJSON(_ content: [UInt8]) -> Bool {
        let first = content.first { $0 > 0x20 }
        return first == UInt8(ascii: "[") || first == UInt8(ascii: "{")
    }

    private static func check(_ order: LaboratoryOrder, _ place: String) throws(OrderFileFault) {
        for (name, text) in [
            ("placer", order.placer), ("specimen_id", order.specimenID), ("patient_id", order.patient.id),
        ] where text.isEmpty {
            throw OrderFileFault("\(place): \(name) is missing", "add it; without it nobody knows whose result it is")
        }
        if order.tests.isEmpty, order.action != .cancel {
            throw OrderFileFault("\(place): there is no test", "write one or more codes into tests")
        }
        for (name, text) in [
            ("placer", order.placer), ("specimen_id", order.specimenID), ("patient_id", order.patient.id),
        ]
            + order.tests.map({ ("test", $0.code) })
        where text.utf8.count > 64 || text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            throw OrderFileFault(
                "\(place): \(name) \"\(text.prefix(80))\" cannot be used", "at most 64 bytes, no control characters")
        }
    }

    static func priority(_ text: String, _ place: String) throws(OrderFileFault) -> LaboratoryOrder.Priority {
        switch text.lowercased() {
        case "", "r", "routine": return .routine
        case "a", "asap": return .asap
        case "s", "stat", "urgent": return .stat
        default: throw OrderFileFault("\(place): there is no priority \"\(text)\"", "routine, asap or stat")
        }
    }

    static func action(_ text: String, _ place: String) throws(OrderFileFault) -> LaboratoryOrder.Action {
        if text.isEmpty { return .new }
        guard let action = LaboratoryOrder.Action(rawValue: text.lowercased()) else {
            throw OrderFileFault("\(place): there is no action \"\(text)\"", "new, add or cancel")
        }
        return action
    }

    static func sex(_ text: String, _ place: String) throws(OrderFileFault) -> String {
        switch text.lowercased() {
        case "": return ""
        case "m", "male": return "M"
        case "f", "female": return "F"
        case "o", "other", "a": return "O"
        case "u", "unknown": return "U"
        default: throw OrderFileFault("\(place): there is no sex \"\(text)\"", "M, F, O or U")
        }
    }

    /// `1980-02-29` or `19800229` as ISO 8601.
    static func date(_ text: String, _ place: String) throws(OrderFileFault) -> String {
        if text.isEmpty { return "" }
        guard let date = ISODate.reading(text) else {
            throw OrderFileFault("\(place): \"\(text)\" is no date", "write 1980-02-29")
        }
        return date
    }

    /// A date, or a date with a time: `2026-11-23T08:30`, `202611230830`; as ISO 8601.
    static func time(_ text: String, _ place: String) throws(OrderFileFault) -> String {
        if text.isEmpty { return "" }
        guard let time = ISODate.readingTime(text) else {
            throw OrderFileFault("\(place): \"\(text)\" is no time", "write 2026-11-23T08:30")
        }
        return time
    }
}

/// Dates as people and systems write them, year first.
enum ISODate {
    static func reading(_ text: String) -> String? {
        let digits = text.filter { $0 != "-" && $0 != "/" && $0 != "." }
        guard digits.utf8.count == 8, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let year = Int(digits.prefix(4)), let month = Int(digits.dropFirst(4).prefix(2)),
            let day = Int(digits.suffix(2)), (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        guard (1...days).contains(day) else { return nil }
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }

    static func readingTime(_ text: String) -> String? {
        let digits = text.filter { !"-/.:T ".contains($0) }
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), [8, 12, 14].contains(digits.utf8.count),
            let date = reading(String(digits.prefix(8)))
        else { return nil }
        let rest = Array(digits.dropFirst(8))
        if rest.isEmpty { return date }
        let parts = stride(from: 0, to: rest.count, by: 2).map { String(rest[$0..<min($0 + 2, rest.count)]) }
        for (part, limit) in zip(parts, [23, 59, 60]) {
            guard let number = Int(part), number <= limit else { return nil }
        }
        return date + "T" + parts.joined(separator: ":")
    }
}
