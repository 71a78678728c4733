import FHIR
import ResultModel

extension FHIRDraft {
    /// Patient, only with an identifier: a patient is never invented.
    mutating func addPatient() {
        guard let known = report.patient else { return }
        let ids = ([known.id] + known.alternateIDs).filter { !R4.text($0).isEmpty }
        var unique: [String] = []
        for id in ids where !unique.contains(id) { unique.append(id) }
        guard let first = unique.first else { return }
        var resource = R4.Patient(
            identifiers: unique.map { id in
                R4.Identifier(system: spec.systems.patient, value: id, type: id == first ? "PI" : "")
            })
        let name = known.name.split(separator: "^", omittingEmptySubsequences: false).map(String.init)
        if name.count > 1 {
            resource.family = name[0]
            resource.given = name.dropFirst().prefix(2).flatMap { $0.split(separator: " ").map(String.init) }
        }
        resource.nameText = name.prefix(3).filter { !$0.isEmpty }.joined(separator: " ")
        // HL7 table 0001 to administrative-gender (v2-to-FHIR).
        resource.gender =
            switch known.sex.uppercased() {
            case "M": "male"
            case "F": "female"
            case "O", "A": "other"
            case "U": "unknown"
            default: ""
            }
        if let date = R4.DateTime(local: String(known.birthDate.prefix(10)), utcOffset: nil) {
            resource.birthDate = date
        }
        patient = add(resource, spec.patient)
    }

    /// The analyser.
    mutating func addDevice() {
        guard !report.device.isEmpty else { return }
        var resource = R4.Device(identifier: R4.Identifier(system: spec.systems.device, value: report.device))
        resource.name = report.device
        resource.model = report.profile
        device = add(resource, spec.device)
    }

    /// ServiceRequest: needs a subject, so without a patient it is only named.
    mutating func addOrder() {
        var identifiers: [R4.Identifier] = []
        if !report.order.placerID.isEmpty {
            identifiers.append(
                R4.Identifier(system: spec.systems.placerOrder, value: report.order.placerID, type: "PLAC"))
        }
        if !report.order.fillerID.isEmpty {
            identifiers.append(
                R4.Identifier(system: spec.systems.fillerOrder, value: report.order.fillerID, type: "FILL"))
        }
        guard let first = identifiers.first else { return }
        guard let patient else {
            order = R4.Reference(type: R4.ServiceRequest.resourceType, identifier: first)
            return
        }
        var resource = R4.ServiceRequest(identifiers: identifiers, subject: patient)
        resource.priority =
            switch report.order.priority.uppercased() {
            case "R": "routine"
            case "S": "stat"
            case "A": "asap"
            default: ""
            }
        resource.authoredOn = FHIRDraft.time(report.order.orderedAt)
        order = add(resource, spec.serviceRequest)
    }

    /// Specimen. A running number names it for a day only, so the day goes with it.
    mutating func addSpecimen() {
        guard !report.specimen.id.isEmpty else { return }
        let known = report.specimen
        let value = known.isRunningNumber ? report.device + "/" + identity.specimen : known.id
        var resource = R4.Specimen(identifier: R4.Identifier(system: spec.systems.specimen, value: value))
        if !known.typeCode.isEmpty {
            resource.type = R4.CodeableConcept(
                [R4.Coding(system: R4.System.specimenType, code: known.typeCode)], text: known.type)
        } else if !known.type.isEmpty {
            resource.type = R4.CodeableConcept(text: known.type)
        }
        resource.subject = patient
        resource.receivedTime = FHIRDraft.time(known.receivedAt)
        resource.collected = FHIRDraft.time(known.collectedAt)
        resource.request = order
        specimen = add(resource, spec.specimen)
    }

    /// The report over all of it. Its identifier holds a digest of the codes in it, because a device may report one
    /// specimen in several messages: each keeps its own report, and a repeat or correction lands on the right one.
    mutating func addReport() {
        if let study = report.imagingStudy { return addReport(of: study) }
        var digest = Digest64()
        let sent = report.observations.filter { isSent($0) }
        for code in sent.map({ ResultIdentity.code($0) }).sorted() { digest.add(code) }
        let own = identifier([report.device, identity.specimen, "report", String(digest.value, radix: 16)])
        let code = R4.CodeableConcept(
            [R4.Coding(system: R4.System.loinc, code: "11502-2", display: "Laboratory report")],
            text: "Laboratory report")
        var resource = R4.DiagnosticReport(identifier: own, status: FHIRStatus.report(report, sent), code: code)
        resource.basedOn = order
        resource.subject = patient
        resource.effective =
            FHIRDraft.time(report.specimen.collectedAt) ?? sent.lazy.compactMap { FHIRDraft.time($0.effective) }.first
        resource.issued = issued
        if let specimen { resource.specimens = [specimen] }
        resource.results = results
        resource.media = attachments.filter { media.contains($0.target) }
        resource.conclusion = report.comments.joined(separator: "\n")
        reportReference = add(resource, R4.Bundle.Action.conditionalUpdate)
        addDocuments()
    }

    /// Which gateway made this, of which message of which device.
    mutating func addProvenance() {
        guard spec.provenance != .none, let reportReference else { return }
        let gateway = R4.Identifier(system: spec.systems.gateway, value: item.gateway)
        var resource = R4.Provenance(
            targets: [reportReference] + results + attachments.filter { !$0.target.isEmpty }, recorded: issued,
            assembler: R4.Reference(
                type: R4.Device.resourceType, identifier: gateway, display: "Hilum gateway \(item.gateway)"))
        let message = report.device + "/" + (report.controlID.isEmpty ? String(report.id) : report.controlID)
        resource.source = R4.Reference(
            identifier: R4.Identifier(system: spec.systems.gateway + "/message", value: message),
            display: "\(report.protocolName) message of \(report.device)")
        if spec.provenance == .update {
            let number = String(UInt64(bitPattern: item.id), radix: 36)
            let gateway = item.gateway.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
            resource.id = "hilum-\(gateway)-\(number)"
            _ = add(resource, R4.Bundle.Action.update(id: resource.id))
        } else {
            _ = add(resource, R4.Bundle.Action.create)
        }
    }
}
