import ResultModel
import Terminology

/// Makes the report of an imaging study: what is held of it, and what its documents say.
public enum StudyReport {
    /// What a site may decide.
    public struct Options: Sendable {
        /// The zone of times whose document names none; nil: that of the study's start, where it is known.
        public var zone: (any ZoneRules)?
        /// True: what is complete but not verified counts as final. False: it is preliminary until a document comes that is
        /// verified (PS3.3 C.17.2: nobody accountable has attested to it). Radiation dose and waveforms count as final.
        public var trustsUnverified = false
        /// Bytes of an encapsulated document at most; a longer one is named, not sent.
        public var largestDocument = 16 << 20
        /// Rows of one study at most; what is above is named in a comment.
        public var mostRows = 5_000
        /// What is usual.
        public init() {}
    }

    /// The report of a study as it stands.
    ///
    /// Its specimen id is the Study Instance UID, so that the store finds what was said about the study before. Rows with
    /// the role `info` are facts of the study; they make one version differ from the other. All other rows come from
    /// documents and name the document in `imaging.document`.
    ///
    /// - Parameters:
    ///   - study: what is held; `version` and `isComplete` say which version of it this is.
    ///   - patient: as the study names him or her.
    ///   - order: placer and filler; a filler id that is empty becomes the accession number.
    ///   - device: id of the modality in hilum.yaml.
    ///   - receivedAt: microseconds since 1970, UTC, of the last instance.
    ///   - documents: those of the study for which `StudyDocument.isRead` holds, all of them at each version.
    public static func make(
        study: ImagingStudy, patient: Patient?, order: ServiceRequest, device: String, receivedAt: Int64,
        documents: [StudyDocument], options: Options = Options()
    ) -> Report {
        var report = Report()
        report.device = device
        report.protocolName = "DICOM"
        report.controlID = study.version > 1 ? "\(study.uid).\(study.version)" : study.uid
        report.specimen.id = study.uid
        report.patient = patient
        report.order = order
        if report.order.fillerID.isEmpty { report.order.fillerID = study.accession }
        report.receivedAt = receivedAt
        report.imagingStudy = study
        for index in study.series.indices where study.series[index].bodySite == nil {
            report.imagingStudy?.series[index].bodySite = SNOMED.bodyPart(study.series[index].bodyPart)
        }
        report.status = study.isComplete ? .final : .preliminary
        report.observations = StudyFacts.rows(study)
        var options = options
        if options.zone == nil { options.zone = study.started?.utcOffset.map { FixedZone(offset: $0) } }
        let read = documents.compactMap { document -> DocumentChain.Version? in
            guard let kind = DocumentKind(sopClass: document.sopClass) else { return nil }
            return (document, DocumentHeader(document, kind, options))
        }
        for chain in DocumentChain.chains(read) {
            let room = options.mostRows - report.observations.count
            let rows = chain.rows(options, remarks: &report.comments)
            report.observations += rows.prefix(max(0, room))
            if rows.count > room {
                let title = chain.current.first?.header.title ?? ""
                report.comments.append(
                    "\(title): \(rows.count - max(0, room)) rows more than are sent on; see the document")
            }
            for version in chain.current { report.comments += StudyReport.words(version.header) }
        }
        report.issued =
            read.lazy.filter { !$0.header.verifiers.isEmpty }.map(\.header).max { $0.contentTime < $1.contentTime }?
            .time() ?? study.started
        return report
    }

    /// Language and verification of a document, for people.
    private static func words(_ header: DocumentHeader) -> [String] {
        var words: [String] = []
        if !header.language.isEmpty { words.append("language \(header.language)") }
        if !header.verifiers.isEmpty { words.append("verified by " + header.verifiers.joined(separator: ", ")) }
        return words.isEmpty ? [] : ["\(header.title): " + words.joined(separator: "; ")]
    }
}
