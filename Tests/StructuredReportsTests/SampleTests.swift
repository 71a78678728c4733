import Foundation
import ResultModel
import Testing

@testable import StructuredReports

/// One test over the folder of samples: what each document gives, row by row.
@Suite("Samples of documents")
struct SampleTests {
    /// With HILUM_RECORD=1 what is found is written beside the samples, to be read before it is believed.
    @Test("Rows of a sample are those written beside it", arguments: Sample.names)
    func rows(name: String) throws {
        let report = Sample.report([try Sample.document(name)])
        let rows = Sample.rows(report).map(RowText.fields)
        let file = Sample.folder.appendingPathComponent(name + ".json")
        if ProcessInfo.processInfo.environment["HILUM_RECORD"] == "1" {
            let written: [String: Any] = ["rows": rows, "comments": report.comments]
            let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            var data = try JSONSerialization.data(withJSONObject: written, options: options)
            data.append(0x0A)
            try data.write(to: file)
        }
        let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? [String: Any]
        let expected = try #require(object?["rows"] as? [[String: String]])
        #expect(rows.count == expected.count)
        for (found, wanted) in zip(rows, expected) { #expect(found == wanted, "\(name) \(wanted["code"] ?? "")") }
        #expect(report.comments == object?["comments"] as? [String])
    }

    @Test("Every document names itself in each of its rows")
    func traceable() throws {
        for name in Sample.names {
            let document = try Sample.document(name)
            #expect(!document.uid.isEmpty && StudyDocument.isRead(sopClass: document.sopClass), "\(name)")
            let rows = Sample.rows(Sample.report([document]))
            #expect(!rows.isEmpty, "\(name)")
            #expect(rows.allSatisfy { $0.imaging?.document == document.uid }, "\(name)")
        }
        #expect(Sample.names.count >= 13)
    }
}
