import JSONText
import ResultModel

/// Compares rows of a decode with what a capture must give, by the rules of docs/writing-a-profile.md.
public enum ResultComparison {
    /// Keys with rules of their own; any other key of an expected row is compared exactly.
    static let knownKeys: Set<String> = [
        "specimen_id", "patient_id", "test_code", "test_name", "value", "unit", "flags", "status", "time", "qc",
        "usable", "role", "note",
    ]

    /// Differences, one a line; empty: none.
    public static func differences(expected: [JSONValue], actual: [JSONObject]) -> [String] {
        rowDifferences(expected: expected, actual: actual).map(\.description)
    }

    /// Differences, one a row; empty: none.
    public static func rowDifferences(expected: [JSONValue], actual: [JSONObject]) -> [RowDifference] {
        let rows = actual.map { JSONValue.object($0) }
        var found: [RowDifference] = []
        var used: Set<Int> = []
        for (number, wanted) in expected.enumerated() {
            let near = rows.indices.filter { index in
                text(rows[index]["specimen_id"]) == text(wanted["specimen_id"])
                    && !codes(rows[index]).isDisjoint(with: codes(wanted))
            }
            let exact = near.filter { differences(wanted, rows[$0]).isEmpty }
            used.formUnion(exact.isEmpty ? near : exact)
            var difference = RowDifference(
                kind: .missing, specimen: text(wanted["specimen_id"]), code: text(wanted["test_code"]))
            difference.number = number + 1
            difference.value = text(wanted["value"])
            if let first = near.first, exact.isEmpty {
                difference.kind = .wrong
                difference.fields = differences(wanted, rows[first])
                found.append(difference)
            } else if near.isEmpty, text(wanted["role"], default: "result") == "result", wanted["usable"]?.bool ?? true
            {
                found.append(difference)
            }
        }
        for index in rows.indices where !used.contains(index) {
            let row = rows[index]
            var difference = RowDifference(
                kind: .extra, specimen: text(row["specimen_id"]), code: text(row["test_code"]))
            difference.value = text(row["value"])
            found.append(difference)
        }
        return found
    }

    /// What differs between one expected and one actual row.
    static func differences(_ wanted: JSONValue, _ row: JSONValue) -> [RowDifference.Field] {
        if wanted["usable"]?.bool == false {
            let hasNumber = row["number"].map { $0 != .null } ?? false
            let isReported = (row["usable"]?.bool ?? true) && (hasNumber || Reading(text(row["value"])).isNumber)
            return isReported ? [.init("usable", expected: "no result", got: text(row["value"]))] : []
        }
        var found: [RowDifference.Field] = []
        func note(_ key: String) { found.append(.init(key, expected: shown(wanted[key]), got: shown(row[key]))) }
        if Reading(text(wanted["value"])) != Reading(text(row["value"])) { note("value") }
        if !text(wanted["unit"]).isEmpty, text(wanted["unit"]) != text(row["unit"]) { note("unit") }
        if flags(wanted["flags"]) != flags(row["flags"]) { note("flags") }
        if !text(wanted["status"]).isEmpty, text(wanted["status"]) != text(row["status"]) { note("status") }
        if (row["qc"]?.bool ?? false) != (wanted["qc"]?.bool ?? false) { note("qc") }
        let (wantedTime, time) = (digits(text(wanted["time"])), digits(text(row["time"])))
        if !wantedTime.isEmpty, !time.isEmpty, !wantedTime.starts(with: time), !time.starts(with: wantedTime) {
            note("time")
        }
        if !text(wanted["patient_id"]).isEmpty, text(wanted["patient_id"]) != text(row["patient_id"]) {
            note("patient_id")
        }
        for member in wanted.object?.members ?? [] where !knownKeys.contains(member.key) {
            if !isSame(member.value, row[member.key] ?? .null) { note(member.key) }
        }
        return found
    }

    // MARK: Parts

    /// A value text with its comparator taken off; equal when both are the same decimal, else when both are the same text.
    private struct Reading: Equatable {
        var comparators: [String] = []
        var number: ExactDecimal?
        var text = ""
        var isNumber: Bool { number != nil }

        init(_ value: String) {
            var rest = ResultComparison.trimmed(value)
            while let sign = [">=", "<=", ">", "<"].first(where: { rest.hasPrefix($0) }) {
                comparators.append(sign)
                rest = ResultComparison.trimmed(String(rest.dropFirst(sign.count)))
            }
            let hasOneComma = rest.utf8.count { $0 == UInt8(ascii: ",") } == 1 && !rest.utf8.contains(UInt8(ascii: "."))
            let plain = hasOneComma ? String(rest.map { $0 == "," ? "." : $0 }) : rest
            number = ExactDecimal(plain)?.normalized
            if number == nil { text = rest }
        }
    }

    private static func text(_ value: JSONValue?, default fallback: String = "") -> String {
        switch value {
        case .string(let text)?: trimmed(text)
        case .number(let text)?: text
        default: fallback
        }
    }

    static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.first, scalar.properties.isWhitespace { scalars.removeFirst() }
        while let scalar = scalars.last, scalar.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }

    private static func codes(_ row: JSONValue) -> Set<String> {
        Set([text(row["test_code"]), text(row["test_name"])].filter { !$0.isEmpty })
    }

    private static func flags(_ value: JSONValue?) -> [String] {
        var flags = (value?.array ?? []).map { text($0) }
        if case .string(let joined)? = value {
            flags = joined.split { $0 == "," || $0 == "~" || $0 == "\\" || $0 == " " }.map(String.init)
        }
        return flags.filter { !$0.isEmpty && $0 != "N" }.sorted()
    }

    /// Digits of a time without its zone.
    private static func digits(_ time: String) -> [UInt8] {
        var bytes = Array(time.utf8)
        if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
        if let clock = bytes.firstIndex(of: UInt8(ascii: "T")),
            let zone = bytes[clock...].firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") })
        {
            bytes.removeSubrange(zone...)
        }
        return bytes.filter { $0 >= 0x30 && $0 <= 0x39 }
    }

    private static func isSame(_ wanted: JSONValue, _ row: JSONValue) -> Bool {
        if wanted == row { return true }
        // A number may be written as text or with other zeros.
        guard let left = ExactDecimal(text(wanted)), let right = ExactDecimal(text(row)) else { return false }
        return left.normalized == right.normalized
    }

    private static func shown(_ value: JSONValue?) -> String { value?.text() ?? "nothing" }
}
