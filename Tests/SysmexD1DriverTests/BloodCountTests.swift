import DriverBench
import DriverKit
import Testing

@testable import SysmexD1Driver

/// Blood-count blocks: what is answered, what is refused, what is read of odd fields.
struct BloodCountTests {
    static let fields = [
        "00740", "04510", "01380", "04120", "09140", "03060", "03350", "02260", "03120", "00790", "06090", "00230",
        "00060", "00450", "04370", "01240", "00990", "02480",
    ]

    static func block(
        kind: String = "D1U", date: String = "240317", id: String = "000000481516", width: String = "S",
        _ changes: [Int: String] = [:]
    ) -> [UInt8] {
        var all = fields
        for (index, field) in changes { all[index] = field }
        return Array("\u{2}\(kind)\(date)0\(id)000000\(width)\(all.joined())\u{3}".utf8)
    }

    private func run(_ bytes: [UInt8], _ options: String = "{}") throws -> Replay {
        try Replay.run(SysmexD1Driver.self, options, bytes)
    }

    @Test("the ACK follows the message and waits for it to be stored")
    func storedFirst() throws {
        let replay = try run(Self.block())
        #expect(replay.kinds == ["message", "held"] && replay.transmitted == [6])
        #expect(replay.spans == [0..<121])
        #expect(try run(Self.block(), #"{"answers": "none"}"#).kinds == ["message", "acknowledge"])
    }

    @Test("a block that comes again counts once and is answered again; after a minute it is new")
    func repeats() throws {
        var replay = try Replay(SysmexD1Driver.self)
        replay.feed(Self.block() + Self.block())
        #expect(replay.messages.count == 1 && replay.transmitted == [6, 6])
        #expect(replay.faults(.notice).count == 1)
        #expect(!replay.driver.isIdle)
        replay.silence()
        #expect(replay.driver.isIdle)
        replay.feed(Self.block())
        #expect(replay.messages.count == 2)
    }

    @Test("one character too few or too many, or a byte that is none: refused with NAK, nothing reported")
    func damaged() throws {
        let good = Self.block()
        for index in 1..<good.count - 1 {
            var short = good
            short.remove(at: index)
            var long = good
            long.insert(0x30, at: index)
            var broken = good
            broken[index] |= 0x80
            for bytes in [short, long, broken] {
                let replay = try run(bytes)
                #expect(replay.messages.isEmpty && replay.transmitted == [0x15] && replay.kinds == ["now"])
                #expect(replay.faults(.refused).count == 1)
            }
            let oneWay = try run(broken, #"{"answers": "ack"}"#)
            #expect(oneWay.transmitted.isEmpty && oneWay.faults.map(\.severity) == [.lost])
            #expect(oneWay.faults[0].start == UInt64(index))
        }
    }

    @Test("masked, blank and unreadable fields; flag digits; zeros of the id kept")
    func fieldForms() throws {
        let replay = try run(
            Self.block(id: "     A-00012", [0: "*0000", 1: "     ", 2: "01381", 3: "04122", 4: "09147", 5: "03 60"]))
        let results = try #require(replay.messages.first).results
        let byCode = Dictionary(uniqueKeysWithValues: results.map { ($0.code, $0) })
        #expect(replay.messages[0].orders[0].specimenID == "A-00012")
        #expect(byCode["WBC"]?.isUsable == false && byCode["WBC"]?.value == "")
        #expect(byCode["RBC"] == nil)
        #expect(byCode["HGB"]?.flags == ["H"] && byCode["HGB"]?.value == "138")
        #expect(byCode["HCT"]?.flags == ["L"] && byCode["MCV"]?.flags == ["7"])
        #expect(byCode["MCH"]?.isUsable == false && byCode["MCH"]?.value == "")
        #expect(replay.faults.filter { $0.severity == .lost }.map(\.start) == [55])
    }

    @Test("haemoglobin in g/dL has a decimal; the letter tells SD from CV, and without it no RDW is reported")
    func settings() throws {
        let grams = try run(Self.block(), #"{"haemoglobin": "g/dL"}"#).messages[0].results
        #expect(grams.first { $0.code == "HGB" }?.value == "13.8")
        #expect(grams.first { $0.code == "MCHC" }?.value == "33.5")
        #expect(try run(Self.block(width: "C")).messages[0].results.contains { $0.code == "RDW-CV" })
        let unknown = try run(Self.block(width: "0"))
        #expect(!unknown.messages[0].results.contains { $0.code.hasPrefix("RDW") })
        #expect(unknown.faults(.lost).count == 1)
    }

    @Test("a date in another order is no date, and is told")
    func date() throws {
        let replay = try run(Self.block(date: "180399"))
        #expect(replay.messages[0].results.allSatisfy { $0.time == "" })
        #expect(replay.faults(.notice).count == 1)
        #expect(try run(Self.block(date: "311224"), #"{"date": "dmy"}"#).messages[0].results[0].time == "2024-12-31")
    }

    @Test("control material is kept as an event, never as results")
    func control() throws {
        let replay = try run(Self.block(kind: "D1C"))
        #expect(replay.messages.map(\.kind) == [.event] && replay.messages[0].results.isEmpty)
        #expect(replay.messages[0].others[0].tag == "D1C" && replay.transmitted == [6])
    }

    @Test("the long block with five populations")
    func five() throws {
        var text = Array(("D1U240318" + String(repeating: "0", count: 225)).utf8)
        for (offset, field) in [
            (54, "008200"), (100, "00750"), (110, "00211"), (115, "00050"), (138, "000172"), (144, "000040"),
            (150, "01320"),
        ] {
            text.replaceSubrange(offset - 1..<offset - 1 + field.utf8.count, with: field.utf8)
        }
        let bytes = [2] + text + [3]
        let five = try run(bytes, #"{"format": "d1u-long", "differential": "five"}"#)
        let values = Dictionary(uniqueKeysWithValues: five.messages[0].results.map { ($0.code, $0.value) })
        #expect(values["MONO%"] == "7.5" && values["EO%"] == "2.1" && values["EO#"] == "0.17")
        #expect(values["BASO#"] == "0.04" && values["RDW-CV"] == "13.2" && five.faults.isEmpty)
        let three = try run(bytes, #"{"format": "d1u-long"}"#)
        #expect(!three.messages[0].results.contains { $0.code == "EO%" })
        #expect(three.faults(.notice).count == 5)
    }

    @Test("options that cannot be used are refused with words")
    func options() {
        for options in [
            #"{"format": "K-1000"}"#, #"{"date": "ydm"}"#, #"{"differential": "five"}"#, #"{"silence_s": 0}"#,
            #"{"decimals": {"041": 9}}"#, #"{"decimals": 3}"#, #"{"answer": "ack"}"#,
        ] {
            #expect(throws: OptionsFault.self, "\(options)") { try Replay(SysmexD1Driver.self, options) }
        }
    }
}
