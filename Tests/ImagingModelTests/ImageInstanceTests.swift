import DICOM
import ImagingModel
import Testing

/// What is read of a header, and how the rules of a device put it right.
@Suite struct ImageInstanceTests {
    private func sample(_ change: (inout DataSet) -> Void = { _ in }) -> DataSet {
        var set = DataSet(characterSet: .utf8)
        set.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.2")
        set.set(.sopInstanceUID, .UI, text: "1.2.3.4")
        set.set(.studyInstanceUID, .UI, text: "1.2.3")
        set.set(.seriesInstanceUID, .UI, text: "1.2.3.1")
        set.set(.patientID, .LO, text: "0042")
        set.set(.patientName, .PN, text: "Wang^Xiaodong=王^小东=")
        change(&set)
        return set
    }

    @Test func whatAHeaderSays() throws {
        var request = DataSet()
        request.set(.requestedProcedureID, .SH, text: "RP1")
        request.set(.scheduledProcedureStepID, .SH, text: "S1")
        var step = DataSet()
        step.set(.referencedSOPInstanceUID, .UI, text: "9.9")
        var other = DataSet()
        other.set(.patientID, .LO, text: "X1")
        let image = try ImageInstance(
            sample {
                $0.set(.studyDate, .DA, text: "2024.03.18")
                $0.set(.studyTime, .TM, text: "09:15:30")
                $0.set(.accessionNumber, .SH, text: " A1 ")
                $0.set(.referringPhysicianName, .PN, text: "Li^Na")
                $0.set(.modality, .CS, text: "CT")
                $0.set(.seriesNumber, .IS, text: "3")
                $0.set(.instanceNumber, .IS, text: "abc")
                $0.set(.numberOfFrames, .IS, integer: 12)
                $0.set(.rows, .US, integer: 512)
                $0.set(.softwareVersions, .LO, text: "1.0\\2.0")
                $0.set(.requestAttributesSequence, items: [request])
                $0.set(.referencedPerformedProcedureStepSequence, items: [step])
                $0.set(.otherPatientIDsSequence, items: [other])
                $0.set(.otherPatientIDs, .LO, text: "X1\\X2")
            })
        #expect(image.patient.id == "0042" && image.patient.otherIDs == ["X1", "X2"])
        #expect(image.patient.name == "Wang^Xiaodong=王^小东=")
        #expect(image.study.date == "20240318" && image.study.time == "091530" && image.study.accession == "A1")
        #expect(image.series.number == 3 && image.instance.number == nil && image.instance.frames == 12)
        #expect(image.series.requestedProcedure == "RP1" && image.series.scheduledStep == "S1")
        #expect(image.series.performedStep == "9.9" && image.equipment.software == "1.0\\2.0")
        #expect(image.declaredCharacterSet == "ISO_IR 192")
    }

    @Test(arguments: [DICOM.Tag.sopInstanceUID, .sopClassUID, .studyInstanceUID, .seriesInstanceUID])
    func aMissingUIDIsNamed(_ tag: DICOM.Tag) {
        let fault = #expect(throws: InstanceRefusal.self) { try ImageInstance(sample { $0.remove(tag) }) }
        #expect(fault?.tag == tag && fault?.text.contains("missing") == true)
    }

    @Test(arguments: ["../../etc", "1.2.a", ".1.2", "1 2", String(repeating: "1", count: 65)])
    func whatIsNoUIDIsRefused(_ text: String) {
        #expect(!UIDText.isPossible(text))
        let fault = #expect(throws: InstanceRefusal.self) {
            try ImageInstance(sample { $0.set(.studyInstanceUID, .UI, text: text) })
        }
        #expect(fault?.tag == .studyInstanceUID)
    }

    @Test func rulesOfADevice() throws {
        var rules = ModalityRules()
        rules.issuer = "HOSP"
        rules.locations = ["CTROOM1": "Building 2"]
        rules.accession = [
            ModalityRules.Source(path: [.requestAttributesSequence, .accessionNumber]),
            ModalityRules.Source(path: [Tag(0x0029, 0x0007)], creator: "ACME 1.0"),
        ]
        rules.patientID = [ModalityRules.Source(path: [.otherPatientIDs])]
        let set = sample {
            $0.set(.stationName, .SH, text: "CTROOM1")
            // Blocks are reserved in whatever order: the creator tells which one it is (PS3.5 7.8.1).
            $0.set(Tag(0x0029, 0x0010), .LO, text: "OTHER")
            $0.set(Tag(0x0029, 0x0011), .LO, text: "ACME 1.0")
            $0.set(Tag(0x0029, 0x1007), .LO, text: "WRONG")
            $0.set(Tag(0x0029, 0x1107), .LO, text: "ACC9")
            $0.set(.otherPatientIDs, .LO, text: "REAL")
        }
        let image = try ImageInstance(set, rules: rules)
        #expect(image.study.accession == "ACC9" && image.patient.id == "REAL" && image.patient.issuer == "HOSP")
        #expect(image.equipment.location == "Building 2")
        // What is in its own place counts first, unless the profile says otherwise.
        let both = sample {
            $0.set(.accessionNumber, .SH, text: "OWN")
            $0.set(Tag(0x0029, 0x0010), .LO, text: "ACME 1.0")
            $0.set(Tag(0x0029, 0x1007), .LO, text: "ACC9")
        }
        #expect(try ImageInstance(both, rules: rules).study.accession == "OWN")
        rules.accessionFirst = true
        #expect(try ImageInstance(both, rules: rules).study.accession == "ACC9")
    }

    @Test func textOfAFileIsDecodedByTheRuleOfTheDevice() throws {
        // 王 in GBK, declared as Latin 1: a common fault in the field.
        var set = sample()
        set.remove(.specificCharacterSet)
        set.set(.specificCharacterSet, .CS, bytes: Array("ISO_IR 100".utf8))
        set.set(.patientName, .PN, bytes: [0xCD, 0xF5, 0x5E, 0xD0, 0xA1, 0xB6, 0xAB])
        let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
        var rules = ModalityRules()
        rules.characterSet = "GB18030"
        var options = DICOMFile.ReadOptions()
        options.characterSet = rules.characterSetChoice
        let file = try DICOMFile.read(bytes, options: options)
        #expect(try ImageInstance(file.dataSet, rules: rules).patient.name == "王^小东")
    }

    @Test func longAndUglyTextIsMadeOneLine() throws {
        let long = String(repeating: "长", count: 2_000)
        let image = try ImageInstance(
            sample {
                $0.set(.studyDescription, .LO, text: "a\r\nb\u{1B}c")
                $0.set(.seriesDescription, .LO, text: long)
            })
        #expect(image.study.description.allSatisfy { !$0.isNewline && $0 != "\u{1B}" })
        #expect(image.series.description.utf8.count <= 1_024 && long.hasPrefix(image.series.description))
        #expect(!image.series.description.isEmpty)
    }

    @Test func uidsMadeHereAreDifferentAndPossible() {
        let all = (0..<200).map { _ in UIDText.make() }
        #expect(Set(all).count == 200 && all.allSatisfy { UIDText.isPossible($0) && $0.hasPrefix("2.25.") })
    }

    @Test func attributesHaveOneTagEach() {
        for attribute in ImageAttribute.allCases { #expect(ImageAttribute(attribute.tag) == attribute) }
        #expect(ImageAttribute(Tag(0x0009, 0x0001)) == nil)
    }
}
