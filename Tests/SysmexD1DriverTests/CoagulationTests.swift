import DriverBench
import DriverKit
import JSONText
import Testing

@testable import SysmexD1Driver

/// Coagulation blocks: results, inquiries and orders.
struct CoagulationTests {
    static let narrow = #"{"format": "ca-narrow", "date": "dmy"}"#

    static func narrow(
        _ letter: String = "D", kind: String = "U", id: String = "23-234567-001", idKind: String = "B", items: String
    ) -> [UInt8] {
        let left = String(repeating: " ", count: max(0, 13 - id.count)) + id
        let blank = String(repeating: " ", count: 11)
        return Array("\u{2}\(letter)1210101\(kind)1805241636000104\(left)\(idKind)\(blank)\(items)\u{3}".utf8)
    }

    @Test("narrow columns, kinds of result, values that are none")
    func results() throws {
        let items = "041  150 042   75 043   75 044  105+045   12 051----- 061 1 50 "
        let replay = try Replay.run(SysmexD1Driver.self, Self.narrow, Self.narrow(items: items))
        let message = try #require(replay.messages.first)
        #expect(message.orders[0].specimenID == "23-234567-001" && message.orders[0].position == "04")
        #expect(message.results.map(\.code) == ["041", "042", "043", "044", "051", "061"])
        #expect(message.results.map(\.value) == ["15.0", "7.5", "0.75", "1.05", "", ""])
        #expect(message.results.map(\.isUsable) == [true, true, true, true, false, false])
        #expect(message.results[3].flags == ["+"] && message.results[0].time == "2024-05-18T16:36")
        #expect(message.others.map(\.raw) == ["12"])
        #expect(replay.faults(.lost).count == 1, "only 061 is a surprise: \(replay.faults)")
    }

    @Test("decimals by code, a point that is written, ids numbered by the analyser, line ends inside")
    func settings() throws {
        let options = #"{"format": "ca-narrow", "date": "dmy", "decimals": {"062": 0}}"#
        var bytes = Self.narrow(id: "7", idKind: "A", items: "062  325 041 11.8 ")
        bytes.insert(contentsOf: [13, 10], at: 40)
        let replay = try Replay.run(SysmexD1Driver.self, options, bytes)
        #expect(replay.messages[0].results.map(\.value) == ["325", "11.8"])
        #expect(replay.messages[0].orders[0].specimenKind == "number")
    }

    @Test("a sample that is not known to be a patient's is control material")
    func control() throws {
        let bytes = Self.narrow(kind: "C", items: "041  150 ")
        let replay = try Replay.run(SysmexD1Driver.self, Self.narrow, bytes)
        #expect(replay.messages[0].orders[0].isQC && replay.messages[0].results[0].isQC)
        let options = #"{"format": "ca-narrow", "date": "dmy", "patient_kinds": ["U", "C"]}"#
        let patient = try Replay.run(SysmexD1Driver.self, options, bytes)
        #expect(!patient.messages[0].orders[0].isQC)
    }

    @Test("wide columns are not read as narrow ones")
    func widths() throws {
        let replay = try Replay.run(
            SysmexD1Driver.self, #"{"format": "ca"}"#, Self.narrow(items: "041  150 "))
        #expect(replay.messages.isEmpty && replay.transmitted == [0x15])
    }

    @Test("an inquiry is asked on, and answered with its own head and the tests")
    func inquiry() throws {
        var replay = try Replay(SysmexD1Driver.self, Self.narrow)
        replay.feed(Self.narrow("R", kind: " ", items: "040      050      "))
        #expect(replay.kinds == ["query", "held"] && replay.transmitted == [6])
        let query = try #require(replay.queries.first?.queries.first)
        #expect(query.specimenID == "23-234567-001" && query.tests == ["040", "050"])
        let order = JSONValue.object([
            "specimen_id": .string("23-234567-001"), "tests": .strings(["041", "044", "050"]),
            "token": .string(query.token), "patient": .object(["name": .string("DOE^JANE")]),
        ])
        #expect(try replay.submit(order.text()) == .accepted)
        let expected = "S1210101 180524163600010423-234567-001BDOE JANE   040      050      "
        #expect(Array(replay.transmitted.dropFirst()) == [2] + Array(expected.utf8) + [3])
        #expect(!replay.driver.isIdle && replay.orders.isEmpty)
        replay.feed([6])
        #expect(replay.orders.map { $0.orders[0].action } == ["accepted"])
        replay.silence()
        #expect(replay.driver.isIdle && replay.faults.isEmpty)
    }

    @Test("nothing ordered, and a tube without id: 000, so that the analyser goes on")
    func nothing() throws {
        var replay = try Replay(SysmexD1Driver.self, Self.narrow)
        replay.feed(Self.narrow("R", kind: " ", items: "040      "))
        let token = try #require(replay.queries.first?.queries.first?.token)
        let order = JSONValue.object([
            "specimen_id": .string("23-234567-001"), "tests": .strings([]), "token": .string(token),
        ])
        #expect(try replay.submit(order.text()) == .accepted)
        #expect(String(decoding: replay.transmitted.suffix(10), as: UTF8.self) == "000      \u{3}")
        let blank = try Replay.run(
            SysmexD1Driver.self, Self.narrow, Self.narrow("R", kind: " ", id: "", items: "040      "))
        #expect(blank.queries.isEmpty && blank.kinds == ["now", "now"] && blank.faults(.notice).count == 1)
        #expect(String(decoding: blank.transmitted.suffix(10), as: UTF8.self) == "000      \u{3}")
    }

    @Test("an order that is not taken is sent three times and then given up; so is one when the link ends")
    func givenUp() throws {
        for ends in [true, false] {
            var replay = try Replay(SysmexD1Driver.self, Self.narrow)
            replay.feed(Self.narrow("R", kind: " ", items: "040      "))
            let token = try #require(replay.queries.first?.queries.first?.token)
            let order = JSONValue.object([
                "specimen_id": .string("23-234567-001"), "tests": .strings(["040"]), "token": .string(token),
            ])
            try replay.submit(order.text())
            replay.feed([0x15])
            if ends { replay.finish() } else { replay.silence() }
            #expect(replay.orders.map { $0.orders[0].action } == ["refused"])
            #expect(replay.faults(.lost).count == 1 && replay.driver.isIdle)
            #expect(replay.transmitted.count { $0 == 2 } == (ends ? 2 : 3))
        }
    }

    @Test("orders that cannot be expressed are refused")
    func refused() throws {
        var replay = try Replay(SysmexD1Driver.self, Self.narrow)
        replay.feed(Self.narrow("R", kind: " ", items: "040      "))
        let token = try #require(replay.queries.first?.queries.first?.token)
        func refuses(_ members: [(String, JSONValue)]) throws -> Bool {
            var object = JSONObject()
            for (key, value) in members { object[key] = value }
            if case .refused = try replay.submit(JSONValue.object(object).text()) { return true }
            return false
        }
        let id = ("specimen_id", JSONValue.string("23-234567-001"))
        let told = ("token", JSONValue.string(token))
        #expect(try refuses([id, ("tests", .strings(["040"]))]))
        #expect(try refuses([("specimen_id", .string("OTHER")), told, ("tests", .strings(["040"]))]))
        #expect(try refuses([id, told, ("tests", .strings(["PT"]))]))
        #expect(try refuses([id, told, ("tests", .strings(["040"])), ("action", .string("C"))]))
        #expect(try Replay(SysmexD1Driver.self).driver.isIdle)
        var counter = try Replay(SysmexD1Driver.self)
        #expect(try counter.submit(#"{"specimen_id": "1", "tests": ["040"]}"#) == .unsupported)
    }
}
