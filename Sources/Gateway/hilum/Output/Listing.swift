import JSONText

/// A column of a listing: the key in JSON and the title in the table.
struct Column: Sendable {
    /// Side on which the text stands.
    enum Alignment: Sendable {
        /// Words.
        case left
        /// Numbers.
        case right
    }
    /// Key in JSON.
    var key: String
    /// Title in the table; empty: not in the table.
    var title: String
    /// Alignment.
    var alignment: Alignment
    /// True when it may be cut to make the table fit the terminal.
    var isFlexible: Bool
    /// Width in a live view, where the rows to come are not known.
    var liveWidth: Int

    init(_ key: String, _ title: String, _ alignment: Alignment = .left, flexible: Bool = false, live: Int = 10) {
        self.key = key
        self.title = title
        self.alignment = alignment
        isFlexible = flexible
        liveWidth = live
    }
}

/// A value of a listing: exact for machines, readable for people.
struct Cell: Sendable {
    /// For machines.
    var json: JSONValue
    /// For people; control characters are made visible when it is shown.
    var text: String
    /// Style on a terminal.
    var style: TextStyle

    init(_ json: JSONValue, _ text: String, _ style: TextStyle = .plain) {
        self.json = json
        self.text = text
        self.style = style
    }

    /// A text.
    static func text(_ text: String, _ style: TextStyle = .plain) -> Cell { Cell(.string(text), text, style) }
    /// A text that may be missing.
    static func text(_ text: String?, _ style: TextStyle = .plain) -> Cell {
        text.map { Cell(.string($0), $0, style) } ?? Cell(.null, "")
    }
    /// An integer.
    static func number(_ number: some BinaryInteger, _ style: TextStyle = .plain) -> Cell {
        Cell(.number(number), String(number), style)
    }
    /// An integer that may be missing.
    static func number(_ number: Int64?) -> Cell { number.map { .number($0) } ?? Cell(.null, "") }
    /// Yes, or nothing.
    static func flag(_ flag: Bool, _ text: String, _ style: TextStyle = .plain) -> Cell {
        Cell(.bool(flag), flag ? text : "", style)
    }
    /// A list.
    static func list(_ texts: [String], _ style: TextStyle = .plain) -> Cell {
        Cell(.strings(texts), texts.joined(separator: " "), style)
    }
}

/// What a command prints: one definition for the table and for JSON.
struct Listing: Sendable {
    /// Columns.
    var columns: [Column]
    /// Rows; each has a cell a column.
    var rows: [[Cell]] = []
    /// Said instead of an empty table.
    var whenEmpty = "nothing to show"

    /// The rows in a format.
    func rendered(_ format: OutputFormat, terminal: Terminal) -> String {
        // A cell too few or too many would put everything under the wrong title.
        assert(rows.allSatisfy { $0.count == columns.count }, "a row has not a cell a column: \(columns.map(\.key))")
        return switch format {
        case .json: rows.map { json($0) }.joined()
        case .table: rows.isEmpty ? terminal.styled(whenEmpty, .dim) + "\n" : table(terminal: terminal)
        }
    }

    /// One row as a JSON object on a line of its own.
    func json(_ row: [Cell]) -> String {
        var object = JSONObject()
        for (column, cell) in zip(columns, row) { object.append(column.key, cell.json) }
        return JSONValue.object(object).text() + "\n"
    }

    private func table(terminal: Terminal) -> String {
        let texts = rows.map { $0.map { VisibleText.of($0.text) } }
        let shown = columns.indices.filter { !columns[$0].title.isEmpty }
        var widths = columns.map { DisplayWidth.of($0.title) }
        for row in texts {
            for (index, text) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], DisplayWidth.of(text))
            }
        }
        if let available = terminal.columns { shrink(&widths, shown: shown, to: available) }
        var output = line(shown.map { (columns[$0].title, TextStyle.heading, $0) }, widths, terminal)
        for (row, text) in zip(rows, texts) {
            output += line(
                shown.filter { $0 < row.count }.map { (text[$0], row[$0].style, $0) }, widths, terminal)
        }
        return output
    }

    /// The widest flexible columns give way first, none below eight columns.
    private func shrink(_ widths: inout [Int], shown: [Int], to available: Int) {
        var excess = shown.reduce(0) { $0 + widths[$1] } + 2 * max(0, shown.count - 1) - available
        while excess > 0 {
            let flexible = shown.filter { columns[$0].isFlexible && widths[$0] > 8 }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    private func line(_ cells: [(String, TextStyle, Int)], _ widths: [Int], _ terminal: Terminal) -> String {
        var parts: [String] = []
        for (position, (text, style, index)) in cells.enumerated() {
            let clipped = text.clipped(to: widths[index])
            let isLast = position == cells.count - 1 && columns[index].alignment == .left
            let padded = isLast ? clipped : clipped.padded(to: widths[index], alignment: columns[index].alignment)
            parts.append(terminal.styled(padded, style))
        }
        return parts.joined(separator: "  ") + "\n"
    }

    /// The heading of a live view.
    func liveHeading(terminal: Terminal) -> String {
        let shown = columns.indices.filter { !columns[$0].title.isEmpty }
        return line(shown.map { (columns[$0].title, TextStyle.heading, $0) }, columns.map(\.liveWidth), terminal)
    }

    /// A row of a live view: fixed widths, nothing cut in the last column.
    func liveRow(_ row: [Cell], terminal: Terminal) -> String {
        var widths = columns.map(\.liveWidth)
        if let last = columns.indices.last(where: { !columns[$0].title.isEmpty }), columns[last].alignment == .left {
            widths[last] = 1 << 20
        }
        let shown = columns.indices.filter { !columns[$0].title.isEmpty && $0 < row.count }
        return line(shown.map { (VisibleText.of(row[$0].text), row[$0].style, $0) }, widths, terminal)
    }
}
