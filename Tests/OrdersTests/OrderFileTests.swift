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
        let number = "[\n{\"placer\": \"PL1\",\n\"specimen_id\": 123, \"patient\": {\"id\": \"P1\"}, \"tests\": [\"K\"]}]"
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

    @Test("One order is of one patient")
    func twoPatients() {
        #expect(fault(csv(Self.head, "PL1,S1,P1,K,,,", "PL1,S1,P2,NA,,,")).hasPrefix("line 3: order PL1 on specimen S1"))
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
