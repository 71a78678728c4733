import JSONText

/// HL7 FHIR R4 (4.0.1), as far as a gateway of laboratory and imaging writes and reads it. Pure: values in, JSON out.
///
/// Each resource is a plain structure with `json()`. What is empty is left out, because FHIR has no empty elements.
/// `Bundle.faults()` says what would make a server refuse a transaction before it is sent.
public enum R4 {
    /// MIME type of FHIR JSON.
    public static let mimeType = "application/fhir+json"

    /// URIs of code systems that R4 and its terminology name.
    public enum System {
        /// LOINC.
        public static let loinc = "http://loinc.org"
        /// UCUM.
        public static let ucum = "http://unitsofmeasure.org"
        /// HL7 v3 ObservationInterpretation.
        public static let interpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
        /// Why a value is missing.
        public static let dataAbsentReason = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        /// Observation category.
        public static let observationCategory = "http://terminology.hl7.org/CodeSystem/observation-category"
        /// HL7 v2 table 0074, diagnostic service section.
        public static let serviceSection = "http://terminology.hl7.org/CodeSystem/v2-0074"
        /// HL7 v2 table 0203, identifier type.
        public static let identifierType = "http://terminology.hl7.org/CodeSystem/v2-0203"
        /// HL7 v2 table 0487, specimen type.
        public static let specimenType = "http://terminology.hl7.org/CodeSystem/v2-0487"
        /// DICOM UIDs as identifiers; the value is `urn:oid:` and the UID.
        public static let dicomUID = "urn:dicom:uid"
        /// Codes that are URIs.
        public static let uri = "urn:ietf:rfc:3986"
        /// DICOM's own codes, modalities among them (PS3.16 annex D).
        public static let dicom = "http://dicom.nema.org/resources/ontology/DCM"
        /// SNOMED CT.
        public static let snomed = "http://snomed.info/sct"
        /// Kind of an endpoint.
        public static let connectionType = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
        /// Part of an agent in Provenance.
        public static let provenanceParticipant =
            "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    }
}

/// A resource that can stand in a bundle.
public protocol R4Resource: Sendable {
    /// Name of the resource, `Observation`.
    static var resourceType: String { get }
    /// The identifier by which a server finds an earlier version; nil where R4 gives the resource none.
    var businessIdentifier: R4.Identifier? { get }
    /// The resource as JSON with `resourceType` first.
    func json() -> JSONValue
}

extension R4Resource {
    /// An object that starts with `resourceType`.
    func begin() -> JSONObject {
        var object = JSONObject()
        object.append("resourceType", .string(Self.resourceType))
        return object
    }
}

extension JSONObject {
    /// Adds a string unless nothing remains of it after `R4.text`.
    mutating func add(_ key: String, _ text: String) {
        let text = R4.text(text)
        if !text.isEmpty { append(key, .string(text)) }
    }

    /// Adds a value unless it is nil, an empty object or an empty array.
    mutating func add(_ key: String, _ value: JSONValue?) {
        switch value {
        case nil: return
        case .object(let object) where object.members.isEmpty: return
        case .array(let values) where values.isEmpty: return
        case .some(let value): append(key, value)
        }
    }

    /// Adds an array of those that are not empty.
    mutating func add(_ key: String, _ values: [JSONValue]) {
        let kept = values.filter { if case .object(let object) = $0 { !object.members.isEmpty } else { true } }
        if !kept.isEmpty { append(key, .array(kept)) }
    }
}

extension R4 {
    /// Text as a FHIR string may hold it (R4 2.24.0.1): no characters below U+0020 but TAB, LF and CR, no U+007F to
    /// U+009F, no white space around it. A control character becomes a blank, so that words stay apart.
    public static func text(_ text: String) -> String {
        if isClean(text) { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(isControl(scalar) ? " " : scalar) }
        var cleaned = Substring(String(scalars))
        while let first = cleaned.unicodeScalars.first, first.properties.isWhitespace {
            cleaned.unicodeScalars.removeFirst()
        }
        while let last = cleaned.unicodeScalars.last, last.properties.isWhitespace {
            cleaned.unicodeScalars.removeLast()
        }
        return String(cleaned)
    }

    /// True when `text` gives its argument back: one pass over the bytes, because most text is clean.
    static func isClean(_ text: String) -> Bool {
        var previous: UInt8 = 0
        var first = true
        for byte in text.utf8 {
            if first, byte <= 0x20 { return false }
            first = false
            if byte < 0x20, byte != 9, byte != 10, byte != 13 { return false }
            // U+0080 to U+009F are C2 80 to C2 9F in UTF-8; white space beyond ASCII begins with C2, E1, E2, E3 or EF.
            if byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return false }
            previous = byte
        }
        guard previous <= 0x20 || previous >= 0x80 || text.utf8.first.map({ $0 >= 0x80 }) == true else { return true }
        if previous <= 0x20 { return text.isEmpty }
        let ends = [text.unicodeScalars.first, text.unicodeScalars.last]
        return ends.allSatisfy { $0?.properties.isWhitespace != true }
    }

    static func hasControl(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte < 0x20, byte != 9, byte != 10, byte != 13 { return true }
            if byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10, 13: false
        case 0..<32, 0x7F...0x9F: true
        default: false
        }
    }
}
