import FHIR
import JSONText
import Testing

@Suite("R4 transaction")
struct BundleTests {
    static func observation(_ value: R4.Observation.Value = .string("x")) -> R4.Observation {
        R4.Observation(
            identifier: R4.Identifier(system: "urn:a", value: "1"), status: "final",
            code: R4.CodeableConcept([R4.Coding(system: R4.System.loinc, code: "6690-2")]), value: value)
    }

    static func bundle(_ change: (inout R4.Observation) -> Void = { _ in }) -> R4.Bundle {
        var bundle = R4.Bundle()
        var resource = observation()
        change(&resource)
        bundle.add(resource, fullURL: R4.urn(1, 2, 3), action: .conditionalUpdate)
        return bundle
    }

    @Test("A bundle as it should be has no faults")
    func well() { #expect(Self.bundle().faults().isEmpty) }

    @Test("Each fault is found, with its place")
    func faults() {
        let cases: [(String, String, (inout R4.Observation) -> Void)] = [
            ("status", "value set", { $0.status = "done" }),
            ("code", "missing", { $0.code = R4.CodeableConcept() }),
            ("value[x]", "neither a value", { $0.value = .string("") }),
            ("subject.reference", "not in the bundle", { $0.subject = R4.Reference(target: R4.urn(9, 9, 9)) }),
            (
                "specimen.identifier", "system and value",
                {
                    $0.specimen = R4.Reference(identifier: R4.Identifier(system: "", value: "5"))
                }
            ),
            ("system", "no absolute URI", { $0.code = R4.CodeableConcept([R4.Coding(system: "LN", code: "1")]) }),
            (
                "low.comparator", "no comparator",
                {
                    guard let number = R4.Decimal("1") else { return }
                    $0.referenceRange = .init(low: R4.Quantity(value: number, comparator: "<"))
                }
            ),
            (
                "comparator", "not < <= >= or >",
                {
                    guard let number = R4.Decimal("1") else { return }
                    $0.value = .quantity(R4.Quantity(value: number, comparator: "~"))
                }
            ),
        ]
        for (path, problem, change) in cases {
            let faults = Self.bundle(change).faults()
            #expect(
                faults.contains { $0.path.hasSuffix(path) && $0.problem.contains(problem) }, "\(path): \(faults)")
        }
    }

    @Test("Faults of the request: foreign condition, double target, double name, PUT without condition")
    func requests() {
        var bundle = Self.bundle()
        bundle.add(
            .init(
                fullURL: R4.urn(1, 2, 4), resource: Self.observation().json(), method: "PUT",
                url: "Observation?identifier=urn:a|2", ifNoneExist: ""))
        #expect(bundle.faults().contains { $0.problem.contains("no identifier of the resource") })
        bundle = Self.bundle()
        bundle.add(Self.observation(), fullURL: R4.urn(1, 2, 4), action: .conditionalUpdate)
        #expect(bundle.faults().contains { $0.problem.contains("second entry") })
        bundle = Self.bundle()
        bundle.add(Self.observation(), fullURL: R4.urn(1, 2, 3), action: .create)
        #expect(bundle.faults().contains { $0.problem.contains("one fullUrl") })
        bundle = R4.Bundle()
        bundle.add(
            .init(
                fullURL: "x", resource: Self.observation().json(), method: "PUT", url: "Observation", ifNoneExist: ""))
        #expect(bundle.faults().count == 2)
    }

    @Test(
        "Conditions are escaped for search and URL",
        arguments: [
            ("urn:a", "1", "identifier=urn:a|1"), ("http://x/y", "a b", "identifier=http://x/y|a%20b"),
            ("urn:a", "a|b,c$d\\e", #"identifier=urn:a|a%5C%7Cb%5C%2Cc%5C%24d%5C%5Ce"#),
            ("urn:a", "50%&x=1#", "identifier=urn:a|50%25%26x%3D1%23"), ("urn:a", "张", "identifier=urn:a|%E5%BC%A0"),
            ("urn:a", "a+b", "identifier=urn:a|a%2Bb"), ("urn:a", "a\r\nb", "identifier=urn:a|a%0D%0Ab"),
        ])
    func queries(system: String, value: String, query: String) {
        #expect(R4.Bundle.query(R4.Identifier(system: system, value: value)) == query)
    }

    @Test("Names are UUIDs of version 8, distinct, the same for the same thing")
    func names() {
        var seen: Set<String> = []
        for first in [0, 1, UInt32.max] as [UInt32] {
            for second in [0, 1, 0x1000, 0xFFFF_FFFF, Int64.max, -1] as [Int64] {
                for index in [0, 1, 255, 70_000] {
                    let name = R4.urn(first, second, index)
                    #expect(name.utf8.count == 45 && Array(name)[23] == "8" && Array(name)[28] == "8")
                    #expect(seen.insert(name).inserted, "\(name)")
                    #expect(name == R4.urn(first, second, index))
                }
            }
        }
    }

    @Test("OperationOutcome: words wherever a server puts them, errors first, one line")
    func outcomes() throws {
        let cases = [
            (
                #"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"bad\nline"}]}"#,
                "invalid: bad line"
            ),
            (
                #"{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","diagnostics":"hello"},{"severity":"error","code":"required","details":{"text":"no subject"},"expression":["Observation.subject"]}]}"#,
                "required: no subject (at Observation.subject)"
            ),
            (
                #"{"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"exception","details":{"coding":[{"code":"MSG_X","display":"gone"}]}}]}"#,
                "exception: gone"
            ),
            (#"{"resourceType":"OperationOutcome"}"#, ""),
            (#"{"resourceType":"OperationOutcome","issue":[1,null,{}]}"#, ""),
        ]
        for (json, summary) in cases {
            #expect(try #require(R4.OperationOutcome(parsing: Array(json.utf8))).summary == summary)
        }
        for other in ["", "{}", "[]", #"{"resourceType":"Bundle"}"#, "<html>"] {
            #expect(R4.OperationOutcome(parsing: Array(other.utf8)) == nil)
        }
    }

    @Test("Answers to a transaction")
    func answers() throws {
        let json = #"""
            {"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"201 Created","location":"Observation/1/_history/1"}},{"response":{"status":"400","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]}}},{}]}
            """#
        let answer = try R4.TransactionResponse(parsing: Array(json.utf8))
        #expect(answer.entries.map(\.status) == [201, 400, 0])
        #expect(answer.entries[0].location == "Observation/1/_history/1")
        #expect(answer.entries[1].outcome?.summary == "invalid")
        let wrong = [
            "", "{", #"{"resourceType":"Patient"}"#, #"{"resourceType":"Bundle","type":"searchset"}"#, "[]", "null",
        ]
        for text in wrong {
            #expect(throws: R4.ResponseFault.self) { try R4.TransactionResponse(parsing: Array(text.utf8)) }
        }
    }

    @Test("Empty things are left out; unknown interpretations stay text")
    func emptiness() {
        var resource = Self.observation(.concept(R4.CodeableConcept(text: "+++")))
        resource.interpretation = ["H", "strange"]
        resource.notes = ["", "\u{1}", "note"]
        resource.method = " "
        let json = resource.json()
        #expect(json["interpretation"]?[0]?["coding"]?[0]?["code"]?.string == "H")
        #expect(json["interpretation"]?[1]?.text() == #"{"text":"strange"}"#)
        #expect(json["note"]?.array?.count == 1)
        #expect(json["method"] == nil && json["subject"] == nil && json["referenceRange"] == nil)
    }
}
