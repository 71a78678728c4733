import JSONText
import Normalization
import ResultModel
import Store

/// Stored reports as rows: one a result.
enum ReportListing {
    /// Columns.
    static func listing(time: LocalTime) -> Listing {
        Listing(
            columns: [
                Column("received", "RECEIVED", live: 19), Column("report", "REPORT", .right, live: 7),
                Column("device", "DEVICE", flexible: true, live: 12),
                Column("specimen_id", "SPECIMEN", flexible: true, live: 15),
                Column("patient_id", "PATIENT", flexible: true, live: 10),
                Column("test_code", "TEST", flexible: true, live: 12),
                Column("normalised", "VALUE", .right, flexible: true, live: 18), Column("flags", "FLAGS", live: 6),
                Column("time", "", live: 19), Column("value", ""), Column("unit", ""), Column("loinc", ""),
                Column("status", ""), Column("state", ""), Column("qc", ""), Column("role", ""), Column("holds", ""),
                Column("deliveries", ""), Column("message", ""),
                Column("fate", "WHAT BECAME OF IT", flexible: true, live: 30),
            ], whenEmpty: "no results")
    }

    /// A report's results. Without `all`, only reportable rows; a report that has none still has one row.
    static func rows(_ row: ReportRow, time: LocalTime, all: Bool) -> [[Cell]] {
        let report = row.report
        let shown = report.observations.filter { all || $0.role == .result }
        let flat = shown.map { ResultRow.row($0, of: report) }
        if flat.isEmpty { return [cells(row, JSONObject(), time: time)] }
        return flat.map { cells(row, $0, time: time) }
    }

    private static func cells(_ row: ReportRow, _ flat: JSONObject, time: LocalTime) -> [Cell] {
        func text(_ key: String) -> String { flat[key]?.string ?? "" }
        let report = row.report
        let flags = (flat["flags"]?.array ?? []).compactMap(\.string)
        let display = text("display").isEmpty ? text("test_name") : text("display")
        let code = text("test_code")
        let name = code.isEmpty ? display : code
        let value = ResultListing.normalised(flat)
        let (fate, style) = fate(row)
        let holds = report.holds.map { "\($0.reason.rawValue): \($0.text)" }
        let deliveries = row.deliveries.map { item -> JSONValue in
            .object([
                "destination": .string(item.destination), "state": .string("\(item.state)"), "item": .number(item.id),
                "note": .string(item.note),
            ])
        }
        return [
            time.cell(report.receivedAt), .number(report.id), .text(report.device), .text(report.specimen.id),
            .text(report.patient?.id ?? ""), Cell(.string(code), name),
            Cell(.string(value), value, flags.isEmpty ? .plain : .warning),
            .list(flags, .warning), .text(text("time")), .text(text("value")), .text(text("unit")),
            .text(text("loinc")),
            .text(text("result_status")), .text("\(row.state)"), Cell(.bool(report.isQC), report.isQC ? "QC" : ""),
            .text(text("role")), .list(holds), Cell(.array(deliveries), ""), .number(row.message), .text(fate, style),
        ]
    }

    /// What became of a report, in words.
    static func fate(_ row: ReportRow) -> (String, TextStyle) {
        switch row.state {
        case .held:
            let why = row.report.holds.map { $0.text.isEmpty ? $0.reason.rawValue : $0.text }.joined(separator: "; ")
            return ("held: \(why)", .warning)
        case .repeat: return ("repeat of report \(row.repeats.map(String.init) ?? "?")", .dim)
        case .qc: return ("control material: kept here", .dim)
        case .late: return ("preliminary after final: not posted", .warning)
        case .discarded: return ("discarded by a person", .dim)
        case .superseded: return ("superseded by a later report", .dim)
        case .stored: break
        }
        if row.deliveries.isEmpty { return ("stored; no destination", .dim) }
        var style = TextStyle.good
        let parts = row.deliveries.map { item -> String in
            switch item.state {
            case .waiting:
                style = style == .bad ? .bad : .warning
                return "\(item.destination): waiting" + (item.attempts > 0 ? " after \(item.attempts) attempts" : "")
            case .delivered: return "\(item.destination): delivered"
            case .dead:
                style = .bad
                return "\(item.destination): failed"
            case .discarded: return "\(item.destination): discarded"
            case .superseded: return "\(item.destination): superseded"
            }
        }
        return (parts.joined(separator: ", "), style)
    }

    /// The lines above one report.
    static func heading(_ row: ReportRow, time: LocalTime, terminal: Terminal) -> String {
        let report = row.report
        var lines: [(String, String)] = [
            ("report", "\(report.id), received \(time.text(report.receivedAt)) from \(report.device)"),
            ("profile", "\(report.profile) \(report.profileRevision.prefix(12)), \(report.protocolName)"),
        ]
        var specimen = report.specimen.id.isEmpty ? "none" : report.specimen.id
        if report.specimen.isRunningNumber { specimen += " (a running number)" }
        if !report.specimen.type.isEmpty { specimen += ", \(report.specimen.type)" }
        let place = [report.specimen.rack, report.specimen.position].filter { !$0.isEmpty }.joined(separator: " / ")
        if !place.isEmpty { specimen += ", rack \(place)" }
        lines.append(("specimen", specimen))
        if let patient = report.patient {
            let parts = [patient.id, patient.name, patient.birthDate, patient.sex, patient.location].filter {
                !$0.isEmpty
            }
            lines.append(("patient", parts.joined(separator: ", ")))
        }
        lines.append(("state", fate(row).0))
        if row.state == .stored, let corrected = row.repeats {
            lines.append(("corrects", "report \(corrected), sent by a person after a replay"))
        }
        for hold in report.holds { lines.append(("held", "\(hold.reason.rawValue): \(hold.text)")) }
        for comment in report.comments { lines.append(("comment", comment)) }
        return lines.map { "\(terminal.styled($0.0.padded(to: 9), .dim)) \(VisibleText.of($0.1))\n" }.joined() + "\n"
    }
}

extension FormatOption {
    /// One line about something done: words for people, an object for machines.
    func said(_ words: String, _ object: JSONObject) -> String {
        format == .json ? JSONValue.object(object).text() + "\n" : words + "\n"
    }
}
