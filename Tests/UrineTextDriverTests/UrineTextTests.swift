import DriverBench
import DriverKit
import Testing

@testable import UrineTextDriver

/// Captures through the driver; lines, ids, refusals.
struct UrineTextTests {
    static let options = [
        "dirui-s300": "{}", "bayer-clinitek100": #"{"format": "checked"}"#, "dirui-h100": #"{"format": "printout"}"#,
        "yd-uriscan-pro": "{}",
    ]
    static let captures = CorpusCapture.all(options.keys.sorted())

    static func report(_ lines: [String]) -> [UInt8] {
        [0x02] + lines.flatMap { Array("\($0)\r\n".utf8) } + [0x03, 0x0D, 0x0A]
    }
    static func checked(_ lines: [String]) -> [UInt8] {
        let text = Array("\r\n".utf8) + lines.flatMap { Array("\($0)\r\n".utf8) }
        let hex = String(text.reduce(0, &+), radix: 16, uppercase: true)
        return [0x02] + text + Array(((hex.count < 2 ? "0" : "") + hex).utf8) + [0x03]
    }

    @Test func capturesAreThere() { #expect(Self.captures.count >= 4) }

    @Test(arguments: captures) func decodes(_ capture: CorpusCapture) throws {
        let options = Self.options[capture.device] ?? "{}"
        #expect(try DriverChecks.decodes(UrineTextDriver.self, options, capture) == [])
        #expect(try DriverChecks.truncations(UrineTextDriver.self, options, capture.bytes) == [])
        #expect(try DriverChecks.garbage(UrineTextDriver.self, options, capture.bytes, rounds: 60) == [])
        #expect(try DriverChecks.noise(UrineTextDriver.self, options, capture.bytes, Array("\r\nxx\r\n".utf8)) == [])
        if capture.device == "bayer-clinitek100" {
            #expect(try DriverChecks.damage(UrineTextDriver.self, options, capture.bytes) == [])
        }
    }

    @Test(
        "grade, value and unit of a line, each of which may be missing",
        arguments: [
            ("BLD - neg", "BLD", "neg", "", ["-"]), ("URO +-  3.3   umol/l", "URO", "3.3", "umol/l", ["+-"]),
            ("BIL -         umol/l", "BIL", "-", "umol/l", []),
            ("*GLU 2+  14    mmol/l", "GLU", "14", "mmol/l", ["*", "2+"]),
            ("p.H         6.0", "p.H", "6.0", "", []), ("GLU >= 1000 mg/dL", "GLU", ">=1000", "mg/dL", []),
            ("KET trace 0.5 mmol/l", "KET", "0.5", "mmol/l", ["trace"]), ("KET trace", "KET", "trace", "", []),
            ("LEU    ++    75 WBC/ul", "LEU", "75", "WBC/ul", ["++"]), ("NIT +", "NIT", "+", "", []),
            ("URO Normal 3.3 umol/l", "URO", "3.3", "umol/l", ["Normal"]),
            ("URO norm 1umol/l", "URO", "1", "umol/l", ["norm"]),
            ("GLU ++ 250mg/dl", "GLU", "250", "mg/dl", ["++"]), ("BLD + >=10/ul", "BLD", ">=10", "/ul", ["+"]),
        ])
    func lines(_ text: String, _ name: String, _ value: String, _ unit: String, _ flags: [String]) {
        let line = ResultLine(text)
        #expect(line?.name == name && line?.value == value && line?.unit == unit)
        #expect((line?.isMarked == true ? ["*"] : []) + (line?.grade == "" ? [] : [line?.grade ?? "?"]) == flags)
    }

    @Test(
        "what is no result line gives none",
        arguments: ["", "GLU", "12 GLU", "GLU 1 2", "Hospital of the town", "GLU ?? mg", "GLU + 2a5 mg/dl"])
    func noLines(_ text: String) { #expect(ResultLine(text) == nil) }

    @Test("the id counts unless it is blank or zeros, then the number, which restarts")
    func ids() throws {
        for (text, id, kind) in [
            ("ID_N :0021-000024881", "000024881", ""), ("ID_N :0021-000000000", "0021", "number"),
            ("ID_NO:1472-A-77", "A-77", ""), ("ID_NO:1472-", "1472", "number"), ("ID_NO:1472", "1472", "number"),
        ] {
            let replay = try Replay.run(UrineTextDriver.self, "{}", Self.report([text, "GLU - neg"]))
            #expect(replay.messages.first?.orders.map(\.specimenID) == [id], "\(text)")
            #expect(replay.messages.first?.orders.map(\.specimenKind) == [kind], "\(text)")
        }
    }

    @Test("a date that says all is a time, a day's name is not")
    func dates() throws {
        let dated = try Replay.run(
            UrineTextDriver.self, "{}", Self.report(["Date :2024-03-18 10:31", "ID_NO:1-A", "GLU - neg"]))
        #expect(dated.messages.first?.results.map(\.time) == ["2024-03-18T10:31"])
        let day = try Replay.run(
            UrineTextDriver.self, "{}", Self.report(["DATE :MON-18-24 11:12:40", "ID_N :1-A", "GLU - neg"]))
        #expect(day.messages.first?.results.map(\.time) == [""])
    }

    @Test("a report sent twice counts once; a line that is not understood is told, the others count")
    func repeats() throws {
        let one = Self.report(["ID_N :1-A", "GLU - neg", "TOTAL 1 OF 2"])
        let replay = try Replay.run(UrineTextDriver.self, "{}", one + one)
        #expect(replay.messages.count == 1 && replay.messages[0].results.count == 1)
        #expect(replay.faults(.notice).count == 2 && replay.acknowledged == 2)
    }

    @Test("checked: ACK after it is stored, DC2 for a wrong sum; marks; values of several words; a blank I.D.")
    func checkedReports() throws {
        let options = #"{"format": "checked"}"#
        let good = Self.checked([
            "#0-071     03-18-24", "I.D.           ", "Color:   Amber", "*BLO   Ca 25 Ery/uL", "KET   Trace",
            "LEU   2+",
        ])
        let replay = try Replay.run(UrineTextDriver.self, options, good)
        #expect(replay.kinds == ["message", "held"] && replay.transmitted == [6])
        #expect(replay.messages.first?.results.map(\.code) == ["COLOR", "BLO", "KET", "LEU"])
        #expect(replay.messages.first?.results.map(\.value) == ["Amber", "Ca 25 Ery/uL", "Trace", "2+"])
        #expect(replay.messages.first?.results.map(\.flags) == [[], ["*"], [], []])
        #expect(replay.messages.first?.orders.map(\.specimenID) == [""])
        #expect(replay.messages.first?.orders.map(\.fillerID) == ["0-071"])
        // A converter that leaves LF alone: the sum is that of the reader's CR LF.
        let converted = try Replay.run(UrineTextDriver.self, options, good.filter { $0 != 0x0D })
        #expect(converted.messages == replay.messages && converted.transmitted == [6])
        var bad = good
        bad[30] ^= 1
        let refused = try Replay.run(UrineTextDriver.self, options, bad)
        #expect(refused.messages.isEmpty && refused.transmitted == [0x12] && refused.faults(.refused).count == 1)
    }

    @Test("printout: inserted control characters and foreign bytes are dropped; the maker's own characters are told")
    func printout() throws {
        let options = #"{"format": "printout"}"#
        let text = " Date:2024-03-18 11:10\r Seq: 0-019\r G\u{11}LU 2+  1\u{13}4    mmol/l   \r"
        let bytes = Array(text.utf8) + [0x0C] + [UInt8](repeating: 0x1B, count: 11)
        let replay = try Replay.run(UrineTextDriver.self, options, bytes)
        #expect(replay.messages.first?.results.map(\.value) == ["14"] && replay.faults.isEmpty)
        #expect(replay.messages.first?.orders.map(\.specimenKind) == ["number"])
        let foreign = Array("Date:".utf8) + [UInt8](repeating: 0x85, count: 20) + [0x0C]
        let chinese = try Replay.run(UrineTextDriver.self, options, foreign)
        #expect(
            chinese.messages.isEmpty && chinese.faults(.lost).count == 1 && chinese.faults(.lost)[0].contains("English")
        )
    }

    @Test("printout: the next head ends a report whose FF was lost; a report whose head was lost has no owner")
    func lostEnds() throws {
        let options = #"{"format": "printout"}"#
        func text(_ number: String, _ value: String) -> String {
            " Date:2024-03-18 11:10\r Seq: \(number)\r GLU 2+  \(value)    mmol/l   \r"
        }
        let glued = try Replay.run(
            UrineTextDriver.self, options, Array((text("0-019", "14") + text("0-020", "28") + "\u{C}").utf8))
        #expect(glued.messages.map { $0.orders[0].specimenID } == ["0-019", "0-020"])
        #expect(glued.messages.map { $0.results.map(\.value) } == [["14"], ["28"]] && glued.faults.isEmpty)
        let headless = try Replay.run(
            UrineTextDriver.self, options, Array(("GLU 2+ 14 mmol/l\r\u{C}" + text("0-020", "28") + "\u{C}").utf8))
        #expect(headless.messages.map { $0.orders[0].specimenID } == ["0-020"] && headless.faults(.lost).count == 1)
    }

    @Test(
        "options that cannot be used are refused by name",
        arguments: [#"{"format": "h100"}"#, #"{"answers": "yes"}"#, #"{"date": true}"#, #"{"language": "en"}"#])
    func badOptions(_ json: String) { #expect(throws: OptionsFault.self) { try Replay(UrineTextDriver.self, json) } }
}
