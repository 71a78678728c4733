import DeviceProfile
import DriverWire
import Foundation
import JSONText
import Normalization
import ResultModel
import Testing

@Suite("Comparison with expectations")
struct ProfileTestTests {
    private func row(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

    private func compare(_ expected: [String], _ actual: [String]) throws -> [String] {
        ResultComparison.differences(
            expected: try expected.map { try row($0) }, actual: try actual.compactMap { try row($0).object })
    }

    private static func item(_ value: String, _ more: String = "") -> String {
        #"{"specimen_id":"S","test_code":"A","value":"\#(value)","unit":"","flags":[],"status":"","time":"","qc":false,"usable":true,"role":"result"\#(more)}"#
    }

    @Test(
        "Alike",
        arguments: [
            (item("34.9"), item("34.90")), (item("7,41"), item("7.41")), (item("> 15000.00"), item(">15000")),
            (item("1E2"), item("100")),
            (item("neg"), item("neg ")), (item("1", #","flags":["N"]"#), item("1")),
            (item("1", #","time":"2024-03-18T08:00""#), item("1", #","time":"2024-03-18T08:00:05""#)),
            (item("1"), item("1", #","unit":"g","status":"F""#)),
            (item("1", #","number":1.50"#), item("1", #","number":1.5"#)),
            (item("1", #","flags":["b","a"]"#), item("1", #","flags":["a","b","N"]"#)),
            (item("", #","usable":false"#), item("---", #","usable":false"#)),
        ])
    func alike(_ expected: String, _ actual: String) throws {
        #expect(try compare([expected], [actual]).isEmpty)
    }

    @Test(
        "Different",
        arguments: [
            (item("34.9"), item("34.91"), "value"), (item(">8"), item("8"), "value"),
            (item("1", #","unit":"g/L""#), item("1", #","unit":"g/dL""#), "unit"),
            (item("1"), item("1", #","flags":["H"]"#), "flags"), (item("1", #","status":"F""#), item("1"), "status"),
            (item("1"), item("1", #","qc":true"#), "qc"),
            (item("1", #","time":"2024-03-18""#), item("1", #","time":"2024-03-19T08:00""#), "time"),
            (item("1", #","patient_id":"P""#), item("1"), "patient_id"),
            (item("1", #","usable":false"#), item("1"), "usable"),
            (item("1", #","loinc":"6690-2""#), item("1"), "loinc"),
            (item("1", #","ucum":"g/L""#), item("1", #","ucum":"g/dL""#), "ucum"),
        ])
    func different(_ expected: String, _ actual: String, _ key: String) throws {
        let found = try compare([expected], [actual])
        #expect(found.count == 1 && found[0].hasPrefix("wrong") && found[0].contains(" \(key): "), "\(found)")
    }

    @Test("Missing, extra, left out, repeated")
    func sets() throws {
        #expect(try compare([Self.item("1")], []).first?.hasPrefix("missing") ?? false)
        #expect(try compare([], [Self.item("1")]).first?.hasPrefix("extra") ?? false)
        #expect(try compare([Self.item("1", #","role":"raw""#), Self.item("1", #","usable":false"#)], []).isEmpty)
        #expect(try compare([Self.item("1"), Self.item("1")], [Self.item("1")]).isEmpty)
        #expect(try compare([Self.item("1")], [Self.item("1"), Self.item("2")]).first?.hasPrefix("extra") ?? false)
        #expect(
            try compare(
                [
                    #"{"specimen_id":"S","test_code":"6690","test_name":"WBC","value":"1","unit":"","flags":[],"status":"","time":"","qc":false,"usable":true,"role":"result"}"#
                ], [Self.item("1", #","test_code":"WBC""#)]
            ).isEmpty)
    }

    @Test("Agrees with the collection's own comparison on its expectations, against themselves and against changes")
    func corpus() throws {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")
        guard let folders = try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
        else {
            print("skipped: no captures at ../shared/corpus")
            return
        }
        var files = 0
        var changed = 0
        for folder in folders {
            for file in (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
                ?? []
            where file.lastPathComponent.hasSuffix(".expected.json") {
                let results = try #require(JSONValue(parsing: Array(Data(contentsOf: file)))["results"]?.array)
                let rows = results.compactMap(\.object)
                #expect(
                    ResultComparison.differences(expected: results, actual: rows).isEmpty, "\(file.lastPathComponent)")
                files += 1
                for (index, result) in rows.enumerated()
                where result["usable"]?.bool == true && result["role"]?.string == "result" {
                    var wrong = rows
                    wrong[index]["value"] = .string("changed")
                    let isRepeated = results.count { $0 == results[index] } > 1
                    #expect(!ResultComparison.differences(expected: results, actual: wrong).isEmpty || isRepeated)
                    changed += 1
                    break
                }
            }
        }
        #expect(files > 60 && changed > 60)
    }

    @Test("A folder's captures are played whole, byte by byte and in pieces")
    func engine() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "hilum-profile-\(UInt64.random(in: 0...UInt64.max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws {
            let file = folder.appendingPathComponent("acme/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try write(
            "profile.yaml", "id: acme\ndriver: lis\nkind: generic\nvariants: {hl7: {driver: hl7-analyser, vendor: V}}\n"
        )
        try write("captures/good.bin", "A=1")
        try write("expected/good.json", "{\"results\": [\(Self.item("1"))]}")
        try write("captures/bad.bin", "A=2")
        try write("expected/bad.json", "{\"results\": [\(Self.item("1"))]}")
        try write("captures/noise.bin", "noise")
        try write("expected/noise.err", "*noise*\n")
        try write("captures/message.bin", "MSH|A=3")
        try write("expected/message.json", "{\"results\": [\(Self.item("3"))]}")
        let (loaded, _) = try ProfileFolder.load(folder.appendingPathComponent("acme").path)
        var variants: Set<String> = []
        let outcomes = await ProfileTest.run(loaded) { pieces, profile in
            let text = String(decoding: pieces.joined(), as: UTF8.self)
            variants.insert("\(text.prefix(3)) \(profile.vendor)")
            guard let sign = text.firstIndex(of: "=") else {
                return ProfileDecode(
                    reports: [],
                    faults: [.init(text: "lost: noise at 0", isNotice: false), .init(text: "n", isNotice: true)])
            }
            let sent = message([result("A", String(text[text.index(after: sign)...]))], specimen: "S")
            return ProfileDecode(reports: normalized(sent, CompiledProfile(profile)).reports)
        }
        #expect(outcomes.count == 16 && outcomes.filter { !$0.isPassed }.map(\.name) == ["bad", "bad", "bad", "bad"])
        #expect(
            Set(outcomes.map(\.delivery)) == [
                "whole", "byte by byte", "random pieces (seed 1)", "random pieces (seed 2)",
            ])
        #expect(variants == ["A=1 ", "A=2 ", "noi ", "MSH V"])
        let failing = await ProfileTest.run(loaded) { _, _ in throw ProfileFault([]) }
        #expect(failing.allSatisfy { !$0.isPassed })
        let silent = await ProfileTest.run(loaded) { _, _ in ProfileDecode(reports: []) }
        #expect(silent.allSatisfy { !$0.isPassed })
    }
}
