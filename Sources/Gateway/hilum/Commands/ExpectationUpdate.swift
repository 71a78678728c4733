import DeviceProfile
import Foundation
import JSONText
import Normalization

/// Writes what captures give now as what they must give (`hilum profile test --update`).
enum ExpectationUpdate {
    /// Keys of a result as docs/writing-a-profile.md lists them.
    static let keys = [
        "specimen_id", "patient_id", "test_code", "test_name", "value", "unit", "flags", "status", "time", "qc",
        "usable", "role",
    ]

    /// Updates the expectations of captures that differ in their rows alone, and in every manner of delivery alike.
    ///
    /// A fault, or a difference that depends on how the bytes came, is no new expectation: it stays a difference.
    static func applied(to outcomes: [ProfileTestCommand.Outcome]) throws -> [ProfileTestCommand.Outcome] {
        try outcomes.map { outcome in
            guard let item = outcome.item, !outcome.rowDifferences.isEmpty, outcome.otherDifferences.isEmpty,
                outcome.rowDifferences.allSatisfy({ $0.deliveries.contains("whole") })
            else { return outcome }
            var updated = outcome
            try write(outcome.actual, for: item)
            updated.differences = []
            updated.rowDifferences = []
            updated.isUpdated = true
            return updated
        }
    }

    /// What was written beside the results stays; a normalised key that an old result had is kept in the new one of its code.
    static func document(_ old: JSONValue?, item: ProfileCase, rows: [JSONObject]) -> JSONValue {
        var document = JSONObject()
        for member in old?.object?.members ?? [] where member.key != "results" {
            document.append(member.key, member.value)
        }
        if document["format"] == nil { document.append("format", .number(1)) }
        var extra: [String: [String]] = [:]
        for result in item.results ?? [] {
            let own = (result.object?.members ?? []).map(\.key).filter { !keys.contains($0) && $0 != "note" }
            extra[result["test_code"]?.string ?? "", default: []] += own
        }
        let results = rows.map { row -> JSONValue in
            var kept = JSONObject()
            var wanted = keys
            for key in extra[row["test_code"]?.string ?? ""] ?? [] where !wanted.contains(key) { wanted.append(key) }
            for key in wanted { if let value = row[key] { kept.append(key, value) } }
            return .object(kept)
        }
        document.append("results", .array(results))
        return .object(document)
    }

    private static func write(_ rows: [JSONObject], for item: ProfileCase) throws {
        let captures = (item.capture as NSString).deletingLastPathComponent
        let folder = (captures as NSString).deletingLastPathComponent + "/expected"
        var path = "\(folder)/\(item.name).json"
        let other = "\(folder)/\(item.name).expected.json"
        if !FileManager.default.fileExists(atPath: path), FileManager.default.fileExists(atPath: other) { path = other }
        let old = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: Array($0)) }
        let text = document(old, item: item, rows: rows).serialized(pretty: true) + [0x0A]
        do {
            try Data(text).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.wrong, "\(path) cannot be written", cure: "check the folder's permissions and space")
        }
    }
}
