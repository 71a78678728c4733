import ResultModel

/// Imaging: the study's code and UID, concepts of structured reports, and the words that a measurement needs to be
/// understood.
extension ORUBuilder {
    /// Code of the row that names the study.
    private static let studyCode = "113014"

    /// A row about the study itself, not from a document.
    static func isStudyFact(_ observation: Observation, of report: Report) -> Bool {
        report.imagingStudy != nil && observation.role == .info && observation.imaging == nil
    }

    /// The row that holds the Study Instance UID.
    static func isStudyReference(_ observation: Observation, of report: Report) -> Bool {
        isStudyFact(observation, of: report) && observation.asSent.code == studyCode
    }

    /// The Study Instance UID as the receiver wants it.
    func studyReference(_ report: Report) -> ValueForm {
        let uid = report.imagingStudy?.uid ?? ""
        switch profile.studyReference {
        case .text: return .string(uid)
        case .identifier: return .identifier(uid)
        case .pointer:
            let endpoint = report.imagingStudy?.endpoints.first { $0.kind == "dicom-wado-rs" }
            return endpoint.map { .pointer("\($0.address)/studies/\(uid)") } ?? .string(uid)
        }
    }

    /// OBR-4: LOINC's code for any imaging study, with modality and description as the local one.
    func writeCode(of study: ImagingStudy, to writer: inout SegmentWriter) {
        writer.literal("18748-4")
        writer.component(2)
        writer.literal("Diagnostic imaging study")
        writer.component(3)
        writer.literal("LN")
        let modality = study.modalities.joined(separator: "/")
        guard !modality.isEmpty || !study.description.isEmpty else { return }
        writer.component(4, modality.isEmpty ? study.description : modality)
        writer.component(5, study.description.isEmpty ? modality : study.description)
        writer.component(6, profile.localCodeSystem)
    }

    /// OBX-3 of what a document names itself: the concept in its own scheme.
    func writeConcept(_ concept: Coding, _ observation: Observation, to writer: inout SegmentWriter) {
        writer.text(concept.code)
        writer.component(2, concept.display.isEmpty ? observation.display : concept.display)
        writer.component(3, ValueForm.systemName(concept.system))
    }

    /// What stands beside a value in a report and has no field of its own in OBX: group, site, side, further modifiers.
    static func circumstances(_ observation: Observation) -> [String] {
        guard let imaging = observation.imaging else { return [] }
        var words: [String] = []
        if !imaging.group.isEmpty { words.append(imaging.group) }
        if !imaging.trackingID.isEmpty, !imaging.group.contains(imaging.trackingID) { words.append(imaging.trackingID) }
        if let site = imaging.bodySite { words.append("site: " + text(site)) }
        if let side = imaging.laterality { words.append("side: " + text(side)) }
        for qualifier in imaging.qualifiers { words.append("\(text(qualifier.name)): \(text(qualifier.value))") }
        return words.isEmpty ? [] : [words.joined(separator: "; ")]
    }

    private static func text(_ coding: Coding) -> String { coding.display.isEmpty ? coding.code : coding.display }
}
