import ResultModel
import Testing

@testable import StructuredReports

@Suite("SNOMED as DICOM uses it")
struct SNOMEDTests {
    @Test("Every entry of both tables is found, none beside them")
    func everyEntry() {
        let pairs = String(describing: SNOMED.identifiers).split { $0 == " " || $0 == "\n" }
        #expect(pairs.count > 7_000)
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1)
            #expect(parts.count == 2 && SNOMED.concept(identifier: String(parts[0])) == String(parts[1]), "\(pair)")
        }
        let parts = String(describing: SNOMED.bodyParts).split(separator: "\n")
        #expect(parts.count > 300)
        for line in parts {
            let fields = line.split(separator: "|").map(String.init)
            #expect(
                SNOMED.bodyPart(fields[0]) == Coding(system: SNOMED.system, code: fields[1], display: fields[2]),
                "\(line)")
        }
        for unknown in ["", "T", "T-3260", "T-326000", "ZZZZ", "A", " ", "T-32600=", "\n"] {
            #expect(SNOMED.concept(identifier: unknown) == nil, "\(unknown)")
            #expect(SNOMED.bodyPart(unknown) == nil, "\(unknown)")
        }
    }

    @Test("Identifiers of SNOMED RT become concepts under each of their designators")
    func identifiers() {
        for scheme in ["SRT", "SNM3", "99SDM"] {
            let concept = CodedConcept(scheme, "T-32600", "Left Ventricle")
            #expect(concept.coding == Coding(system: SNOMED.system, code: "87878005", display: "Left Ventricle"))
        }
        let site = CodedConcept("SRT", "G-C0E3")
        #expect(site.is(.findingSite) && !site.is(.laterality))
        // One that DICOM never used keeps its own system, and is no SNOMED CT code.
        let unknown = CodedConcept("SRT", "T-XXXXX", "x").coding
        #expect(unknown.system == "urn:hilum:coding-scheme:SRT" && unknown.code == "T-XXXXX")
    }

    @Test("Body parts are found in any case")
    func bodyParts() {
        #expect(SNOMED.bodyPart("CHEST")?.code == "816094009")
        #expect(SNOMED.bodyPart("Chest") == SNOMED.bodyPart("CHEST"))
        #expect(SNOMED.bodyPart("LUNG LOBE") == nil)
    }

    @Test("Schemes of codes have URIs, and come back")
    func schemes() {
        #expect(CodingScheme.uri(designator: "DCM") == "http://dicom.nema.org/resources/ontology/DCM")
        #expect(CodingScheme.uri(designator: "99GE MS/x") == "urn:hilum:coding-scheme:99GE_MS_x")
        for designator in ["LN", "SCT", "DCM", "UCUM", "MDC", "99LOCAL", "SRT"] {
            #expect(CodingScheme.designator(uri: CodingScheme.uri(designator: designator)) == designator)
        }
        #expect(CodingScheme.designator(uri: "http://example.org") == nil && CodingScheme.uri(designator: "") == "")
        #expect(CodedConcept("MDC", "2:16770").coding.code == "147842")
        #expect(CodedConcept("MDC", "147842").coding.code == "147842")
        #expect(CodedConcept("MDC", "2:99999").coding.code == "2:99999")
    }
}
