import Contracts
import DICOM
import ImagingModel
import JSONText
import Store

/// Studies as rows, and one study as a tree.
enum StudyListing {
    /// Columns.
    static var listing: Listing {
        Listing(
            columns: [
                Column("date", "DATE"), Column("patient_id", "PATIENT", flexible: true),
                Column("patient_name", "NAME", flexible: true), Column("accession", "ACCESSION", flexible: true),
                Column("modalities", "MODALITY"), Column("description", "WHAT", flexible: true),
                Column("series", "SERIES", .right), Column("instances", "IMAGES", .right),
                Column("bytes", "SIZE", .right),
                Column("device", "DEVICE", flexible: true), Column("last_received", "LAST RECEIVED"),
                Column("state", "STATE"), Column("study", ""), Column("version", ""), Column("duplicates", ""),
                Column("freed", ""), Column("due", ""), Column("fate", "WHAT BECAME OF IT", flexible: true),
            ], whenEmpty: "no studies")
    }

    /// A study.
    static func row(_ study: ArchivedStudy, deliveries: [ImageDelivery], time: LocalTime) -> [Cell] {
        let (word, style) = word(study.state)
        let (fate, fateStyle) = fate(study, deliveries, time: time)
        return [
            Cell(.string(study.study.date), date(study.study.date)), .text(study.patient.id),
            Cell(.string(study.patient.name), name(study.patient.name)), .text(study.study.accession),
            .list(study.modalities), .text(study.study.description), .number(study.seriesCount),
            .number(study.instanceCount), Cell(.number(study.size), ByteCount.readable(study.size)),
            .text(study.device), time.cell(study.lastReceived), .text(word, style), .text(study.study.uid),
            .number(study.version), .number(study.duplicates), Cell(.bool(study.isFreed), ""), time.cell(study.due),
            .text(fate, fateStyle),
        ]
    }

    /// The state in the words of the command line.
    static func word(_ state: StudyState) -> (String, TextStyle) {
        switch state {
        case .receiving: ("receiving", .warning)
        case .complete: ("complete", .good)
        case .held: ("held", .bad)
        }
    }

    /// What became of a study, in words.
    static func fate(_ study: ArchivedStudy, _ deliveries: [ImageDelivery], time: LocalTime) -> (String, TextStyle) {
        var parts: [String] = []
        var style = TextStyle.plain
        if study.state == .held {
            parts.append("held: \(study.hold)")
            style = .warning
        } else if study.state == .receiving, let due = study.due {
            parts.append("complete at \(time.text(due).dropFirst(11)) unless more comes")
        }
        for delivery in deliveries {
            if delivery.dead > 0 {
                parts.append("\(delivery.destination): \(delivery.dead) failed")
                style = .bad
            } else if delivery.waiting > 0 {
                parts.append("\(delivery.destination): \(delivery.waiting) waiting")
                if style == .plain { style = .warning }
            }
        }
        if study.duplicates > 0 {
            parts.append("\(study.duplicates) duplicates set aside")
            if style == .plain { style = .warning }
        }
        if study.isFreed { parts.append("images deleted by retention") }
        if parts.isEmpty, study.version > 0 { parts.append("told to the EMR, version \(study.version)") }
        return (parts.joined(separator: "; "), style)
    }

    /// `2026-11-23` of `20261123`.
    static func date(_ text: String) -> String {
        guard text.utf8.count == 8 else { return text }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.dropFirst(6))"
    }

    /// `Wang Xiaodong 王小东` of `Wang^Xiaodong=王^小东`.
    static func name(_ text: String) -> String {
        let groups = text.split(separator: "=", omittingEmptySubsequences: false).enumerated().map { index, group in
            group.split(separator: "^").joined(separator: index == 1 ? "" : " ")
        }
        return groups.filter { !$0.isEmpty }.joined(separator: " ")
    }

    // MARK: One study

    /// Everything about one study, for people.
    static func tree(_ row: StudyRow, time: LocalTime, terminal: Terminal) -> String {
        let study = row.study
        var lines: [(String, String, TextStyle)] = [("study", study.study.uid, .heading)]
        func add(_ key: String, _ parts: [String], _ style: TextStyle = .plain) {
            let text = parts.filter { !$0.isEmpty }.joined(separator: ", ")
            if !text.isEmpty { lines.append((key, text, style)) }
        }
        add("patient", [study.patient.id, name(study.patient.name), study.patient.birthDate, study.patient.sex])
        if !row.otherPatients.isEmpty { add("also as", row.otherPatients, .bad) }
        add("what", [study.study.description, study.modalities.joined(separator: " "), date(study.study.date)])
        add("accession", [study.study.accession])
        add("from", [study.device, study.callingAE, study.station, study.location])
        add(
            "received",
            [
                "\(study.instanceCount) instances, \(ByteCount.readable(study.size))",
                "\(time.text(study.firstReceived)) to \(time.text(study.lastReceived))",
                row.repeats > 0 ? "\(row.repeats) came again" : "",
            ])
        let (word, style) = word(study.state)
        add("state", [word, study.due.map { "looked at again \(time.text($0))" } ?? ""], style)
        if !study.hold.isEmpty { add("held", [study.hold], .bad) }
        for order in row.orders {
            add(
                "order",
                [order.accession, order.procedureDescription, order.steps.map(\.state.word).joined(separator: " ")])
        }
        for step in row.steps {
            add(
                "step",
                [
                    step.state.word, step.stationAE, step.description, "\(step.instances.count) instances named",
                    step.reason,
                ])
        }
        for report in row.reports.prefix(10) {
            let (fate, style) = ReportListing.fate(report)
            add("told", ["report \(report.report.id)", time.text(report.report.receivedAt), fate], style)
        }
        for delivery in row.deliveries {
            add(delivery.destination, [words(delivery, time: time)], self.style(delivery))
        }
        for entry in row.setAside.prefix(20) {
            add(
                entry.kind == .duplicate ? "duplicate" : "refused", [entry.sopInstance, entry.reason, entry.path],
                .warning)
        }
        let width = max(10, lines.map { DisplayWidth.of($0.0) }.max() ?? 0)
        var text = lines.map { key, value, style in
            terminal.styled(key.padded(to: width), .dim) + " " + terminal.styled(VisibleText.of(value), style) + "\n"
        }.joined()
        var series = Listing(
            columns: [
                Column("number", "SERIES", .right), Column("modality", "MODALITY"),
                Column("description", "WHAT", flexible: true),
                Column("body_part", "BODY PART"), Column("instances", "IMAGES", .right),
                Column("uid", "UID", flexible: true),
            ], whenEmpty: "no series")
        series.rows = row.series.map { archived in
            [
                .number(archived.series.number.map(Int64.init)), .text(archived.series.modality),
                .text(archived.series.description), .text(archived.series.bodyPart), .number(archived.instanceCount),
                .text(archived.series.uid),
            ]
        }
        text += "\n" + series.rendered(.table, terminal: terminal)
        return text
    }

    /// How a study stands with an archive, in words.
    static func words(_ delivery: ImageDelivery, time: LocalTime) -> String {
        var parts: [String] = []
        if delivery.delivered > 0 { parts.append("\(delivery.delivered) delivered") }
        if delivery.committed > 0 { parts.append("\(delivery.committed) committed") }
        if delivery.uncommitted > 0 { parts.append("\(delivery.uncommitted) not committed yet") }
        if delivery.waiting > 0 {
            let next = delivery.due.map { ", next try \(time.text($0))" } ?? ""
            let tried = delivery.attempts > 0 ? " after \(delivery.attempts) attempts" : ""
            parts.append("\(delivery.waiting) waiting\(tried)\(next)")
        }
        if delivery.dead > 0 { parts.append("\(delivery.dead) failed") }
        return parts.joined(separator: ", ") + (delivery.note.isEmpty ? "" : ": \(delivery.note)")
    }

    private static func style(_ delivery: ImageDelivery) -> TextStyle {
        delivery.dead > 0 ? .bad : delivery.waiting > 0 ? .warning : .good
    }

    /// Everything about one study, for machines.
    static func object(_ row: StudyRow, time: LocalTime) -> JSONObject {
        let study = row.study
        var object = JSONObject()
        let cells = Self.row(study, deliveries: row.deliveries, time: time)
        for (column, cell) in zip(listing.columns, cells) { object[column.key] = cell.json }
        object["series"] = .array(
            row.series.map { archived in
                .object([
                    "uid": .string(archived.series.uid), "number": archived.series.number.map { .number($0) } ?? .null,
                    "modality": .string(archived.series.modality), "description": .string(archived.series.description),
                    "body_part": .string(archived.series.bodyPart), "instances": .number(archived.instanceCount),
                    "station": .string(archived.equipment.station), "model": .string(archived.equipment.model),
                ])
            })
        object["hold"] = .string(study.hold)
        object["other_patients"] = .strings(row.otherPatients)
        object["repeats"] = .number(row.repeats)
        object["deliveries"] = .array(row.deliveries.map { .object(Self.object($0, time: time)) })
        object["steps"] = .array(
            row.steps.map { step in
                .object([
                    "uid": .string(step.uid), "state": .string(step.state.word), "station": .string(step.stationAE),
                    "instances": .number(step.instances.count), "reason": .string(step.reason),
                ])
            })
        object["orders"] = .array(
            row.orders.map { .object(["accession": .string($0.accession), "procedure": .string($0.procedureID)]) })
        object["reports"] = .array(
            row.reports.map { report in
                .object([
                    "report": .number(report.report.id), "received": .string(time.iso(report.report.receivedAt)),
                    "fate": .string(ReportListing.fate(report).0),
                ])
            })
        object["set_aside"] = .array(
            row.setAside.map { entry in
                .object([
                    "kind": .string(entry.kind == .duplicate ? "duplicate" : "refused"),
                    "sop_instance": .string(entry.sopInstance), "reason": .string(entry.reason),
                    "path": .string(entry.path), "received": .string(time.iso(entry.receivedAt)),
                ])
            })
        return object
    }

    /// How a study stands with an archive, for machines.
    static func object(_ delivery: ImageDelivery, time: LocalTime) -> JSONObject {
        [
            "study": .string(delivery.study), "destination": .string(delivery.destination),
            "waiting": .number(delivery.waiting), "delivered": .number(delivery.delivered),
            "failed": .number(delivery.dead), "committed": .number(delivery.committed),
            "not_committed": .number(delivery.uncommitted), "attempts": .number(delivery.attempts),
            "due": delivery.due.map { .string(time.iso($0)) } ?? .null, "note": .string(delivery.note),
        ]
    }
}
