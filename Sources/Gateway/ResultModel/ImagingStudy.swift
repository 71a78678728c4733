/// FHIR R4 ImagingStudy: what the gateway holds of a study, as it is told to the EMR with a report.
public struct ImagingStudy: Sendable, Equatable {
    /// One series.
    public struct Series: Sendable, Equatable {
        /// Series Instance UID.
        public var uid = ""
        /// Series Number; nil when not sent.
        public var number: Int?
        /// Modality (PS3.16 CID 29).
        public var modality = ""
        /// Series Description.
        public var description = ""
        /// Body Part Examined, as sent.
        public var bodyPart = ""
        /// Body Part Examined as a SNOMED CT concept; nil when it is no term that DICOM defines.
        public var bodySite: Coding?
        /// Laterality: L, R, empty.
        public var laterality = ""
        /// Series Date and Time.
        public var started: ClinicalTime?
        /// Instances held; `instances` may list fewer.
        public var instanceCount = 0
        /// Instances, in order of their number.
        public var instances: [Instance] = []
        /// An empty series.
        public init() {}
    }

    /// One instance.
    public struct Instance: Sendable, Equatable {
        /// SOP Instance UID.
        public var uid: String
        /// SOP Class UID.
        public var sopClass: String
        /// Instance Number; nil when not sent.
        public var number: Int?
        /// Title of a document, concept name of a structured report; empty for images.
        public var title: String
        /// An instance from its parts.
        public init(uid: String, sopClass: String, number: Int? = nil, title: String = "") {
            self.uid = uid
            self.sopClass = sopClass
            self.number = number
            self.title = title
        }
    }

    /// Where the images can be had (FHIR R4 Endpoint).
    public struct Endpoint: Sendable, Equatable {
        /// Id of it at the gateway, stable: becomes the identifier.
        public var id: String
        /// `dicom-wado-rs`, `dicom-qido-rs` (code system endpoint-connection-type).
        public var kind: String
        /// URL up to, not with, `/studies`.
        public var address: String
        /// An endpoint from its parts.
        public init(id: String, kind: String, address: String) {
            self.id = id
            self.kind = kind
            self.address = address
        }
    }

    /// Study Instance UID.
    public var uid = ""
    /// Accession Number; empty when not known.
    public var accession = ""
    /// Study ID as sent.
    public var studyID = ""
    /// Study Date and Time.
    public var started: ClinicalTime?
    /// Study Description.
    public var description = ""
    /// Referring Physician's Name (family^given).
    public var referrer = ""
    /// Modalities in the study, sorted, each once.
    public var modalities: [String] = []
    /// Institution, station: where it was done.
    public var location = ""
    /// Series held.
    public var series: [Series] = []
    /// Instances held.
    public var instanceCount = 0
    /// False while more may come; such a study is posted only when the site asks for it.
    public var isComplete = true
    /// Counts the versions told, from 1.
    public var version = 1
    /// Where it can be had.
    public var endpoints: [Endpoint] = []

    /// An empty study.
    public init() {}
}
