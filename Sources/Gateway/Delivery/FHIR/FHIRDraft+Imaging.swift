import FHIR
import ResultModel

/// Imaging: the study, where it can be had, its report, and what observations of images have besides a value.
extension FHIRDraft {
    /// ImagingStudy and Endpoint.
    mutating func addImagingStudy() {
        guard let study = report.imagingStudy, !study.uid.isEmpty else { return }
        var endpoints: [R4.Reference] = []
        for endpoint in study.endpoints {
            var resource = R4.Endpoint(
                identifier: R4.Identifier(system: spec.systems.endpoint, value: endpoint.id),
                connectionType: endpoint.kind, address: endpoint.address)
            resource.name = endpoint.id
            endpoints.append(add(resource, spec.endpoint))
        }
        // R4 wants a subject even where there is none to name.
        let subject = patient ?? R4.Reference(display: "patient not known")
        var resource = R4.ImagingStudy(uid: study.uid, subject: subject)
        if !R4.text(study.accession).isEmpty {
            resource.identifiers.append(
                R4.Identifier(system: spec.systems.accession, value: study.accession, type: "ACSN"))
        }
        resource.status =
            switch report.status {
            case .enteredInError: "entered-in-error"
            case .cancelled: "cancelled"
            case .registered: "registered"
            default: study.instanceCount == 0 ? "registered" : "available"
            }
        resource.modalities = study.modalities.filter { !R4.text($0).isEmpty }.map {
            R4.Coding(system: R4.System.dicom, code: $0)
        }
        resource.started = FHIRDraft.time(study.started)
        resource.basedOn = order.map { [$0] } ?? []
        let referrer = FHIRDraft.name(study.referrer)
        if !referrer.isEmpty { resource.referrer = R4.Reference(display: referrer) }
        resource.endpoints = endpoints
        resource.location = study.location
        resource.description = study.description
        resource.seriesCount = study.series.count
        resource.instanceCount = study.instanceCount
        if !study.isComplete { resource.notes = ["more images may come"] }
        resource.series = FHIRDraft.series(study, most: spec.mostInstances)
        imagingStudy = add(resource, spec.imagingStudy)
    }

    /// Series, with instances up to a limit over all of them.
    private static func series(_ study: ImagingStudy, most: Int) -> [R4.ImagingStudy.Series] {
        var room = max(0, most)
        return study.series.filter { !R4.text($0.uid).isEmpty }.map { series in
            // R4 wants a modality; OT is DICOM's word for one that is not known.
            let modality = R4.text(series.modality).isEmpty ? "OT" : series.modality
            var resource = R4.ImagingStudy.Series(
                uid: series.uid, modality: R4.Coding(system: R4.System.dicom, code: modality))
            resource.number = series.number
            resource.description = series.description
            resource.instanceCount = series.instanceCount
            resource.bodySite =
                series.bodySite.map(FHIRDraft.coding)
                ?? (series.bodyPart.isEmpty ? nil : R4.Coding(system: "", code: "", display: series.bodyPart))
            resource.laterality = laterality(series.laterality)
            resource.started = time(series.started)
            let listed = series.instances.prefix(room)
            room -= listed.count
            resource.instances = listed.map {
                R4.ImagingStudy.Instance(uid: $0.uid, sopClass: $0.sopClass, number: $0.number, title: $0.title)
            }
            return resource
        }
    }

    /// Laterality (0020,0060) as SNOMED CT (PS3.16 CID 244).
    private static func laterality(_ side: String) -> R4.Coding? {
        switch side {
        case "L": R4.Coding(system: R4.System.snomed, code: "7771000", display: "Left")
        case "R": R4.Coding(system: R4.System.snomed, code: "24028007", display: "Right")
        case "B": R4.Coding(system: R4.System.snomed, code: "51440002", display: "Bilateral")
        case "U": R4.Coding(system: R4.System.snomed, code: "66459002", display: "Unilateral")
        default: nil
        }
    }

    /// DiagnosticReport of a study: one for all of its versions.
    mutating func addReport(of study: ImagingStudy) {
        let sent = report.observations.filter { isSent($0) }
        let words = [study.modalities.joined(separator: " "), study.description].filter { !R4.text($0).isEmpty }
        let code = R4.CodeableConcept(
            [R4.Coding(system: R4.System.loinc, code: "18748-4", display: "Diagnostic imaging study")],
            text: words.isEmpty ? "Diagnostic imaging study" : words.joined(separator: " "))
        var resource = R4.DiagnosticReport(
            identifier: identifier([study.uid, "report"]), status: FHIRStatus.report(report, sent), code: code)
        let section = ServiceSection(modalities: study.modalities)
        resource.category = R4.Coding(
            system: R4.System.serviceSection, code: section.rawValue, display: section.display)
        resource.basedOn = order
        resource.subject = patient
        resource.effective = FHIRDraft.time(study.started)
        resource.issued = issued
        resource.results = results
        if let imagingStudy { resource.imagingStudies = [imagingStudy] }
        resource.media = attachments.filter { media.contains($0.target) }
        var conclusions: [String] = []
        for observation in sent where observation.status != .enteredInError && FHIRDraft.isConclusion(observation) {
            switch observation.value {
            case .text(let text): conclusions.append(text)
            case .coded(let text, let coding):
                let codings = coding.map { [FHIRDraft.coding($0)] } ?? []
                resource.conclusionCodes.append(R4.CodeableConcept(codings, text: text))
            default: break
            }
        }
        resource.conclusion = (conclusions + report.comments).joined(separator: "\n")
        reportReference = add(resource, R4.Bundle.Action.conditionalUpdate)
        addDocuments()
    }

    /// Impression and conclusion (CID 6053, 7002, and LOINC's sections).
    private static func isConclusion(_ observation: Observation) -> Bool {
        guard let concept = observation.imaging?.concept else { return false }
        switch concept.system {
        case R4.System.dicom: return ["121073", "121077", "121072", "121076"].contains(concept.code)
        case R4.System.loinc: return ["19005-8", "55110-1"].contains(concept.code)
        default: return false
        }
    }

    // MARK: Observations

    /// Adds where, how and on what something was measured.
    func addImaging(_ imaging: ImagingContext, to resource: inout R4.Observation) {
        resource.category = R4.Coding(system: R4.System.observationCategory, code: "imaging", display: "Imaging")
        if let site = imaging.bodySite {
            var concept = FHIRDraft.concept(site)
            if let side = imaging.laterality { concept.text = [concept.text, side.display].joined(separator: ", ") }
            resource.bodySite = concept
        }
        resource.methodCoding = imaging.method.map(FHIRDraft.coding)
        if !imaging.trackingUID.isEmpty {
            resource.otherIdentifiers = [
                R4.Identifier(system: R4.System.dicomUID, value: "urn:oid:" + imaging.trackingUID)
            ]
        }
        if let imagingStudy { resource.derivedFrom = [imagingStudy] }
        if !imaging.document.isEmpty {
            let uid = R4.Identifier(system: R4.System.dicomUID, value: "urn:oid:" + imaging.document)
            resource.derivedFrom.append(
                R4.Reference(type: R4.DocumentReference.resourceType, identifier: uid, display: imaging.documentTitle))
        }
        func component(_ name: R4.CodeableConcept, _ value: R4.CodeableConcept) {
            resource.components.append(R4.Observation.Component(code: name, value: value))
        }
        if let side = imaging.laterality {
            let name = R4.Coding(system: R4.System.snomed, code: "272741003", display: "Laterality")
            component(R4.CodeableConcept([name]), FHIRDraft.concept(side))
        }
        for qualifier in imaging.qualifiers {
            component(FHIRDraft.concept(qualifier.name), FHIRDraft.concept(qualifier.value))
        }
        if !imaging.group.isEmpty {
            component(R4.CodeableConcept(text: "Group"), R4.CodeableConcept(text: imaging.group))
        }
        if !imaging.trackingID.isEmpty {
            let name = R4.Coding(system: R4.System.dicom, code: "112039", display: "Tracking Identifier")
            component(R4.CodeableConcept([name]), R4.CodeableConcept(text: imaging.trackingID))
        }
        resource.notes += imaging.images.map { "measured on image \($0)" }
    }

    /// The concept of the document, and the site's local code where it has one of its own.
    func code(of observation: Observation, _ imaging: ImagingContext) -> R4.CodeableConcept {
        var concept = FHIRDraft.concept(imaging.concept)
        if concept.codings.isEmpty, !observation.localCode.isEmpty {
            concept.codings = [
                R4.Coding(
                    system: spec.systems.localCode, code: observation.localCode, display: observation.display)
            ]
        }
        if R4.text(concept.text).isEmpty { concept.text = observation.display }
        return concept
    }

    static func coding(_ coding: Coding) -> R4.Coding {
        R4.Coding(system: coding.system, code: coding.code, display: coding.display)
    }

    /// A concept of one code and its words; of words alone where there is no code.
    static func concept(_ coding: Coding?) -> R4.CodeableConcept {
        guard let coding else { return R4.CodeableConcept() }
        if R4.text(coding.system).isEmpty || R4.text(coding.code).isEmpty {
            return R4.CodeableConcept(text: coding.display.isEmpty ? coding.code : coding.display)
        }
        return R4.CodeableConcept([FHIRDraft.coding(coding)], text: coding.display)
    }

    /// `family^given^middle` for people.
    static func name(_ name: String) -> String {
        let parts = name.split(separator: "^", omittingEmptySubsequences: false).prefix(3).map(String.init)
        return (parts.dropFirst() + parts.prefix(1)).filter { !$0.isEmpty }.joined(separator: " ")
    }
}
