import CharacterSets

/// What one receiver of ORU^R01 understands. Receivers differ, and some answer success for what they drop: so segments,
/// forms of values, version and character set are settings of the destination.
public struct ReceiverProfile: Sendable, Equatable {
    /// Version of HL7 v2 that the messages claim and keep to.
    public enum Version: String, Sendable, CaseIterable, Comparable {
        /// CE, no SPM, specimen in OBR-15.
        case v231 = "2.3.1"
        /// As 2.3.1.
        case v24 = "2.4"
        /// CWE, SPM.
        case v25 = "2.5"
        /// The version this gateway speaks when nothing is said.
        case v251 = "2.5.1"
        /// As 2.5.1.
        case v26 = "2.6"
        /// In the order of publication.
        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// Segments that can be left out. MSH, OBR and OBX are always sent.
    public enum OptionalSegment: String, Sendable, CaseIterable {
        /// Patient.
        case pid = "PID"
        /// Visit: ward and bed.
        case pv1 = "PV1"
        /// Order.
        case orc = "ORC"
        /// Comments.
        case nte = "NTE"
        /// Specimen; from version 2.5.
        case spm = "SPM"
    }

    /// Form of values that are no plain numbers, and of units.
    public enum Form: String, Sendable {
        /// SN, CWE, coded units.
        case structured
        /// ST: `<0.5`, `1:160`, `3-5`, `+++`; the unit as text.
        case text
    }

    /// What to do with characters that the character set does not have.
    public enum Unencodable: String, Sendable {
        /// The item becomes a dead letter: a wrong name is worse than a late result.
        case refuse
        /// A question mark each.
        case replace
    }

    /// How the receiver acknowledges (HL7 v2.5.1 section 2.9).
    public enum Acknowledgement: String, Sendable {
        /// One AA, AE or AR.
        case original
        /// CA, CE or CR is enough.
        case enhancedCommit = "enhanced"
        /// CA first, then AA in its own message on the same connection.
        case enhancedApplication = "enhanced-application"
    }

    /// How the Study Instance UID of an imaging report is written: OBX with 113014^DICOM Study^DCM (IHE RAD).
    public enum StudyReference: String, Sendable {
        /// ST: the UID. What every receiver can read.
        case text
        /// HD, the UID with type ISO: the form of IHE RAD TF-2.
        case identifier
        /// RP: a URL for WADO-RS; ST where no endpoint is set.
        case pointer
    }

    /// A field that is always what the site says.
    public struct FieldOverride: Sendable, Equatable {
        /// `OBR-4`, `MSH-5`.
        public var path: String
        /// As it goes into the message, delimiters and all; empty: the field is left out. `{specimen}`, `{patient}`,
        /// `{device}`, `{profile}`, `{placer}`, `{filler}` stand for what the report says, escaped.
        public var value: String
        /// An override.
        public init(path: String, value: String) {
            self.path = path
            self.value = value
        }
    }

    /// Version.
    public var version = Version.v251
    /// Character set, said in MSH-18.
    public var characterSet = CharacterSet.utf8
    /// What to do with characters it does not have.
    public var unencodable = Unencodable.refuse
    /// Segments sent besides MSH, OBR and OBX.
    public var segments: Set<OptionalSegment> = Set(OptionalSegment.allCases)
    /// Comparators, ratios, intervals.
    public var numbers = Form.structured
    /// Ordinals and codes as values.
    public var codes = Form.structured
    /// OBX-6.
    public var units = Form.structured
    /// False: times without `+ZZZZ`.
    public var sendsZones = true
    /// One message for each observation, with the same OBR.
    public var isOneObservationAMessage = false
    /// A patient without an identifier is left out, because PID-3 is required; true sends PID without PID-3.
    public var sendsPatientWithoutID = false
    /// Graphs, images and documents as ED.
    public var sendsAttachments = true
    /// Rows behind a result (signals) as well.
    public var sendsRawRows = false
    /// Form of the Study Instance UID.
    public var studyReference = StudyReference.text
    /// Rows for the study itself: its UID and the numbers of series and instances.
    public var sendsStudyFacts = true
    /// Acknowledgement.
    public var acknowledgement = Acknowledgement.original
    /// MSH-3.
    public var sendingApplication = "HILUM"
    /// MSH-4.
    public var sendingFacility = ""
    /// MSH-5.
    public var receivingApplication = ""
    /// MSH-6.
    public var receivingFacility = ""
    /// MSH-11: P, T or D.
    public var processingID = "P"
    /// PID-3.4, who gave the patient's identifier.
    public var patientAssigner = ""
    /// PID-3.5, HL7 table 0203.
    public var patientIDType = "PI"
    /// Name of the coding system of local codes in OBX-3.
    public var localCodeSystem = "L"
    /// Fields that are always what the site says.
    public var overrides: [FieldOverride] = []

    /// ORU^R01 of version 2.5.1 in UTF-8 with everything.
    public init() {}
}
