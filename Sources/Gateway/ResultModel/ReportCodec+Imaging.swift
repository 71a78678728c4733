/// Imaging in the stored form: behind all else of the head and of a row, so that reports without it are as they always were.
extension ReportCodec {
    /// PS3.5 section 9: characters of a UID.
    private static let longestUID = 64

    // MARK: Study

    mutating func write(_ study: ImagingStudy) {
        for text in [
            study.uid, study.accession, study.studyID, study.description, study.referrer, study.location,
        ] { writer.string(text) }
        write(study.started)
        writer.strings(study.modalities)
        writer.count(study.instanceCount)
        writer.count(study.version)
        writer.byte(study.isComplete ? 1 : 0)
        writer.count(study.endpoints.count)
        for endpoint in study.endpoints {
            for text in [endpoint.id, endpoint.kind, endpoint.address] { writer.string(text) }
        }
        writer.count(study.series.count)
        for series in study.series { write(series) }
    }

    private mutating func write(_ series: ImagingStudy.Series) {
        for text in [series.uid, series.modality, series.description, series.bodyPart, series.laterality] {
            writer.string(text)
        }
        write(series.bodySite)
        write(series.number)
        write(series.started)
        writer.count(series.instanceCount)
        writer.count(series.instances.count)
        // UIDs of one series have their beginning in common.
        var previous = ""
        for instance in series.instances {
            write(instance.uid, after: previous)
            previous = instance.uid
            writer.string(instance.sopClass)
            write(instance.number)
            writer.string(instance.title)
        }
    }

    private mutating func write(_ number: Int?) {
        writer.byte(number == nil ? 0 : 1)
        if let number { writer.signed(Int64(number)) }
    }

    /// How many bytes are those of the text before, and the rest.
    private mutating func write(_ text: String, after previous: String) {
        // A whole number of characters at least, so that the rest is a string again.
        var shared = 0
        for (one, other) in zip(text.utf8, previous.utf8) {
            guard one == other, one < 0x80, shared < Self.longestUID else { break }
            shared += 1
        }
        writer.count(shared)
        writer.plain(String(decoding: text.utf8.dropFirst(shared), as: UTF8.self))
    }

    static func study(_ reader: inout BinaryReader) throws(ReportCodecFault) -> ImagingStudy {
        var study = ImagingStudy()
        study.uid = try reader.string()
        study.accession = try reader.string()
        study.studyID = try reader.string()
        study.description = try reader.string()
        study.referrer = try reader.string()
        study.location = try reader.string()
        study.started = try time(&reader)
        study.modalities = try reader.strings()
        study.instanceCount = Int(clamping: try reader.number())
        study.version = Int(clamping: try reader.number())
        study.isComplete = try reader.byte() != 0
        for _ in 0..<(try reader.count()) {
            let (id, kind, address) = (try reader.string(), try reader.string(), try reader.string())
            study.endpoints.append(ImagingStudy.Endpoint(id: id, kind: kind, address: address))
        }
        for _ in 0..<(try reader.count()) { study.series.append(try series(&reader)) }
        return study
    }

    private static func series(_ reader: inout BinaryReader) throws(ReportCodecFault) -> ImagingStudy.Series {
        var series = ImagingStudy.Series()
        series.uid = try reader.string()
        series.modality = try reader.string()
        series.description = try reader.string()
        series.bodyPart = try reader.string()
        series.laterality = try reader.string()
        series.bodySite = try optionalCoding(&reader)
        series.number = try optionalNumber(&reader)
        series.started = try time(&reader)
        series.instanceCount = Int(clamping: try reader.number())
        var previous: [UInt8] = []
        for _ in 0..<(try reader.count()) {
            let shared = try reader.number()
            guard shared <= UInt64(previous.count), shared <= UInt64(longestUID) else {
                throw reader.fault("no beginning of a UID")
            }
            let rest = try reader.plain()
            let uid = String(decoding: previous[..<Int(shared)], as: UTF8.self) + rest
            previous = Array(uid.utf8)
            let (sopClass, number, title) = (
                try reader.string(), try optionalNumber(&reader), try reader.string()
            )
            series.instances.append(
                ImagingStudy.Instance(uid: uid, sopClass: sopClass, number: number, title: title))
        }
        return series
    }

    private static func optionalNumber(_ reader: inout BinaryReader) throws(ReportCodecFault) -> Int? {
        switch try reader.byte() {
        case 0: return nil
        case 1: return Int(clamping: try reader.signed())
        default: throw reader.fault("no number")
        }
    }

    // MARK: Context of a row

    mutating func write(_ context: ImagingContext) {
        for coding in [context.concept, context.bodySite, context.laterality, context.method] { write(coding) }
        writer.count(context.qualifiers.count)
        for qualifier in context.qualifiers {
            write(qualifier.name)
            write(qualifier.value)
        }
        for text in [
            context.group, context.trackingID, context.trackingUID, context.document, context.documentTitle,
        ] { writer.string(text) }
        writer.strings(context.images)
    }

    private mutating func write(_ coding: Coding?) {
        guard let coding else { return writer.byte(0) }
        writer.byte(1)
        for text in [coding.system, coding.code, coding.display] { writer.string(text) }
    }

    static func imagingContext(_ reader: inout BinaryReader) throws(ReportCodecFault) -> ImagingContext {
        var context = ImagingContext()
        context.concept = try optionalCoding(&reader)
        context.bodySite = try optionalCoding(&reader)
        context.laterality = try optionalCoding(&reader)
        context.method = try optionalCoding(&reader)
        let none = Coding(system: "", code: "")
        for _ in 0..<(try reader.count()) {
            let (name, value) = (try optionalCoding(&reader), try optionalCoding(&reader))
            context.qualifiers.append(ImagingContext.Qualifier(name: name ?? none, value: value ?? none))
        }
        context.group = try reader.string()
        context.trackingID = try reader.string()
        context.trackingUID = try reader.string()
        context.document = try reader.string()
        context.documentTitle = try reader.string()
        context.images = try reader.strings()
        return context
    }

    private static func optionalCoding(_ reader: inout BinaryReader) throws(ReportCodecFault) -> Coding? {
        switch try reader.byte() {
        case 0: return nil
        case 1:
            let (system, code, display) = (try reader.string(), try reader.string(), try reader.string())
            return Coding(system: system, code: code, display: display)
        default: throw reader.fault("no code")
        }
    }
}
