import DriverWire
import Foundation
import JSONText

/// The corpus's rules of comparison (README.md, compare.py).
public struct Comparison {
    /// One result as it is compared.
    public struct Row: Equatable {
        var specimen: String
        var patient: String
        var codes: Set<String>
        var value: String
        var unit: String
        var flags: [String]
        var status: String
        var time: String
        var isQC: Bool
        var isUsable: Bool

        /// A result of a message.
        public init(message: DeviceMessage, result: DeviceMessage.Result) {
            let order = result.order.map { message.orders[$0] }
            specimen = order?.specimenID ?? ""
            patient = order?.patient.map { message.patients[$0].id } ?? ""
            codes = Set([result.code, result.name].filter { !$0.isEmpty })
            value = result.value
            unit = result.unit
            flags = result.flags.filter { $0 != "N" }.sorted()
            status = result.status
            time = result.time
            isQC = result.isQC
            isUsable = result.isUsable
        }
    }

    /// What differs; empty: nothing.
    public private(set) var differences: [String] = []

    /// Compares rows with the results of an expected.json.
    public init(expected: [JSONValue], actual: [Row]) {
        var used: Set<Int> = []
        for item in expected {
            let codes = Set(["test_code", "test_name"].compactMap { item[$0]?.string })
            let near = actual.indices.filter {
                actual[$0].specimen == item["specimen_id"]?.string && !actual[$0].codes.isDisjoint(with: codes)
            }
            let exact = near.filter { Comparison.wrong(item, actual[$0]).isEmpty }
            used.formUnion(exact.isEmpty ? near : exact)
            if let first = near.first, exact.isEmpty {
                differences.append(
                    "wrong \(Comparison.wrong(item, actual[first])): \(item.text()) got \(actual[first])")
            } else if near.isEmpty, item["role"]?.string == "result", item["usable"]?.bool == true {
                differences.append("missing \(item.text())")
            }
        }
        for index in actual.indices where !used.contains(index) { differences.append("extra \(actual[index])") }
    }

    private static func wrong(_ item: JSONValue, _ row: Row) -> [String] {
        func text(_ key: String) -> String { item[key]?.string ?? "" }
        guard item["usable"]?.bool == true else { return row.isUsable && decimal(row.value) != nil ? ["usable"] : [] }
        var wrong: [String] = []
        if normal(row.value) != normal(text("value")) { wrong.append("value") }
        if !text("unit").isEmpty, text("unit") != row.unit { wrong.append("unit") }
        let flags = (item["flags"]?.array ?? []).compactMap(\.string).filter { $0 != "N" }.sorted()
        if flags != row.flags { wrong.append("flags") }
        if !text("status").isEmpty, text("status") != row.status { wrong.append("status") }
        if item["qc"]?.bool != row.isQC { wrong.append("qc") }
        let times = (text("time").filter(\.isNumber), row.time.filter(\.isNumber))
        let digits = min(times.0.count, times.1.count)
        if digits > 0, times.0.prefix(digits) != times.1.prefix(digits) { wrong.append("time") }
        if let patient = item["patient_id"]?.string, patient != row.patient { wrong.append("patient_id") }
        return wrong
    }

    private static func decimal(_ text: String) -> Decimal? {
        let plain = text.replacingOccurrences(of: ",", with: ".")
        guard plain.wholeMatch(of: /[-+]?(\d+\.?\d*|\.\d+)/) != nil else { return nil }
        return Decimal(string: plain, locale: Locale(identifier: "en_US_POSIX"))
    }

    private static func normal(_ text: String) -> String {
        for sign in [">=", "<=", ">", "<"] where text.hasPrefix(sign) {
            return sign + normal(text.dropFirst(sign.count).trimmingCharacters(in: .whitespaces))
        }
        return decimal(text).map { "\($0)" } ?? text
    }
}
