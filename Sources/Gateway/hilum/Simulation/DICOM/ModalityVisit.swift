import DICOM

/// One study on its way from a simulated modality: the patient, the step, the images.
struct ModalityVisit {
    private let modality: SimulatedModality
    private let plan: ModalityPlan
    private var study: SyntheticStudy
    private var association: SimulatedAssociation?
    private var sent: [(sopClass: String, sopInstance: String, series: String)] = []

    init(_ modality: SimulatedModality, number: Int) {
        self.modality = modality
        plan = modality.plan
        study = SyntheticStudy(
            plan.form, seed: plan.seed &+ UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9, now: plan.now())
        if plan.usesWorklist { takeFromWorklist(number) }
        if plan.tellsStep { study.performedStep = study.stepUID }
    }

    /// Does everything once.
    mutating func run() {
        let count = plan.files.isEmpty ? study.count + plan.documents.count : plan.files.count
        modality.tell(
            .began(
                study: study.uid,
                patient: plan.files.isEmpty ? "\(study.patient.id) \(study.patient.name)" : "given files",
                instances: count))
        let uid = study.stepUID
        if plan.tellsStep {
            let attributes = PerformedStepAttributes.inProgress(study, station: plan.peer.calling)
            tell("step in progress") { try $0.create(step: uid, attributes) }
        }
        if plan.files.isEmpty { sendStudy() } else { sendFiles() }
        guard !modality.isStopped else { return close() }
        if plan.tellsStep {
            let attributes = PerformedStepAttributes.completed(study, now: plan.now(), instances: sent)
            tell("step completed") { try $0.set(step: uid, attributes) }
        }
        if plan.asksCommitment, !sent.isEmpty { commit() }
        close()
        modality.tell(.ended(study: study.uid))
    }

    private mutating func sendStudy() {
        for series in 0..<study.form.series {
            for number in 0..<study.form.instances {
                guard modality.mayCount() else { return }
                send(study.instance(series, number))
            }
        }
        for document in plan.documents {
            guard modality.mayCount() else { return }
            send(adopted(document.instance))
        }
    }

    /// A document under the patient and study of this visit.
    private func adopted(_ document: OutgoingInstance) -> OutgoingInstance {
        var instance = document
        instance.series = renamed(document.series)
        instance.sopInstance = renamed(document.sopInstance)
        instance.study = study.uid
        instance.dataSet.set(.sopInstanceUID, .UI, text: instance.sopInstance)
        instance.dataSet.set(.seriesInstanceUID, .UI, text: instance.series)
        instance.dataSet.set(.studyInstanceUID, .UI, text: study.uid)
        instance.dataSet.set(.studyDate, .DA, text: study.date)
        instance.dataSet.set(.studyTime, .TM, text: study.time)
        instance.dataSet.set(.studyID, .SH, text: study.id)
        instance.dataSet.set(.studyDescription, .LO, text: study.examination.study)
        instance.dataSet.set(.accessionNumber, .SH, text: study.accession)
        instance.dataSet.set(.patientName, .PN, text: study.patient.name)
        instance.dataSet.set(.patientID, .LO, text: study.patient.id)
        instance.dataSet.set(.patientBirthDate, .DA, text: study.patient.birthDate)
        instance.dataSet.set(.patientSex, .CS, text: study.patient.sex)
        instance.dataSet.remove(.issuerOfPatientID)
        return instance
    }

    private mutating func sendFiles() {
        for file in plan.files {
            guard modality.mayCount() else { return }
            var instance = file.instance
            if plan.renamesFiles { rename(&instance) }
            send(instance)
        }
    }

    /// Fresh UIDs that are the same for what belongs together: a number of this round takes the place of the root.
    private func rename(_ instance: inout OutgoingInstance) {
        instance.study = renamed(instance.study)
        instance.series = renamed(instance.series)
        instance.sopInstance = renamed(instance.sopInstance)
        instance.dataSet.set(.studyInstanceUID, .UI, text: instance.study)
        instance.dataSet.set(.seriesInstanceUID, .UI, text: instance.series)
        instance.dataSet.set(.sopInstanceUID, .UI, text: instance.sopInstance)
    }

    private func renamed(_ uid: String) -> String {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in (uid + " " + study.uid).utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return "2.25.\(digest)"
    }

    // MARK: One instance

    private mutating func send(_ instance: OutgoingInstance) {
        var attempt = 0
        while !modality.isStopped {
            attempt += 1
            let isLast = plan.attempts.map { attempt >= $0 } ?? false
            do {
                let association = try opened(instance)
                let start = ContinuousClock.now
                let (status, comment) = try association.store(instance)
                if status == 0 || status >> 12 == 0xB {
                    sent.append((instance.sopClass, instance.sopInstance, instance.series))
                    let taken = ModalityEvent.stored(
                        study: instance.study, sopInstance: instance.sopInstance, status: status,
                        after: ContinuousClock.now - start)
                    return modality.tell(taken, bytes: instance.size)
                }
                // Out of resources (A7xx) may pass; what is wrong with the instance does not.
                if status >> 8 != 0xA7 || isLast { return fail(instance, status, comment) }
            } catch {
                lose("\(error)")
                if isLast { return fail(instance, 0, "\(error)") }
            }
            _ = modality.pause(.milliseconds(500))
        }
    }

    private func fail(_ instance: OutgoingInstance, _ status: UInt16, _ reason: String) {
        modality.tell(
            .failed(study: instance.study, sopInstance: instance.sopInstance, status: status, reason: reason))
    }

    // MARK: Associations

    private mutating func opened(_ instance: OutgoingInstance?) throws -> SimulatedAssociation {
        if let association { return association }
        let made = try SimulatedAssociation(plan.peer, proposed: proposal(instance))
        association = made
        return made
    }

    /// What the modality asks for: its images, or what the given files are, and the services it uses.
    private func proposal(_ instance: OutgoingInstance?) -> [(abstract: String, transfers: [String])] {
        var contexts: [(abstract: String, transfers: [String])] = [
            (ServiceClass.verification, ServiceClass.plainTransfers)
        ]
        if plan.tellsStep { contexts.append((ServiceClass.performedStep, ServiceClass.plainTransfers)) }
        if plan.asksCommitment { contexts.append((ServiceClass.commitment, ServiceClass.plainTransfers)) }
        if plan.files.isEmpty {
            contexts.append((study.form.modality.sopClass, ServiceClass.plainTransfers))
        }
        for file in plan.files.isEmpty ? plan.documents : plan.files {
            let transfer = file.instance.transferSyntax
            let isPlain = ServiceClass.plainTransfers.contains(transfer)
            let transfers = isPlain ? ServiceClass.plainTransfers : [transfer]
            if !contexts.contains(where: { $0.abstract == file.instance.sopClass && $0.transfers == transfers }) {
                contexts.append((file.instance.sopClass, transfers))
            }
        }
        return contexts
    }

    private mutating func lose(_ reason: String) {
        association?.drop()
        association = nil
        modality.tell(.trouble(reason))
    }

    private mutating func close() {
        association?.release()
        association = nil
    }

    /// Something besides images; failing, the study goes on without it.
    private mutating func tell(_ what: String, _ body: (SimulatedAssociation) throws -> Void) {
        do {
            try body(try opened(nil))
            modality.tell(.did(what))
        } catch let refusal as SimulatedAssociation.NotAccepted {
            modality.tell(.did("\(what) not told: \(refusal)"))
        } catch {
            lose("\(what): \(error)")
        }
    }

    private mutating func commit() {
        do {
            let answer = try opened(nil).commit(
                sent.map { ($0.sopClass, $0.sopInstance) }, transaction: study.transactionUID,
                limit: plan.commitmentLimit)
            guard let answer else { return modality.tell(.did("commitment asked; no report on this association")) }
            modality.committed(answer.committed)
            modality.tell(.did("committed \(answer.committed), not committed \(answer.failed)"))
        } catch let refusal as SimulatedAssociation.NotAccepted {
            modality.tell(.did("commitment not asked: \(refusal)"))
        } catch {
            lose("commitment: \(error)")
        }
    }

    // MARK: Worklist and step

    private mutating func takeFromWorklist(_ number: Int) {
        do {
            let asking = try SimulatedAssociation(
                plan.peer, proposed: [(ServiceClass.worklist, ServiceClass.plainTransfers)])
            let entries = try asking.worklist(WorklistKeys.today(station: plan.peer.calling, date: study.date))
            asking.release()
            guard !entries.isEmpty else {
                return modality.tell(.trouble("the worklist is empty: a patient is made up"))
            }
            let entry = entries[number % entries.count]
            study.patient.id = entry.text(.patientID) ?? study.patient.id
            study.patient.name = entry.text(.patientName) ?? study.patient.name
            study.patient.birthDate = entry.string(.patientBirthDate) ?? study.patient.birthDate
            study.patient.sex = entry.string(.patientSex) ?? study.patient.sex
            study.accession = entry.text(.accessionNumber) ?? study.accession
            study.uid = entry.string(.studyInstanceUID) ?? study.uid
            study.examination.study = entry.text(Tag(0x0032, 0x1060)) ?? study.examination.study
            study.procedureID = entry.text(Tag(0x0040, 0x1001)) ?? ""
            study.stepID = entry.items(Tag(0x0040, 0x0100)).first?.text(Tag(0x0040, 0x0009)) ?? ""
            modality.tell(.did("worklist: \(entries.count) entries, \(study.patient.id) taken"))
        } catch {
            modality.tell(.trouble("worklist: \(error)"))
        }
    }
}
