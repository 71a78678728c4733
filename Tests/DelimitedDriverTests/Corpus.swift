import DriverWire
import Foundation
import JSONText
import Testing

/// The collection of captures beside the checkout, and its rules of comparison (README.md, compare.py).
enum Corpus {
    /// Families of the captures in INDEX.tsv.
    private static let families: Set = ["file", "drichem"]

    static let folder: URL? = {
        var root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder = root.appendingPathComponent("shared/corpus")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    struct Capture: Sendable, CustomTestStringConvertible {
        var device: String
        var name: String
        var testDescription: String { "\(device)/\(name)" }

        private func read(_ suffix: String) throws -> [UInt8] {
            let folder = try #require(Corpus.folder)
            return Array(try Data(contentsOf: folder.appendingPathComponent("\(device)/\(name)\(suffix)")))
        }
        func bytes() throws -> [UInt8] { try read(".bin") }
        func expected() throws -> JSONValue { try JSONValue(parsing: try read(".expected.json")) }
    }

    static let captures: [Capture] = {
        guard let folder,
            let index = try? String(contentsOf: folder.appendingPathComponent("INDEX.tsv"), encoding: .utf8)
        else { return [] }
        return index.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count > 3, families.contains(String(cells[3])) else { return nil }
            return Capture(device: String(cells[0]), name: String(cells[1]))
        }
    }()

    private struct Row {
        var specimen = ""
        var patient = ""
        var result: DeviceMessage.Result
        var isQC: Bool
    }

    static func differences(_ expected: [JSONValue], _ messages: [DeviceMessage]) -> [String] {
        let actual = messages.flatMap { message in
            message.results.filter { $0.role != .attachment }.map { result in
                let order = result.order.map { message.orders[$0] }
                return Row(
                    specimen: order?.specimenID ?? "", patient: order?.patient.map { message.patients[$0].id } ?? "",
                    result: result, isQC: result.isQC || order?.isQC ?? false)
            }
        }
        var differences: [String] = []
        var used: Set<Int> = []
        for wanted in expected {
            let near = actual.indices.filter {
                actual[$0].specimen == wanted["specimen_id"]?.string
                    && !codes(wanted).isDisjoint(with: [actual[$0].result.code, actual[$0].result.name])
            }
            let exact = near.filter { wrong(wanted, actual[$0]).isEmpty }
            used.formUnion(exact.isEmpty ? near : exact)
            if let first = near.first, exact.isEmpty {
                differences.append("wrong \(wrong(wanted, actual[first])): \(wanted.text()) got \(actual[first])")
            } else if near.isEmpty, wanted["role"]?.string == "result", wanted["usable"]?.bool == true {
                differences.append("missing \(wanted.text())")
            }
        }
        return differences + actual.indices.filter { !used.contains($0) }.map { "extra \(actual[$0])" }
    }

    private static func codes(_ value: JSONValue) -> Set<String> {
        Set([value["test_code"]?.string, value["test_name"]?.string].compactMap { $0 }.filter { !$0.isEmpty })
    }

    private static func wrong(_ wanted: JSONValue, _ row: Row) -> [String] {
        func text(_ key: String) -> String { wanted[key]?.string ?? "" }
        let result = row.result
        if wanted["usable"]?.bool == false { return result.isUsable && number(result.value) != nil ? ["usable"] : [] }
        var wrong: [String] = result.isUsable ? [] : ["usable"]
        if result.value != text("value"), number(result.value) == nil || number(result.value) != number(text("value")) {
            wrong.append("value")
        }
        if !text("unit").isEmpty, result.unit != text("unit") { wrong.append("unit") }
        let flags = (wanted["flags"]?.array ?? []).compactMap(\.string).filter { $0 != "N" }.sorted()
        if result.flags.filter({ $0 != "N" }).sorted() != flags { wrong.append("flags") }
        if !text("status").isEmpty, result.status != text("status") { wrong.append("status") }
        if row.isQC != wanted["qc"]?.bool { wrong.append("qc") }
        let times = (digits(text("time")), digits(result.time))
        if !times.0.hasPrefix(times.1), !times.1.hasPrefix(times.0) { wrong.append("time") }
        if !text("patient_id").isEmpty, row.patient != text("patient_id") { wrong.append("patient_id") }
        return wrong
    }

    private static func number(_ text: String) -> Decimal? {
        !text.isEmpty && text.allSatisfy({ $0.isNumber || "+-.".contains($0) }) ? Decimal(string: text) : nil
    }

    private static func digits(_ time: String) -> String {
        var time = time
        if let zone = time.firstIndex(of: "T").flatMap({ time[$0...].firstIndex { "+-Z".contains($0) } }) {
            time = String(time[..<zone])
        }
        return time.filter(\.isNumber)
    }
}
