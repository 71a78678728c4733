import ResultModel

/// How a device writes values.
public struct ValueRules: Sendable, Equatable {
    /// What stands in place of a value, with the reason why there is none. Patterns.
    public var placeholders: [Placeholder] = []
    /// `7,41` is 7.41.
    public var decimalComma = false
    /// Characters taken off both ends besides blanks.
    public var trim = ""
    /// What words mean.
    public var words: [String: WordRule] = [:]
    /// Plain rules.
    public init() {}

    /// What stands in place of a value.
    public struct Placeholder: Sendable, Equatable {
        /// Pattern of the value.
        public var glob: Glob
        /// Why there is no value.
        public var reason: ObservationValue.AbsentReason
        /// A placeholder from its parts.
        public init(glob: Glob, reason: ObservationValue.AbsentReason) {
            self.glob = glob
            self.reason = reason
        }
    }
}

/// What a word in place of a number means.
public struct WordRule: Sendable, Equatable {
    /// What to show.
    public var text = ""
    /// Code of it; empty: none.
    public var code = ""
    /// URI of the code's system; empty: the code rule's, else v3 ObservationInterpretation.
    public var system = ""
    /// v3 ObservationInterpretation to add; empty: none.
    public var interpretation = ""
    /// The word says that there is no value.
    public var absent: ObservationValue.AbsentReason?
    /// An empty rule.
    public init() {}
}

/// What a flag means.
public struct FlagRule: Sendable, Equatable {
    /// v3 ObservationInterpretation to add when there is a value; empty: none.
    public var interpretation = ""
    /// Reason for the absence when there is no number in the value; nil: says nothing about absence.
    public var whenNoValue: ObservationValue.AbsentReason?
    /// There is no value even if one was sent.
    public var absent: ObservationValue.AbsentReason?
    /// The device doubts the value: said in a comment.
    public var isDoubtful = false
    /// The device has sent the result before.
    public var isResent = false
    /// Text for a person; not empty: the report waits for one.
    public var hold = ""
    /// Words for people, added as a comment; empty: none.
    public var comment = ""
    /// An empty rule: the flag says nothing.
    public init() {}
}

/// What a result status means.
public struct StatusRule: Sendable, Equatable {
    /// FHIR status.
    public var status = Observation.Status.final
    /// There is no value.
    public var absent: ObservationValue.AbsentReason?
    /// The device doubts the value.
    public var isDoubtful = false
    /// The device has sent the result before.
    public var isResent = false
    /// Text for a person; not empty: the report waits for one.
    public var hold = ""
    /// An empty rule: final.
    public init() {}
}

/// What makes something control material: all patterns that are given must match.
public struct QCRule: Sendable, Equatable {
    /// Patterns by what they look at.
    public var match: [QCSubject: Glob] = [:]
    /// A rule without patterns: never matches.
    public init() {}
}

/// What a QC rule looks at.
public enum QCSubject: String, Sendable, CaseIterable {
    /// Identifier of the specimen.
    case specimenID = "specimen_id"
    /// Identifier of the patient.
    case patientID = "patient_id"
    /// Name of the patient.
    case patientName = "patient_name"
    /// Material as sent.
    case specimenType = "specimen_type"
    /// O.12.
    case action
    /// H.12, MSH-11.
    case processing
    /// O.26, OBR-25.
    case reportType = "report_type"
    /// Test code of the result.
    case code
    /// Test name of the result.
    case name
    /// A flag of the result.
    case flag
}

/// What a row is good for: all patterns that are given must match.
public struct RowRule: Sendable, Equatable {
    /// What a row rule looks at.
    public enum Subject: String, Sendable, CaseIterable {
        /// Test code.
        case code
        /// Test name.
        case name
        /// Value as sent.
        case value
        /// OBX-2.
        case valueType = "value_type"
        /// Unit as sent.
        case unit
        /// Any of the flags.
        case flag
        /// Status as sent.
        case status
        /// OBX-4.
        case subID = "sub_id"
        /// Text or code of any comment on the row.
        case comment
    }
    /// Patterns by what they look at.
    public var match: [Subject: Glob] = [:]
    /// Role of the row; nil: unchanged.
    public var role: RuleRole?
    /// There is no value.
    public var absent: ObservationValue.AbsentReason?
    /// Kept, but never posted, when false.
    public var report: Bool?
    /// Text for a person; not empty: the report waits for one.
    public var hold = ""
    /// A rule without patterns: never matches.
    public init() {}
}
