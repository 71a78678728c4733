import JSONText
import ProfileAuthoring
import Store

/// What a replay found, for people or machines: each difference as it comes, the counts at the end.
final class ReplayReport {
    private let format: OutputFormat
    private let time: LocalTime
    private let most: Int
    private let terminal: Terminal
    private var summary = ReplaySummary()
    private var newFaults = 0
    private var goneFaults = 0
    private var shown = 0
    private var heading = ""

    /// - Parameter most: differences shown one by one in a table.
    init(format: OutputFormat, time: LocalTime, most: Int, terminal: Terminal) {
        self.format = format
        self.time = time
        self.most = most
        self.terminal = terminal
    }

    /// True when something differs.
    var hasDifferences: Bool { !summary.isEmpty || newFaults + goneFaults > 0 }

    /// True when results only say something else, where they stood: nothing moved, came or went.
    var hasChangesOnly: Bool { Set(summary.counts.keys) == [.changed] && newFaults + goneFaults == 0 }

    /// Counts a finding; gives what is to be printed of it.
    func add(_ finding: ReplayFinding) -> String {
        switch finding {
        case .result(let difference, _): summary.add(difference)
        case .fault(_, _, let isNew, _): if isNew { newFaults += 1 } else { goneFaults += 1 }
        }
        if format == .json { return JSONValue.object(Self.json(finding, time: time)).text() + "\n" }
        shown += 1
        if shown > most { return "" }
        switch finding {
        case .result(let difference, let place): return head(place, difference) + text(difference)
        case .fault(let text, let start, let isNew, let place):
            let line = VisibleText.of("byte \(start): \(text)")
            return head(place, nil)
                + terminal.styled(isNew ? "  + fault  \(line)" : "  - fault  \(line)", isNew ? .bad : .good) + "\n"
        }
    }

    /// The counts.
    ///
    /// - Parameter isSending: something may be sent after it.
    func end(_ totals: ReplayTotals, isSending: Bool = false) -> String {
        if format == .json {
            return JSONValue.object(Self.json(totals, summary, newFaults: newFaults, goneFaults: goneFaults)).text()
                + "\n"
        }
        var text = shown > most ? "\nand \(shown - most) more\n" : ""
        if hasDifferences { text += "\n" }
        let words = ReplayDifference.Kind.allCases.compactMap { kind in
            summary.counts[kind].map { "\($0) \(kind.rawValue)" }
        }
        let faults = [(newFaults, "new"), (goneFaults, "gone")].filter { $0.0 > 0 }.map { "\($0.0) faults \($0.1)" }
        let said = words + faults
        text += "\(totals.replayed) of \(totals.asked) messages were read again: \(totals.same) results the same"
        text += said.isEmpty ? "\n" : ", " + said.joined(separator: ", ") + "\n"
        text += remarks(totals)
        if !summary.isEmpty { text += "\n" + tests() }
        if !isSending { text += terminal.styled("\nNothing was written or sent.\n", .dim) }
        return text
    }

    private func remarks(_ totals: ReplayTotals) -> String {
        var text = ""
        func remark(_ count: Int, _ words: String) {
            if count > 0 { text += terminal.styled("  \(count) \(words)\n", .warning) }
        }
        remark(
            totals.withoutBytes, "messages could not be read again: their bytes are no longer kept, or still coming in")
        remark(totals.crashed, "messages were not compared: the driver ended in them")
        remark(totals.unknown, "messages were not compared: what was made of them is no longer kept")
        remark(Int(clamping: totals.openBytes), "bytes of conversations that go on were left for later")
        remark(totals.dialogues, "stretches with queries or orders: their faults were not compared")
        for crash in totals.crashes.prefix(20) { text += terminal.styled("  \(VisibleText.of(crash))\n", .bad) }
        return text
    }

    private func tests() -> String {
        var listing = Listing(columns: [
            Column("test_code", "TEST", flexible: true), Column("moved", "MOVED", .right),
            Column("changed", "CHANGED", .right), Column("gone", "GONE", .right), Column("added", "ADDED", .right),
            Column("about", "ABOUT", flexible: true),
        ])
        listing.rows = summary.byTest.prefix(50).map { test in
            [.text(test.code.isEmpty ? "(none)" : test.code)]
                + ReplayDifference.Kind.allCases.map { kind in
                    test.counts[kind].map { .number($0, kind == .moved ? .bad : .plain) } ?? Cell(.null, "")
                } + [.text(Self.about(test.aspects))]
        }
        let hidden = summary.byTest.count - 50
        return listing.rendered(.table, terminal: terminal) + (hidden > 0 ? "and \(hidden) more tests\n" : "")
    }

    private static func about(_ aspects: [ReplayDifference.Aspect: Int]) -> String {
        ReplayDifference.Aspect.allCases.filter { aspects[$0] != nil }.map(\.rawValue).joined(separator: " ")
    }

    // MARK: One difference

    /// The line above the differences of one report.
    private func head(_ place: ReplayPlace, _ difference: ReplayDifference?) -> String {
        var words = ["\(place.device), \(time.text(place.unix))"]
        words.append(place.message.map { "message \($0)" } ?? "conversation \(place.conversation)")
        if let report = difference?.stored?.report, report != 0 { words.append("report \(report)") }
        if let state = place.state { words.append("\(state)") }
        let next = words.joined(separator: ", ")
        if next == heading { return "" }
        heading = next
        return "\n" + terminal.styled(VisibleText.of(next), .heading) + "\n"
    }

    private func text(_ difference: ReplayDifference) -> String {
        guard let row = difference.stored ?? difference.replayed else { return "" }
        let subject = VisibleText.of(
            [row.specimen, row.patient, row.isQC ? "QC" : "", row.code].filter { !$0.isEmpty }.joined(separator: " "))
        let value = VisibleText.of(row.value)
        switch difference.kind {
        case .gone: return terminal.styled("  - \(subject)  \(value)  gone", .bad) + "\n"
        case .added: return terminal.styled("  + \(subject)  \(value)  added", .good) + "\n"
        case .moved, .changed:
            let isMoved = difference.kind == .moved
            var text = terminal.styled("  \(isMoved ? ">" : "~") \(subject)", isMoved ? .bad : .plain)
            text += "  \(value)" + (isMoved ? "  moved\n" : "\n")
            let width = difference.fields.map { DisplayWidth.of($0.key) }.max() ?? 0
            for field in difference.fields {
                let key = field.key.padded(to: width, alignment: .left)
                let (stored, replayed) = (Self.shown(field.stored), Self.shown(field.replayed))
                text +=
                    "      \(key)  " + terminal.styled(stored, .bad) + " → " + terminal.styled(replayed, .good) + "\n"
            }
            return text
        }
    }

    private static func shown(_ value: JSONValue?) -> String { value.map { VisibleText.of($0.text()) } ?? "(none)" }
}
