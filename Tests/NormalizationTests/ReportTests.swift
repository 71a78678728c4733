import DeviceProfile
import DriverWire
import JSONText
import Normalization
import ResultModel
import Testing

@Suite("Reports")
struct ReportTests {
    private func order(_ specimen: String, patient: Int? = nil) -> DeviceMessage.Order {
        var order = DeviceMessage.Order()
        order.specimenID = specimen
        order.patient = patient
        return order
    }

    private func patient(_ id: String, name: String = "") -> DeviceMessage.Patient {
        var patient = DeviceMessage.Patient()
        patient.id = id
        patient.name = name
        return patient
    }

    @Test("One report for each patient and specimen, in the order sent")
    func grouping() throws {
        var sent = DeviceMessage(protocolName: "LIS2-A2", controlID: "9")
        sent.patients = [patient("P1", name: "Doe^Jo"), patient("P2")]
        sent.orders = [
            order("S1", patient: 0), order("S2", patient: 0), order("S1", patient: 0), order("S1", patient: 1),
        ]
        sent.results = [(0, "A"), (1, "B"), (2, "C"), (3, "D"), (0, "E")].map { index, code in
            result(code, "1") { $0.order = index }
        }
        let reports = normalized(sent, try profile()).reports
        #expect(
            reports.map(\.specimen.id) == ["S1", "S2", "S1"] && reports.map { $0.patient?.id } == ["P1", "P1", "P2"])
        #expect(reports.map { $0.observations.map(\.asSent.code) } == [["A", "C", "E"], ["B"], ["D"]])
        #expect(
            reports[0].device == "dev" && reports[0].profile == "test" && reports[0].controlID == "9"
                && !reports[0].profileRevision.isEmpty)
    }

    @Test("Without specimen and patient each order stands alone and is held")
    func noOwner() throws {
        var sent = DeviceMessage(protocolName: "LIS2-A2")
        sent.patients = [DeviceMessage.Patient()]
        sent.orders = [order("", patient: 0), order("", patient: 0)]
        sent.results = [0, 1].map { (index: Int) in result("A", "\(index)") { $0.order = index } }
        let reports = normalized(sent, try profile()).reports
        #expect(reports.count == 2 && reports.allSatisfy { $0.holds.map(\.reason) == [.noOwner] && $0.patient == nil })
        sent.patients = [patient("P1")]
        let owned = normalized(sent, try profile()).reports
        #expect(owned.count == 1 && owned[0].holds.isEmpty && owned[0].observations.count == 2)
    }

    @Test("Results without order or with a wrong index are kept and held")
    func looseResults() throws {
        let sent = message([result("A", "1") { $0.order = 77 }, result("B", "2") { $0.order = -5 }, result("C", "3")])
        let reports = normalized(sent, try profile()).reports
        #expect(reports.map { $0.observations.map(\.asSent.code) } == [["A", "B"], ["C"]])
        #expect(reports.map { $0.holds.map(\.reason) } == [[.noOwner], []])
        var wrongPatient = sent
        wrongPatient.orders[0].patient = 9
        #expect(normalized(wrongPatient, try profile()).reports[1].patient == nil)
    }

    @Test(
        "Control material never reaches a chart",
        arguments: [
            ("- {specimen_id: 'QC-*'}", "QC-1", true), ("- {specimen_id: 'QC-*'}", "xQC-1", false),
            ("- {patient_id: CTRL}", "S", true),
            ("- {patient_name: 'Contr*'}", "S", true), ("- {processing: Q}", "S", true), ("- {action: Q}", "S", true),
            ("- {specimen_type: CTRL}", "S", true), ("- {report_type: Q}", "S", true), ("- {code: BG}", "S", true),
            ("- {name: Background}", "S", true),
            ("- {flag: QC}", "S", true), ("- {code: BG, specimen_id: T*}", "S", false),
            ("- {code: BG, specimen_id: 'S*'}", "S", true),
            ("- {code: other}\n  - {code: BG}", "S", true), ("- {flag: '\\? QC'}", "S", false),
        ])
    func controls(_ rules: String, _ specimen: String, _ expected: Bool) throws {
        let sent = message(
            [
                result("BG", "1") {
                    $0.flags = ["QC"]
                    $0.name = "Background"
                }
            ], specimen: specimen
        ) {
            $0.processing = "Q"
            $0.patients = [patient("CTRL", name: "Control^1")]
            $0.orders[0].patient = 0
            $0.orders[0].action = "Q"
            $0.orders[0].specimenType = "CTRL"
            $0.orders[0].reportType = "Q"
        }
        let yaml = "qc:\n  " + rules.replacing("\n", with: "\n") + "\n"
        #expect(normalized(sent, try profile(yaml)).reports.map(\.isQC) == [expected])
        #expect(normalized(sent, try profile()).reports.map(\.isQC) == [false])
    }

    @Test("The protocol's own mark makes the report QC; a mark on one result parts it from the patient's")
    func protocolQC() throws {
        let whole = message([result("A", "1"), result("B", "2")]) { $0.orders[0].isQC = true }
        #expect(normalized(whole, try profile()).reports.map(\.isQC) == [true])
        let mixed = message([result("A", "1"), result("B", "2") { $0.isQC = true }, result("C", "3")])
        let reports = normalized(mixed, try profile()).reports
        #expect(reports.map(\.isQC) == [false, true] && reports.map(\.observations.count) == [2, 1])
        var event = mixed
        event.kind = .event
        #expect(normalized(event, try profile()).reports.allSatisfy(\.isQC))
        let noOwner = message([result("A", "1")], specimen: "") { $0.orders[0].isQC = true }
        #expect(normalized(noOwner, try profile(), unmapped: .hold).reports[0].holds.isEmpty)
    }

    @Test("Unknown codes are posted or held as profile and site say")
    func unmapped() throws {
        let sent = message([result("A", "1"), result("B", "2"), result("B", "3"), result("C", "4") { $0.role = .info }])
        let post = try profile("codes: {A: 6690-2}\n")
        let hold = try profile("codes: {A: 6690-2}\nunmapped: hold\n")
        #expect(normalized(sent, post).reports[0].holds.isEmpty && normalized(sent, post).unknownCodes == ["B"])
        let holds = normalized(sent, hold).reports[0].holds
        #expect(holds.map(\.reason) == [.unmappedCode] && holds[0].text.contains("code B."))
        #expect(normalized(sent, post, unmapped: .hold).reports[0].holds.count == 1)
        #expect(normalized(sent, hold, unmapped: .post).reports[0].holds.isEmpty)
        #expect(normalized(message([result("A", "1")]), hold).reports[0].holds.isEmpty)
    }

    @Test(
        "Training and debugging are held by the device's own word, unless the profile knows that it always says so",
        arguments: [
            ("T", true), ("D", true), ("T^S", true), ("P", false), ("P^S", false), ("PR", false), ("", false),
            ("TX", false),
        ])
    func training(_ processing: String, _ isHeld: Bool) throws {
        let sent = message([result("A", "1")]) { $0.processing = processing }
        let holds = normalized(sent, try profile()).reports[0].holds
        #expect(holds.map(\.reason) == (isHeld ? [.rule] : []))
        #expect(normalized(sent, try profile("training: post\n")).reports[0].holds.isEmpty)
        let control = message([result("A", "1")]) {
            $0.processing = processing
            $0.orders[0].isQC = true
        }
        #expect(normalized(control, try profile()).reports[0].holds.isEmpty)
    }

    @Test("A message broken off is held")
    func incomplete() throws {
        let output = normalized(message([result("A", "1")]) { $0.isComplete = false }, try profile())
        #expect(output.reports[0].holds.map(\.reason) == [.incomplete])
    }

    @Test("Everything the device says about specimen, patient and order arrives")
    func header() throws {
        let sent = message([result("A", "1")]) { message in
            var who = patient("P1", name: "李^雷")
            who.alternateIDs = ["X"]
            who.sex = "男"
            who.birthDate = "1980-01-02"
            who.location = "W1^3"
            message.patients = [who]
            message.orders[0].patient = 0
            message.orders[0].specimenKind = "number"
            message.orders[0].rack = "7"
            message.orders[0].position = "3"
            message.orders[0].priority = "S"
            message.orders[0].placerID = "PL"
            message.orders[0].fillerID = "FI"
            message.orders[0].orderedAt = "2024-03-18T08:00:00"
            message.orders[0].collectedAt = "2024-03-18"
            message.orders[0].receivedAt = "2024-03-18T09:00:00"
            message.orders[0].reportedAt = "2024-03-18T10:00:00"
            var general = DeviceMessage.Comment()
            general.text = "to all"
            var own = DeviceMessage.Comment()
            own.code = "43"
            own.order = 0
            var lost = DeviceMessage.Comment()
            lost.text = "lost"
            lost.order = 9
            message.comments = [general, own, lost]
        }
        let report = normalized(sent, try profile()).reports[0]
        #expect(report.patient?.name == "李^雷" && report.patient?.sex == "M" && report.patient?.alternateIDs == ["X"])
        #expect(report.patient?.birthDate == "1980-01-02" && report.patient?.location == "W1^3")
        #expect(report.specimen.isRunningNumber && report.specimen.rack == "7" && report.specimen.position == "3")
        #expect(report.order.placerID == "PL" && report.order.fillerID == "FI" && report.order.priority == "S")
        #expect(report.order.orderedAt?.local == "2024-03-18T08:00:00" && report.specimen.collectedAt?.utcOffset == nil)
        #expect(report.specimen.receivedAt?.utcOffset == 28_800 && report.issued?.local == "2024-03-18T10:00:00")
        #expect(report.comments == ["to all", "43"] && report.receivedAt == 1_700_000_000_000_000)
        #expect(!normalized(sent, try profile("resend: {specimen: barcode}\n")).reports[0].specimen.isRunningNumber)
    }

    @Test("The digest knows a message that comes again, and what is new")
    func digest() throws {
        let rules = try profile("flags: {r: resent}\n")
        func digest(_ change: (inout DeviceMessage) -> Void) -> UInt64 {
            normalized(
                message([
                    result("A", "1") {
                        $0.time = "2024-03-18T08:00:00"
                        $0.status = "F"
                    }
                ]) { message in
                    message.orders[0].fillerID = "1"
                    message.sentAt = "2024-03-18T08:00:01"
                    change(&message)
                }, rules
            ).contentDigest
        }
        let first = digest { _ in }
        #expect(digest { $0.controlID = "8" } == first && digest { $0.sentAt = "2024-03-18T09:00:00" } == first)
        #expect(digest { $0.results[0].flags = ["r"] } == first && digest { $0.results[0].isResent = true } == first)
        #expect(digest { $0.results[0].status = "R" } == first && digest { $0.orders[0].fillerID = "2" } == first)
        let others: [(inout DeviceMessage) -> Void] = [
            { $0.results[0].value = "2" }, { $0.results[0].code = "B" }, { $0.orders[0].specimenID = "S2" },
            { $0.results[0].time = "2024-03-18T08:00:02" },
            { $0.results[0].flags = ["H"] }, { $0.results[0].status = "C" }, { $0.results[0].unit = "g" },
            { $0.results[0].run = "1" },
            { $0.results.append($0.results[0]) }, { $0.results[0].data = "AA==" },
            {
                $0.results[0].time = ""
                $0.orders[0].fillerID = "2"
            },
        ]
        var seen: Set<UInt64> = [first]
        for change in others { #expect(seen.insert(digest(change)).inserted) }
        // Which specimen a result is about.
        func spread(_ orders: [Int]) -> UInt64 {
            var sent = DeviceMessage(protocolName: "LIS2-A2")
            sent.orders = [order("S1"), order("S2")]
            sent.results = orders.map { index in result("A", "1") { $0.order = index } }
            return normalized(sent, rules).contentDigest
        }
        #expect(Set([spread([0, 1, 0]), spread([0, 1, 1]), spread([0, 0, 1]), spread([1, 0, 1])]).count == 4)
        // Columns do not run into each other.
        #expect(
            digest { ($0.results[0].code, $0.results[0].name) = ("AB", "") }
                != digest { ($0.results[0].code, $0.results[0].name) = ("A", "B") })
    }

    @Test("Rows say the device's words and what was made of them")
    func rows() throws {
        let yaml = "codes: {WBC: {loinc: 6690-2, name: Leukocytes, local: LEU}}\n"
        let sent = message([
            result("WBC", ">12.50") {
                $0.unit = "10E3/uL"
                $0.flags = ["H", "N"]
                $0.status = "F"
                $0.time = "2024-03-18T08:00:00+08:00"
                $0.range = "4-10"
            }, result("X", "-----"), result("IMG", "a.png") { $0.role = .attachment },
        ]) {
            $0.patients = [patient("P1")]
            $0.orders[0].patient = 0
        }
        let report = normalized(sent, try profile(yaml)).reports[0]
        let rows = ResultRow.rows(of: report).map { JSONValue.object($0) }
        #expect(rows.count == 2 && ResultRow.rows(of: report, includingAttachments: true).count == 3)
        #expect(
            rows[0].text()
                == #"{"specimen_id":"S1","patient_id":"P1","test_code":"WBC","value":">12.50","unit":"10E3/uL","flags":["H"],"status":"F","#
                + #""time":"2024-03-18T08:00:00","qc":false,"usable":true,"role":"result","mapped":true,"loinc":"6690-2","local_code":"LEU","#
                + #""display":"Leukocytes","interpretation":["H","N"],"range":"4-10","range_low":4,"range_high":10,"form":"quantity","#
                + #""number":12.50,"comparator":">","ucum":"10*3/uL","display_unit":"10E3/uL","result_status":"final","utc_offset":28800,"#
                + #""report_status":"final"}"#)
        #expect(
            rows[1]["usable"]?.bool == false && rows[1]["number"] == nil && rows[1]["absent_reason"]?.string == "error")
    }
}
