import CharacterSets
import Contracts
import ResultModel

/// Makes ORU^R01 of reports as one receiver wants them (HL7 v2.5.1 section 7.3.1): MSH, PID, PV1, ORC, OBR, NTE, OBX with
/// their NTE, SPM. Made once for a destination, used for each item.
struct ORUBuilder: Sendable {
    let profile: ReceiverProfile
    /// Seconds east of UTC at an instant (microseconds since 1970, UTC).
    let utcOffset: @Sendable (Int64) -> Int32
    private let overrides: ORUOverrides
    private let characterSetName: [UInt8]

    init(profile: ReceiverProfile, utcOffset: @escaping @Sendable (Int64) -> Int32) throws(ORUFault) {
        self.profile = profile
        self.utcOffset = utcOffset
        overrides = try ORUOverrides(profile.overrides)
        characterSetName = ORUBuilder.name(of: profile.characterSet)
    }

    /// HL7 table 0211. ASCII is what an empty MSH-18 means.
    static func name(of characterSet: CharacterSet) -> [UInt8] {
        characterSet == .ascii ? [] : Array(characterSet.hl7Name.utf8)
    }

    /// The messages of one item, in order.
    ///
    /// - Throws: `ORUFault` when nothing in the report can go to this receiver, or when its character set lacks a
    ///   character and the profile says to refuse.
    func messages(for item: OutboxItem) throws(ORUFault) -> [ORUMessage] {
        let report = item.report
        if report.isQC {
            throw ORUFault(
                description: "control material: never sent to a chart; take the device's QC rules into its profile")
        }
        let selected = report.observations.indices.filter { isSent(report.observations[$0], of: report) }
        if selected.isEmpty {
            throw ORUFault(
                description:
                    "none of its rows is a result that this destination takes; discard it, or allow raw rows or attachments"
            )
        }
        let context = ORUContext(item: item, profile: profile, overrides: overrides.resolved(for: item))
        var messages: [ORUMessage] = []
        if profile.isOneObservationAMessage {
            for (part, index) in selected.enumerated() {
                let controlID = ORUBuilder.controlID(item, part: selected.count > 1 ? part : nil)
                messages.append(try message(context, [index], controlID))
            }
        } else {
            messages.append(try message(context, selected, ORUBuilder.controlID(item, part: nil)))
        }
        return messages
    }

    /// Gateway and item number in base 36, 20 characters at most, unique to the part, the same at every attempt.
    static func controlID(_ item: OutboxItem, part: Int?) -> String {
        let number = String(UInt64(bitPattern: item.id), radix: 36, uppercase: true)
        let suffix = part.map { "-" + String($0, radix: 36, uppercase: true) } ?? ""
        return String((item.gateway.prefix(4) + number + suffix).prefix(20))
    }

    private func isSent(_ observation: Observation, of report: Report) -> Bool {
        if ORUBuilder.isStudyFact(observation, of: report) { return profile.sendsStudyFacts }
        return switch observation.role {
        case .result: true
        case .attachment: profile.sendsAttachments && ORUBuilder.hasContents(observation)
        case .raw: profile.sendsRawRows
        case .info: false
        }
    }

    private static func hasContents(_ observation: Observation) -> Bool {
        if case .attachment(let attachment) = observation.value { !attachment.data.isEmpty } else { true }
    }

    private func message(_ context: ORUContext, _ selected: [Int], _ controlID: String) throws(ORUFault) -> ORUMessage {
        var writer = SegmentWriter(capacity: 400 + 140 * selected.count)
        writeHeader(context, controlID, to: &writer)
        writePatient(context, to: &writer)
        writeOrder(context, selected, to: &writer)
        for (number, index) in selected.enumerated() {
            writeObservation(context, index, number: number + 1, to: &writer)
        }
        if context.report.imagingStudy == nil { writeSpecimen(context, to: &writer) }
        return ORUMessage(controlID: controlID, bytes: try encoded(writer.bytes))
    }

    private func encoded(_ utf8: [UInt8]) throws(ORUFault) -> [UInt8] {
        if profile.characterSet == .utf8 || utf8.allSatisfy({ $0 < 0x80 }) { return utf8 }
        let (bytes, substituted) = profile.characterSet.encode(String(decoding: utf8, as: UTF8.self))
        if substituted > 0, profile.unencodable == .refuse {
            let name = String(decoding: characterSetName, as: UTF8.self)
            throw ORUFault(
                description: "\(substituted) character(s) are not in the receiver's character set "
                    + "\(name.isEmpty ? "ASCII" : name); set its charset to UTF-8 or GB18030, or unencodable: replace")
        }
        return bytes
    }

    private func writeHeader(_ context: ORUContext, _ controlID: String, to writer: inout SegmentWriter) {
        writer.begin("MSH", overrides: context.overrides.msh)
        writer.writeDelimiters()
        writer.field(3, profile.sendingApplication)
        writer.field(4, profile.sendingFacility)
        writer.field(5, profile.receivingApplication)
        writer.field(6, profile.receivingFacility)
        writer.field(7)
        let created = context.item.createdAt
        writer.time(unixMicroseconds: created, utcOffset: utcOffset(created), withZone: profile.sendsZones)
        writer.field(9)
        writer.literal("ORU^R01^ORU_R01")
        writer.field(10, controlID)
        writer.field(11, profile.processingID)
        writer.field(12, profile.version.rawValue)
        if profile.acknowledgement != .original {
            writer.field(15)
            writer.literal("AL")
            writer.field(16)
            if profile.acknowledgement == .enhancedApplication { writer.literal("AL") } else { writer.literal("NE") }
        }
        writer.field(18)
        writer.raw(characterSetName)
        writer.end()
    }
}

/// What one item and its destination give to every segment.
struct ORUContext {
    let item: OutboxItem
    let report: Report
    let identity: ResultIdentity
    let profile: ReceiverProfile
    let overrides: ORUOverrides.Resolved
    /// ORC-3 and OBR-3: the filler's number, else the specimen's name, so that a correction meets what it corrects.
    let filler: String

    init(item: OutboxItem, profile: ReceiverProfile, overrides: ORUOverrides.Resolved) {
        self.item = item
        report = item.report
        self.profile = profile
        self.overrides = overrides
        identity = ResultIdentity(.init(report: report, gateway: item.gateway, item: item.id))
        filler = report.order.fillerID.isEmpty ? identity.specimen : report.order.fillerID
    }
}
