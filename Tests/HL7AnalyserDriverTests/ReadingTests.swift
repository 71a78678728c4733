import DriverKit
import DriverWire
import Testing

@testable import HL7AnalyserDriver

@Suite("Reading results")
struct ReadingTests {
    private func read(_ segments: String, _ options: String = "{}", type: String = "ORU^R01", tail: String = "") throws
        -> DeviceMessage
    {
        var bench = try Bench(options)
        bench.block("MSH|^~\\&|DEV||||20240318120000||\(type)|41|P|2.5.1||||\(tail)\n" + segments)
        return try #require(bench.messages.first)
    }

    @Test("header, patient, order")
    func rows() throws {
        let message = try read(
            """
            PID|1|ALT|P1^^^H~P9||Müller^Eva^^||19800101|F
            PV1|1|I|W3^4^2
            ORC|RE|PL1|FI1||||||20240318080000
            OBR|1|PL1|FI1|CBC|S|20240318080500||||||||||||||||20240318121500|||F
            OBX|1|NM|WBC||5.1||||||F|||20240318120100||op1||EQ7

            """)
        let patient = try #require(message.patients.first)
        #expect(patient.id == "P1" && patient.alternateIDs == ["ALT", "P9"])
        #expect(patient.name == "Müller^Eva" && patient.birthDate == "1980-01-01" && patient.sex == "F")
        #expect(patient.location == "W3^4^2")
        let order = try #require(message.orders.first)
        #expect(order.specimenID == "PL1" && order.placerID == "PL1" && order.fillerID == "FI1")
        #expect(order.priority == "S" && order.orderedAt == "2024-03-18T08:00:00")
        #expect(order.reportedAt == "2024-03-18T12:15:00" && order.reportType == "F" && !order.isQC)
        let result = try #require(message.results.first)
        #expect(result.code == "WBC" && result.value == "5.1" && result.status == "F")
        #expect(result.time == "2024-03-18T12:01:00" && result.operatorID == "op1" && result.instrument == "EQ7")
        #expect(message.protocolName == "HL7 2.5.1" && message.controlID == "41" && message.sender == "DEV")
    }

    @Test(
        "value by type",
        arguments: [
            ("NM", "5.1", "5.1"), ("SN", ">^100", ">100"), ("SN", "^1^:^160", "1:160"), ("SN", "<^0.5", "<0.5"),
            ("CWE", "260385009^Negative^SCT", "Negative"), ("CE", "POS", "POS"), ("ST", "0.399^", "0.399"),
            ("ST", "^31.3", "31.3"), ("TX", "a^b^^", "a^b"), ("ST", "a~b", "a~b"), ("CE", "41765^4.17~", "4.17"),
            ("ST", "~", ""), ("ST", "1\\S\\2", "1^2"),
            ("ST", "\"\"", ""), ("NM", " 7 ", "7"), ("", "x", "x"),
        ])
    func values(_ sample: (type: String, wire: String, value: String)) throws {
        let message = try read("OBR|1||S\nOBX|1|\(sample.type)|C||\(sample.wire)|u\n")
        #expect(message.results.first?.value == sample.value)
    }

    @Test(
        "units: the code of a coded unit, and a power that was not escaped",
        arguments: [
            ("mmol/L^millimole per litre^UCUM", "mmol/L"), ("10*9/L^^UCUM", "10*9/L"), ("10^9/L", "10^9/L"),
            ("x10^12/L^x", "x10^12/L"), ("10^-3/uL", "10^-3/uL"), ("10\\S\\9/L", "10^9/L"), ("10^^UCUM", "10"),
            ("10^ten^L", "10"), ("^g/L", "g/L"), ("%", "%"),
        ])
    func units(_ wire: String, _ unit: String) throws {
        #expect(try read("OBR|1||S\nOBX|1|NM|C||1|\(wire)\n").results.first?.unit == unit)
    }

    @Test("flags: repetitions, components, separators")
    func flags() throws {
        let message = try read(
            "OBR|1||S\nOBX|1|NM|A||1|||~N\nOBX|2|NM|B||1|||H^High~A\nOBX|3|NM|C||1|||L A,W\n",
            #"{"flag_separators":" ,"}"#)
        #expect(message.results.map(\.flags) == [["N"], ["H", "A"], ["L", "A", "W"]])
    }

    @Test("specimen segments before OBR (OUL) and after OBX (ORU)")
    func specimens() throws {
        let before = try read(
            """
            PID|1||P1
            SPM|1|S1&LAB||SER|||||||P
            SAC|||TUBE1
            OBR|1|O1||A
            ORC|OK|PL1
            OBX|1|NM|A||1
            OBR|2|O2||B
            OBX|1|NM|B||2
            SPM|2|S2||PLAS|||||||Q
            OBR|3|O3||A
            OBX|1|NM|A||3

            """, type: "OUL^R22^OUL_R22")
        #expect(before.orders.map(\.specimenID) == ["S1", "S1", "S2"])
        #expect(before.orders.map(\.isQC) == [false, false, true])
        #expect(before.orders.map(\.placerID) == ["PL1", "O2", "O3"])
        #expect(before.orders.map(\.specimenType) == ["SER", "SER", "PLAS"])
        #expect(before.results.map(\.isQC) == [false, false, true])
        let after = try read(
            """
            PID|1||P1
            ORC|RE|PL1
            OBR|1|O1||A
            OBX|1|NM|A||1
            SPM|1|S1
            ORC|RE|PL2
            OBR|2|O2||B
            OBX|1|NM|B||2
            SPM|1|S2

            """)
        #expect(after.orders.map(\.specimenID) == ["S1", "S2"])
        #expect(after.orders.map(\.placerID) == ["PL1", "PL2"])
        let single = try read("PID|1||P1\nOBR|1|O1||A\nOBX|1|NM|A||1\nOBR|2|O2||B\nOBX|1|NM|B||2\nSPM|1|S1\n")
        #expect(single.orders.map(\.specimenID) == ["S1", "S1"])
    }

    @Test("several patients in one message keep their results apart")
    func patients() throws {
        let message = try read(
            "PID|1||P1\nOBR|1||S1\nOBX|1|NM|A||1\nPID|2||P2\nOBR|1||S2\nOBX|1|NM|A||2\nOBX|2|NM|B||3\n")
        #expect(message.patients.map(\.id) == ["P1", "P2"])
        #expect(message.orders.map(\.patient) == [0, 1])
        #expect(message.results.map(\.order) == [0, 1, 1])
    }

    @Test("a patient's id never goes to the next patient, nor a specimen's to the next order")
    func noLeaks() throws {
        let message = try read(
            "PID|1||P1\nORC|RE|PL1\nOBR|1||S1\nTQ1|||||||||S\nOBX|1|NM|A||1\nPID|2\nOBR|1\nOBX|1|NM|A||2\n")
        #expect(message.orders.map(\.specimenID) == ["S1", ""])
        #expect(message.patients.map(\.id) == ["P1", ""])
        #expect(message.orders.map(\.placerID) == ["PL1", ""])
        #expect(message.orders.map(\.priority) == ["S", ""])
    }

    @Test("segments of the device's own: of the order or the patient, never of another order")
    func ownSegments() throws {
        let message = try read(
            "PID|1||P\nZPT|x\nOBR|1||S1\nZOR|7\nOBX|1|NM|A||1\nOBR|2||S2\nOBX|1|NM|A||2\n",
            #"{"rack":"ZOR-1","position":"ZPT-1"}"#)
        #expect(message.orders.map(\.rack) == ["7", ""])
        #expect(message.orders.map(\.position) == ["x", "x"])
    }

    @Test("a long message with one specimen and many orders takes linear time")
    func linear() throws {
        var text = "PID|1||P\n"
        for number in 0..<8000 { text += "OBR|\(number)|\nOBX|1|NM|A||\(number)\n" }
        let clock = ContinuousClock()
        var message: DeviceMessage?
        let time = try clock.measure { message = try read(text + "SPM|1|S1\n") }
        #expect(message?.orders.allSatisfy { $0.specimenID == "S1" } == true)
        #expect(message?.orders.count == 8000)
        #expect(time < .seconds(10))
    }

    @Test("rows without OBR, OBR without rows, notes where they belong")
    func incomplete() throws {
        let message = try read(
            "NTE|1|L|about all\nPID|1||P1\nOBX|1|NM|A||1\nNTE|1|L|one~two\nOBR|1||S2\nNTE|1||about S2\nZZZ|x\n")
        #expect(message.results.first?.comments.first?.text == "one\ntwo")
        #expect(message.orders.map(\.specimenID) == ["", "S2"])
        #expect(message.comments.map(\.text) == ["about all", "about S2"])
        #expect(message.comments.map(\.order) == [nil, 1])
        #expect(message.others == [DeviceMessage.Other(tag: "ZZZ", raw: "ZZZ|x")])
    }

    @Test("control and calibration by MSH-16, control by SPM-11, never P", arguments: ["0", "1", "2", "AL", ""])
    func quality(_ mark: String) throws {
        let message = try read("OBR|1||S1\nOBX|1|NM|A||1\n", tail: mark)
        #expect(message.orders.first?.isQC == (mark == "1" || mark == "2"))
        #expect(message.results.first?.isQC == message.orders.first?.isQC)
    }

    @Test("control rules of the profile, for an order and for a row")
    func ownQuality() throws {
        let options = #"{"qc":[{"OBR-3":"QC*"},{"OBX-3.1":"CTRL?"}]}"#
        let message = try read("OBR|1||QC7\nOBX|1|NM|A||1\nOBR|2||S2\nOBX|1|NM|A||1\nOBX|2|NM|CTRL1||1\n", options)
        #expect(message.orders.map(\.isQC) == [true, false])
        #expect(message.results.map(\.isQC) == [true, false, true])
    }

    @Test("row rules: first that sets a property decides; rows can be left out")
    func rules() throws {
        let options = #"""
            {"rows":[{"when":{"OBX-2":"IS","OBX-3.2":{"not":"Keep*"}},"role":"info"},{"when":{"OBX-2":"IS"},"role":"raw"},
             {"when":{"OBX-3.1":"X?"},"role":"none"},{"when":{"OBX-5":"--*"},"absent":"no value"},
             {"when":{"OBX-13":"R"},"resent":true}]}
            """#
        let message = try read(
            """
            OBR|1||S
            OBX|1|IS|M^Mode||A
            OBX|2|IS|K^Keep it||A
            OBX|3|NM|X1||1
            OBX|4|NM|A||---
            OBX|5|NM|B||2||||||F||R
            OBX|6|NM|C||||||||X

            """, options)
        #expect(message.results.map(\.code) == ["M", "K", "A", "B", "C"])
        #expect(message.results.map(\.role) == [.info, .raw, .result, .result, .result])
        #expect(message.results.map(\.isUsable) == [true, true, false, true, false])
        #expect(message.results[2].absentReason == "no value")
        #expect(message.results.map(\.isResent) == [false, false, false, true, false])
    }

    @Test("no value: the reason, or what stands instead")
    func noValue() throws {
        let options = #"{"no_value":"-268435455","value_instead":"OBX-9"}"#
        let message = try read("OBR|1||S\nOBX|1|NM|A||-268435455\nOBX|2|NM|B||-268435455||||Negative\n", options)
        #expect(message.results.map(\.isUsable) == [false, true])
        #expect(message.results.map(\.value) == ["-268435455", "Negative"])
    }

    @Test("attachments: type, encodings, emptiness")
    func attachments() throws {
        let message = try read(
            """
            OBR|1||S
            OBX|1|ED|H^Histogram||^Image^BMP^Base64^Qk0AAAA=
            OBX|2|ED|P||DEV^AP^PDF^Hex^255044
            OBX|3|ED|T||^TX^^A^plain
            OBX|4|RP|L||\\\\\\\\srv\\E\\a.png^^IM^PNG
            OBX|5|ED|E||^Image^JPG^Base64^

            """)
        #expect(message.results.allSatisfy { $0.role == .attachment })
        #expect(
            message.results.map(\.contentType) == [
                "image/bmp", "application/pdf", "text/plain", "image/png", "image/jpeg",
            ])
        #expect(message.results.map(\.data) == ["Qk0AAAA=", "JVBE", "cGxhaW4=", "", ""])
        #expect(message.results.map(\.isUsable) == [true, true, true, true, false])
    }

    @Test("base64 alone in an ED row, and in place of a value")
    func bareAttachments() throws {
        let picture = Base64Text.encode(Array("BM".utf8) + (0..<600).map { UInt8(truncatingIfNeeded: $0) })
        let message = try read(
            "OBR|1||S\nOBX|1|ED|2101^RBC Histogram.BMP||Qk0eAAAA||||||F\nOBX|2|TX|PIC||\(picture)||||||F\n"
                + "OBX|3|ST|W||word||||||F\nOBX|4|ED|E||||||||F\n")
        #expect(message.results.map(\.role) == [.attachment, .attachment, .result, .attachment])
        #expect(message.results.map(\.data) == ["Qk0eAAAA", picture, "", ""])
        #expect(message.results.map(\.isUsable) == [true, true, true, false])
    }

    @Test("a length before the message is noise, also with a VT in it; a message broken off is lost")
    func lengthBefore() throws {
        var bench = try Bench()
        bench.receive([0, 0, 0x0B, 0xC3])
        bench.block("MSH|^~\\&|A||||20240318||ORU^R01|1|P|2.3.1\nOBR|1||S\nOBX|1|NM|A||1\n")
        #expect(bench.messages.first?.results.map(\.value) == ["1"])
        func severities() -> [FaultSeverity] {
            bench.events.compactMap { if case .fault(let severity, _, _, _) = $0 { severity } else { nil } }
        }
        #expect(!severities().isEmpty && severities().allSatisfy { $0 == .notice })
        bench.receive(Array("\u{0B}MSH|^".utf8))
        bench.block("MSH|^~\\&|A||||20240318||ORU^R01|2|P|2.3.1\nOBR|1||S\nOBX|1|NM|A||2\n")
        #expect(severities().contains(.lost) && bench.messages.count == 2)
    }

    @Test("several quantities in a field, and what does not fit together")
    func split() throws {
        let options =
            #"{"code":"OBX-4","name":[],"value_flags":{"↑":"H","↓":"L"},"split":{"names":"OBX-4","values":"OBX-5"}}"#
        let message = try read(
            """
            OBR|1||S
            OBX|1|NM||HbA1c  eGA(ADA)   IFCC|7.1 %  157 md/dl  54 mmol/mol↑|%
            OBX|2|NM||CRP|5.2↓|mg/L
            OBX|3|NM||A  B|1 x|y
            OBX|4|NM||PCT|<0.10 ng/mL↓|ng/mL
            OBX|5|NM||D|1.5 g/L|mg/L

            """, options)
        #expect(message.results.map(\.code) == ["HbA1c", "eGA(ADA)", "IFCC", "CRP", "A  B", "PCT", "D"])
        #expect(message.results.map(\.value) == ["7.1", "157", "54", "5.2", "1 x", "<0.10", "1.5 g/L"])
        #expect(message.results.map(\.unit) == ["%", "md/dl", "mmol/mol", "mg/L", "y", "ng/mL", "mg/L"])
        #expect(message.results.map(\.flags) == [["H"], [], [], ["L"], [], ["L"], []])
    }

    @Test("running numbers, composite codes, words behind an id")
    func selectors() throws {
        let options = #"""
            {"specimen":{"first":["OBR-2","OBR-3"],"word":1},"specimen_kind":{"first":"OBR-2","map":{"?*":"barcode","":"number"}},
             "code":{"join":["OBX-3.1.1","OBX-3.1.2"],"with":"-"},"rack":"OBR-10.1","position":"OBR-10.2"}
            """#
        let message = try read("OBR|1||3704 REPEAT|||||||2^7\nOBX|1|NM|A&B||1\nOBR|2|BC1|9\nOBX|1|NM|C||1\n", options)
        #expect(message.orders.map(\.specimenID) == ["3704", "BC1"])
        #expect(message.orders.map(\.specimenKind) == ["number", "barcode"])
        #expect(message.orders.map(\.rack) == ["2", ""] && message.orders.map(\.position) == ["7", ""])
        #expect(message.results.map(\.code) == ["A-B", "C"])
    }

    @Test("odd times are told, not guessed")
    func oddTimes() throws {
        var bench = try Bench()
        bench.block(
            "MSH|^~\\&|||||||ORU^R01|1|P|2.3.1\nOBR|1||S\nOBX|1|NM|A||1||||||F|||yesterday\nOBX|2|NM|B||1||||||F|||0000\n"
        )
        #expect(bench.messages.first?.results.map(\.time) == ["", ""])
        #expect(bench.faults.count == 1)
        #expect(bench.faults.first?.1.contains("yesterday") == true)
    }

    @Test("a message of 1,000 results reads in order and in linear time")
    func many() throws {
        var text = "MSH|^~\\&|||||||ORU^R01|1|P|2.3.1\nPID|1||P\nOBR|1||S\n"
        for number in 0..<1000 { text += "OBX|\(number)|NM|C\(number)||\(number)|u|||||F\n" }
        var bench = try Bench()
        bench.block(text)
        #expect(bench.messages.first?.results.map(\.value) == (0..<1000).map(String.init))
    }
}
