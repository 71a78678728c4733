/// What a profile says under `orders:`: how orders are given to the device.
public struct OrderRules: Sendable, Equatable {
    /// How orders come to the device.
    public enum Download: String, Sendable, CaseIterable {
        /// It asks, and nothing is ordered here.
        case none
        /// It asks.
        case query
        /// They are sent without being asked for.
        case push
        /// Either.
        case both

        /// It gets them when it asks.
        public var answersQueries: Bool { self == .query || self == .both }
        /// It gets them unasked.
        public var isPushed: Bool { self == .push || self == .both }
    }

    /// Which tests of a specimen are given.
    public enum Give: String, Sendable, CaseIterable {
        /// Those without a result.
        case open
        /// Those that have one as well, for a device that measures again what it is told again.
        case all
    }

    /// What becomes of a code that neither `tests:` nor `codes:` knows.
    public enum Unlisted: String, Sendable, CaseIterable {
        /// It is another device's.
        case leave
        /// It is given as ordered.
        case send
    }

    /// What the device is told of a patient.
    public enum PatientField: String, Sendable, CaseIterable {
        /// Identifier.
        case id
        /// Name.
        case name
        /// Date of birth.
        case birthDate = "birth_date"
        /// Sex.
        case sex
    }

    /// What one ordered code is for the device.
    public struct Test: Sendable, Equatable {
        /// Codes that the device takes for it; none: the test is not for this device.
        public var send: [String]
        /// Codes of results that answer it; empty: those in `send`.
        public var results: [String]
        /// A test.
        public init(send: [String], results: [String] = []) {
            self.send = send
            self.results = results
        }
    }

    /// How orders come to the device.
    public var download = Download.query
    /// Which tests of a specimen are given.
    public var give = Give.open
    /// What becomes of codes nobody lists.
    public var unlisted = Unlisted.leave
    /// What results mean is what may be ordered; false: only what is listed in `tests`.
    public var fromCodes = true
    /// By code as ordered.
    public var tests: [String: Test] = [:]
    /// The device's word by the specimen type as ordered.
    public var specimens: [String: String] = [:]
    /// What is told of the patient.
    public var patient = PatientField.allCases
    /// Most tests of one specimen that the device takes.
    public var mostTests = 200
    /// Most specimens given in answer to a question about all.
    public var mostSpecimens = 100

    /// What holds where a profile says nothing.
    public init() {}
}
