import CharacterSets
import Testing

@testable import Orders

@Suite("Files of laboratory orders")
struct OrderFileTests {
    private func csv(_ lines: String...) -> [UInt8] { Array(lines.joined(separator: "\n").utf8) }

    private func fault(_ bytes: [UInt8]) -> String {
        do {
            _ = try OrderFile.parse(bytes)
            return "no fault"
        } catch { return error.description }
    }

    private static let head = "placer,specimen_id,patient_id,tests,priority,birth_date,action"

    @Test("Lines of one order and specimen are one order; zeros stay")
    func lines() throws {
        let orders = try OrderFile.parse(
            csv(Self.head, "PL1,00123,P1,2345-7 K,stat,19800229,", "PL1,00123,P1,NA,,,", "PL1,00124,P1,NA,,,"))
        #expect(orders.map(\.specimenID) == ["00123", "00124"])
        #expect(orders.first?.tests.map(\.code) == ["2345-7", "K", "NA"])
        #expect(orders.first?.priority == .stat)
        #expect(orders.first?.patient.birthDate == "1980-02-29")
    }

    @Test("JSON says the same; numbers that are identifiers are refused")
    func json() throws {
        let text = """
            {"orders": [{"placer": "PL1", "specimen_id": "00123", "patient": {"id": "P1", "name": "Doe^Jane"},
              "tests": ["2345-7", {"code": "K", "name": "Potassium"}], "collected_at": "202611230830",
              "devices": ["c1"]}]}
            """
        let order = try #require(try OrderFile.parse(Array(text.utf8)).first)
        #expect(order.tests.map(\.name) == ["", "Potassium"])
        #expect(order.collectedAt == "2026-11-23T08:30")
        #expect(order.devices == ["c1"])
        let number =
            "[\n{\"placer\": \"PL1\",\n\"specimen_id\": 123, \"patient\": {\"id\": \"P1\"}, \"tests\": [\"K\"]}]"
        #expect(fault(Array(number.utf8)).hasPrefix("line 2, order 1: \"specimen_id\" is a number"))
    }

    @Test(
        "Faults name the line and the cure",
        arguments: [
            ("PL1,,P1,K,,,", "line 2: specimen_id is missing"), ("PL1,S1,,K,,,", "line 2: patient_id is missing"),
            (",S1,P1,K,,,", "line 2: placer is missing"), ("PL1,S1,P1,,,,", "line 2: there is no test"),
            ("PL1,S1,P1,K,soon,,", "line 2: there is no priority \"soon\"; routine, asap or stat"),
            ("PL1,S1,P1,K,,19810229,", "line 2: \"19810229\" is no date; write 1980-02-29"),
            ("PL1,S1,P1,K,,,undo", "line 2: there is no action \"undo\"; new, add or cancel"),
            ("PL1,S1,P1,K,,,,x", "line 2: 8 fields where line 1 has 7"),
            ("PL1,\"S1,P1,K,,,", "line 2: a quote is opened and not closed"),
        ])
    func faults(_ line: String, _ expected: String) {
        let text = fault(csv(Self.head, line))
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test("GB 18030 is read; what can be no text of that is refused with its line, or read as a person says")
    func encodings() throws {
        let head = Array("placer,specimen_id,patient_id,patient_name,tests\n".utf8)
        // 张三 in GB 18030.
        let chinese = head + Array("PL1,S1,P1,".utf8) + [0xD5, 0xC5, 0xC8, 0xFD] + Array(",K\n".utf8)
        #expect(OrderFile.isLaboratory(chinese))
        #expect(try OrderFile.parse(chinese).first?.patient.name == "张三")
        let latin = head + Array("PL1,S1,P1,Moser,K\nPL2,S2,P2,M".utf8) + [0xFC] + Array("ller,K\n".utf8)
        #expect(fault(latin).hasPrefix("line 3: the file is neither UTF-8"))
        let read = try OrderFile.utf8(latin, encoding: .iso8859(1))
        #expect(try OrderFile.parse(read).last?.patient.name == "Müller")
        #expect(fault([0xFF, 0xFE, 0x70, 0x00]).hasPrefix("the file is UTF-16"))
    }

    @Test("Any bytes at all give orders or a fault, never a trap")
    func garbage() {
        var state: UInt64 = 7
        let alphabet = Array("placer,specimen_id,patient_id,tests\n\r\";{}[]:\\ \t0".utf8) + [0xD5, 0xC5, 0xFF, 0x00]
        for round in 0..<2000 {
            var bytes: [UInt8] =
                round % 2 == 0 ? Array("placer,specimen_id,patient_id,tests\n".utf8) : [UInt8(ascii: "[")]
            for _ in 0..<(round % 120) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            _ = OrderFile.isLaboratory(bytes)
            if let orders = try? OrderFile.parse(bytes) {
                #expect(orders.allSatisfy { !$0.specimenID.isEmpty && !$0.patient.id.isEmpty && !$0.placer.isEmpty })
            }
        }
    }

    @Test("One order is of one patient")
    func twoPatients() {
        #expect(
            fault(csv(Self.head, "PL1,S1,P1,K,,,", "PL1,S1,P2,NA,,,")).hasPrefix("line 3: order PL1 on specimen S1"))
    }

    @Test("Recognised by columns or keys")
    func recognised() {
        #expect(OrderFile.isLaboratory(csv(Self.head)))
        #expect(OrderFile.isLaboratory(Array("[{\"specimen_id\": \"1\"}]".utf8)))
        #expect(!OrderFile.isLaboratory(csv("patient_id,accession,modality,date")))
        #expect(!OrderFile.isLaboratory(Array("[{\"accession\": \"1\"}]".utf8)))
    }

    @Test("A cancellation needs no tests")
    func cancellation() throws {
        let order = try #require(try OrderFile.parse(csv(Self.head, "PL1,S1,P1,,,,cancel")).first)
        #expect(order.action == .cancel && order.tests.isEmpty)
    }
}
