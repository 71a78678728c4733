import Contracts
import DICOM
import DriverWire
import Imaging
import ImagingModel
import Store
import Testing

/// C-FIND, C-MOVE and C-GET on what is held.
@Suite(.serialized) struct QueryTests {
    let site = ImagingTestSite()

    /// Two patients, three studies.
    private func archive() async throws -> (RunningNode, Store) {
        let store = try site.openStore()
        var settings = site.settings()
        settings.moveDestinations = [ImagingSettings.MoveDestination(title: "WS1", host: "10.1.1.1", port: 104)]
        let running = try await site.run(store, settings)
        for number in 1...3 { try await running.store(Sample.image(number)) }
        try await running.store(
            Sample.image(1, study: "1.2.3", patient: "0042", name: "Müller^Jörg") {
                $0.set(.studyDate, .DA, text: "20240911")
                $0.set(.studyTime, .TM, text: "1030")
                $0.set(.modality, .CS, text: "MR")
                $0.set(.accessionNumber, .SH, text: "B[2]")
                $0.set(.studyDescription, .LO, text: "MR knee")
            })
        try await running.store(
            Sample.image(1, study: "1.2.4", patient: "0042", name: "Müller^Jörg") {
                $0.set(.studyDate, .DA, text: "20240912")
                $0.set(.studyTime, .TM, text: "235959.5")
                $0.set(.accessionNumber, .SH, text: "")
            })
        return (running, store)
    }

    private func find(
        _ running: RunningNode, _ level: String, _ keys: [(DICOM.Tag, VR, String)], model: String = "study"
    ) async throws -> (status: String, matches: [DataSet]) {
        var identifier = DataSet()
        identifier.set(.queryRetrieveLevel, .CS, text: level)
        for (tag, vr, text) in keys { identifier.set(tag, vr, text: text) }
        let (answer, matches) = try await running.driver.ask(
            "find", ["model": model], body: identifier.encoded(as: .explicitLittleEndian))
        return (answer["status"] ?? "", try matches.map { try DataSet.parse($0.body, .explicitLittleEndian) })
    }

    private func studies(_ running: RunningNode, _ keys: (DICOM.Tag, VR, String)...) async throws -> [String] {
        let (status, matches) = try await find(running, "STUDY", [(.studyInstanceUID, .UI, "")] + keys)
        #expect(status == "0000")
        return matches.compactMap { $0.string(.studyInstanceUID) }
    }

    @Test func everyKindOfMatching() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        let all = ["1.2.4", "1.2.3", Sample.study]
        // Universal, single value, wildcards (PS3.4 C.2.2.2.1, .3, .4).
        #expect(try await studies(running) == all)
        #expect(try await studies(running, (.patientID, .LO, "0042")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.patientID, .LO, "42")).isEmpty)
        #expect(try await studies(running, (.patientID, .LO, "00*")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.patientID, .LO, "?042")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.studyDescription, .LO, "* knee")) == ["1.2.3"])
        #expect(try await studies(running, (.studyDescription, .LO, "*")) == all)
        // Brackets and SQL mean nothing.
        #expect(try await studies(running, (.accessionNumber, .SH, "B[2]")) == ["1.2.3"])
        #expect(try await studies(running, (.accessionNumber, .SH, "B[*")) == ["1.2.3"])
        #expect(try await studies(running, (.accessionNumber, .SH, "' OR 1=1 --")).isEmpty)
        #expect(try await studies(running, (.accessionNumber, .SH, "\"\"")) == ["1.2.4"])
        // Names: no case, any group, group by group.
        #expect(try await studies(running, (.patientName, .PN, "MÜLLER^JÖRG")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.patientName, .PN, "müller*")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.patientName, .PN, "Müller")).isEmpty)
        #expect(try await studies(running, (.patientName, .PN, "王*")) == [Sample.study])
        #expect(try await studies(running, (.patientName, .PN, "wang^xiaodong=王^小东")) == [Sample.study])
        #expect(try await studies(running, (.patientName, .PN, "=王^小东")) == [Sample.study])
        #expect(try await studies(running, (.patientName, .PN, "=李*")).isEmpty)
        // UID lists, modalities.
        #expect(try await studies(running, (.studyInstanceUID, .UI, "1.2.3\\1.2.4\\9.9")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.modalitiesInStudy, .CS, "MR")) == ["1.2.3"])
        #expect(try await studies(running, (.modalitiesInStudy, .CS, "M*")) == ["1.2.3"])
        #expect(try await studies(running, (.modalitiesInStudy, .CS, "MR\\US")) == ["1.2.3"])
        #expect(try await studies(running, (.modality, .CS, "MR\\CT")) == all)
        #expect(try await studies(running, (.sopClassesInStudy, .UI, Sample.ct)) == all)
        await running.node.stop()
    }

    @Test func rangesOfDatesAndTimes() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        #expect(try await studies(running, (.studyDate, .DA, "20240911")) == ["1.2.3"])
        #expect(try await studies(running, (.studyDate, .DA, "20240911-")) == ["1.2.4", "1.2.3"])
        #expect(try await studies(running, (.studyDate, .DA, "-20240911")) == ["1.2.3", Sample.study])
        #expect(try await studies(running, (.studyDate, .DA, "20240911-20240911")) == ["1.2.3"])
        // 1030 means the whole minute, on either side.
        #expect(try await studies(running, (.studyTime, .TM, "1030")) == ["1.2.3"])
        #expect(try await studies(running, (.studyTime, .TM, "103000-1031")) == ["1.2.3"])
        #expect(try await studies(running, (.studyTime, .TM, "0900-1030")) == ["1.2.3", Sample.study])
        #expect(try await studies(running, (.studyTime, .TM, "2359-")) == ["1.2.4"])
        #expect(try await studies(running, (.studyTime, .TM, "-235959")) == ["1.2.4", "1.2.3", Sample.study])
        // Apart: times on each day. Together: one range.
        #expect(
            try await studies(running, (.studyDate, .DA, "20240910-20240911"), (.studyTime, .TM, "1000-1100"))
                == ["1.2.3"])
        var settings = site.settings()
        settings.combinesDateTime = true
        running.node.update(settings)
        #expect(
            try await studies(running, (.studyDate, .DA, "20240910-20240912"), (.studyTime, .TM, "1000-1100"))
                == ["1.2.3"])
        #expect(
            try await studies(running, (.studyDate, .DA, "20240910-20240912"), (.studyTime, .TM, "0900-235959"))
                == ["1.2.4", "1.2.3", Sample.study])
        await running.node.stop()
    }

    @Test func everyLevelGivesWhatWasAskedFor() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        var (status, matches) = try await find(
            running, "PATIENT",
            [(.patientID, .LO, "0042"), (.patientName, .PN, ""), (.numberOfPatientRelatedStudies, .IS, "")],
            model: "patient")
        #expect(status == "0000" && matches.count == 1)
        #expect(
            matches.first?.text(.patientName) == "Müller^Jörg"
                && matches.first?.integer(.numberOfPatientRelatedStudies) == 2)
        #expect(matches.first?.contains(.patientSex) == false)
        #expect(matches.first?.text(.specificCharacterSet) == "ISO_IR 192")
        (status, matches) = try await find(
            running, "SERIES",
            [(.studyInstanceUID, .UI, Sample.study), (.numberOfSeriesRelatedInstances, .IS, ""), (.modality, .CS, "")])
        #expect(matches.map { $0.integer(.numberOfSeriesRelatedInstances) } == [3])
        #expect(matches.first?.string(.seriesInstanceUID) == "\(Sample.study).1")
        #expect(
            matches.first?.string(.retrieveAETitle) == "HILUM" && matches.first?.string(.queryRetrieveLevel) == "SERIES"
        )
        (status, matches) = try await find(
            running, "IMAGE", [(.studyInstanceUID, .UI, Sample.study), (.instanceNumber, .IS, "2"), (.rows, .US, "")])
        #expect(
            matches.map { $0.string(.sopInstanceUID) } == ["\(Sample.study).1.2"] && matches.first?.integer(.rows) == 4)
        (status, matches) = try await find(running, "PATIENT", [], model: "study")
        #expect(status == "A900" && matches.isEmpty)
        (status, _) = try await find(running, "STUDIES", [])
        #expect(status == "A900")
        (status, _) = try await find(running, "STUDY", [(.studyInstanceUID, .UI, "../x")])
        #expect(status == "A900")
        #expect(try await eventually { try await store.reader.associationFailures().count == 3 ? true : nil })
        await running.node.stop()
    }

    @Test func answersComeInTheCharacterSetAskedFor() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        for (asked, expected) in [("ISO_IR 100", "ISO_IR 100"), ("GB18030", "GB18030"), ("", "ISO_IR 192")] {
            var identifier = DataSet(characterSet: SpecificCharacterSet(declared: asked))
            identifier.set(.queryRetrieveLevel, .CS, text: "STUDY")
            identifier.set(.studyInstanceUID, .UI, text: "1.2.3")
            identifier.set(.patientName, .PN, text: "")
            let (_, matches) = try await running.driver.ask(
                "find", ["model": "study"], body: identifier.encoded(as: .explicitLittleEndian))
            let match = try DataSet.parse(try #require(matches.first).body, .explicitLittleEndian)
            #expect(match.text(.specificCharacterSet) == expected)
            #expect(match.text(.patientName) == "Müller^Jörg")
        }
        // What the set cannot say comes in UTF-8.
        var identifier = DataSet(characterSet: SpecificCharacterSet(declared: "ISO_IR 100"))
        identifier.set(.queryRetrieveLevel, .CS, text: "STUDY")
        identifier.set(.patientID, .LO, text: "P1")
        identifier.set(.patientName, .PN, text: "")
        let (_, matches) = try await running.driver.ask(
            "find", ["model": "study"], body: identifier.encoded(as: .explicitLittleEndian))
        let match = try DataSet.parse(try #require(matches.first).body, .explicitLittleEndian)
        #expect(match.text(.patientName) == "Wang^Xiaodong=王^小东")
        await running.node.stop()
    }

    @Test func whatIsRetrievedIsNamedFileByFile() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        var identifier = DataSet()
        identifier.set(.queryRetrieveLevel, .CS, text: "STUDY")
        identifier.set(.studyInstanceUID, .UI, text: Sample.study)
        let body = identifier.encoded(as: .explicitLittleEndian)
        var answer = try await running.driver.ask("retrieve", ["model": "study", "how": "get"], body: body).answer
        #expect(answer["status"] == "0000" && answer.all("file").count == 3 && answer["host"] == nil)
        #expect(answer.all("sop_instance") == (1...3).map { "\(Sample.study).1.\($0)" })
        #expect(answer.all("transfer_syntax").allSatisfy { $0 == TransferSyntax.explicitLittleEndian })
        answer = try await running.driver.ask(
            "retrieve", ["model": "study", "how": "move", "destination": "WS1"], body: body
        ).answer
        #expect(answer["host"] == "10.1.1.1" && answer["port"] == "104" && answer.all("file").count == 3)
        answer = try await running.driver.ask(
            "retrieve", ["model": "study", "how": "move", "destination": "NOWHERE"], body: body
        ).answer
        #expect(answer["status"] == "A801")
        // Without a unique key nothing goes: it would be everything.
        identifier.set(.studyInstanceUID, .UI, text: "")
        answer = try await running.driver.ask(
            "retrieve", ["model": "study", "how": "get"], body: identifier.encoded(as: .explicitLittleEndian)
        ).answer
        #expect(answer["status"] == "A900" && answer.all("file").isEmpty)
        await running.node.stop()
    }

    @Test func pagesOfTheArchive() async throws {
        let (running, store) = try await archive()
        defer { store.closeBlocking() }
        var query = ImageQuery(.instance)
        query.limit = 2
        var all: [String] = []
        while true {
            let page = try await store.instances(query)
            all += page.map(\.instance.uid)
            query.offset += 2
            if page.count < 2 { break }
        }
        #expect(all.count == 5 && Set(all).count == 5)
        let file = try #require(
            try await store.files(study: Sample.study, series: "\(Sample.study).1", instance: "\(Sample.study).1.2")
                .first)
        #expect(file.sopInstance == "\(Sample.study).1.2" && file.path.hasPrefix("/"))
        #expect(try await store.files(study: "1.2.3", series: "\(Sample.study).1", instance: nil).isEmpty)
        await running.node.stop()
    }
}
