import DriverWire
import Foundation
import JSONText
import Normalization
import ResultModel
import Testing

/// Every result that the capture collection expects, as a driver would hand it over, through the normaliser without a
/// profile: the device's words must come out as they went in, what is usable must stay usable, and what is not may never
/// become a number.
@Suite("The capture collection's results")
struct CorpusTests {
    private static func cases() throws -> [(name: String, results: [JSONValue])] {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")
        let manager = FileManager.default
        guard let folders = try? manager.contentsOfDirectory(at: root, includingPropertiesForKeys: nil) else {
            print("skipped: no captures at ../shared/corpus")
            return []
        }
        var cases: [(name: String, results: [JSONValue])] = []
        for folder in folders {
            for file in (try? manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            where file.lastPathComponent.hasSuffix(".expected.json") {
                let document = try JSONValue(parsing: Array(Data(contentsOf: file)))
                cases.append(
                    ("\(folder.lastPathComponent)/\(file.lastPathComponent)", document["results"]?.array ?? []))
            }
        }
        return cases
    }

    private func message(_ results: [JSONValue], trustingUsable: Bool) -> DeviceMessage {
        var message = DeviceMessage(protocolName: "test")
        for row in results {
            var patient = DeviceMessage.Patient()
            patient.id = row["patient_id"]?.string ?? ""
            var order = DeviceMessage.Order()
            order.specimenID = row["specimen_id"]?.string ?? ""
            order.patient = message.patients.count
            order.isQC = row["qc"]?.bool ?? false
            var sent = DeviceMessage.Result()
            sent.order = message.orders.count
            sent.code = row["test_code"]?.string ?? ""
            sent.name = row["test_name"]?.string ?? ""
            sent.value = row["value"]?.string ?? ""
            sent.unit = row["unit"]?.string ?? ""
            sent.flags = (row["flags"]?.array ?? []).compactMap(\.string)
            sent.status = row["status"]?.string ?? ""
            sent.time = row["time"]?.string ?? ""
            sent.role = row["role"]?.string.flatMap { DeviceMessage.Result.Role(rawValue: $0) } ?? .result
            sent.isUsable = trustingUsable ? true : row["usable"]?.bool ?? true
            message.patients.append(patient)
            message.orders.append(order)
            message.results.append(sent)
        }
        return message
    }

    @Test("The device's words survive, usable stays usable")
    func words() throws {
        var rows = 0
        for (name, results) in try Self.cases() {
            let output = normalized(message(results, trustingUsable: false), try profile())
            let actual = output.reports.flatMap { ResultRow.rows(of: $0) }
            #expect(ResultComparison.differences(expected: results, actual: actual).isEmpty, "\(name)")
            #expect(actual.count == results.count, "\(name)")
            let usable = actual.count { $0["usable"] == .bool(true) }
            let expected = results.count { $0["usable"]?.bool ?? true && !($0["value"]?.string ?? "").isEmpty }
            #expect(usable == expected, "\(name)")
            // Whatever reads as a decimal with or without comparator comes out as a number.
            for row in actual where row["usable"] == .bool(true) && ExactDecimal(row["value"]?.string ?? "") != nil {
                #expect(
                    row["number"] != nil || (row["value"]?.string ?? "").hasPrefix("+"),
                    "\(name) \(JSONValue.object(row).text())")
            }
            rows += actual.count
        }
        #expect(rows == 0 || rows > 800)
    }

    @Test("Rows of dashes, stars and points are recognised without a profile")
    func placeholders() throws {
        for (name, results) in try Self.cases() {
            for result in results where result["usable"]?.bool == false {
                let value = result["value"]?.string ?? ""
                guard value.utf8.count >= 3, value.allSatisfy({ "-*.:".contains($0) }) else { continue }
                let output = normalized(message([result], trustingUsable: true), try profile())
                #expect(output.reports.first?.observations.first?.isUsable == false, "\(name) \(value)")
            }
        }
    }
}
