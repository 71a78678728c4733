import BiomerieuxDriver
import DriverBench
import DriverKit
import Testing

/// Captures through the driver; answers, refusals, tags.
struct BiomerieuxTests {
    static let captures = CorpusCapture.all(["biomerieux-mini-vidas", "biomerieux-vitek2"])

    static func message(_ fields: [String], separator: String = "\u{1E}", check: Bool = true) -> [UInt8] {
        var bytes = fields.flatMap { Array("\(separator)\($0)|".utf8) }
        if !check { return [0x02] + bytes + [0x03] }
        bytes.append(0x1D)
        let hex = String(bytes.reduce(0, &+), radix: 16)
        return [0x02] + bytes + Array(((hex.count < 2 ? "0" : "") + hex).utf8) + [0x03]
    }
    static let one = [
        "mtrsl", "piP1", "pnDOE", "ciS1", "rtTSH", "rnTSH 3rd", "tt10:45", "td03/18/24", "qn2.31", "y3mIU/L",
    ]

    @Test func capturesAreThere() { #expect(Self.captures.count >= 2) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        #expect(try DriverChecks.decodes(BiomerieuxDriver.self, "{}", capture) == [])
        #expect(try DriverChecks.truncations(BiomerieuxDriver.self, "{}", capture.bytes) == [])
        #expect(try DriverChecks.garbage(BiomerieuxDriver.self, "{}", capture.bytes, rounds: 60) == [])
        #expect(try DriverChecks.noise(BiomerieuxDriver.self, "{}", capture.bytes, Array("\r\nx\u{7}".utf8)) == [])
    }

    @Test("a changed byte is never a changed result where the check is required")
    func damage() throws {
        let capture = try #require(Self.captures.first { $0.device == "biomerieux-mini-vidas" })
        for change: UInt8 in [1, 8, 0x1E] {
            #expect(
                try DriverChecks.damage(BiomerieuxDriver.self, #"{"check": "required"}"#, capture.bytes, by: change)
                    == [])
        }
    }

    @Test("lines may end in CR, which counts for the check; line ends of a converter do not")
    func lineEnds() throws {
        let fields = ["mtrsl", "ciA1", "rtTSH", "qn2.31"]
        let lines = fields.map { "\u{1E}\($0)|\r" }.joined() + "\u{1D}"
        let hex = String(lines.utf8.reduce(0, &+), radix: 16)
        let sent = [0x02] + Array(lines.utf8) + Array(((hex.count < 2 ? "0" : "") + hex).utf8) + [0x03]
        var broken = Self.message(fields)
        broken.insert(contentsOf: [0x0D, 0x0A], at: 15)
        let converted = sent.flatMap { $0 == 0x0D ? [0x0D, 0x0A] : [$0] }
        for bytes in [sent, converted, broken] {
            let replay = try Replay.run(BiomerieuxDriver.self, "{}", bytes)
            #expect(replay.messages.first?.results.map(\.value) == ["2.31"] && replay.faults.isEmpty)
        }
    }

    @Test("ENQ is answered at once, a message after it is stored, a wrong check with NAK")
    func answers() throws {
        let good = [0x05] + Self.message(Self.one) + [0x04]
        let replay = try Replay.run(BiomerieuxDriver.self, "{}", good)
        #expect(replay.kinds == ["now", "message", "held"] && replay.transmitted == [6, 6])
        #expect(replay.messages[0].results.map(\.value) == ["2.31"] && replay.messages[0].results[0].unit == "mIU/L")
        var bad = good
        bad[10] ^= 1
        let refused = try Replay.run(BiomerieuxDriver.self, "{}", bad)
        #expect(refused.messages.isEmpty && refused.transmitted == [6, 0x15] && refused.faults(.refused).count == 1)
        let again = try Replay.run(BiomerieuxDriver.self, "{}", good + good)
        #expect(again.messages.count == 1 && again.transmitted == [6, 6, 6, 6])
        let plain = try Replay.run(
            BiomerieuxDriver.self, #"{"check": "required"}"#, Self.message(Self.one, check: false))
        #expect(plain.messages.isEmpty && plain.transmitted == [0x15])
    }

    @Test("orders of a date that are set; what is no date leaves the time out and is told")
    func dates() throws {
        for (order, text) in [("mdy", "03/18/24"), ("dmy", "18/03/2024"), ("ymd", "2024/03/18")] {
            let fields = Self.one.map { $0.hasPrefix("td") ? "td\(text)" : $0 }
            let replay = try Replay.run(BiomerieuxDriver.self, #"{"date": "\#(order)"}"#, Self.message(fields))
            #expect(replay.messages.first?.results.map(\.time) == ["2024-03-18T10:45"])
        }
        let wrong = try Replay.run(BiomerieuxDriver.self, #"{"date": "dmy"}"#, Self.message(Self.one))
        #expect(wrong.messages.first?.results.map(\.time) == [""] && wrong.faults(.notice).count == 1)
    }

    @Test("an organism with its drugs; a drug without concentration; the isolate; tags of the profile")
    func microbiology() throws {
        let fields = [
            "mtrsl", "pi", "ciB7", "c02", "cnurine", "rtGN", "o1esccol", "o2Escherichia coli", "o999", "rtAST-N1",
            "a1am",
            "a2Ampicillin", "a3>=32", "a4R", "a1gm", "a2Gentamicin", "a3", "a4S", "a1xx", "a2None", "zz",
        ]
        let replay = try Replay.run(
            BiomerieuxDriver.self, #"{"tags": {"specimen_type": "cn"}}"#,
            Self.message(fields, separator: "", check: false))
        let message = try #require(replay.messages.first)
        #expect(message.results.map(\.code) == ["GN", "am", "gm", "xx"])
        #expect(message.results.map(\.value) == ["esccol", ">=32", "S", ""])
        #expect(message.results.map(\.flags) == [[], ["R"], ["S"], []])
        #expect(message.results.map(\.isUsable) == [true, true, true, false])
        #expect(message.results.map(\.subID) == ["2", "2", "2", "2"])
        #expect(
            message.results[0].name == "Escherichia coli"
                && message.results[0].comments.map(\.text) == ["organism Escherichia coli", "probability 99"])
        #expect(message.orders[0].specimenType == "urine")
    }

    @Test("two specimens in a message keep their own results; a divided line is joined")
    func several() throws {
        let fields = ["mtrsl", "ciA1", "rtTSH", "qn1.0", "ciB2", "rtTSH", "qn9.0"]
        let replay = try Replay.run(BiomerieuxDriver.self, "{}", Self.message(fields))
        let message = try #require(replay.messages.first)
        let owners = message.results.map { message.orders[$0.order ?? 0].specimenID + "=" + $0.value }
        #expect(owners == ["A1=1.0", "B2=9.0"])
        let divided = try Replay.run(
            BiomerieuxDriver.self, "{}", Self.message(["mtrsl", "ciA1", "rtTSH", "qlNeg\u{1E}ative"]))
        #expect(divided.messages.first?.results.map(\.value) == ["Negative"])
    }

    @Test("other kinds of message are events; a test without result is absent; no test is told; no kind is refused")
    func others() throws {
        let event = try Replay.run(BiomerieuxDriver.self, "{}", Self.message(["mtcal", "rtTSH", "qn1"]))
        #expect(event.messages.map(\.kind) == [.event] && event.rows.isEmpty)
        let empty = try Replay.run(BiomerieuxDriver.self, "{}", Self.message(["mtrsl", "ciA1", "rtTSH"]))
        #expect(empty.messages.first?.results.map(\.isUsable) == [false])
        let none = try Replay.run(BiomerieuxDriver.self, "{}", Self.message(["mtrsl", "ciA1"]))
        #expect(none.messages.isEmpty && none.transmitted == [6] && none.faults(.notice).count == 1)
        let kind = try Replay.run(BiomerieuxDriver.self, "{}", Self.message(["ciA1", "rtTSH"]))
        #expect(kind.messages.isEmpty && kind.transmitted == [0x15])
    }

    @Test("a Chinese name whose second byte is the separator stays whole where the character set is fixed")
    func charset() throws {
        // U+4E85 is 81 7C in GB 18030.
        let name: [UInt8] = [0x81, 0x7C]
        let bytes = Array("mtrsl|pn".utf8) + name + Array("|ciA1|rtTSH|qn1.0|".utf8)
        let replay = try Replay.run(BiomerieuxDriver.self, #"{"charset": "GB18030"}"#, [0x02] + bytes + [0x03])
        #expect(replay.messages.first?.patients.map(\.name) == ["\u{4E85}"])
        #expect(replay.messages.first?.orders.map(\.specimenID) == ["A1"])
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [
            #"{"answers": "yes"}"#, #"{"charset": "EBCDIC"}"#, #"{"tags": {"specimen": "abc"}}"#,
            #"{"tags": {"sample": "ci"}}"#, #"{"check": "sum"}"#,
        ])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(BiomerieuxDriver.self, json) } }
}
