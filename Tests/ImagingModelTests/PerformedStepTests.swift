import DICOM
import ImagingModel
import Testing

/// PS3.4 F.7.2.
@Suite struct PerformedStepTests {
    private func attributes(_ change: (inout DataSet) -> Void = { _ in }) -> DataSet {
        var set = DataSet(characterSet: SpecificCharacterSet(declared: "GB18030"))
        var (one, two) = (DataSet(), DataSet())
        one.set(.studyInstanceUID, .UI, text: "1.2.3")
        one.set(.accessionNumber, .SH, text: "A1")
        two.set(.studyInstanceUID, .UI, text: "1.2.3")
        two.set(.accessionNumber, .SH, text: "A2")
        set.set(.scheduledStepAttributesSequence, items: [one, two])
        set.set(.performedProcedureStepStatus, .CS, text: "IN PROGRESS")
        set.set(.performedProcedureStepID, .SH, text: "PP1")
        set.set(.patientName, .PN, text: "王^小东")
        change(&set)
        return set
    }

    @Test func aStepIsReadAndKept() throws {
        let step = try PerformedStep(creating: "9.9", attributes())
        #expect(step.studies == ["1.2.3"] && step.accessions == ["A1", "A2"] && step.patient.name == "王^小东")
        var again = try #require(PerformedStep(encoded: step.attributes))
        again.uid = "9.9"
        #expect(again == step)
    }

    @Test func whatMayChangeAndWhatMayNot() throws {
        let step = try PerformedStep(creating: "9.9", attributes())
        var set = DataSet(characterSet: .utf8)
        set.set(.performedProcedureStepStatus, .CS, text: "COMPLETED")
        set.set(.performedProcedureStepDescription, .LO, text: "胸部")
        set.set(.performedProcedureStepEndDate, .DA, text: "20240318")
        // Said again in another character set it is the same.
        set.set(.patientName, .PN, text: "王^小东")
        let done = try step.changed(by: set)
        #expect(done.state == .completed && done.description == "胸部" && done.endDate == "20240318")
        #expect(done.patient.name == "王^小东" && done.studies == ["1.2.3"] && done.uid == "9.9")
        let late = #expect(throws: PerformedStepFault.self) { try done.changed(by: set) }
        #expect(late?.status == 0x0110)
        set.set(.patientName, .PN, text: "李^娜")
        let other = #expect(throws: PerformedStepFault.self) { try step.changed(by: set) }
        #expect(other?.status == 0x0106)
    }

    @Test func instancesOfAllSeriesEachOnce() throws {
        func series(_ images: [String], _ others: [String]) -> DataSet {
            func items(_ uids: [String]) -> [DataSet] {
                uids.map { uid in
                    var item = DataSet()
                    item.set(.referencedSOPInstanceUID, .UI, text: uid)
                    return item
                }
            }
            var set = DataSet()
            set.set(.referencedImageSequence, items: items(images))
            set.set(.referencedNonImageCompositeSOPInstanceSequence, items: items(others))
            return set
        }
        let step = try PerformedStep(
            creating: "9.9",
            attributes {
                $0.set(.performedSeriesSequence, items: [series(["1", "2"], ["3"]), series(["2", "4"], [])])
            })
        #expect(step.instances == ["1", "2", "3", "4"])
    }

    @Test(arguments: ["", "../x", "a"]) func aUIDThatIsNone(_ uid: String) {
        let fault = #expect(throws: PerformedStepFault.self) { try PerformedStep(creating: uid, attributes()) }
        #expect(fault?.status == 0x0117)
    }
}
