/// Names of code systems: the designators of DICOM and HL7 v2 on one side, the URIs of FHIR on the other (PS3.16 table
/// 8-1, HL7 table 0396).
public enum CodingScheme {
    /// URI prefix of schemes that nobody registered: `99ACME` becomes `urn:hilum:coding-scheme:99ACME`.
    public static let unregistered = "urn:hilum:coding-scheme:"

    /// URI of a designator; what is not registered gets one of ours. Empty for an empty designator.
    public static func uri(designator: String) -> String {
        if designator.isEmpty { return "" }
        if let known = byDesignator[designator] { return known }
        var uri = unregistered
        for byte in designator.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri.unicodeScalars.append("_")
            }
        }
        return uri
    }

    /// Designator of a URI, as HL7 v2 writes it (SNOMED CT and LOINC have the same names in both); nil: none is known.
    public static func designator(uri: String) -> String? {
        if let known = byURI[uri] { return known }
        return uri.hasPrefix(unregistered) ? String(uri.dropFirst(unregistered.count)) : nil
    }

    // SRT, the alphanumeric identifiers that SNOMED gave up, has none: in SNOMED CT's they would be wrong codes.
    private static let pairs: [(designator: String, uri: String)] = [
        ("LN", Coding.loinc), ("UCUM", Coding.ucum), ("SCT", "http://snomed.info/sct"),
        ("DCM", "http://dicom.nema.org/resources/ontology/DCM"), ("RADLEX", "http://www.radlex.org"),
        ("FMA", "http://purl.org/sig/ont/fma"), ("NCIt", "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"),
        ("UMLS", "http://www.nlm.nih.gov/research/umls"), ("RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"), ("I10C", "http://hl7.org/fhir/sid/icd-10-cm"),
        ("I9C", "http://hl7.org/fhir/sid/icd-9-cm"), ("C4", "http://www.ama-assn.org/go/cpt"),
        ("MDC", "urn:iso:std:iso:11073:10101"), ("IBSI", "urn:oid:1.2.840.10008.2.16.13"),
    ]
    private static let byDesignator = Dictionary(pairs.map { ($0.designator, $0.uri) }) { first, _ in first }
    private static let byURI = Dictionary(pairs.map { ($0.uri, $0.designator) }) { first, _ in first }
}
