import ImageIndex
import JSONText

/// What a run of an index says at its end.
struct IndexReport {
    private let summary: IndexSummary
    private let output: String
    private let errorsFile: String?

    init(_ summary: IndexSummary, output: String, errorsFile: String?) {
        self.summary = summary
        self.output = output
        self.errorsFile = errorsFile
    }

    /// Files and folders that should have been read and were not.
    var failures: [String: Int] { summary.errors.filter { $0.key != "not-dicom" } }
    /// True when there are any.
    var hasFailures: Bool { failures.values.contains { $0 > 0 } }

    /// For people or for machines.
    func rendered(_ format: OutputFormat, terminal: Terminal) -> String {
        format == .json ? JSONValue.object(object).text() + "\n" : text(terminal)
    }

    // MARK: For people

    private func text(_ terminal: Terminal) -> String {
        let name = output == "-" ? "" : VisibleText.of(output) + ": "
        var text = terminal.styled("\(name)\(count(summary.rows, "row"))", .heading)
        text += " of \(count(summary.files, "file")) in \(Self.seconds(summary.seconds))"
        text += terminal.styled(" (\(pace))", .dim) + "\n"
        if summary.isInterrupted {
            let rest = output == "-" ? "" : "; run again with --resume for the rest"
            text += terminal.styled("stopped", .warning) + ": whole rows are written, the rest is missing\(rest)\n"
        }
        if let restart = summary.restart { text += "read from the beginning: \(VisibleText.of(restart))\n" }
        var lines: [(String, String, String, TextStyle)] = []
        let about = summary.isEstimate ? "about " : ""
        lines.append(("studies", about + GroupedNumber.of(summary.studies), "", .plain))
        lines.append(("series", about + GroupedNumber.of(summary.series), "", .plain))
        lines.append(
            ("instances", GroupedNumber.of(summary.instances.values.reduce(0, +)), Self.list(modalities), .plain))
        let resumed = [
            ("new", summary.new), ("changed", summary.changed), ("vanished", summary.vanished),
            ("older than --since", summary.older),
        ].filter { $0.1 > 0 }
        if summary.unchanged + summary.changed + summary.vanished + summary.older > 0 {
            lines.append(("unchanged", GroupedNumber.of(summary.unchanged), Self.list(resumed), .plain))
        }
        if summary.notDICOM > 0 {
            lines.append(("not DICOM", GroupedNumber.of(summary.notDICOM), hasFailures ? "" : listed, .plain))
        }
        if hasFailures {
            let reasons = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
            lines.append(("errors", GroupedNumber.of(failures.values.reduce(0, +)), Self.list(reasons), .bad))
            if !listed.isEmpty { lines.append(("", "", listed, .plain)) }
        }
        let titles = lines.map { DisplayWidth.of($0.0) }.max() ?? 0
        let numbers = lines.map { DisplayWidth.of($0.1) }.max() ?? 0
        let indent = titles + numbers + 6
        for (title, number, more, style) in lines {
            let head =
                "  " + terminal.styled(title.padded(to: titles), title == "errors" ? style : .dim) + "  "
                + terminal.styled(number.padded(to: numbers, alignment: .right), style)
            text += head + Self.wrapped(more, indent: indent, terminal) + "\n"
        }
        return text
    }

    private var listed: String { errorsFile.map { "listed in \(VisibleText.of($0))" } ?? "" }

    private var modalities: [(String, Int)] {
        summary.instances.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { ($0.key.isEmpty ? "no modality" : VisibleText.of($0.key), $0.value) }
    }

    private static func list(_ parts: [(String, Int)]) -> String {
        let shown = parts.prefix(12).map { "\($0.0) \(GroupedNumber.of($0.1))" }
        return (shown + (parts.count > 12 ? ["\(parts.count - 12) more"] : [])).joined(separator: " · ")
    }

    /// Text behind a number, broken between its parts where the terminal ends.
    private static func wrapped(_ text: String, indent: Int, _ terminal: Terminal) -> String {
        if text.isEmpty { return "" }
        let width = max(24, (terminal.columns ?? 200) - indent - 1)
        var lines = [""]
        for part in text.split(separator: " · ", omittingEmptySubsequences: false) {
            let piece = (lines[lines.count - 1].isEmpty ? "" : " · ") + part
            if lines[lines.count - 1].isEmpty || DisplayWidth.of(lines[lines.count - 1] + piece) <= width {
                lines[lines.count - 1] += piece
            } else {
                lines.append(String(part))
            }
        }
        let blanks = String(repeating: " ", count: indent)
        return "  " + lines.joined(separator: "\n" + blanks)
    }

    private var pace: String {
        var parts: [String] = []
        if summary.seconds > 0 {
            parts.append("\(GroupedNumber.of(Int((Double(summary.files) / summary.seconds).rounded()))) files/s")
        }
        if let micros = microsecondsAFile { parts.append("\(micros) µs of CPU a file") }
        parts.append("\(ByteCount.readable(summary.bytesRead)) read")
        return parts.joined(separator: ", ")
    }

    private var microsecondsAFile: Double? {
        guard summary.files > 0 else { return nil }
        return (summary.processorSeconds / Double(summary.files) * 1e7).rounded() / 10
    }

    private func count(_ number: Int, _ what: String) -> String {
        "\(GroupedNumber.of(number)) \(what)\(number == 1 ? "" : "s")"
    }

    private static func seconds(_ seconds: Double) -> String {
        seconds < 60 ? "\((seconds * 10).rounded() / 10) s" : ProgressBar.span(seconds)
    }

    // MARK: For machines

    private var object: JSONObject {
        var object = JSONObject()
        object.append("output", .string(output))
        object.append("errors_file", errorsFile.map { .string($0) } ?? .null)
        for (key, number) in [
            ("files", summary.files), ("read", summary.read), ("rows", summary.rows), ("studies", summary.studies),
            ("series", summary.series), ("not_dicom", summary.notDICOM), ("unchanged", summary.unchanged),
            ("changed", summary.changed), ("new", summary.new), ("vanished", summary.vanished),
            ("older", summary.older),
        ] { object.append(key, .number(number)) }
        object.append("instances", Self.object(summary.instances))
        object.append("errors", Self.object(summary.errors))
        object.append("estimated", .bool(summary.isEstimate))
        object.append("interrupted", .bool(summary.isInterrupted))
        object.append("restart", summary.restart.map { .string($0) } ?? .null)
        object.append("io_uring", .bool(summary.usedRing))
        object.append("bytes_read", .number(summary.bytesRead))
        object.append("seconds", .number("\((summary.seconds * 1e6).rounded() / 1e6)"))
        object.append("cpu_seconds", .number("\((summary.processorSeconds * 1e6).rounded() / 1e6)"))
        return object
    }

    private static func object(_ counts: [String: Int]) -> JSONValue {
        var object = JSONObject()
        for (key, number) in counts.sorted(by: { $0.key < $1.key }) { object.append(key, .number(number)) }
        return .object(object)
    }
}
