/// What was ordered on one specimen by one order of the orderer (FHIR R4 ServiceRequest), with where each test stands.
///
/// The key is `placer` with `specimenID`; within it a test is known by its code as ordered. Identifiers are text: zeros,
/// hyphens and letters stay.
public struct LaboratoryOrder: Sendable, Equatable {
    /// The patient on whom it was ordered.
    public struct Patient: Sendable, Equatable {
        /// Identifier at the orderer.
        public var id = ""
        /// HL7 form: `Doe^Jane`.
        public var name = ""
        /// ISO 8601 date, or empty.
        public var birthDate = ""
        /// `M`, `F`, `O`, `U`, or empty.
        public var sex = ""
        /// A patient without anything.
        public init() {}

        /// Whether two descriptions cannot be of one person: another id, or the same id born on another day.
        public func contradicts(_ other: Patient) -> Bool {
            id != other.id || (!birthDate.isEmpty && !other.birthDate.isEmpty && birthDate != other.birthDate)
        }
    }

    /// How fast.
    public enum Priority: String, Sendable, CaseIterable {
        /// In its turn.
        case routine
        /// As soon as possible.
        case asap
        /// At once.
        case stat

        /// As LIS02-A2 O.6 writes it: R, A, S.
        public var letter: String {
            switch self {
            case .routine: "R"
            case .asap: "A"
            case .stat: "S"
            }
        }
    }

    /// What a file or message wants done with the tests.
    public enum Action: String, Sendable, CaseIterable {
        /// They are ordered.
        case new
        /// They are ordered on a specimen that has other tests already.
        case add
        /// They are not wanted any more.
        case cancel
    }

    /// One test.
    public struct Test: Sendable, Equatable {
        /// Row in the store; 0: not stored.
        public var number: Int64 = 0
        /// As ordered: LOINC, a code of the site, or the device's own.
        public var code = ""
        /// For people.
        public var name = ""
        /// Where it stands.
        public var state = TestState.registered
        /// The device that has it, refused it or gave its result; empty: none.
        public var device = ""
        /// When it came to its state: microseconds since 1970, UTC.
        public var changedAt: Int64 = 0
        /// Why, in words.
        public var note = ""

        /// A test.
        public init(code: String = "", name: String = "") {
            self.code = code
            self.name = name
        }
    }

    /// Where a test stands. The numbers are stored.
    public enum TestState: Int64, Sendable, CaseIterable {
        /// No device has it.
        case registered = 0
        /// It went to a device, which gives no word on orders.
        case sent = 1
        /// The device took it.
        case accepted = 2
        /// The device refused it.
        case refused = 3
        /// Its result is here.
        case resulted = 4
        /// It is not wanted any more.
        case cancelled = 5

        /// For people and files.
        public var word: String {
            switch self {
            case .registered: "registered"
            case .sent: "sent"
            case .accepted: "accepted"
            case .refused: "refused"
            case .resulted: "resulted"
            case .cancelled: "cancelled"
            }
        }

        /// A device may still be asked for it.
        public var isOpen: Bool { self != .resulted && self != .cancelled }
    }

    /// Row in the store; 0: not stored.
    public var number: Int64 = 0
    /// Number of the order at the orderer (ORC-2).
    public var placer = ""
    /// Number at the laboratory (ORC-3).
    public var filler = ""
    /// What the bar code on the tube says.
    public var specimenID = ""
    /// Code of HL7 table 0487, or the site's word.
    public var specimenType = ""
    /// The patient.
    public var patient = Patient()
    /// Tests in the order given.
    public var tests: [Test] = []
    /// How fast.
    public var priority = Priority.routine
    /// What is to be done.
    public var action = Action.new
    /// ISO 8601, as given.
    public var orderedAt = ""
    /// ISO 8601, as given.
    public var collectedAt = ""
    /// Ids of the devices that may have it; empty: any that can measure it.
    public var devices: [String] = []
    /// When it was taken up: microseconds since 1970, UTC.
    public var createdAt: Int64 = 0

    /// An order without anything.
    public init() {}
}
