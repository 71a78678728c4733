import DriverKit
import DriverWire
import Foundation
import JSONText
import Testing

@testable import LISDriver

/// Every capture of the family `astm` in the shared corpus, through the driver in pieces of several kinds.
struct CorpusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var device: String
        var name: String
        var testDescription: String { "\(device)/\(name)" }
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")

    /// Cases of the index; empty where the corpus is not beside the checkout.
    static let cases: [Case] = {
        guard let index = try? String(contentsOf: folder.appendingPathComponent("INDEX.tsv"), encoding: .utf8) else {
            return []
        }
        return index.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count > 4, fields[3] == "astm" else { return nil }
            return Case(device: String(fields[0]), name: String(fields[1]))
        }
    }()

    @Test("the corpus is there (skipped where it is not)", .enabled(if: !cases.isEmpty))
    func corpusIsRead() { #expect(CorpusTests.cases.count >= 20) }

    @Test("capture decodes whole, byte by byte and in random pieces", .enabled(if: !cases.isEmpty), arguments: cases)
    func capture(_ item: Case) throws {
        let folder = CorpusTests.folder.appendingPathComponent(item.device)
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(item.name).bin")))
        let json = [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(item.name).expected.json")))
        let expected = try JSONValue(parsing: json)
        let options = try JSONValue(parsing: DeviceOptions.json(for: item.device))
        let whole = try Replay.run(bytes, options: options, pieces: .whole)
        let comparison = Comparison(expected: expected["results"]?.array ?? [], actual: whole.rows)
        #expect(comparison.differences == [], "\(item.testDescription)")
        let attachments = whole.messages.flatMap(\.results).filter { $0.role == .attachment }
        #expect(attachments.count == expected["attachments"]?.int ?? 0)
        #expect(!whole.faults.contains { $0.severity == .lost }, "\(whole.faults)")
        let messages = (expected["messages"]?.int ?? 0) + (item.device == "snibe-maglumi" ? 3 : 0)
        if item.name != "synth-abort" { #expect(whole.messages.count + whole.queries.count == messages) }
        for pieces in [Replay.Pieces.fixed(1), .fixed(7), .random(1), .random(2), .random(3)] {
            let other = try Replay.run(bytes, options: options, pieces: pieces)
            #expect(
                other.messages == whole.messages && other.queries == whole.queries,
                "\(item.testDescription) in pieces \(pieces)")
            #expect(other.transmitted == whole.transmitted, "\(item.testDescription) in pieces \(pieces)")
        }
    }
}
