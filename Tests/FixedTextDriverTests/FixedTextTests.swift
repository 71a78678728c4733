import DriverBench
import DriverKit
import Testing

@testable import FixedTextDriver

/// What the tables and lines make of odd blocks.
struct FixedTextTests {
    private func run(_ text: String, _ options: String) throws -> Replay {
        try Replay.run(FixedTextDriver.self, options, Array("\u{2}\(text)\u{3}".utf8))
    }

    static let orders = #"{"format": "orders"}"#
    static func order(id: String = "00000000000000000815", _ groups: String) -> String {
        "R 0001\(id)  12 4202403181010  1\(groups)\u{17}202403181000          \u{17}"
    }

    @Test("orders: a result stands with A only; another kind of block is no result; ACK after the message")
    func orderStatus() throws {
        let replay = try run(Self.order("   6  5.02 1A  17  1.11 1D  21      E1W"), Self.orders)
        let results = try #require(replay.messages.first).results
        #expect(results.map(\.code) == ["6", "17", "21"] && results.map(\.isUsable) == [true, false, false])
        #expect(results.map(\.status) == ["A", "D", "W"] && results[2].flags == ["E"])
        #expect(replay.messages[0].orders[0].specimenID == "00000000000000000815")
        #expect(replay.kinds == ["message", "held"] && replay.faults.isEmpty)
        let other = try run("Q 0001" + String(repeating: " ", count: 60), Self.orders)
        #expect(other.messages.isEmpty && other.transmitted == [6] && other.faults(.notice).count == 1)
    }

    @Test("orders: a value that is no number is told, and a block that ends within a result is refused")
    func orderDamage() throws {
        let odd = try run(Self.order("   6  5x02 1A"), Self.orders)
        #expect(odd.messages[0].results[0].isUsable == false && odd.messages[0].results[0].value == "")
        #expect(odd.faults(.lost).count == 1)
        let cut = try run(Self.order("   6  5.02 1A  17  1.1"), Self.orders)
        #expect(cut.messages.isEmpty && cut.transmitted == [0x15] && cut.faults(.refused).count == 1)
        let noOperation = try run(Self.order("   6  5.02 1A  17  1.11 1"), Self.orders)
        #expect(noOperation.messages.isEmpty && noOperation.transmitted == [0x15])
        let short = try run("R 0001", Self.orders)
        #expect(short.messages.isEmpty && short.transmitted == [0x15] && short.faults(.refused).count == 1)
        let blank = try run(Self.order(id: "\u{7}0000000000000000815", "   6  5.02 1A"), Self.orders)
        #expect(blank.messages.isEmpty && blank.transmitted == [0x15])
    }

    @Test("electrolytes: an id of any width up to the bracket, material of any width, no fourth result")
    func electrolytes() throws {
        for (id, material) in [("SPC00017890", "[Serum]"), ("7", "[B. Plasma]"), ("", "[Urine]   ")] {
            let padded = id + String(repeating: " ", count: max(0, 10 - id.count))
            let text =
                "24/03/18 11:02 ID# \(padded)\(material) Na       139  mmol/L K        4.2  mmol/L Cl       ***  mmol/L "
            let replay = try run(text, #"{"format": "electrolytes"}"#)
            let message = try #require(replay.messages.first, "\(replay.faults)")
            #expect(message.orders[0].specimenID == id)
            #expect(message.results.map(\.value) == ["139", "4.2", ""] && message.results[1].unit == "mmol/L")
        }
    }

    @Test("orders, electrolytes, fractions: a block is one line; line ends in it count for nothing")
    func brokenLines() throws {
        var text = Self.order("   6  5.02 1A  17  1.11 1A")
        text.insert(contentsOf: "\r\n", at: text.index(text.startIndex, offsetBy: 50))
        let replay = try run(text, Self.orders)
        #expect(replay.messages.first?.results.map(\.value) == ["5.02", "1.11"] && replay.faults.isEmpty)
    }

    @Test("electrolytes: a print that was cut within its three results is refused")
    func electrolytesCut() throws {
        let text = "24/03/18 11:02 ID# 7         [Serum] Na       139  mmol/L K        4.2  mmol/L Cl"
        let replay = try run(text, #"{"format": "electrolytes"}"#)
        #expect(replay.messages.isEmpty && replay.faults(.lost).count == 1)
    }

    @Test("counter: control material by its id; a check that is wrong is refused")
    func counter() throws {
        let capture = try #require(CorpusCapture.all(["hemacell-plus"]).first)
        let end = try #require(capture.bytes.lastIndex(of: 3))
        var text = Array(capture.bytes[1..<end - 4])
        text.replaceSubrange(12..<20, with: "DILUENT ".utf8)
        let sum = Int(text.reduce(UInt8(0), &+))
        func framed(_ low: Int) -> [UInt8] {
            [2] + text + [UInt8(0x30 + (sum + 8) / 16), UInt8(0x30 + low), 13, 10, 3]
        }
        let control = try Replay.run(FixedTextDriver.self, #"{"format": "counter"}"#, framed(sum % 16))
        #expect(control.messages[0].orders[0].isQC && control.messages[0].results.allSatisfy(\.isQC))
        let damaged = try Replay.run(FixedTextDriver.self, #"{"format": "counter"}"#, framed((sum + 1) % 16))
        #expect(damaged.messages.isEmpty && damaged.faults(.lost).count == 1)
    }

    @Test("fractions: sequence number where the id is blank; control mark; framed answers; EOT ends too")
    func fractions() throws {
        let capture = try #require(CorpusCapture.all(["sebia-hydrasys"]).first)
        var bytes = capture.bytes
        for index in 6..<21 { bytes[index] = 0x20 }
        bytes[789] = UInt8(ascii: "1")
        bytes[790] = 4
        let replay = try Replay.run(FixedTextDriver.self, #"{"format": "fractions"}"#, bytes)
        let message = try #require(replay.messages.first, "\(replay.faults)")
        #expect(message.orders[0].specimenID == "0007" && message.orders[0].specimenKind == "number")
        #expect(message.orders[0].isQC && message.results.allSatisfy(\.isQC))
        #expect(replay.transmitted == [2, 6, 3])
        bytes[268] = 0xE9
        let latin = try Replay.run(FixedTextDriver.self, #"{"format": "fractions"}"#, bytes)
        #expect(latin.messages.first?.results.first?.code == "A\u{E9}bumin")
        bytes[265] = UInt8(ascii: "x")
        let unreadable = try Replay.run(FixedTextDriver.self, #"{"format": "fractions"}"#, bytes)
        #expect(unreadable.messages.isEmpty && unreadable.transmitted == [2, 0x15, 3])
    }

    @Test("lines: no sample number is no result; two of them are given to nobody; odd values")
    func lines() throws {
        let options = #"{"format": "lines"}"#
        let calibration = try run("CAL\r\nNa= 140 mmol/L\r\n", options)
        #expect(calibration.messages.isEmpty && calibration.faults(.notice).count == 1)
        let two = try run("Sample No.1\r\nNa= 140 mmol/L\r\nSample No.2\r\nK= 4.1 mmol/L\r\n", options)
        #expect(two.messages.isEmpty && two.faults(.lost).count == 1)
        let replay = try run(
            "=====\r\n18MAR24  11:50\r\nSample: SERUM\r\nSample No.0012 \r\nNa= 141 mmol/L H\r\nK = ---- mmol/L\r\nCl = 1O4 mmol/L\r\n"
                + "mean of all = 3\r\n", options)
        let message = try #require(replay.messages.first)
        #expect(message.orders[0].specimenID == "0012" && message.orders[0].specimenType == "SERUM")
        #expect(message.results.map(\.code) == ["Na", "K", "Cl"])
        #expect(message.results.map(\.value) == ["141", "", ""] && message.results[0].flags == ["H"])
        #expect(message.results[0].time == "2024-03-18T11:50" && replay.faults(.lost).count == 1)
        #expect(
            try run("Sample No.7\r\nNa= 141\r\nK= 4\r\n", #"{"format": "lines", "codes": ["K"]}"#).messages[0].results
                .map(\.code) == ["K"])
    }

    @Test("columns that a profile describes, with a check, start and end codes of its own")
    func ownColumns() throws {
        let options = #"""
            {"format": "columns", "start": "SOH", "ends": "EOT", "check": "sum", "date": "dmy", "answers": "ack-nak",
             "columns": {"marks": [{"at": 0, "text": "RES"}], "specimen": [3, 6], "number": [9, 3], "patient": [12, 4],
              "date": [16, 6], "time": [22, 4], "control": {"at": [26, 1], "texts": ["Q"]},
              "fields": [{"code": "GLU", "value": [27, 5], "unit": "mmol/L"}],
              "groups": {"at": 32, "length": 10, "code": [0, 3], "value": [3, 5], "flag": [8, 2]}}}
            """#
        func block(_ text: String) -> [UInt8] {
            let sum = Array(text.utf8).reduce(UInt8(0), &+)
            let hex = String(sum, radix: 16, uppercase: true)
            return [1] + Array((text + (hex.count < 2 ? "0" : "") + hex).utf8) + [4]
        }
        let text = "RES00A12 007P-911803241011005.40K  004.1H Na   139  "
        let replay = try Replay.run(FixedTextDriver.self, options, block(text))
        let message = try #require(replay.messages.first, "\(replay.faults)")
        #expect(message.orders[0].specimenID == "00A12" && message.patients[0].id == "P-91")
        #expect(message.results.map(\.code) == ["GLU", "K", "Na"])
        #expect(message.results.map(\.value) == ["5.40", "4.1", "139"])
        #expect(message.results[1].flags == ["H"] && message.results[0].time == "2024-03-18T10:11")
        #expect(!message.orders[0].isQC && replay.transmitted == [6])
        let control = try Replay.run(
            FixedTextDriver.self, options, block(text.replacing("10110", with: "1011Q", maxReplacements: 1)))
        #expect(control.messages[0].orders[0].isQC)
        var damaged = block(text)
        damaged[33] ^= 1
        #expect(try Replay.run(FixedTextDriver.self, options, damaged).transmitted == [0x15])
    }

    @Test("the same block again counts once")
    func repeats() throws {
        let block = Array("\u{2}\(Self.order("   6  5.02 1A"))\u{3}".utf8)
        let replay = try Replay.run(FixedTextDriver.self, Self.orders, block + block)
        #expect(replay.messages.count == 1 && replay.transmitted == [6, 6])
    }

    @Test(
        "options that cannot be used are refused with words",
        arguments: [
            "{}", #"{"format": "aeroset"}"#, #"{"format": "columns"}"#, #"{"format": "lines", "columns": {}}"#,
            #"{"format": "lines", "start": "BEGIN"}"#, #"{"format": "lines", "ends": ["STX"]}"#,
            #"{"format": "columns", "columns": {"specimen": [0, 4]}}"#,
            #"{"format": "columns", "columns": {"specimen": [0], "fields": [{"code": "A", "value": [4, 2]}]}}"#,
            #"{"format": "columns", "columns": {"fields": [{"code": "A", "value": [4, 2]}]}}"#,
            #"{"format": "columns", "columns": {"specimen": [0, 4], "groups": {"at": 4, "length": 5, "code": [0, 3], "value": [3, 3]}}}"#,
        ])
    func options(_ options: String) {
        #expect(throws: OptionsFault.self) { try Replay(FixedTextDriver.self, options) }
    }
}
