import DICOM
import ImagingModel
import Testing

/// Keys of PS3.4 C.2.2.2, and responses with what was asked for.
@Suite struct IdentifierTests {
    @Test(arguments: [
        ("", ImageAttribute.Comparison.text, nil), ("A1", .text, Matching.single("A1")), ("*", .text, nil),
        ("**", .personName, nil), ("A*", .text, .wildcard("A*")), ("A?", .personName, .wildcard("A?")),
        ("\"\"", .text, .absent), ("1.2\\1.3", .uid, .uids(["1.2", "1.3"])), ("1.2", .uid, .uids(["1.2"])),
        ("\\", .uid, nil), ("20240101", .date, .single("20240101")),
        ("20240101-", .date, .range(from: "20240101", to: nil)),
        ("-20240101", .date, .range(from: nil, to: "20240101")),
        ("2024.01.01-2024.02.01", .date, .range(from: "20240101", to: "20240201")), ("-", .date, nil),
        ("*", .date, nil), ("09:00-10:30", .time, .range(from: "0900", to: "1030")), ("12", .integer, .single("12")),
        ("7", .none, nil),
    ])
    func matching(_ text: String, _ comparison: ImageAttribute.Comparison, _ expected: Matching?) {
        #expect(Identifier.matching(text, comparison) == expected)
    }

    @Test func keysOfLowerLevelsAreNoKeys() throws {
        var set = DataSet()
        set.set(.queryRetrieveLevel, .CS, text: "STUDY")
        set.set(.patientID, .LO, text: "P1")
        set.set(.modality, .CS, text: "CT")
        set.set(.sopInstanceUID, .UI, text: "1.2")
        set.set(Tag(0x0010, 0x2203), .CS, text: "UNALTERED")
        let query = try ImageQuery(set, isPatientRoot: false)
        #expect(query.level == .study)
        // Modality at STUDY level is what many workstations ask for, and means a series of it.
        #expect(query.keys == [.patientID: .single("P1"), .modality: .single("CT")])
    }

    @Test func identifiersThatCannotBeUsed() {
        var set = DataSet()
        #expect(throws: IdentifierFault.self) { try ImageQuery(set, isPatientRoot: true) }
        set.set(.queryRetrieveLevel, .CS, text: "PATIENT")
        #expect(throws: IdentifierFault.self) { try ImageQuery(set, isPatientRoot: false) }
        #expect(throws: Never.self) { try ImageQuery(set, isPatientRoot: true) }
        set.set(.queryRetrieveLevel, .CS, text: "SERIES")
        set.set(.studyInstanceUID, .UI, text: "1.2/../3")
        #expect(throws: IdentifierFault.self) { try ImageQuery(set, isPatientRoot: false) }
    }

    @Test func aResponseHasWhatWasAskedForAndNothingElse() throws {
        var full = DataSet(characterSet: .utf8)
        full.set(.patientName, .PN, text: "Müller^Jörg")
        full.set(.patientID, .LO, text: "P1")
        var (first, second) = (DataSet(), DataSet())
        first.set(.modality, .CS, text: "CT")
        first.set(.scheduledProcedureStepID, .SH, text: "S1")
        second.set(.modality, .CS, text: "MR")
        full.set(.scheduledProcedureStepSequence, items: [first, second])
        var request = DataSet()
        request.set(.patientName, .PN, text: "M*")
        request.set(.patientSex, .CS, text: "")
        var keys = DataSet()
        keys.set(.modality, .CS, text: "")
        request.set(.scheduledProcedureStepSequence, items: [keys])
        let answer = Identifier.respond(request, from: full, always: [.patientID])
        #expect(answer.text(.patientName) == "Müller^Jörg" && answer.text(.patientID) == "P1")
        #expect(answer.contains(.patientSex) && answer.text(.patientSex) == nil)
        let items = answer.items(.scheduledProcedureStepSequence)
        #expect(items.map { $0.string(.modality) } == ["CT", "MR"])
        #expect(items.allSatisfy { !$0.contains(.scheduledProcedureStepID) })
        request.set(.scheduledProcedureStepSequence, items: [])
        let whole = Identifier.respond(request, from: full)
        #expect(whole.items(.scheduledProcedureStepSequence).first?.string(.scheduledProcedureStepID) == "S1")
    }

    @Test(arguments: [
        ("Wang^Xiaodong=王^小东", "WANG^XIAODONG", "王^小东"), ("  smith  ^ john^^^", "SMITH^JOHN", ""),
        ("=李^娜", "", "李^娜"), ("", "", ""), ("van  der Berg^a", "VAN DER BERG^A", ""), ("^^", "", ""),
    ])
    func namesAreFolded(_ name: String, _ alphabetic: String, _ ideographic: String) {
        let groups = NameFolding.groups(name)
        #expect(groups.alphabetic == alphabetic && groups.ideographic == ideographic)
    }

    @Test func anOrderSurvivesItsDataSet() throws {
        var order = ImagingOrder()
        order.patient.id = "0042"
        order.patient.name = "Wang^Xiaodong=王^小东"
        order.accession = "A1"
        order.studyUID = "1.2.3"
        order.procedureID = "RP1"
        order.procedureCode = ImagingOrder.Code(value: "24627-2", scheme: "LN", meaning: "胸部 CT")
        order.priority = "STAT"
        order.placer = "PL1"
        order.weight = "70.5"
        order.pregnancy = 4
        var step = ImagingOrder.Step()
        (step.id, step.modality, step.date, step.time) = ("S1", "CT", "20240318", "091500")
        step.stationAEs = ["CT1", "CT2"]
        step.performer = "赵^伟"
        step.description = "胸部"
        step.state = .inProgress
        step.codes = [ImagingOrder.Code(value: "C", scheme: "99X", meaning: "m")]
        order.steps = [step, ImagingOrder.Step()]
        #expect(ImagingOrder(encoded: order.encoded()) == order)
        #expect(ImagingOrder(encoded: [0xFF, 0, 1]) == nil)
    }
}
