/// A Modality Performed Procedure Step (PS3.3 B.17, PS3.4 F.7).
public struct PerformedStep: Sendable, Equatable {
    /// Performed Procedure Step Status (0040,0252).
    public enum State: Int64, Sendable, CaseIterable {
        case inProgress = 0
        case completed = 1
        case discontinued = 2

        /// The word of the standard.
        public var word: String {
            switch self {
            case .inProgress: "IN PROGRESS"
            case .completed: "COMPLETED"
            case .discontinued: "DISCONTINUED"
            }
        }

        /// The state of a word; nil: there is no such state.
        public init?(_ word: String) {
            guard let state = Self.allCases.first(where: { $0.word == word }) else { return nil }
            self = state
        }
    }

    /// SOP Instance UID of the step.
    public var uid = ""
    /// Where it stands.
    public var state = State.inProgress
    /// Study Instance UIDs of Scheduled Step Attributes Sequence (0040,0270), each once.
    public var studies: [String] = []
    /// Accession Numbers of the same, each once.
    public var accessions: [String] = []
    /// Scheduled Procedure Step IDs of the same, each once.
    public var scheduledSteps: [String] = []
    /// Requested Procedure IDs of the same, each once.
    public var procedures: [String] = []
    /// Patient.
    public var patient = PatientModule()
    /// Performed Procedure Step ID (0040,0253).
    public var id = ""
    /// Performed Procedure Step Description (0040,0254).
    public var description = ""
    /// Performed Station AE Title (0040,0241).
    public var stationAE = ""
    /// Modality (0008,0060).
    public var modality = ""
    /// Performed Procedure Step Start Date (0040,0244).
    public var startDate = ""
    /// Performed Procedure Step Start Time (0040,0245).
    public var startTime = ""
    /// Performed Procedure Step End Date (0040,0250).
    public var endDate = ""
    /// Performed Procedure Step End Time (0040,0251).
    public var endTime = ""
    /// Why it was discontinued: meaning of (0040,0281).
    public var reason = ""
    /// SOP Instance UIDs that the step says it has made: Performed Series Sequence (0040,0340).
    public var instances: [String] = []
    /// Id of the device that told it.
    public var device = ""
    /// AE title that told it.
    public var callingAE = ""
    /// Created and last changed: microseconds since 1970, UTC.
    public var createdAt: Int64 = 0
    /// Last changed.
    public var updatedAt: Int64 = 0
    /// All attributes: a data set in Explicit VR Little Endian.
    public var attributes: [UInt8] = []
    /// An empty step.
    public init() {}
}
