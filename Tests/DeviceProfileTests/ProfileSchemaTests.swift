import Foundation
import JSONText
import Testing

@testable import DeviceProfile

/// The schema is for editors, the loader decides: both must know the same keys and words.
@Suite("DeviceProfiles/profile.schema.json")
struct ProfileSchemaTests {
    private func schema() throws -> JSONValue {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSONValue(
            parsing: Array(Data(contentsOf: root.appendingPathComponent("DeviceProfiles/profile.schema.json"))))
    }

    private func keys(_ value: JSONValue?) -> [String] {
        (value?["properties"]?.object?.members.map(\.key) ?? []).sorted()
    }

    /// The map among the alternatives of a definition.
    private func map(_ value: JSONValue?) -> JSONValue? { value?["anyOf"]?.array?.first { $0["properties"] != nil } }

    private func words(_ value: JSONValue?) -> [String] { (value?["enum"]?.array ?? []).compactMap(\.string).sorted() }

    @Test("The same keys everywhere")
    func keys() throws {
        let schema = try schema()
        let definitions = schema["$defs"]
        let link = definitions?["link"]?["properties"]
        let pairs: [(String, JSONValue?, [String])] = [
            ("profile", schema, ProfileReader.profileKeys),
            ("variant", definitions?["body"], ProfileReader.variantKeys),
            ("document", map(definitions?["document"]), ProfileReader.documentKeys),
            ("link", definitions?["link"], ProfileReader.linkKeys),
            ("tcp", link?["tcp"], ProfileReader.tcpKeys), ("serial", link?["serial"], ProfileReader.serialKeys),
            ("folder", link?["folder"], ProfileReader.folderKeys),
            ("dicom", link?["dicom"], ProfileReader.dicomLinkKeys),
            ("imaging", schema["properties"]?["imaging"], ProfileReader.imagingKeys),
            ("source", map(definitions?["source"]), ProfileReader.sourceKeys),
            ("code", map(definitions?["code"]), ProfileReader.codeKeys),
            ("convert", definitions?["conversion"], ProfileReader.convertKeys),
            ("unit", map(definitions?["unit"]), ProfileReader.unitKeys),
            ("values", definitions?["values"], ProfileReader.valueKeys),
            ("word", map(definitions?["word"]), ProfileReader.wordKeys),
            ("flag", map(definitions?["flag"]), ProfileReader.flagKeys),
            ("status", map(definitions?["stateRule"]), ProfileReader.statusKeys),
            ("qc", definitions?["qcRule"], QCSubject.allCases.map(\.rawValue)),
            ("rows", definitions?["rowRule"], RowRule.Subject.allCases.map(\.rawValue) + ProfileReader.rowActions),
            ("orders", definitions?["orders"], ProfileReader.orderKeys),
            (
                "ordered test", map(definitions?["orders"]?["properties"]?["tests"]?["additionalProperties"]),
                ProfileReader.orderedTestKeys
            ),
            ("resend", schema["properties"]?["resend"], ProfileReader.resendKeys),
        ]
        for (name, part, known) in pairs {
            #expect(keys(part) == known.sorted(), "\(name)")
            #expect(part?["additionalProperties"] == .bool(false), "\(name)")
        }
    }

    @Test("The same words everywhere")
    func words() throws {
        let schema = try schema()
        let properties = schema["properties"]
        let definitions = schema["$defs"]
        let serial = definitions?["link"]?["properties"]?["serial"]?["properties"]
        let code = map(definitions?["code"])?["properties"]
        #expect(words(properties?["kind"]) == DeviceKind.allCases.map(\.rawValue).sorted())
        #expect(words(properties?["support"]) == SupportLevel.allCases.map(\.rawValue).sorted())
        #expect(words(properties?["unmapped"]) == UnmappedPolicy.allCases.map(\.rawValue).sorted())
        #expect(words(properties?["training"]) == TrainingPolicy.allCases.map(\.rawValue).sorted())
        #expect(
            words(properties?["resend"]?["properties"]?["specimen"])
                == ResendRule.Specimen.allCases.map(\.rawValue).sorted())
        #expect(words(serial?["parity"]) == LinkDefaults.Serial.Parity.allCases.map(\.rawValue).sorted())
        #expect(words(serial?["flow"]) == LinkDefaults.Serial.Flow.allCases.map(\.rawValue).sorted())
        let may = definitions?["link"]?["properties"]?["dicom"]?["properties"]?["may"]
        #expect(words(may?["items"]) == DICOMService.allCases.map(\.rawValue).sorted())
        #expect(words(definitions?["role"]) == RuleRole.allCases.map(\.rawValue).sorted())
        #expect(words(code?["value"]) == ValueForm.allCases.map(\.rawValue).sorted())
        #expect(words(definitions?["status"]) == ProfileReader.statusWords.keys.sorted())
    }

    @Test("Every key has a description, or refers to something that has one")
    func descriptions() throws {
        let schema = try schema()
        func check(_ value: JSONValue, _ path: String) {
            for member in value["properties"]?.object?.members ?? [] {
                let target = member.value["$ref"]?.string.flatMap {
                    schema["$defs"]?[String($0.dropFirst("#/$defs/".count))]
                }
                #expect((target ?? member.value)["description"]?.string?.isEmpty == false, "\(path).\(member.key)")
                check(member.value, "\(path).\(member.key)")
            }
            for alternative in value["anyOf"]?.array ?? [] { check(alternative, path) }
        }
        check(schema, "profile")
        for member in schema["$defs"]?.object?.members ?? [] { check(member.value, member.key) }
    }
}
