extension ReportTemplates.Prototype {
    private static let observationMark: UInt8 = 1
    private static let reportMark: UInt8 = 2

    /// Reads a template.
    init(_ reader: inout BinaryReader) throws(ReportCodecFault) {
        switch try reader.byte() {
        case Self.observationMark: self = .observation(try Self.observation(&reader))
        case Self.reportMark: self = .report(try Self.report(&reader))
        default: throw reader.fault("no template")
        }
    }

    // MARK: Observation

    /// Writes what observations of one test have in common.
    static func write(_ observation: Observation, _ writer: inout BinaryWriter) {
        writer.byte(observationMark)
        writer.plain(observation.asSent.code)
        writer.plain(observation.asSent.name)
        writer.plain(observation.asSent.unit)
        writer.plain(observation.asSent.status)
        writer.plain(observation.asSent.range)
        writer.plain(observation.localCode)
        writer.plain(observation.display)
        writer.plain(observation.operatorID)
        writer.plain(observation.method)
        writer.plain(observation.instrument)
        var flags: UInt8 = observation.status.rawValue | observation.role.rawValue << 3
        if observation.isUsable { flags |= 0x20 }
        if observation.isMapped { flags |= 0x40 }
        if observation.loinc != nil { flags |= 0x80 }
        writer.byte(flags)
        if let loinc = observation.loinc { write(loinc, &writer) }
        if let range = observation.referenceRange {
            writer.byte(1)
            writer.plain(range.low)
            writer.plain(range.high)
            writer.plain(range.text)
        } else {
            writer.byte(0)
        }
        if case .quantity(let quantity) = observation.value {
            writer.byte(1)
            writer.plain(quantity.unit)
            writer.plain(quantity.ucum)
        } else {
            writer.byte(0)
        }
    }

    private static func observation(_ reader: inout BinaryReader) throws(ReportCodecFault) -> Observation {
        var observation = Observation()
        observation.asSent.code = try reader.plain()
        observation.asSent.name = try reader.plain()
        observation.asSent.unit = try reader.plain()
        observation.asSent.status = try reader.plain()
        observation.asSent.range = try reader.plain()
        observation.localCode = try reader.plain()
        observation.display = try reader.plain()
        observation.operatorID = try reader.plain()
        observation.method = try reader.plain()
        observation.instrument = try reader.plain()
        let flags = try reader.byte()
        guard let status = Observation.Status(rawValue: flags & 7),
            let role = Observation.Role(rawValue: flags >> 3 & 3)
        else { throw reader.fault("no status or role") }
        observation.status = status
        observation.role = role
        observation.isUsable = flags & 0x20 != 0
        observation.isMapped = flags & 0x40 != 0
        if flags & 0x80 != 0 { observation.loinc = try coding(&reader) }
        if try reader.byte() == 1 {
            let (low, high, text) = (try reader.plain(), try reader.plain(), try reader.plain())
            observation.referenceRange = ReferenceRange(low: low, high: high, text: text)
        }
        if try reader.byte() == 1 {
            let (unit, ucum) = (try reader.plain(), try reader.plain())
            observation.value = .quantity(Quantity(number: "", unit: unit, ucum: ucum))
        }
        return observation
    }

    private static func write(_ coding: Coding, _ writer: inout BinaryWriter) {
        writer.plain(coding.system)
        writer.plain(coding.code)
        writer.plain(coding.display)
    }

    private static func coding(_ reader: inout BinaryReader) throws(ReportCodecFault) -> Coding {
        let (system, code, display) = (try reader.plain(), try reader.plain(), try reader.plain())
        return Coding(system: system, code: code, display: display)
    }

    // MARK: Report

    /// Writes what reports of one device and profile have in common.
    static func write(_ report: Report, _ writer: inout BinaryWriter) {
        writer.byte(reportMark)
        writer.plain(report.device)
        writer.plain(report.profile)
        writer.plain(report.profileRevision)
        writer.plain(report.protocolName)
        writer.plain(report.specimen.type)
        writer.plain(report.specimen.typeCode)
        writer.plain(report.order.priority)
        var flags: UInt8 = report.status.rawValue
        if report.isQC { flags |= 0x08 }
        if report.specimen.isRunningNumber { flags |= 0x10 }
        writer.byte(flags)
    }

    private static func report(_ reader: inout BinaryReader) throws(ReportCodecFault) -> Report {
        var report = Report()
        report.device = try reader.plain()
        report.profile = try reader.plain()
        report.profileRevision = try reader.plain()
        report.protocolName = try reader.plain()
        report.specimen.type = try reader.plain()
        report.specimen.typeCode = try reader.plain()
        report.order.priority = try reader.plain()
        let flags = try reader.byte()
        guard let status = Observation.Status(rawValue: flags & 7) else { throw reader.fault("no status") }
        report.status = status
        report.isQC = flags & 0x08 != 0
        report.specimen.isRunningNumber = flags & 0x10 != 0
        return report
    }
}
