import DeviceProfile
import JSONText
import Normalization

/// Compares what a file gave with what a profile's folder says it must give.
enum InstanceExpectation {
    /// What differs, in words; empty: nothing. Keys of `instance` that are written must be as written; `results` are compared
    /// as those of analysers are.
    static func differences(_ item: ProfileCase, _ decoded: InstanceDecoder.Decoded) -> [String] {
        var found: [String] = []
        let row = InstanceRow.instance(decoded)
        for member in item.instance?.members ?? [] where !isNull(member.value) || row[member.key] != nil {
            let actual = row[member.key] ?? .null
            if actual != member.value {
                found.append("instance \(member.key): expected \(member.value.text()), got \(actual.text())")
            }
        }
        if let results = item.results {
            found += ResultComparison.differences(
                expected: results, actual: InstanceRow.observations(of: decoded))
        }
        return found
    }

    private static func isNull(_ value: JSONValue) -> Bool { if case .null = value { true } else { false } }

    /// What a file gives now, in the format of `expected/*.json`.
    static func draft(_ decoded: InstanceDecoder.Decoded) -> JSONValue {
        var object: JSONObject = ["format": .number(1)]
        var instance = JSONObject()
        for member in InstanceRow.instance(decoded).members where member.key != "row" {
            instance.append(member.key, member.value)
        }
        object.append("instance", .object(instance))
        let rows = InstanceRow.observations(of: decoded).map { row -> JSONValue in
            var kept = JSONObject()
            for key in draftKeys { if let value = row[key] { kept.append(key, value) } }
            return .object(kept)
        }
        object.append("results", .array(rows))
        return .object(object)
    }

    private static let draftKeys = [
        "specimen_id", "patient_id", "test_code", "test_name", "value", "unit", "flags", "status", "time", "qc",
        "usable", "role", "loinc", "ucum", "text", "value_code", "absent_reason", "body_site", "laterality", "method",
        "group", "result_status",
    ]
}
