import GRDB
import ImagingModel

/// Keys of PS3.4 C.2.2.2 as conditions of SQL. GLOB knows `*` and `?` as DICOM does, and compares characters as they are;
/// values are bound, never written into the text.
struct MatchingSQL {
    private(set) var conditions: [String] = []
    private(set) var arguments = StatementArguments()

    mutating func add(_ condition: String, _ values: any DatabaseValueConvertible & Sendable...) {
        conditions.append(condition)
        for value in values { arguments += [value] }
    }

    mutating func append(condition: String, arguments more: StatementArguments) {
        conditions.append(condition)
        arguments += more
    }

    mutating func append(arguments more: StatementArguments) { arguments += more }

    /// A column of plain text.
    mutating func text(_ column: String, _ matching: Matching) {
        switch matching {
        case .single(let value): add("\(column) = ?", value)
        case .wildcard(let pattern): add("\(column) GLOB ?", Self.glob(pattern))
        case .uids(let values): any(column, values)
        case .range(let from, let to):
            // Dates of eight digits, and whatever else sorts as text.
            add("\(column) <> ''")
            if let from { add("\(column) >= ?", from) }
            if let to { add("\(column) <= ?", to) }
        case .absent: add("\(column) = ''")
        }
    }

    /// A column that holds several values between backslashes.
    mutating func list(_ column: String, _ matching: Matching) {
        switch matching {
        case .single(let value): add("instr(\(column), ?) > 0", "\\" + value + "\\")
        case .wildcard(let pattern): add("\(column) GLOB ?", "*\\" + Self.glob(pattern) + "\\*")
        case .uids(let values):
            let each = values.map { _ in "instr(\(column), ?) > 0" }.joined(separator: " OR ")
            conditions.append("(\(each))")
            for value in values { arguments += ["\\" + value + "\\"] }
        case .range: break
        case .absent: add("\(column) = ''")
        }
    }

    /// A name: any of its groups, or group by group where the key has several.
    mutating func name(_ prefix: String, _ matching: Matching) {
        let columns = ["\(prefix)_a", "\(prefix)_i", "\(prefix)_p"]
        switch matching {
        case .single(let value), .wildcard(let value):
            let groups = value.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(
                NameFolding.fold)
            if groups.count > 1 {
                for (column, group) in zip(columns, groups) where !group.isEmpty {
                    add("\(column) GLOB ?", Self.glob(group))
                }
            } else if let group = groups.first {
                let pattern = Self.glob(group)
                add(
                    "(" + columns.map { "\($0) GLOB ?" }.joined(separator: " OR ") + ")", pattern, pattern, pattern)
            }
        case .absent: for column in columns { add("\(column) = ''") }
        case .uids, .range: break
        }
    }

    /// A name of which one folded column is kept.
    mutating func foldedName(_ column: String, _ matching: Matching) {
        switch matching {
        case .single(let value), .wildcard(let value): add("\(column) GLOB ?", Self.glob(NameFolding.fold(value)))
        case .absent: add("\(column) = ''")
        case .uids, .range: break
        }
    }

    /// A time. As many digits as were sent on both sides: `1030` means the whole minute.
    mutating func time(_ column: String, _ matching: Matching) {
        let key = Self.timeKey(column)
        switch matching {
        case .single(let value): moment(key, column, from: value, to: value)
        case .range(let from, let to): moment(key, column, from: from, to: to)
        case .wildcard(let pattern): add("\(column) GLOB ?", Self.glob(pattern))
        case .uids: break
        case .absent: add("\(column) = ''")
        }
    }

    private mutating func moment(_ key: String, _ column: String, from: String?, to: String?) {
        add("\(column) <> ''")
        if let from { add("\(key) >= ?", Self.low(from)) }
        if let to { add("\(key) <= ?", Self.high(to)) }
    }

    /// Date and time as one moment (PS3.4 C.2.2.2.5.1, K.6.1.2.2).
    mutating func moment(
        date: String, time: String, from: (date: String?, time: String?), to: (date: String?, time: String?)
    ) {
        let key = Self.timeKey(time)
        add("\(date) <> ''")
        if let first = from.date {
            add("(\(date) > ? OR (\(date) = ? AND \(key) >= ?))", first, first, Self.low(from.time ?? "000000"))
        }
        if let last = to.date {
            add("(\(date) < ? OR (\(date) = ? AND \(key) <= ?))", last, last, Self.high(to.time ?? "235959"))
        }
    }

    mutating func integer(_ column: String, _ matching: Matching) {
        switch matching {
        case .single(let value):
            if let number = Int64(value) { add("\(column) = ?", number) } else { add("0") }
        case .absent: add("\(column) IS NULL")
        case .uids, .wildcard, .range: break
        }
    }

    mutating func any(_ column: String, _ values: [String]) {
        // SQLite takes 32766 parameters; a list of UIDs longer than this is no key but an attack.
        let values = values.prefix(10_000)
        conditions.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ",")))")
        for value in values { arguments += [value] }
    }

    /// ` WHERE …`, or nothing.
    var clause: String { conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ") }

    /// Conditions inside EXISTS.
    var inner: String { conditions.map { " AND " + $0 }.joined() }

    /// `[` begins a set of characters in GLOB and means nothing in DICOM.
    static func glob(_ pattern: String) -> String {
        pattern.contains("[") ? pattern.map { $0 == "[" ? "[[]" : String($0) }.joined() : pattern
    }

    private static func timeKey(_ column: String) -> String {
        "CASE WHEN length(\(column)) < 6 THEN substr(\(column) || '000000', 1, 6) ELSE \(column) END"
    }

    private static func low(_ time: String) -> String { filled(time, with: "000000") }

    private static func high(_ time: String) -> String {
        time.contains(".") ? time + "999999" : filled(time, with: "235959") + ".999999"
    }

    private static func filled(_ time: String, with rest: String) -> String {
        time.utf8.count < 6 ? time + rest.dropFirst(time.utf8.count) : time
    }
}
