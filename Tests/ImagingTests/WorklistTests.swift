import Contracts
import DICOM
import DriverWire
import Imaging
import ImagingModel
import Store
import Testing

/// Orders, the worklist, and performed procedure steps joined to them.
@Suite(.serialized) struct WorklistTests {
    let site = ImagingTestSite()

    static let file = """
        [{"patient": {"id": "P1", "name": "Wang^Xiaodong=王^小东", "birth_date": "1960-04-01", "sex": "M"},
          "accession": "A1", "study_uid": "1.2.826.0.1.3680043.9.1.1",
          "procedure": {"id": "RP1", "description": "CT chest",
                        "code": {"value": "24627-2", "scheme": "LN", "meaning": "CT Chest"}},
          "placer": "PL1", "filler": "FL1", "priority": "stat", "expected_instances": 4,
          "steps": [{"id": "S1", "station_ae": ["CT1", "CT2"], "date": "2024-09-10", "time": "09:15", "modality": "CT",
                     "description": "chest", "performer": "Zhao^Wei"},
                    {"id": "S2", "station_ae": "CT1", "date": "2024-09-11", "time": "18:00", "modality": "CT"}]},
         {"patient": {"id": "0042", "name": "Müller^Jörg"}, "accession": "B2",
          "steps": [{"station_ae": "MR1", "date": "20240912", "modality": "MR"}]}]
        """

    private func run() async throws -> (RunningNode, Store) {
        let store = try site.openStore()
        try await store.put(orders: try ImagingOrders.parse(Array(Self.file.utf8)))
        return (try await site.run(store), store)
    }

    private func worklist(
        _ running: RunningNode, step: [(DICOM.Tag, VR, String)] = [], _ keys: (DICOM.Tag, VR, String)...
    ) async throws -> [DataSet] {
        var identifier = DataSet()
        for (tag, vr, text) in [(.patientID, .LO, ""), (.accessionNumber, .SH, "")] + keys {
            identifier.set(tag, vr, text: text)
        }
        var item = DataSet()
        for (tag, vr, text) in [(.scheduledProcedureStepID, .SH, ""), (.modality, .CS, "")] + step {
            item.set(tag, vr, text: text)
        }
        identifier.set(.scheduledProcedureStepSequence, items: [item])
        let (answer, matches) = try await running.driver.ask(
            "find", ["model": "worklist"], body: identifier.encoded(as: .explicitLittleEndian))
        #expect(answer["status"] == "0000")
        return try matches.map { try DataSet.parse($0.body, .explicitLittleEndian) }
    }

    private func steps(_ sets: [DataSet]) -> [String] {
        sets.compactMap { $0.item(.scheduledProcedureStepSequence)?.string(.scheduledProcedureStepID) }
    }

    @Test func aModalityFindsItsOwnSteps() async throws {
        let (running, store) = try await run()
        defer { store.closeBlocking() }
        #expect(steps(try await worklist(running)) == ["S1", "S2", "B2-1"])
        #expect(steps(try await worklist(running, step: [(.scheduledStationAETitle, .AE, "CT2")])) == ["S1"])
        #expect(steps(try await worklist(running, step: [(.modality, .CS, "MR")])) == ["B2-1"])
        #expect(
            steps(try await worklist(running, step: [(.scheduledProcedureStepStartDate, .DA, "20240911-20240912")]))
                == ["S2", "B2-1"])
        // Date and time together are one period (PS3.4 K.6.1.2.2).
        #expect(
            steps(
                try await worklist(
                    running,
                    step: [
                        (.scheduledProcedureStepStartDate, .DA, "20240910-20240911"),
                        (.scheduledProcedureStepStartTime, .TM, "1000-1800"),
                    ])) == ["S2"])
        #expect(steps(try await worklist(running, (.patientName, .PN, "wang*"))) == ["S1", "S2"])
        #expect(
            steps(try await worklist(running, step: [(.scheduledPerformingPhysicianName, .PN, "ZHAO^WEI")])) == ["S1"])
        let entry = try #require(try await worklist(running, (.accessionNumber, .SH, "A1")).first)
        #expect(entry.string(.studyInstanceUID) == Sample.study && entry.text(.patientName) == "Wang^Xiaodong=王^小东")
        #expect(entry.text(.requestedProcedureID) == "RP1")
        #expect(entry.item(.scheduledProcedureStepSequence)?.contains(.scheduledStationAETitle) == false)
        await running.node.stop()
    }

    private func created(_ change: (inout DataSet) -> Void = { _ in }) -> [UInt8] {
        var set = DataSet(characterSet: .utf8)
        var item = DataSet()
        item.set(.studyInstanceUID, .UI, text: Sample.study)
        item.set(.accessionNumber, .SH, text: "A1")
        item.set(.scheduledProcedureStepID, .SH, text: "S1")
        set.set(.scheduledStepAttributesSequence, items: [item])
        set.set(.performedProcedureStepStatus, .CS, text: "IN PROGRESS")
        set.set(.performedProcedureStepID, .SH, text: "PP1")
        set.set(.performedStationAETitle, .AE, text: "CT1")
        set.set(.patientID, .LO, text: "P1")
        set.set(.patientName, .PN, text: "王^小东")
        set.set(.modality, .CS, text: "CT")
        change(&set)
        return set.encoded(as: .explicitLittleEndian)
    }

    private func ended(_ status: String, images: [String] = []) -> [UInt8] {
        var set = DataSet()
        set.set(.performedProcedureStepStatus, .CS, text: status)
        var series = DataSet()
        series.set(.seriesInstanceUID, .UI, text: "\(Sample.study).1")
        series.set(
            .referencedImageSequence,
            items: images.map { uid in
                var item = DataSet()
                item.set(.referencedSOPClassUID, .UI, text: Sample.ct)
                item.set(.referencedSOPInstanceUID, .UI, text: uid)
                return item
            })
        set.set(.performedSeriesSequence, items: [series])
        return set.encoded(as: .explicitLittleEndian)
    }

    @Test func aPerformedStepChangesTheOrder() async throws {
        let (running, store) = try await run()
        defer { store.closeBlocking() }
        let made = try await running.driver.ask("mpps-create", ["sop_instance": ""], body: created()).answer
        let uid = try #require(made["sop_instance"])
        #expect(made["status"] == "0000" && uid.hasPrefix("2.25."))
        var order = try #require(try await store.orders(study: Sample.study, accession: "").first)
        #expect(order.steps.map(\.state) == [.inProgress, .scheduled])
        let done = try await running.driver.ask(
            "mpps-set", ["sop_instance": uid], body: ended("COMPLETED", images: ["\(Sample.study).1.1"])
        ).answer
        #expect(done["status"] == "0000")
        order = try #require(try await store.orders(study: Sample.study, accession: "").first)
        #expect(order.steps.map(\.state) == [.completed, .scheduled])
        #expect(steps(try await worklist(running)) == ["S2", "B2-1"])
        let step = try #require(try await store.performedSteps(study: Sample.study).first)
        #expect(step.state == .completed && step.patient.name == "王^小东" && step.instances == ["\(Sample.study).1.1"])
        #expect(step.device == "ct-1" && step.accessions == ["A1"] && step.scheduledSteps == ["S1"])
        // The order comes again: what was done stays done.
        try await store.put(orders: try ImagingOrders.parse(Array(Self.file.utf8)))
        #expect(steps(try await worklist(running)) == ["S2", "B2-1"])
        await running.node.stop()
    }

    @Test func theRulesOfPerformedSteps() async throws {
        let (running, store) = try await run()
        defer { store.closeBlocking() }
        func create(_ uid: String, _ body: [UInt8]) async throws -> String? {
            try await running.driver.ask("mpps-create", ["sop_instance": uid], body: body).answer["status"]
        }
        func set(_ uid: String, _ body: [UInt8]) async throws -> String? {
            try await running.driver.ask("mpps-set", ["sop_instance": uid], body: body).answer["status"]
        }
        #expect(
            try await create("1.1", created { $0.set(.performedProcedureStepStatus, .CS, text: "COMPLETED") }) == "0106"
        )
        #expect(try await create("1.1", created { $0.remove(.performedProcedureStepStatus) }) == "0120")
        #expect(try await create("1.1", created { $0.remove(.scheduledStepAttributesSequence) }) == "0120")
        #expect(try await create("1.1", created()) == "0000")
        #expect(try await create("1.1", created()) == "0111")
        #expect(try await set("9.9", ended("COMPLETED")) == "0112")
        #expect(try await set("1.1", ended("DONE")) == "0106")
        var other = DataSet()
        other.set(.performedProcedureStepID, .SH, text: "OTHER")
        #expect(try await set("1.1", other.encoded(as: .explicitLittleEndian)) == "0106")
        other.set(.performedProcedureStepID, .SH, text: "PP1")
        other.set(.performedProcedureStepDescription, .LO, text: "胸部")
        #expect(try await set("1.1", other.encoded(as: .explicitLittleEndian)) == "0000")
        #expect(try await set("1.1", ended("DISCONTINUED")) == "0000")
        #expect(try await set("1.1", ended("COMPLETED")) == "0110")
        let step = try #require(try await store.performedSteps(study: Sample.study).first)
        #expect(step.state == .discontinued && step.description == "胸部" && step.patient.name == "王^小东")
        #expect(try await store.orders(study: Sample.study, accession: "").first?.steps.first?.state == .discontinued)
        await running.node.stop()
    }

    @Test func ordersAreReadFromCSVAsWell() throws {
        let csv = #"""
            patient_id;patient_name;accession;procedure_id;modality;date;time;station_ae;description;expected_instances
            0042;"Müller; ""Jörg""";A7;RP;US;2024-03-18;08:00;US1 US2;abdomen;12

            0042;Müller;A7;RP;US;2024-03-19;;US1;kidney;
            """#
        let orders = try ImagingOrders.parse(Array(csv.utf8), makeUID: { "2.25.7" })
        #expect(orders.count == 1)
        let order = try #require(orders.first)
        #expect(order.patient.id == "0042" && order.patient.name == "Müller; \"Jörg\"" && order.studyUID == "2.25.7")
        #expect(order.steps.map(\.id) == ["RP-1", "RP-2"] && order.steps.map(\.date) == ["20240318", "20240319"])
        #expect(order.steps.first?.stationAEs == ["US1", "US2"] && order.steps.first?.time == "080000")
        #expect(order.expectedInstances == 12)
    }

    @Test(arguments: [
        ("[{\"accession\": \"A\"}]", "patient"), ("[{\"patient\": {\"id\": \"1\"}}]", "accession"), ("[7]", "order 1"),
        (
            "[{\"patient\": {\"id\": \"1\"}, \"accession\": \"A\", \"steps\": [{\"modality\": \"CT\", \"date\": \"18.3.2024x\"}]}]",
            "date"
        ),
        ("[{\"patient\": {\"id\": \"1\"}, \"acession\": \"A\"}]", "acession"), ("{", "JSON"), ("{}", "orders"),
        ("", "empty"),
        ("patient_id,colour\n1,red\n", "colour"),
        ("patient_id,accession,modality,date\n1,A,CT,2024-01-01,x\n", "line 2"),
        ("patient_id,accession,modality,date\n1,12345678901234567,CT,2024-01-01\n", "16 characters"),
    ])
    func faultsInFilesOfOrdersNameThePlace(_ text: String, _ word: String) {
        let fault = #expect(throws: ImagingOrderFault.self) { try ImagingOrders.parse(Array(text.utf8)) }
        #expect(fault?.description.contains(word) == true)
        #expect(fault?.cure.isEmpty == false)
    }
}

/// What must not be mixed up.
@Suite(.serialized) struct OrderIdentityTests {
    let site = ImagingTestSite()

    private func order(_ patient: String, accession: String, procedure: String, steps: Int = 1) -> ImagingOrder {
        var order = ImagingOrder()
        order.patient.id = patient
        order.accession = accession
        order.procedureID = procedure
        order.studyUID = "1.2.\(patient)"
        order.steps = (1...steps).map { number in
            var step = ImagingOrder.Step()
            (step.id, step.modality, step.date) = ("S\(number)", "CT", "20240910")
            return step
        }
        return order
    }

    @Test func ordersWithoutAnAccessionBelongToTheirPatient() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        try await store.put(orders: [
            order("1", accession: "", procedure: "RP"), order("2", accession: "", procedure: "RP"),
            order("1", accession: "", procedure: "RP"), order("3", accession: "A", procedure: "RP"),
            // A corrected patient id under one accession number replaces.
            order("4", accession: "A", procedure: "RP"),
        ])
        #expect(try await store.worklist(WorklistQuery()).map(\.order.patient.id) == ["2", "1", "4"])
        #expect(try await store.cancelOrder(accession: "A", who: "li", note: "") == 1)
        #expect(try await store.worklist(WorklistQuery()).count == 2)
        await #expect(throws: StoreRefusal.self) { try await store.cancelOrder(accession: "A", who: "li", note: "") }
    }

    @Test func aPerformedStepThatNamesNoStepEndsNoneOfSeveral() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        try await store.put(orders: [order("1", accession: "A", procedure: "RP", steps: 2)])
        try await store.setStep("", study: "1.2.1", accession: "", state: .completed)
        #expect(try await store.worklist(WorklistQuery()).count == 2)
        try await store.setStep("S2", study: "9", accession: "A", state: .completed)
        #expect(try await store.worklist(WorklistQuery()).map(\.step.id) == ["S1"])
        // What has ended does not begin again by a late message.
        try await store.setStep("S2", study: "1.2.1", accession: "A", state: .inProgress)
        #expect(
            try await store.orders(study: "1.2.1", accession: "").first?.steps.map(\.state) == [.scheduled, .completed])
    }
}
