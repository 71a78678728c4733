import DICOM
import ResultModel

/// A code with its scheme and meaning (PS3.3 table 8.8-1).
public struct CodedConcept: Sendable, Hashable {
    /// Coding Scheme Designator as sent: `LN`, `SCT`, `SRT`, `DCM`, `99ACME`; empty when missing.
    public var scheme: String
    /// Code Value as sent.
    public var value: String
    /// Code Meaning as sent, in the language of the document.
    public var meaning: String

    /// A concept from its parts.
    public init(_ scheme: String, _ value: String, _ meaning: String = "") {
        self.scheme = scheme
        self.value = value
        self.meaning = meaning
    }

    /// Reads an item of a code sequence; nil when there is neither a code nor a meaning.
    public init?(_ item: DataSet?) {
        guard let item else { return nil }
        scheme = item.text(.codingSchemeDesignator) ?? ""
        value = item.text(.codeValue) ?? item.text(.longCodeValue) ?? item.text(.urnCodeValue) ?? ""
        meaning = item.text(.codeMeaning) ?? ""
        if value.isEmpty, meaning.isEmpty { return nil }
        if value.isEmpty { value = meaning }
    }

    /// `SCHEME:value` as sent.
    public var key: String { scheme.isEmpty ? value : scheme + ":" + value }

    /// Words for people.
    public var words: String { meaning.isEmpty ? value : meaning }

    /// The code in the system that FHIR names it by. Identifiers of SNOMED RT become concepts of SNOMED CT where PS3.16
    /// says which (annex O).
    public var coding: Coding {
        if CodedConcept.isSNOMEDRT(scheme), let concept = SNOMED.concept(identifier: value) {
            return Coding(system: SNOMED.system, code: concept, display: meaning)
        }
        if scheme.isEmpty { return Coding(system: "", code: "", display: words) }
        let code = scheme == "MDC" ? CodedConcept.contextFree(value) : value
        return Coding(system: CodingScheme.uri(designator: scheme), code: code, display: meaning)
    }

    /// ISO/IEEE 11073-10101: partition and term code, `2:16770`, as the one number by which FHIR and HL7 v2 name it.
    private static func contextFree(_ value: String) -> String {
        let parts = value.split(separator: ":").compactMap { UInt16($0) }
        guard parts.count == 2, value.utf8.contains(UInt8(ascii: ":")) else { return value }
        return String(Int(parts[0]) << 16 + Int(parts[1]))
    }

    /// True when both name the same thing, whatever the words.
    func `is`(_ known: Concept) -> Bool { canonical == known }

    func isAny(_ known: Set<Concept>) -> Bool { known.contains(canonical) }

    /// The concept with the identifiers of SNOMED RT read as SNOMED CT.
    private var canonical: Concept {
        if CodedConcept.isSNOMEDRT(scheme), let concept = SNOMED.concept(identifier: value) {
            return Concept("SCT", concept)
        }
        return Concept(scheme, value)
    }

    /// PS3.16 section 8.2: three designators of one scheme.
    private static func isSNOMEDRT(_ scheme: String) -> Bool {
        scheme == "SRT" || scheme == "SNM3" || scheme == "99SDM"
    }
}

/// A concept that this module knows: SCT stands for its SNOMED RT identifier as well.
struct Concept: Sendable, Hashable {
    var scheme: String
    var code: String

    init(_ scheme: String, _ code: String) {
        self.scheme = scheme
        self.code = code
    }
}
