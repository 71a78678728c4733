import DeviceProfile
import JSONText
import Normalization
import Testing

@testable import hilum

@Suite("Expected against got")
struct DifferenceTextTests {
    private func row(_ text: String) throws -> JSONObject {
        try #require(try JSONValue(parsing: text).object)
    }

    private func outcome() throws -> ProfileTestCommand.Outcome {
        let expected: [JSONValue] = [
            .object(try row(#"{"specimen_id": "1", "test_code": "GLU", "value": "5.0", "unit": "mmol/L"}"#)),
            .object(try row(#"{"specimen_id": "1", "test_code": "GONE", "value": "7"}"#)),
        ]
        let actual = [
            try row(#"{"specimen_id": "1", "test_code": "GLU", "value": "5.1", "unit": "mmol/L"}"#),
            try row(#"{"specimen_id": "1", "test_code": "NEW", "value": "8"}"#),
        ]
        var outcome = ProfileTestCommand.Outcome(profile: "acme", capture: "one", rows: 2, differences: [])
        let found = ResultComparison.rowDifferences(expected: expected, actual: actual)
        outcome.differences = found.map(\.description)
        ProfileTestCommand.Grouped.add(found, "whole", to: &outcome.rowDifferences)
        ProfileTestCommand.Grouped.add(found, "byte by byte", to: &outcome.rowDifferences)
        ProfileTestCommand.Grouped.add(["fault   byte 3: noise"], "byte by byte", to: &outcome.otherDifferences)
        outcome.differences.append("fault   byte 3: noise")
        outcome.actual = actual
        return outcome
    }

    @Test("A line a row, both values below each other, each difference once however often it came")
    func text() throws {
        let text = DifferenceText.of([try outcome()], terminal: .file)
        #expect(
            text == """

                acme one
                  ~ result 1 1 GLU
                      value  - "5.0"
                             + "5.1"
                  - result 2 1 GONE  7  missing
                  + 1 NEW            8  extra
                  fault   byte 3: noise  (only byte by byte)

                """)
    }

    @Test("Colours on a terminal only")
    func colours() throws {
        let terminal = Terminal(isTerminal: true, columns: 80, hasColour: true)
        #expect(DifferenceText.of([try outcome()], terminal: terminal).contains("\u{1B}[31m- \"5.0\""))
        #expect(!DifferenceText.of([try outcome()], terminal: .file).contains("\u{1B}"))
    }

    @Test("For machines: values as values")
    func json() throws {
        let rows = DifferenceText.json(try outcome()).array ?? []
        #expect(rows.map { $0["kind"]?.string } == ["wrong", "missing", "extra"])
        #expect(rows.first?["fields"]?.array?.first?["expected"] == .string("5.0"))
        #expect(rows.first?["deliveries"] == .strings(["whole", "byte by byte"]))
    }

    @Test("An update keeps what was written beside the results, and normalised keys that were asked for")
    func update() throws {
        var item = ProfileCase(name: "one", capture: "captures/one.bin")
        let old = try JSONValue(
            parsing: """
                {"format": 1, "device": "acme", "variant": "hl7",
                 "results": [{"test_code": "GLU", "value": "5.0", "loinc": "14749-6", "note": "was wrong"}]}
                """)
        item.results = old["results"]?.array
        let rows = [
            try row(#"{"specimen_id": "1", "test_code": "GLU", "value": "5.1", "loinc": "14749-6", "ucum": "mmol/L"}"#)
        ]
        let new = ExpectationUpdate.document(old, item: item, rows: rows)
        #expect(new["variant"] == .string("hl7"))
        #expect(new["device"] == .string("acme"))
        let result = new["results"]?.array?.first
        #expect(result?["value"] == .string("5.1"))
        #expect(result?["loinc"] == .string("14749-6"))
        #expect(result?["ucum"] == nil && result?["note"] == nil)
        #expect(ResultComparison.differences(expected: new["results"]?.array ?? [], actual: rows) == [])
    }

    @Test("A fault, or a difference in one manner of delivery alone, is no new expectation")
    func refused() throws {
        var partial = try outcome()
        partial.item = ProfileCase(name: "one", capture: "/nowhere/captures/one.bin")
        #expect(try ExpectationUpdate.applied(to: [partial]).first?.isUpdated == false)
        partial.otherDifferences = []
        partial.rowDifferences = partial.rowDifferences.map {
            ProfileTestCommand.Grouped(difference: $0.difference, deliveries: ["byte by byte"])
        }
        #expect(try ExpectationUpdate.applied(to: [partial]).first?.differences.isEmpty == false)
    }
}
