import JSONText

/// One result that a replay reads otherwise than it is stored.
public struct ReplayDifference: Sendable, Equatable {
    /// In what way.
    public enum Kind: String, Sendable, CaseIterable {
        /// It would have another specimen or patient, or be control material where it was none.
        case moved
        /// It would say something else.
        case changed
        /// It would not be there.
        case gone
        /// It would be there as well.
        case added
    }

    /// What a change is about, the weightiest first.
    public enum Aspect: String, Sendable, CaseIterable {
        /// Specimen, patient, running number.
        case owner
        /// Control material or patient; reportable or not.
        case role
        /// The device's code, the local code.
        case code
        /// LOINC.
        case loinc
        /// The value.
        case value
        /// The unit.
        case unit
        /// Flags and what they mean, reference range.
        case flag
        /// Status of the result or of the report.
        case status
        /// What holds the report back.
        case hold
        /// When it was measured.
        case time
        /// Name, birth date, sex, ward of the patient.
        case patient
        /// Everything else: names, comments, method, rack.
        case details
    }

    /// A key with two values; nil: the key is not there.
    public struct Field: Sendable, Equatable {
        /// Key of the row.
        public var key: String
        /// As it is stored.
        public var stored: JSONValue?
        /// As the replay has it.
        public var replayed: JSONValue?
        /// What it is about.
        public var aspect: Aspect { ReplayDifference.aspect(of: key) }
    }

    /// In what way.
    public var kind: Kind
    /// The row as it is stored; nil: added.
    public var stored: ReplayedRow?
    /// The row as the replay has it; nil: gone.
    public var replayed: ReplayedRow?
    /// What differs, by aspect.
    public var fields: [Field] = []

    /// What it is about, each aspect once, the weightiest first.
    public var aspects: [Aspect] {
        let seen = Set(fields.map(\.aspect))
        return Aspect.allCases.filter(seen.contains)
    }

    static func aspect(of key: String) -> Aspect {
        switch key {
        case "specimen_id", "patient_id", "running_number", "alternate_ids": .owner
        case "qc", "role", "usable": .role
        case "test_code", "local_code", "mapped", "run": .code
        case "loinc": .loinc
        case "value", "form", "number", "comparator", "numerator", "denominator", "low", "high", "text", "value_code",
            "value_system", "absent_reason", "content_type", "title", "bytes", "content":
            .value
        case "unit", "ucum", "display_unit": .unit
        case "flags", "interpretation", "range", "range_low", "range_high": .flag
        case "status", "result_status", "report_status": .status
        case "holds": .hold
        case "time", "utc_offset": .time
        case "patient_name", "birth_date", "sex", "location": .patient
        default: .details
        }
    }
}
