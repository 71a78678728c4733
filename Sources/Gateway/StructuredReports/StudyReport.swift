import ResultModel
import Terminology

/// Makes the report of an imaging study: what is held of it, and what its documents say.
public enum StudyReport {
    /// What a site may decide.
    public struct Options: Sendable {
        /// The zone of times whose document names none; nil: such times have no zone.
        public var zone: (any ZoneRules)?
        /// True: what is complete but not verified counts as final. False: it is preliminary until a document comes that is
        /// verified (PS3.3 C.17.2: nobody accountable has attested to it). Radiation dose and waveforms count as final.
        public var trustsUnverified = false
        /// Bytes of an encapsulated document at most; a longer one is named, not sent.
        public var largestDocument = 32 << 20
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
        report.status = study.isComplete ? .final : .preliminary
        report.observations = StudyFacts.rows(study)
        return report
    }
}
