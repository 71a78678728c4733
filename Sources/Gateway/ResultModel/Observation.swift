/// What was found for one test (FHIR R4 Observation), with the device's own words beside the normalised ones.
public struct Observation: Sendable, Equatable {
    /// The device's own words, as sent.
    public struct AsSent: Sendable, Equatable {
        /// Test code.
        public var code = ""
        /// Test name beside the code.
        public var name = ""
        /// Value, trimmed, with comparator.
        public var value = ""
        /// Unit.
        public var unit = ""
        /// Flags, split, without `N`.
        public var flags: [String] = []
        /// Result status (R.9, OBX-11).
        public var status = ""
        /// Reference range.
        public var range = ""
        /// Time, ISO 8601 local.
        public var time = ""
        /// Empty words.
        public init() {}
    }

    /// What a row is good for.
    public enum Role: UInt8, Sendable {
        /// A reportable result.
        case result = 0
        /// A signal behind a result.
        case raw = 1
        /// A setting, a suspect flag.
        case info = 2
        /// A graph, an image, a document.
        case attachment = 3
    }

    /// FHIR R4 observation-status.
    public enum Status: UInt8, Sendable {
        /// Known, not measured yet.
        case registered = 0
        /// May change.
        case preliminary = 1
        /// Complete.
        case final = 2
        /// Replaces a final one because it was wrong.
        case corrected = 3
        /// Replaces a final one with more.
        case amended = 4
        /// Will not be measured.
        case cancelled = 5
        /// Should never have been there.
        case enteredInError = 6
    }

    /// The device's own words.
    public var asSent = AsSent()
    /// LOINC, or nil when the profile does not know the code.
    public var loinc: Coding?
    /// The site's or profile's local code; empty when there is none.
    public var localCode = ""
    /// Name for people.
    public var display = ""
    /// The value.
    public var value = ObservationValue.absent(reason: .unknown, text: "")
    /// HL7 v3 ObservationInterpretation codes: H L HH LL A N POS NEG …
    public var interpretation: [String] = []
    /// Low and high as numbers in text, in the unit of the value.
    public var referenceRange: ReferenceRange?
    /// Status.
    public var status = Status.final
    /// When it was measured.
    public var effective: ClinicalTime?
    /// Role.
    public var role = Role.result
    /// True where the device says there is a value to use.
    public var isUsable = true
    /// False when no rule of the profile knew `asSent.code`.
    public var isMapped = true
    /// Rerun mark, sub id (OBX-4).
    public var run = ""
    /// As sent.
    public var operatorID = ""
    /// As sent.
    public var method = ""
    /// As sent: serial number or name of the measuring unit.
    public var instrument = ""
    /// Comments on this result.
    public var comments: [String] = []
    /// True when this replaces a result that was given out earlier: OBX-11 C, FHIR corrected. Set by the store.
    public var replacesEarlier = false
    /// Where and how it was measured on which image; nil for laboratory results.
    public var imaging: ImagingContext?

    /// An empty observation.
    public init() {}
}

/// Low and high limits, or text where it is no interval.
public struct ReferenceRange: Sendable, Equatable {
    /// Lower limit, decimal as text; empty: open.
    public var low: String
    /// Upper limit, decimal as text; empty: open.
    public var high: String
    /// As sent.
    public var text: String
    /// A range from its parts.
    public init(low: String = "", high: String = "", text: String = "") {
        self.low = low
        self.high = high
        self.text = text
    }
}
