import Contracts
import FHIR
import ResultModel

/// Makes a FHIR R4 transaction of a report. The same item gives the same bytes at every attempt; a correction gives the
/// same identifiers as what it corrects.
struct FHIRMapper: Sendable {
    let spec: FHIRMappingSpec
    /// Seconds east of UTC at an instant (microseconds since 1970, UTC).
    let utcOffset: @Sendable (Int64) -> Int32

    init(spec: FHIRMappingSpec, utcOffset: @escaping @Sendable (Int64) -> Int32) {
        self.spec = spec
        self.utcOffset = utcOffset
    }

    /// - Throws: `ORUFault` when nothing in the report may go out, or the resources would be refused by any server.
    func bundle(for item: OutboxItem) throws(ORUFault) -> R4.Bundle {
        let report = item.report
        if report.isQC {
            throw ORUFault(
                description: "control material: never sent to a chart; take the device's QC rules into its profile")
        }
        var draft = FHIRDraft(item: item, spec: spec, utcOffset: utcOffset(item.createdAt))
        draft.addPatient()
        draft.addDevice()
        draft.addOrder()
        if report.imagingStudy == nil { draft.addSpecimen() } else { draft.addImagingStudy() }
        for index in report.observations.indices { draft.addObservation(index) }
        guard !draft.results.isEmpty || !draft.attachments.isEmpty || draft.imagingStudy != nil else {
            throw ORUFault(
                description:
                    "none of its rows is a result that this destination takes; discard it, or allow raw rows or "
                    + "attachments")
        }
        draft.addReport()
        draft.addProvenance()
        let faults = draft.bundle.faults()
        guard faults.isEmpty else {
            let words = faults.prefix(3).map(\.description).joined(separator: "; ")
            throw ORUFault(
                description: "no valid FHIR can be made of it: \(words); check the destination's system URIs")
        }
        return draft.bundle
    }
}

/// A transaction in the making.
struct FHIRDraft {
    let item: OutboxItem
    let report: Report
    let spec: FHIRMappingSpec
    let identity: ResultIdentity
    /// When this version was given out: the gateway's clock, so that a correction is newer than what it corrects.
    let issued: R4.DateTime
    private(set) var bundle = R4.Bundle()
    var patient: R4.Reference?
    var device: R4.Reference?
    var order: R4.Reference?
    var specimen: R4.Reference?
    var imagingStudy: R4.Reference?
    var results: [R4.Reference] = []
    var attachments: [R4.Reference] = []
    var reportReference: R4.Reference?
    /// Those of `attachments` that are Media.
    var media: Set<String> = []
    /// Documents that follow the report.
    var documents: [R4.DocumentReference] = []

    init(item: OutboxItem, spec: FHIRMappingSpec, utcOffset: Int32) {
        self.item = item
        var report = item.report
        // What is nothing but white space and control characters is no identifier.
        report.specimen.id = R4.text(report.specimen.id)
        report.order.placerID = R4.text(report.order.placerID)
        report.order.fillerID = R4.text(report.order.fillerID)
        report.device = R4.text(report.device)
        self.report = report
        self.spec = spec
        identity = ResultIdentity(.init(report: report, gateway: item.gateway, item: item.id))
        issued = R4.DateTime(unixMicroseconds: item.createdAt, utcOffset: utcOffset)
    }

    /// Name of the next entry: gateway, item and place, the same at each attempt.
    var nextURL: String {
        var digest = Digest64()
        digest.add(item.gateway)
        return R4.urn(UInt32(truncatingIfNeeded: digest.value), item.id, bundle.entries.count)
    }

    mutating func add(_ resource: some R4Resource, _ action: R4.Bundle.Action) -> R4.Reference {
        bundle.add(resource, fullURL: nextURL, action: action)
    }

    /// As the setting says: a resource in the bundle, or a reference by identifier only.
    mutating func add(_ resource: some R4Resource, _ presence: FHIRMappingSpec.Presence) -> R4.Reference {
        switch presence {
        case .update: return add(resource, R4.Bundle.Action.conditionalUpdate)
        case .create: return add(resource, R4.Bundle.Action.conditionalCreate)
        case .reference:
            return R4.Reference(type: type(of: resource).resourceType, identifier: resource.businessIdentifier)
        }
    }

    /// An identifier of a result of this gateway: `device/specimen/code[/run][/count]`, parts escaped as in a JSON pointer.
    func identifier(_ parts: [String]) -> R4.Identifier {
        let value = parts.map { part -> String in
            guard part.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "~") }) else { return part }
            var escaped = ""
            for character in part {
                switch character {
                case "~": escaped += "~0"
                case "/": escaped += "~1"
                default: escaped.append(character)
                }
            }
            return escaped
        }
        return R4.Identifier(system: spec.systems.result, value: value.joined(separator: "/"))
    }

    static func time(_ time: ClinicalTime?) -> R4.DateTime? {
        time.flatMap { R4.DateTime(local: $0.local, utcOffset: $0.utcOffset) }
    }
}
