import DriverKit
import DriverWire
import JSONText
import Testing

@testable import LISDriver

/// What a profile can say about records: each line of the checklist once.
struct RecordTests {
    static func read(_ records: [String], _ options: String = "{}") throws -> DeviceMessage {
        let bytes = Array((["H|\\^&|||X"] + records + ["L|1|N"]).map { $0 + "\r" }.joined().utf8)
        let replay = try Replay.run(bytes, options: try JSONValue(parsing: options), pieces: .whole)
        return try #require(replay.messages.first)
    }

    struct Case: Sendable {
        var record: String
        var options: String
        var value: String
    }

    @Test(
        "specimen ids",
        arguments: [
            Case(record: "O|1|S1", options: "{}", value: "S1"),
            Case(record: "O|1| 0012 ", options: "{}", value: "0012"),
            Case(record: "O|1|S1^x", options: "{}", value: "S1"),
            Case(record: "O|1||^^ 113^A", options: "{}", value: "113"),
            Case(record: "O|1|11625^CL-1^1^^004", options: #"{"specimen": ["O.3.2", "O.3.1"]}"#, value: "CL-1"),
            Case(record: "O|1|   S-1   ", options: #"{"specimen": ["O.3.2", "O.3.1"]}"#, value: "S-1"),
            Case(record: "O|1|X|S9", options: #"{"specimen": "O.4"}"#, value: "S9"),
            Case(record: "O|1", options: #"{"specimen": ["O.3", "P.4", "P.3"]}"#, value: "PX"),
            Case(record: "O|1|3704 REPEAT", options: #"{"specimen": {"first": "O.3", "word": 1}}"#, value: "3704"),
            Case(record: "O|1|----", options: #"{"specimen": {"first": "O.3", "none": "-*"}}"#, value: ""),
            Case(record: "O|1|**7**", options: #"{"specimen": {"first": "O.3", "trim": "*"}}"#, value: "7"),
            Case(record: "O|1|A7", options: #"{"specimen": {"first": "O.3", "strip_prefix": "A"}}"#, value: "7"),
        ])
    func specimen(_ item: Case) throws {
        #expect(try Self.read(["P|1||PX", item.record], item.options).orders.first?.specimenID == item.value)
    }

    @Test(
        "codes and values",
        arguments: [
            Case(record: "R|1|^^^WBC^6690-2|1", options: "{}", value: "WBC=1"),
            Case(record: "R|1|GLU^Glucose|1", options: "{}", value: "GLU=1"),
            Case(record: "R|1|01^ SG|1", options: "{}", value: "01=1"),
            Case(
                record: "R|1|^^^798/|1", options: #"{"code": {"first": "R.3.*", "strip_suffix": "/"}}"#, value: "798=1"),
            Case(
                record: "R|1|^^^A^^^B^Ct|1", options: #"{"code": {"join": ["R.3.4", "R.3.7", "R.3.8"]}}"#,
                value: "A/B/Ct=1"),
            Case(record: "R|1|^^^A|3.216365^^^^", options: "{}", value: "A=3.216365"),
            Case(record: "R|1|^^^A|^27.4", options: #"{"value": "R.4.*"}"#, value: "A=27.4"),
            Case(record: "R|1|^^^A|||||7.5", options: #"{"value": ["R.4", "R.8"]}"#, value: "A=7.5"),
            Case(record: "R|1|^^^A||||||7.5", options: #"{"value": "R.9", "status": []}"#, value: "A=7.5"),
            Case(record: "R|1|^^^A|a&S&b&X0A&c", options: "{}", value: "A=a^b\nc"),
        ])
    func value(_ item: Case) throws {
        let row = try #require(try Self.read(["P|1", "O|1|S", item.record], item.options).results.first)
        #expect("\(row.code)=\(row.value)" == item.value)
    }

    @Test("roles, left out rows, attachments, resent and unusable rows")
    func rows() throws {
        let options = #"""
            {"rows": [{"when": {"R.3.8": "Ct"}, "role": "raw"}, {"when": {"R.3.4": ["*\\?", "Positive_*"]}, "role": "info"},
             {"when": {"R.3.4": "MODE"}, "role": "none"}, {"when": {"R.9": "R"}, "resent": true},
             {"when": {"R.4": "*.PNG"}, "role": "attachment", "content_type": "image/png"},
             {"when": {"R.3.4": "IMG"}, "role": "attachment", "data": "R.4.2"},
             {"when": {"R.4": "", "R.7": "A"}, "absent": "no value"},
             {"when": {"R.3.4": {"not": "?*"}}, "role": "info"}]}
            """#
        let message = try Self.read(
            [
                "P|1", "O|1|S", "R|1|^^^A^^^^Ct|27.4", "R|2|^^^Blasts?|20", "R|3|^^^MODE|x", "R|4|^^^B|1|||||R",
                "R|5|^^^G|a.PNG", "R|6|^^^IMG|bmp^AA BB", "R|7|^^^C||||A", "R|8|^^^D|2|||||X", "R|9|X|1",
            ], options)
        #expect(message.results.count == 8)
        let byCode = Dictionary(message.results.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
        #expect(byCode["A"]?.role == .raw)
        #expect(byCode["Blasts?"]?.role == .info)
        #expect(byCode["MODE"] == nil)
        #expect(byCode["B"]?.isResent == true && byCode["B"]?.role == .result)
        #expect(byCode["G"]?.role == .attachment && byCode["G"]?.value == "a.PNG")
        #expect(byCode["IMG"]?.data == "AABB" && byCode["IMG"]?.value == "")
        #expect(byCode["C"]?.isUsable == false && byCode["C"]?.absentReason == "no value")
        #expect(byCode["D"]?.isUsable == false)
        #expect(byCode["X"]?.role == .info)
    }

    @Test("an attachment may be text: it is told as base64 of its UTF-8")
    func textAttachment() throws {
        let options = #"""
            {"record_results": [{"record": "M", "when": {"M.3.1": "RR"}, "role": "attachment", "code": {"join": ["R.3.*", "M.3.1"]},
              "data": {"join": ["M.4", "M.5"], "with": "|"}, "encoding": "text", "content_type": "text/plain"}],
             "rows": [{"when": {"R.3.4": "T"}, "role": "attachment", "data": "R.4", "encoding": "text"}]}
            """#
        let message = try Self.read(
            ["P|1", "O|1|S", "R|1|^^^413|40.1", #"M|1|RR^BM^1|-21|1\-1|0.02"#, "R|2|^^^T|aé"], options)
        #expect(message.results.map(\.code) == ["413", "413/RR", "T"])
        #expect(message.results.map(\.data) == ["", Base64Text.encode(Array(#"-21|1\-1"#.utf8)), "YcOp"])
        #expect(
            Base64Text.encode([]) == "" && Base64Text.encode([0xFF]) == "/w=="
                && Base64Text.encode([1, 2, 3]) == "AQID")
        #expect(throws: OptionsFault.self) {
            try Self.read(["P|1"], #"{"rows": [{"when": {"R.3": "T"}, "encoding": "text"}]}"#)
        }
        #expect(throws: OptionsFault.self) {
            try Self.read(["P|1"], #"{"rows": [{"when": {"R.3": "T"}, "data": "R.4", "encoding": "zip"}]}"#)
        }
    }

    @Test("a picture in place of a value is an attachment, without a rule; long words and numbers are not")
    func picture() throws {
        let picture = Base64Text.encode(Array("BM".utf8) + (0..<600).map { UInt8(truncatingIfNeeded: $0) })
        let long = String(repeating: "no such word ", count: 60)
        let digits = String(repeating: "1234567890", count: 60)
        let message = try Self.read(
            [
                "P|1", "O|1|S", "R|1|^^^PIC|\(picture)", "R|2|^^^PIC2|BMP^\(picture)", "R|3|^^^CMT|\(long)",
                "R|4|^^^NUM|\(digits)", "R|5|^^^SHORT|\(picture.prefix(400))",
            ])
        #expect(message.results.map(\.role) == [.attachment, .attachment, .result, .result, .result])
        #expect(message.results[0].data == picture && message.results[1].data == picture)
        #expect(message.results[0].value.isEmpty && message.results[3].value == digits)
    }

    @Test("two quotation marks are nothing, in every field")
    func deleted() throws {
        let message = try Self.read(
            [
                #"P|1||P1||""||""|F"#, #"O|1|S||^^^GLU"#, #"R|1|^^^GLU|""|""|""|""||F||""||"""#,
                #"R|2|^^^K|4|mmol/L||H\""||F"#,
            ])
        #expect(
            message.patients[0].name.isEmpty && message.patients[0].birthDate.isEmpty && message.patients[0].sex == "F")
        let row = try #require(message.results.first)
        #expect(
            row.value.isEmpty && row.unit.isEmpty && row.range.isEmpty && row.flags.isEmpty && row.operatorID.isEmpty)
        #expect(message.results.last?.flags == ["H"])
    }

    @Test("a curve in a comment record is an attachment, words stay a comment")
    func curveInComment() throws {
        let options = #"""
            {"record_results": [{"record": "C", "when": {"C.4": "0.* 0.* 0.*"}, "role": "attachment", "code": {"join": ["R.3.*", "C.2"]},
              "data": "C.4", "encoding": "text", "content_type": "text/plain"}]}
            """#
        let message = try Self.read(
            ["P|1", "O|1|S", "R|1|^^^ALT|31", "C|1|I|0.112 0.118 0.124|G", "C|2|I|haemolytic|G"], options)
        #expect(message.results.map(\.code) == ["ALT", "ALT/1"])
        #expect(message.results.map(\.role) == [.result, .attachment])
        #expect(message.results.last?.data == Base64Text.encode(Array("0.112 0.118 0.124".utf8)))
        #expect(message.results.first?.comments.map(\.text) == ["haemolytic"], "of the result, not of its curve")
        #expect(message.results.last?.comments.isEmpty == true)
    }

    @Test("control material: by O.12, H.12, O.16, text, and a value inside an O record")
    func qc() throws {
        #expect(try Self.read(["P|1", "O|1|S|||||||||Q", "R|1|A|1"]).results.first?.isQC == true)
        #expect(try Self.read(["P|1", "O|1|S", "R|1|A|1"]).results.first?.isQC == false)
        let rules = #"{"qc": [{"O.16.1": "CTRL*"}, {"O.3": ["QC-*", "BACKGROUNDCHECK"]}, {"R.7": "K"}]}"#
        #expect(try Self.read(["P|1", "O|1|QC-7", "R|1|A|1"], rules).orders.first?.isQC == true)
        #expect(try Self.read(["P|1", "O|1|S|||||||||||||CTRL^x", "R|1|A|1"], rules).results.first?.isQC == true)
        let mixed = try Self.read(["P|1", "O|1|S", "R|1|A|1", "R|2|B|1|||K"], rules)
        #expect(mixed.results.map(\.isQC) == [false, true] && mixed.orders[0].isQC == false)
        let inside = try Self.read(
            ["P|1", "O|1|||CA^Ca||20250701110003|||||1^MLT^LOT^20270201^8.62^M^0.32^9.58"],
            #"""
            {"specimen": "O.12.2", "record_results": [{"record": "O", "when": {"O.12.8": "?*"}, "code": "O.5.1", "name": "O.5.2",
              "value": "O.12.8", "time": "O.7", "qc": true}]}
            """#)
        #expect(inside.results.first?.value == "9.58" && inside.results.first?.isQC == true)
        #expect(inside.orders.first?.isQC == true && inside.orders.first?.specimenID == "MLT")
    }

    @Test("several quantities in a field")
    func quantities() throws {
        let options =
            #"{"quantities": [{"value": "R.4.1"}, {"value": "R.4.2", "code_suffix": "-arb", "unit": "R.5.2"}]}"#
        let message = try Self.read(["P|1", "O|1|S", "R|1|ERY| 50^ 3+|/uL", "R|2|SG|1.02"], options)
        #expect(
            message.results.map { "\($0.code)=\($0.value) \($0.unit)" } == ["ERY=50 /uL", "ERY-arb=3+ ", "SG=1.02 "])
    }

    @Test("flags are split by repeat and component, and by what the profile says")
    func flags() throws {
        #expect(try Self.read(["P|1", "O|1|S", "R|1|A|1|||L\\N^QC"]).results.first?.flags == ["L", "N", "QC"])
        let message = try Self.read(["P|1", "O|1|S", "R|1|A|1|||CEX;PEX"], #"{"flag_separators": ";"}"#)
        #expect(message.results.first?.flags == ["CEX", "PEX"])
    }

    @Test("times: ISO 8601, no more digits than sent; none where the profile says so")
    func times() throws {
        let cases: [(String, String)] = [
            ("20240318123801", "2024-03-18T12:38:01"), ("202403181238", "2024-03-18T12:38"), ("20240318", "2024-03-18"),
            ("20240318123801+0800", "2024-03-18T12:38:01+08:00"), ("20240318123801-0330", "2024-03-18T12:38:01-03:30"),
            ("2024-03-18 12:38:01", "2024-03-18T12:38:01"), ("2024/03/18", "2024-03-18"), ("00000000000000", ""),
            ("20241318", ""), ("20240318250000", ""), ("yesterday", ""), ("18991230000000", ""),
            ("20240318123801.55", "2024-03-18T12:38:01"),
        ]
        for (sent, expected) in cases {
            let message = try Self.read(["P|1", "O|1|S", "R|1|A|1|||||||||\(sent)"], #"{"none_times": "18991230*"}"#)
            #expect(message.results.first?.time == expected, "\(sent)")
        }
        let fallback = try Self.read(["P|1", "O|1|S||||||||||||||||||||20240101", "R|1|A|1"])
        #expect(fallback.results.first?.time == "2024-01-01")
        #expect(TimeText.compact(unixMicroseconds: 951_782_399_000_000, utcOffset: 3600) == "20000229005959")
    }

    @Test("comments belong to what is above them; patients, orders and unknown records are kept")
    func structure() throws {
        let message = try Self.read(
            [
                "P|1|A1|B1|C1|Doe^J||19800102|F", "C|1|I|about the patient", "O|1|S1||^^^A\\^^^B",
                "C|1|I|about the order|G",
                "R|1|A|1", "C|1|I|E7^clot|I", "R|2|B|2", "M|1|REAGENT|x", "Z|9|kept", "P|2||B2", "O|1|S2", "R|1|A|3",
            ], #"{"comments": {"text": "C.4.$", "code": {"join": ["C.4.1"]}, "leave_out": [{"C.4": "0"}]}}"#)
        #expect(message.patients.map(\.id) == ["A1", "B2"])
        #expect(message.patients[0].alternateIDs == ["B1", "C1"] && message.patients[0].birthDate == "1980-01-02")
        #expect(message.orders.map(\.specimenID) == ["S1", "S2"] && message.orders[0].tests == ["A", "B"])
        #expect(message.orders.map(\.patient) == [0, 1])
        #expect(message.results.map(\.order) == [0, 0, 1])
        #expect(message.results[0].comments.map(\.text) == ["clot"] && message.results[0].comments[0].code == "E7")
        #expect(message.results[1].comments.isEmpty)
        #expect(message.comments.map(\.order) == [nil, 0] && message.comments[1].type == "G")
        #expect(message.others.map(\.tag) == ["M", "Z"] && message.others[1].raw == "Z|9|kept")
    }

    @Test("charset: declared by the profile, or told from the bytes")
    func charsets() throws {
        let latin = Array("H|\\^&\rP|1\rO|1|S\rR|1|A|5|".utf8) + [0xB5] + Array("g/L\rL|1\r".utf8)
        for options in [#"{"charset": "ISO-8859-1"}"#, "{}"] {
            let replay = try Replay.run(latin, options: try JSONValue(parsing: options), pieces: .fixed(5))
            #expect(replay.messages.first?.results.first?.unit == "µg/L", "\(options)")
        }
    }

    @Test(
        "options that cannot be used are refused with place and cure",
        arguments: [
            (#"{"framming": "auto"}"#, "options.framming: no such option; did you mean framing?"),
            (#"{"framing": "tcp"}"#, "options.framing: write one of auto, lis01, bare, soh-eot, records, not \"tcp\""),
            (#"{"max_frame": -1}"#, "options.max_frame: write a whole number from 240"),
            (#"{"specimen": "O3"}"#, "options.specimen: \"O3\" is no path; write for example O.3"),
            (#"{"rows": [{"role": "raw"}]}"#, "options.rows[0]: write when"),
            (#"{"rows": [{"when": {"R.3.8": "P"}, "role": "rwa"}]}"#, "options.rows[0].role: write one of result, raw"),
            (#"{"rows": [{"when": {}, "role": "raw"}]}"#, "options.rows[0].when: write at least one path"),
            (#"{"qc": [{"X": "Q"}]}"#, "options.qc[0]: \"X\" is no path"),
            (#"{"charset": "klingon"}"#, "options.charset: \"klingon\" is not known"),
            (#"{"order": {"unknown": "x"}}"#, "options.order.unknown: write one of"),
            (#"{"order": {"delimiters": "||||"}}"#, "options.order.delimiters: write query"),
            (#"{"code": {"with": "/"}}"#, "options.code: write first or join"),
            (#"[]"#, "options: write an object"),
            (#"{"record_results": [{"record": "MM"}]}"#, "options.record_results[0].record: write the letter"),
            (#"{"doubled_controls": "yes"}"#, "options.doubled_controls: write true or false"),
        ])
    func badOptions(_ options: String, _ message: String) throws {
        let json = try JSONValue(parsing: options)
        do throws(OptionsFault) {
            _ = try LISDriver(options: json, now: DriverTime(monotonic: 0, unix: 0, utcOffset: 0))
            Issue.record("taken: \(options)")
        } catch {
            #expect(error.text.hasPrefix(message), "\(error.text)")
        }
    }
}
