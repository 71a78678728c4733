/// The stored form of a report: compact, versioned, lossless but for `id` and `receivedAt`, which are columns of the row.
///
/// Byte 0 is the version. Then the report's template, what is its own, and the observations; of each the template, one
/// byte of flags, the value, and only what differs from the observation before it (times) or from the device's own
/// words (number, interpretation).
public struct ReportCodec: Sendable {
    /// Version written.
    public static let version: UInt8 = 1

    var writer = BinaryWriter()
    private var templateWriter = BinaryWriter()

    /// An encoder; keep it, it keeps its buffers.
    public init() {}

    /// The bytes of a report. Takes new templates into the table; the caller stores them with the report.
    public mutating func encode(_ report: Report, templates: inout ReportTemplates) -> [UInt8] {
        writer.reset()
        writer.byte(Self.version)
        templateWriter.reset()
        ReportTemplates.Prototype.write(report, &templateWriter)
        template(&templates)
        head(report)
        writer.count(report.observations.count)
        // By place and by pointer: an observation has some thirty strings, and a copy would retain them all.
        report.observations.withUnsafeBufferPointer { observations in
            for place in observations.indices {
                templateWriter.reset()
                ReportTemplates.Prototype.write(observations[place], &templateWriter)
                template(&templates)
                if place == 0 {
                    write(observations[place], isNewTime: true, isNewEffective: true)
                } else {
                    write(
                        observations[place],
                        isNewTime: observations[place].asSent.time != observations[place - 1].asSent.time,
                        isNewEffective: observations[place].effective != observations[place - 1].effective)
                }
            }
        }
        return writer.bytes
    }

    /// The report that these bytes are.
    ///
    /// - Throws: `.unknownTemplate` when the table has to be read again, `.unknownVersion`, `.malformed`.
    public static func decode(
        _ bytes: [UInt8], id: Int64, receivedAt: Int64, templates: ReportTemplates
    ) throws(ReportCodecFault) -> Report {
        var reader = BinaryReader(bytes[...])
        let version = try reader.byte()
        guard version == Self.version else {
            throw ReportCodecFault(.unknownVersion, "version \(version), this gateway reads \(Self.version)")
        }
        guard case .report(var report) = try template(&reader, templates) else { throw reader.fault("no report") }
        report.id = id
        report.receivedAt = receivedAt
        try head(&reader, &report)
        let count = try reader.count()
        report.observations.reserveCapacity(min(count, 1_024))
        var (time, effective) = ("", ClinicalTime?.none)
        for _ in 0..<count {
            guard case .observation(var observation) = try template(&reader, templates) else {
                throw reader.fault("no observation")
            }
            try read(&observation, time: time, effective: effective, &reader)
            time = observation.asSent.time
            effective = observation.effective
            report.observations.append(observation)
        }
        guard reader.remaining == 0 else { throw reader.fault("report goes on after its end") }
        return report
    }

    // MARK: Templates

    private mutating func template(_ templates: inout ReportTemplates) {
        if let number = templates.number(for: templateWriter.bytes) {
            writer.count(number)
        } else {
            writer.count(0)
            writer.raw(templateWriter.bytes)
        }
    }

    private static func template(
        _ reader: inout BinaryReader, _ templates: ReportTemplates
    ) throws(ReportCodecFault) -> ReportTemplates.Prototype {
        let number = try reader.number()
        if number > 0 { return try templates.prototype(Int(clamping: number)) }
        var inner = BinaryReader(try reader.raw())
        let prototype = try ReportTemplates.Prototype(&inner)
        guard inner.remaining == 0 else { throw inner.fault("template goes on after its end") }
        return prototype
    }

    // MARK: The report's own

    private struct HeadFlags: OptionSet {
        var rawValue: UInt8
        static let patient = HeadFlags(rawValue: 1)
        static let order = HeadFlags(rawValue: 2)
        static let place = HeadFlags(rawValue: 4)
        static let times = HeadFlags(rawValue: 8)
        static let comments = HeadFlags(rawValue: 16)
        static let holds = HeadFlags(rawValue: 32)
        static let study = HeadFlags(rawValue: 64)
    }

    private mutating func head(_ report: Report) {
        var flags: HeadFlags = []
        if report.patient != nil { flags.insert(.patient) }
        if !report.order.placerID.isEmpty || !report.order.fillerID.isEmpty || report.order.orderedAt != nil {
            flags.insert(.order)
        }
        if !report.specimen.rack.isEmpty || !report.specimen.position.isEmpty { flags.insert(.place) }
        if report.specimen.collectedAt != nil || report.specimen.receivedAt != nil || report.issued != nil {
            flags.insert(.times)
        }
        if !report.comments.isEmpty { flags.insert(.comments) }
        if !report.holds.isEmpty { flags.insert(.holds) }
        if report.imagingStudy != nil { flags.insert(.study) }
        writer.byte(flags.rawValue)
        writer.string(report.controlID)
        writer.string(report.specimen.id)
        if let patient = report.patient {
            writer.string(patient.id)
            writer.string(patient.name)
            writer.string(patient.birthDate)
            writer.string(patient.sex)
            writer.string(patient.location)
            writer.strings(patient.alternateIDs)
        }
        if flags.contains(.order) {
            writer.string(report.order.placerID)
            writer.string(report.order.fillerID)
            write(report.order.orderedAt)
        }
        if flags.contains(.place) {
            writer.string(report.specimen.rack)
            writer.string(report.specimen.position)
        }
        if flags.contains(.times) {
            write(report.specimen.collectedAt)
            write(report.specimen.receivedAt)
            write(report.issued)
        }
        if flags.contains(.comments) { writer.strings(report.comments) }
        if flags.contains(.holds) {
            writer.count(report.holds.count)
            for hold in report.holds {
                writer.string(hold.reason.rawValue)
                writer.string(hold.text)
            }
        }
        if let study = report.imagingStudy { write(study) }
    }

    private static func head(_ reader: inout BinaryReader, _ report: inout Report) throws(ReportCodecFault) {
        let flags = HeadFlags(rawValue: try reader.byte())
        report.controlID = try reader.string()
        report.specimen.id = try reader.string()
        if flags.contains(.patient) {
            var patient = Patient()
            patient.id = try reader.string()
            patient.name = try reader.string()
            patient.birthDate = try reader.string()
            patient.sex = try reader.string()
            patient.location = try reader.string()
            patient.alternateIDs = try reader.strings()
            report.patient = patient
        }
        if flags.contains(.order) {
            report.order.placerID = try reader.string()
            report.order.fillerID = try reader.string()
            report.order.orderedAt = try time(&reader)
        }
        if flags.contains(.place) {
            report.specimen.rack = try reader.string()
            report.specimen.position = try reader.string()
        }
        if flags.contains(.times) {
            report.specimen.collectedAt = try time(&reader)
            report.specimen.receivedAt = try time(&reader)
            report.issued = try time(&reader)
        }
        if flags.contains(.comments) { report.comments = try reader.strings() }
        if flags.contains(.holds) {
            for _ in 0..<(try reader.count()) {
                let (reason, text) = (try reader.string(), try reader.string())
                // A reason that a newer gateway wrote still holds.
                report.holds.append(Hold(Hold.Reason(rawValue: reason) ?? .rule, text))
            }
        }
        if flags.contains(.study) { report.imagingStudy = try study(&reader) }
    }

    // MARK: Shared with the observations

    mutating func write(_ time: ClinicalTime?) {
        guard let time else { return writer.byte(0) }
        if let offset = time.utcOffset {
            writer.byte(2)
            writer.signed(Int64(offset))
        } else {
            writer.byte(1)
        }
        writer.string(time.local)
    }

    static func time(_ reader: inout BinaryReader) throws(ReportCodecFault) -> ClinicalTime? {
        switch try reader.byte() {
        case 0: return nil
        case 1: return ClinicalTime(local: try reader.string())
        case 2:
            guard let offset = Int32(exactly: try reader.signed()) else { throw reader.fault("no zone") }
            return ClinicalTime(local: try reader.string(), utcOffset: offset)
        default: throw reader.fault("no time")
        }
    }
}
