import DriverKit
import DriverWire
import Foundation
import JSONText
import Testing

@testable import HL7AnalyserDriver

/// Every capture of the family `hl7` in the corpus that lies beside the checkout, by the rules of its compare.py.
@Suite("Captures", .enabled(if: Corpus.folder != nil, "no corpus at ../shared/corpus"))
struct CorpusTests {
    @Test("whole, byte by byte, in random pieces", arguments: Corpus.captures)
    func capture(_ capture: Corpus.Capture) throws {
        let expected = try capture.expected()
        let bytes = try capture.bytes()
        let whole = try decode([bytes], capture.device)
        #expect(Corpus.differences(expected.results, whole.rows) == [])
        #expect(whole.messages == expected.messages)
        #expect(whole.attachments == expected.attachments)
        #expect(try decode(bytes.map { [$0] }, capture.device).messagesText == whole.messagesText)
        var random = SplitMix64(seed: 1)
        for _ in 0..<10 {
            #expect(try decode(random.pieces(of: bytes), capture.device).messagesText == whole.messagesText)
        }
    }

    @Test("the comparison finds what is wrong: a control message read without its rule, an unknown place")
    func comparisonFinds() throws {
        let capture = try #require(Corpus.captures.first { $0.device == "mindray-cl1000i" && $0.name == "synth-qc" })
        let expected = try capture.expected()
        #expect(Corpus.differences(expected.results, try decode([try capture.bytes()], "none").rows) != [])
        let rows = try decode([try capture.bytes()], capture.device).rows
        var other = rows
        other[0].result.value = "41.3"
        #expect(Corpus.differences(expected.results, other) != [])
        #expect(Corpus.differences(expected.results, rows + [Corpus.Row()]) != [])
        #expect(Corpus.differences(expected.results, []) != [])
    }

    private func decode(_ pieces: [[UInt8]], _ device: String) throws -> Corpus.Decoded {
        var bench = try Bench(Corpus.options[device] ?? "{}")
        for piece in pieces { bench.receive(piece) }
        bench.finish()
        return Corpus.Decoded(bench)
    }
}

enum Corpus {
    static let folder: URL? = {
        var root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder = root.appendingPathComponent("shared/corpus")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// What the profiles of these devices say; a device that is not here is read with the defaults.
    static let options = [
        "cepheid-genexpert":
            #"{"code":{"join":["OBX-3.1.1","OBX-4.1.1","OBX-4.1.2"]},"name":[],"rows":[{"when":{"OBX-11":""},"role":"raw"}]}"#,
        "erba-elite580": haematology,
        "mindray-bc5130": haematology,
        "mindray-cl1000i": #"""
        {"patient":["PID-2.1","PID-3.1"],"name":"OBX-4","sub_id":[],"no_value":"-268435455","value_instead":"OBX-9",
         "run":"OBX-17","method":[],"record_results":[{"when":{"MSH-16":"2"},"code":"OBR-2","name":"OBR-3","value":"OBR-20",
         "unit":"OBR-21","time":"OBR-8","specimen":"OBR-13","qc":true}]}
        """#,
        "wondfo-finecare-fs113": #"""
        {"specimen":"PID-1","patient":[],"code":"OBX-4","name":[],"sub_id":[],"value_flags":{"↑":"H","↓":"L"},
         "split":{"names":"OBX-4","values":"OBX-5"}}
        """#,
    ]
    private static let haematology =
        #"{"rows":[{"when":{"OBX-2":"IS"},"role":"info"},{"when":{"OBX-3.2":"Age"},"role":"info"}]}"#

    struct Capture: Sendable, CustomTestStringConvertible {
        var device: String
        var name: String
        var testDescription: String { "\(device)/\(name)" }

        private func read(_ suffix: String) throws -> [UInt8] {
            let folder = try #require(Corpus.folder)
            return Array(try Data(contentsOf: folder.appendingPathComponent("\(device)/\(name)\(suffix)")))
        }
        func bytes() throws -> [UInt8] { try read(".bin") }
        func expected() throws -> (messages: Int, attachments: Int, results: [JSONValue]) {
            let json = try JSONValue(parsing: try read(".expected.json"))
            return (
                json["messages"]?.int ?? 0, json["attachments"]?.int ?? 0, json["results"]?.array ?? []
            )
        }
    }

    static let captures: [Capture] = {
        guard let folder,
            let index = try? String(contentsOf: folder.appendingPathComponent("INDEX.tsv"), encoding: .utf8)
        else { return [] }
        return index.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count > 3, cells[3] == "hl7" else { return nil }
            return Capture(device: String(cells[0]), name: String(cells[1]))
        }
    }()

    struct Row {
        var specimen = ""
        var patient = ""
        var result = DeviceMessage.Result()
        var isQC = false
    }

    struct Decoded {
        var rows: [Row] = []
        var attachments = 0
        var messages = 0
        /// For comparing two decodes.
        var messagesText: String

        init(_ bench: Bench) {
            messages = bench.messages.count
            messagesText = bench.messages.map { "\($0)" }.joined(separator: "\n")
            for message in bench.messages {
                for result in message.results {
                    if result.role == .attachment {
                        attachments += 1
                        continue
                    }
                    var row = Row(result: result, isQC: result.isQC)
                    if let order = result.order {
                        row.specimen = message.orders[order].specimenID
                        row.isQC = row.isQC || message.orders[order].isQC
                        if let patient = message.orders[order].patient { row.patient = message.patients[patient].id }
                    }
                    rows.append(row)
                }
            }
        }
    }

    /// The rules of compare.py.
    static func differences(_ expected: [JSONValue], _ actual: [Row]) -> [String] {
        var differences: [String] = []
        var used: Set<Int> = []
        for wanted in expected {
            let near = actual.indices.filter {
                actual[$0].specimen == wanted["specimen_id"]?.string
                    && !codes(wanted).isDisjoint(with: codes(actual[$0]))
            }
            let exact = near.filter { wrong(wanted, actual[$0]).isEmpty }
            used.formUnion(exact.isEmpty ? near : exact)
            if let first = near.first, exact.isEmpty {
                differences.append("wrong \(wrong(wanted, actual[first])): \(wanted.text()) got \(actual[first])")
            } else if near.isEmpty, wanted["role"]?.string == "result", wanted["usable"]?.bool == true {
                differences.append("missing \(wanted.text())")
            }
        }
        differences += actual.indices.filter { !used.contains($0) }.map { "extra \(actual[$0])" }
        return differences
    }

    private static func codes(_ value: JSONValue) -> Set<String> {
        Set([value["test_code"]?.string, value["test_name"]?.string].compactMap { $0 }.filter { !$0.isEmpty })
    }
    private static func codes(_ row: Row) -> Set<String> {
        Set([row.result.code, row.result.name].filter { !$0.isEmpty })
    }

    private static func wrong(_ wanted: JSONValue, _ row: Row) -> [String] {
        func text(_ key: String) -> String { wanted[key]?.string ?? "" }
        let result = row.result
        if wanted["usable"]?.bool == false {
            return result.isUsable && Decimal(string: result.value) != nil && !result.value.isEmpty ? ["usable"] : []
        }
        var wrong: [String] = result.isUsable ? [] : ["usable"]
        if result.value != text("value"), number(result.value) == nil || number(result.value) != number(text("value")) {
            wrong.append("value")
        }
        if !text("unit").isEmpty, result.unit != text("unit") { wrong.append("unit") }
        let flags = (wanted["flags"]?.array ?? []).compactMap(\.string).filter { $0 != "N" }.sorted()
        if result.flags.filter({ $0 != "N" }).sorted() != flags { wrong.append("flags") }
        if !text("status").isEmpty, result.status != text("status") { wrong.append("status") }
        if row.isQC != wanted["qc"]?.bool { wrong.append("qc") }
        if result.role.rawValue != text("role") { wrong.append("role") }
        let times = (digits(text("time")), digits(result.time))
        if !times.0.isEmpty, !times.1.hasPrefix(times.0), !times.0.hasPrefix(times.1) || times.1.isEmpty {
            wrong.append("time")
        }
        if !text("patient_id").isEmpty, row.patient != text("patient_id") { wrong.append("patient_id") }
        return wrong
    }

    private static func number(_ text: String) -> Decimal? {
        text.allSatisfy({ $0.isNumber || "+-.".contains($0) }) ? Decimal(string: text) : nil
    }

    private static func digits(_ time: String) -> String {
        var time = time
        if let zone = time.firstIndex(of: "T").flatMap({ time[$0...].firstIndex { "+-Z".contains($0) } }) {
            time = String(time[..<zone])
        }
        return time.filter(\.isNumber)
    }
}
