import JSONText
import Normalization
import ResultModel

/// One result with everything that a receiver could be told about it, as flat as `hilum decode` prints it.
public struct ReplayedRow: Sendable, Equatable {
    /// Number of the message that it came with among those compared, from 0.
    public var message: Int
    /// Number of its report in the store; 0: not stored.
    public var report: Int64
    /// The keys of `ResultRow`, then those of the report that it does not have.
    public var fields: JSONObject
    /// The store marked it as the correction of an earlier result, which no profile does.
    public var isMarkedCorrection: Bool
    /// The store marked its report so.
    public var isReportMarked: Bool

    /// The rows of a report, attachments as well.
    public static func rows(of report: Report, message: Int) -> [ReplayedRow] {
        let isMarked = report.observations.contains(where: \.replacesEarlier)
        return report.observations.map { observation in
            var fields = ResultRow.row(observation, of: report)
            append(observation, to: &fields)
            append(report, to: &fields)
            return ReplayedRow(
                message: message, report: report.id, fields: fields, isMarkedCorrection: observation.replacesEarlier,
                isReportMarked: isMarked)
        }
    }

    private static func append(_ observation: Observation, to fields: inout JSONObject) {
        func put(_ key: String, _ text: String) { if !text.isEmpty { fields.append(key, .string(text)) } }
        put("operator", observation.operatorID)
        put("method", observation.method)
        put("instrument", observation.instrument)
        if case .attachment(let attachment) = observation.value {
            // Contents are compared, not shown.
            var digest: UInt64 = 0xCBF2_9CE4_8422_2325
            for byte in attachment.data { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            put("content", String(digest, radix: 16))
        }
    }

    private static func append(_ report: Report, to fields: inout JSONObject) {
        func put(_ key: String, _ text: String) { if !text.isEmpty { fields.append(key, .string(text)) } }
        put("patient_name", report.patient?.name ?? "")
        put("birth_date", report.patient?.birthDate ?? "")
        put("sex", report.patient?.sex ?? "")
        put("location", report.patient?.location ?? "")
        put("alternate_ids", (report.patient?.alternateIDs ?? []).joined(separator: " "))
        put("placer_id", report.order.placerID)
        put("filler_id", report.order.fillerID)
        put("priority", report.order.priority)
        put("ordered", report.order.orderedAt?.local ?? "")
        put("specimen", report.specimen.type)
        put("rack", report.specimen.rack)
        put("position", report.specimen.position)
        put("collected", report.specimen.collectedAt?.local ?? "")
        put("issued", report.issued?.local ?? "")
        if !report.comments.isEmpty { fields.append("report_comments", .strings(report.comments)) }
    }

    // MARK: Parts

    func text(_ key: String) -> String {
        switch fields[key] {
        case .string(let text): text
        case .number(let digits): digits
        default: ""
        }
    }

    /// Identifier of the specimen.
    public var specimen: String { text("specimen_id") }
    /// Identifier of the patient.
    public var patient: String { text("patient_id") }
    /// The device's code, or its name where it has none.
    public var code: String { text("test_code").isEmpty ? text("test_name") : text("test_code") }
    /// True for control material.
    public var isQC: Bool { fields["qc"]?.bool ?? false }
    /// Value and unit as sent.
    public var value: String { text("value") + (text("unit").isEmpty ? "" : " " + text("unit")) }
}
