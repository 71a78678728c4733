/// An imaging order (Imaging Service Request and Requested Procedure, PS3.3 C.4.11, C.4.12) with its scheduled steps.
public struct ImagingOrder: Sendable, Equatable {
    /// A coded procedure (PS3.3 8.8).
    public struct Code: Sendable, Equatable {
        /// Code Value (0008,0100).
        public var value: String
        /// Coding Scheme Designator (0008,0102).
        public var scheme: String
        /// Code Meaning (0008,0104).
        public var meaning: String
        /// A code from its parts.
        public init(value: String, scheme: String, meaning: String) {
            self.value = value
            self.scheme = scheme
            self.meaning = meaning
        }
    }

    /// Scheduled Procedure Step (PS3.3 C.4.10).
    public struct Step: Sendable, Equatable {
        /// States of a step.
        public enum State: Int64, Sendable, CaseIterable {
            case scheduled = 0
            case arrived = 1
            case inProgress = 2
            case completed = 3
            case discontinued = 4
            case cancelled = 5

            /// Scheduled Procedure Step Status (0040,0020), as IHE uses it.
            public var word: String {
                switch self {
                case .scheduled: "SCHEDULED"
                case .arrived: "ARRIVED"
                case .inProgress: "STARTED"
                case .completed: "COMPLETED"
                case .discontinued: "DISCONTINUED"
                case .cancelled: "CANCELLED"
                }
            }

            /// A modality may still start it: what the worklist shows.
            public var isOpen: Bool { self == .scheduled || self == .arrived || self == .inProgress }
        }

        /// Scheduled Procedure Step ID (0040,0009).
        public var id = ""
        /// Scheduled Station AE Title (0040,0001); several where any of them may do it.
        public var stationAEs: [String] = []
        /// Scheduled Station Name (0040,0010).
        public var stationName = ""
        /// Scheduled Procedure Step Location (0040,0011).
        public var location = ""
        /// Scheduled Procedure Step Start Date (0040,0002): YYYYMMDD.
        public var date = ""
        /// Scheduled Procedure Step Start Time (0040,0003): HHMMSS.
        public var time = ""
        /// Modality (0008,0060).
        public var modality = ""
        /// Scheduled Procedure Step Description (0040,0007).
        public var description = ""
        /// Scheduled Performing Physician's Name (0040,0006).
        public var performer = ""
        /// Scheduled Protocol Code Sequence (0040,0008).
        public var codes: [Code] = []
        /// Where it stands.
        public var state = State.scheduled
        /// An empty step.
        public init() {}
    }

    /// Number in the store; 0 before it is stored.
    public var number: Int64 = 0
    /// Patient.
    public var patient = PatientModule()
    /// Accession Number (0008,0050).
    public var accession = ""
    /// Study Instance UID (0020,000D) that the modality is to use; made by the gateway when the order has none.
    public var studyUID = ""
    /// Requested Procedure ID (0040,1001).
    public var procedureID = ""
    /// Requested Procedure Description (0032,1060).
    public var procedureDescription = ""
    /// Requested Procedure Code Sequence (0032,1064).
    public var procedureCode: Code?
    /// Requested Procedure Priority (0040,1003): STAT, HIGH, ROUTINE, MEDIUM, LOW.
    public var priority = ""
    /// Placer Order Number (0040,2016).
    public var placer = ""
    /// Filler Order Number (0040,2017).
    public var filler = ""
    /// Referring Physician's Name (0008,0090).
    public var referrer = ""
    /// Requesting Physician (0032,1032).
    public var requester = ""
    /// Patient's current location (0038,0300).
    public var patientLocation = ""
    /// Admission ID (0038,0010).
    public var admission = ""
    /// Medical Alerts (0010,2000).
    public var alerts = ""
    /// Allergies (0010,2110).
    public var allergies = ""
    /// Patient's Weight in kg (0010,1030), decimal as text.
    public var weight = ""
    /// Pregnancy Status (0010,21C0): 1 not pregnant, 2 possibly, 3 definitely, 4 unknown; nil when not sent.
    public var pregnancy: Int?
    /// Instances that the study will have, where the order knows it: the study is complete when they are here.
    public var expectedInstances: Int?
    /// Scheduled steps, one at least.
    public var steps: [Step] = []
    /// When it was imported: microseconds since 1970, UTC.
    public var createdAt: Int64 = 0
    /// An empty order.
    public init() {}
}

/// Which entries of the worklist are wanted.
public struct WorklistQuery: Sendable, Equatable {
    /// Keys of a worklist identifier that the store can match (PS3.4 Table K.6-1).
    public enum Key: String, Sendable, Hashable, CaseIterable {
        case patientID, patientName, accession, procedureID, admission, placer, filler, studyUID, referrer
        case stationAE, stationName, stepID, modality, performer, date, time, birthDate, sex
    }
    /// Keys; what is not named is universal.
    public var keys: [Key: Matching] = [:]
    /// Steps that a modality may still start only; false: all.
    public var onlyOpen = true
    /// Entries at most.
    public var limit = 1_000
    /// Everything that is open.
    public init() {}
}

/// One entry of the worklist: an order with one of its steps.
public struct WorklistEntry: Sendable, Equatable {
    /// The order; its `steps` are all of its steps.
    public var order: ImagingOrder
    /// The step that is meant.
    public var step: ImagingOrder.Step
    /// An entry from its parts.
    public init(order: ImagingOrder, step: ImagingOrder.Step) {
        self.order = order
        self.step = step
    }
}
