import JSONText
import ResultModel

/// One result as one flat JSON object: what `hilum decode` prints. The first keys hold the device's own words, as
/// docs/writing-a-profile.md defines them; the others what was made of them.
public enum ResultRow {
    /// The rows of a report, in the order sent.
    ///
    /// - Parameter includingAttachments: graphs, images and documents as well, with their size instead of their bytes.
    public static func rows(of report: Report, includingAttachments: Bool = false) -> [JSONObject] {
        report.observations.compactMap { observation in
            if observation.role == .attachment, !includingAttachments { return nil }
            return row(observation, of: report)
        }
    }

    /// One row.
    public static func row(_ observation: Observation, of report: Report) -> JSONObject {
        var row = JSONObject()
        let sent = observation.asSent
        row.append("specimen_id", .string(report.specimen.id))
        if let patient = report.patient, !patient.id.isEmpty { row.append("patient_id", .string(patient.id)) }
        row.append("test_code", .string(sent.code))
        if !sent.name.isEmpty { row.append("test_name", .string(sent.name)) }
        row.append("value", .string(sent.value))
        row.append("unit", .string(sent.unit))
        row.append("flags", .strings(sent.flags))
        row.append("status", .string(sent.status))
        row.append("time", .string(withoutZone(sent.time)))
        row.append("qc", .bool(report.isQC))
        row.append("usable", .bool(observation.isUsable))
        row.append("role", .string(name(observation.role)))
        appendMeaning(of: observation, to: &row)
        appendValue(observation.value, to: &row)
        row.append("result_status", .string(name(observation.status)))
        if let time = observation.effective, let offset = time.utcOffset { row.append("utc_offset", .number(offset)) }
        appendReport(report, to: &row)
        return row
    }

    private static func appendMeaning(of observation: Observation, to row: inout JSONObject) {
        row.append("mapped", .bool(observation.isMapped))
        if let loinc = observation.loinc { row.append("loinc", .string(loinc.code)) }
        if !observation.localCode.isEmpty { row.append("local_code", .string(observation.localCode)) }
        row.append("display", .string(observation.display))
        row.append("interpretation", .strings(observation.interpretation))
        if let range = observation.referenceRange {
            row.append("range", .string(range.text))
            if !range.low.isEmpty { row.append("range_low", .number(range.low)) }
            if !range.high.isEmpty { row.append("range_high", .number(range.high)) }
        }
        if !observation.run.isEmpty { row.append("run", .string(observation.run)) }
        if !observation.comments.isEmpty { row.append("comments", .strings(observation.comments)) }
    }

    private static func appendValue(_ value: ObservationValue, to row: inout JSONObject) {
        switch value {
        case .quantity(let quantity):
            row.append("form", .string("quantity"))
            row.append("number", .number(quantity.number))
            if let comparator = quantity.comparator { row.append("comparator", .string(comparator.rawValue)) }
            row.append("ucum", .string(quantity.ucum))
            row.append("display_unit", .string(quantity.unit))
        case .ratio(let comparator, let numerator, let denominator):
            row.append("form", .string("ratio"))
            row.append("numerator", .number(numerator))
            row.append("denominator", .number(denominator))
            if let comparator { row.append("comparator", .string(comparator.rawValue)) }
        case .range(let low, let high):
            row.append("form", .string("range"))
            row.append("low", .number(low.number))
            row.append("high", .number(high.number))
            row.append("ucum", .string(low.ucum))
        case .coded(let text, let coding):
            row.append("form", .string("coded"))
            row.append("text", .string(text))
            if let coding {
                row.append("value_code", .string(coding.code))
                row.append("value_system", .string(coding.system))
            }
        case .text(let text):
            row.append("form", .string("text"))
            row.append("text", .string(text))
        case .attachment(let attachment):
            row.append("form", .string("attachment"))
            row.append("content_type", .string(attachment.contentType))
            row.append("title", .string(attachment.title))
            row.append("bytes", .number(attachment.data.count))
        case .absent(let reason, _):
            row.append("form", .string("absent"))
            row.append("absent_reason", .string(reason.rawValue))
        }
    }

    private static func appendReport(_ report: Report, to row: inout JSONObject) {
        row.append("report_status", .string(name(report.status)))
        if !report.specimen.typeCode.isEmpty { row.append("specimen_type", .string(report.specimen.typeCode)) }
        if report.specimen.isRunningNumber { row.append("running_number", .bool(true)) }
        if !report.holds.isEmpty { row.append("holds", .strings(report.holds.map(\.reason.rawValue))) }
    }

    /// The time as sent, without zone and fractions.
    private static func withoutZone(_ time: String) -> String {
        guard let clock = time.firstIndex(of: "T") else { return time.hasSuffix("Z") ? String(time.dropLast()) : time }
        let end = time[clock...].firstIndex { $0 == "+" || $0 == "-" || $0 == "Z" || $0 == "." || $0 == "," }
        return end.map { String(time[..<$0]) } ?? time
    }

    /// Name of a role.
    public static func name(_ role: Observation.Role) -> String {
        switch role {
        case .result: "result"
        case .raw: "raw"
        case .info: "info"
        case .attachment: "attachment"
        }
    }

    /// FHIR name of a status.
    public static func name(_ status: Observation.Status) -> String {
        switch status {
        case .registered: "registered"
        case .preliminary: "preliminary"
        case .final: "final"
        case .corrected: "corrected"
        case .amended: "amended"
        case .cancelled: "cancelled"
        case .enteredInError: "entered-in-error"
        }
    }
}
