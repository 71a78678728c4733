/// Lines of fields (RFC 4180): commas, semicolons or tabs, quotes doubled inside quotes.
struct SeparatedText {
    /// One row with the number of the line on which it begins, from 1.
    struct Row {
        var line: Int
        var fields: [String]
    }

    /// Rows that hold anything, fields trimmed.
    private(set) var rows: [Row] = []
    /// The line on which a quote was opened and never closed.
    private(set) var openQuote: Int?

    init(_ text: String) {
        let firstLine = text.prefix { !$0.isNewline }
        let separator: Character =
            firstLine.contains("\t") ? "\t" : firstLine.contains(",") || !firstLine.contains(";") ? "," : ";"
        var (fields, field, isQuoted, wasQuote) = ([String](), "", false, false)
        var (line, begun, quoted) = (1, 1, 1)
        for character in text {
            switch character {
            case "\"" where isQuoted: (isQuoted, wasQuote) = (false, true)
            case "\"" where wasQuote:
                // A quote inside quotes is doubled.
                field.append("\"")
                (isQuoted, wasQuote) = (true, false)
            case "\"" where field.isEmpty: (isQuoted, quoted) = (true, line)
            case separator where !isQuoted:
                fields.append(field)
                (field, wasQuote) = ("", false)
            case _ where character.isNewline && !isQuoted:
                end(&fields, field, begun)
                (field, wasQuote, begun) = ("", false, line + 1)
            default:
                field.append(character)
                wasQuote = false
            }
            if character.isNewline { line += 1 }
        }
        if isQuoted { openQuote = quoted }
        end(&fields, field, begun)
    }

    private mutating func end(_ fields: inout [String], _ last: String, _ line: Int) {
        let row = (fields + [last]).map(\.trimmed)
        if row.contains(where: { !$0.isEmpty }) { rows.append(Row(line: line, fields: row)) }
        fields = []
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
