import JSONText
import Normalization

/// What differs between expected and got, for people and for machines.
enum DifferenceText {
    /// Differences shown of one capture.
    static let most = 40

    /// One part a capture that differs: a line a row that differs, below it a line a key, `-` expected, `+` got.
    static func of(_ outcomes: [ProfileTestCommand.Outcome], terminal: Terminal) -> String {
        var text = ""
        for outcome in outcomes where !outcome.differences.isEmpty {
            text += "\n" + terminal.styled("\(outcome.profile) \(outcome.capture)", .heading) + "\n"
            var left = most
            let rows = outcome.rowDifferences
            let width = rows.map { DisplayWidth.of(subject($0.difference)) }.max() ?? 0
            for group in rows.prefix(left) { text += part(group, width: min(width, 48), terminal) }
            left -= min(left, rows.count)
            // An outcome of a folder that could not be read has lines only.
            let others =
                rows.isEmpty && outcome.otherDifferences.isEmpty
                ? outcome.differences.map { ProfileTestCommand.Grouped(difference: $0, deliveries: []) }
                : outcome.otherDifferences
            for group in others.prefix(left) {
                let line = terminal.styled(VisibleText.of(group.difference), .bad)
                text += "  \(line)\(manner(group.deliveries, terminal))\n"
            }
            let hidden = rows.count + others.count - most
            if hidden > 0 { text += "  and \(hidden) more\n" }
        }
        return text
    }

    private static func part(
        _ group: ProfileTestCommand.Grouped<RowDifference>, width: Int, _ terminal: Terminal
    ) -> String {
        let difference = group.difference
        let name = VisibleText.of(subject(difference))
        let subject = name.padded(to: width, alignment: .left)
        let manner = manner(group.deliveries, terminal)
        let value = VisibleText.of(difference.value)
        switch difference.kind {
        case .missing: return "  " + terminal.styled("- \(subject)  \(value)  missing", .bad) + "\(manner)\n"
        case .extra: return "  " + terminal.styled("+ \(subject)  \(value)  extra", .good) + "\(manner)\n"
        case .wrong:
            var text = "  ~ \(name)\(manner)\n"
            let keys = difference.fields.map { DisplayWidth.of($0.key) }.max() ?? 0
            for field in difference.fields {
                let key = field.key.padded(to: keys, alignment: .left)
                let blank = "".padded(to: keys, alignment: .left)
                text += "      \(key)  " + terminal.styled("- \(VisibleText.of(field.expected))", .bad) + "\n"
                text += "      \(blank)  " + terminal.styled("+ \(VisibleText.of(field.got))", .good) + "\n"
            }
            return text
        }
    }

    private static func subject(_ difference: RowDifference) -> String {
        let number = difference.number > 0 ? "result \(difference.number) " : ""
        return number + [difference.specimen, difference.code].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Said only where it tells something: a difference that is there however the bytes come is the profile's.
    private static func manner(_ deliveries: [String], _ terminal: Terminal) -> String {
        deliveries.isEmpty || deliveries.contains("whole")
            ? "" : terminal.styled("  (only \(deliveries.joined(separator: ", ")))", .dim)
    }

    /// The rows that differ as JSON.
    static func json(_ outcome: ProfileTestCommand.Outcome) -> JSONValue {
        .array(
            outcome.rowDifferences.map { group in
                let difference = group.difference
                var object = JSONObject()
                object.append("kind", .string(difference.kind.rawValue))
                if difference.number > 0 { object.append("result", .number(difference.number)) }
                object.append("specimen_id", .string(difference.specimen))
                object.append("test_code", .string(difference.code))
                object.append("value", .string(difference.value))
                if !difference.fields.isEmpty {
                    object.append(
                        "fields",
                        .array(
                            difference.fields.map { field in
                                .object([
                                    "key": .string(field.key), "expected": value(field.expected),
                                    "got": value(field.got),
                                ])
                            }))
                }
                object.append("deliveries", .strings(group.deliveries))
                return .object(object)
            })
    }

    /// JSON text as the value that it is; words of the comparison itself as text.
    private static func value(_ text: String) -> JSONValue {
        (try? JSONValue(parsing: Array(text.utf8))) ?? .string(text)
    }
}
