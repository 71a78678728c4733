import DriverWire
import Normalization
import ResultModel
import Terminology
import Testing

@Suite("Flags, states, times, roles")
struct MeaningTests {
    @Test("Flags of table 0078 are known, the others are the profile's")
    func flags() throws {
        let yaml =
            "flags: {'+': H, W: {doubtful: true, interpretation: W}, r: resent, HL: {comment: see printout}, Z: ignore, U: ignore}\n"
        func read(_ flags: [String]) throws -> Observation {
            try observation(result("A", "1") { $0.flags = flags }, yaml)
        }
        #expect(try read(["H"]).interpretation == ["H"] && read(["H"]).asSent.flags == ["H"])
        #expect(try read(["N"]).interpretation == ["N"] && read(["N"]).asSent.flags.isEmpty)
        #expect(try read(["L", "N"]).asSent.flags == ["L"] && read(["↑"]).interpretation == ["H"])
        #expect(try read(["+", "H"]).interpretation == ["H"] && read(["? QC"]).interpretation.isEmpty)
        #expect(try read(["U"]).interpretation.isEmpty && read([""]).asSent.flags.isEmpty)
        let doubtful = try read(["W"])
        #expect(
            doubtful.interpretation == ["W"] && doubtful.comments == ["The device marks this result as doubtful (W)."])
        #expect(try read(["HL"]).comments == ["see printout"])
    }

    @Test(
        "States by protocol and by profile",
        arguments: [
            ("LIS2-A2", "F", Observation.Status.final), ("LIS2-A2", "C", .corrected), ("LIS2-A2", "P", .preliminary),
            ("LIS2-A2", "S", .preliminary),
            ("LIS2-A2", "I", .registered), ("LIS2-A2", "X", .cancelled), ("LIS2-A2", "R", .final),
            ("LIS2-A2", "V", .final), ("LIS2-A2", "", .final),
            ("HL7 2.3.1", "F", .final), ("HL7 2.3.1", "C", .corrected), ("HL7 2.5", "R", .preliminary),
            ("HL7 2.5", "D", .enteredInError),
            ("HL7 2.5", "W", .enteredInError), ("HL7 2.5", "X", .cancelled), ("HL7 2.5", "A", .amended),
            ("HL7 2.5", "Z", .cancelled),
        ])
    func states(_ protocolName: String, _ sent: String, _ expected: Observation.Status) throws {
        let row = try observation(
            result("A", "5") { $0.status = sent }, "status: {Z: {status: cancelled, absent: not-performed}}\n",
            protocolName: protocolName)
        #expect(row.status == expected && row.asSent.status == sent)
        if sent == "X" || sent == "Z" {
            #expect(!row.isUsable && short(row.value).hasPrefix("- "))
        } else {
            #expect(row.isUsable)
        }
    }

    @Test("A report is as final as its least final result")
    func reportStatus() throws {
        func status(_ states: [String], type: String = "") throws -> Observation.Status? {
            let sent = message(states.map { state in result("A", "1") { $0.status = state } }) {
                $0.orders[0].reportType = type
            }
            return normalized(sent, try profile()).reports.first?.status
        }
        #expect(
            try status(["F", "F"]) == .final && status(["F", "P"]) == .preliminary && status(["F", "C"]) == .corrected)
        #expect(
            try status(["F", "X"]) == .final && status(["X", "X"]) == .cancelled
                && status(["F", "I", "P"]) == .registered)
        #expect(try status(["F"], type: "P") == .preliminary && status(["F"], type: "F") == .final)
    }

    @Test(
        "Times",
        arguments: [
            ("2024-03-18T09:15:00", "2024-03-18T09:15:00", 28_800), ("2024-03-18T09:15", "2024-03-18T09:15", 28_800),
            ("2024-03-18T09:15:00.123", "2024-03-18T09:15:00", 28_800),
            ("2024-03-18T09:15:00+01:00", "2024-03-18T09:15:00", 3600),
            ("2024-03-18T09:15:00-0330", "2024-03-18T09:15:00", -12_600), ("2024-03-18T09:15Z", "2024-03-18T09:15", 0),
            ("2024-03-18T09:15+08", "2024-03-18T09:15", 28_800), ("2024-02-29T23:59:60", "2024-02-29T23:59:60", 28_800),
        ] as [(String, String, Int32)])
    func times(_ text: String, _ local: String, _ offset: Int32) throws {
        #expect(
            try observation(result("A", "1") { $0.time = text }).effective
                == ClinicalTime(local: local, utcOffset: offset))
    }

    @Test("Dates have no zone", arguments: ["2024", "2024-03", "2024-03-18"])
    func dates(_ text: String) throws {
        #expect(
            try observation(result("A", "1") { $0.time = text }).effective == ClinicalTime(local: text, utcOffset: nil))
    }

    @Test(
        "What is no time is kept as sent and no more",
        arguments: [
            "", "x", "2024-13-01", "2024-02-30", "2023-02-29", "2024-03-18T24:00", "2024-03-18T09", "2024-03-18T09:60",
            "20240318", "2024-03-18T09:15+",
            "2024-03-18T09:15+99:00", "2024-03-18 09:15", "0000-00-00", "2024-03-18T09:15:00+08:00x",
            "2024-03-18T09:15:61",
        ])
    func notTimes(_ text: String) throws {
        let row = try observation(result("A", "1") { $0.time = text })
        #expect(row.effective == nil && row.asSent.time == text)
    }

    @Test("The zone is asked for the civil time")
    func zone() throws {
        struct Summer: ZoneRules {
            func utcOffset(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int32? {
                (year, month, day, hour, minute, second) == (2024, 7, 1, 2, 30, 5) ? 7200 : nil
            }
        }
        let sent = message([
            result("A", "1") { $0.time = "2024-07-01T02:30:05" }, result("A", "1") { $0.time = "2024-07-01T02:30:06" },
        ])
        let rows = normalized(sent, try profile(), zone: Summer()).reports[0].observations
        #expect(rows.map { $0.effective?.utcOffset } == [7200, nil])
    }

    @Test("Roles: the driver's, over it the code's, over it the row's")
    func roles() throws {
        let yaml = """
            codes: {A: {loinc: 6690-2}, CT: {role: raw}, OFF: {report: false}, GONE: {role: ignore}, GRAPH: {role: result}}
            rows:
              - {code: '*\\?', role: info}
              - {comment: "*cancelled*", absent: not-performed}
              - {value_type: IS, role: info}
              - {code: A, flag: X, hold: Look at the smear}

            """
        let sent = message([
            result("A", "1"), result("CT", "30.1"), result("OFF", "2"), result("GONE", "3"), result("Blasts?", "100"),
            result("M", "T") { $0.valueType = "IS" },
            result("A", "0") {
                var comment = DeviceMessage.Comment()
                comment.text = "Result cancelled"
                $0.comments = [comment]
            },
            result("A", "4") { $0.role = .info }, result("A", "5") { $0.flags = ["X"] }, result("NEW", "6"),
        ])
        let output = normalized(sent, try profile(yaml))
        let rows = output.reports[0].observations
        #expect(rows.map(\.asSent.code) == ["A", "CT", "OFF", "Blasts?", "M", "A", "A", "A", "NEW"])
        #expect(rows.map(\.role) == [.result, .raw, .raw, .info, .info, .result, .info, .result, .result])
        #expect(rows.map(\.isUsable) == [true, true, true, true, true, false, true, true, true])
        #expect(rows[5].comments == ["Result cancelled"] && short(rows[5].value) == "- not-performed 0")
        #expect(output.reports[0].holds == [Hold(.rule, "Look at the smear")])
        #expect(
            output.unknownCodes == ["NEW"]
                && rows.map(\.isMapped) == [true, true, true, true, true, true, true, true, false])
    }

    @Test("Codes bring LOINC, local code, name and specimen")
    func codes() throws {
        let yaml = "codes: {WBC: {loinc: 6690-2, name: Leukocytes, local: LEU, specimen: BLD}, 'X*': {name: Any X}}\n"
        let output = normalized(
            message([result("WBC", "5"), result("X1", "6"), result("Y", "7") { $0.name = "Why" }]), try profile(yaml))
        let rows = output.reports[0].observations
        #expect(
            rows[0].loinc == Coding(system: Coding.loinc, code: "6690-2", display: "Leukocytes")
                && rows[0].localCode == "LEU")
        #expect(rows.map(\.display) == ["Leukocytes", "Any X", "Why"] && output.reports[0].specimen.typeCode == "BLD")
    }

    @Test(
        "Specimen types",
        arguments: [
            ("Serum", "SER"), ("血清", "SER"), ("UR", "UR"), ("S1", "PLAS"), ("SER^x", "SER"), ("marrowbone", ""),
            ("", ""),
        ])
    func specimens(_ word: String, _ code: String) throws {
        let output = normalized(
            message([result("A", "1")]) { $0.orders[0].specimenType = word }, try profile("specimens: {S1: PLAS}\n"))
        #expect(output.reports[0].specimen.typeCode == code && output.reports[0].specimen.type == word)
    }

    @Test(
        "LOINC check digits",
        arguments: [
            "6690-2", "718-7", "777-3", "789-8", "4544-3", "787-2", "2345-7", "2160-0", "33914-3", "10839-9", "94500-6",
        ])
    func loinc(_ code: String) {
        #expect(LOINCCode.problem(code) == nil)
        for digit in 0...9 where !code.hasSuffix("\(digit)") {
            #expect(LOINCCode.problem(String(code.dropLast()) + "\(digit)") != nil)
        }
    }
}
