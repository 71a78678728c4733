/// Codes of HL7 v3 ObservationInterpretation, which FHIR R4 `Observation.interpretation` and HL7 v2 table 0078 share.
public enum Interpretation {
    /// URI of the code system in FHIR R4.
    public static let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

    /// Codes that may be used.
    public static let codes: Set<String> = [
        "A", "AA", "HH", "LL", "H", "L", "HU", "LU", "N", "<", ">", "U", "D", "B", "W", "POS", "NEG", "IND", "DET",
        "ND", "E", "EX", "HX",
        "LX", "CAR", "RR", "WR", "NR", "S", "R", "I", "MS", "VS", "SDD", "SYN-R", "SYN-S", "NS", "AC", "TOX", "QCF",
        "IE", "UNE", "EXP",
        "OBX", "NCL", "SYN",
    ]

    /// What a flag of HL7 table 0078 (LIS02-A2 8.4.7 has a part of it) or one of its usual other spellings means; nil: not known.
    public static func usual(_ flag: String) -> String? {
        switch flag {
        case "H", "L", "HH", "LL", "N", "A", "AA", "<", ">", "U", "D", "B", "W", "POS", "NEG", "IND": flag
        case "\u{2191}": "H"
        case "\u{2193}": "L"
        default: nil
        }
    }
}
