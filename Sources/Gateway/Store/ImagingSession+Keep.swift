import Contracts
import GRDB
import ImagingModel

extension ImagingSession {
    /// Writes an instance, unless its UID is held already.
    func keep(_ draft: InstanceDraft) throws -> InstanceFate {
        let statements = try statements
        let image = draft.image
        if let (number, isFreed) = try statements.known.bind(image.instance.uid).first({
            ($0.integer(0), $0.integer(1) == 1)
        }) {
            guard isFreed else { return .known(try file(number)) }
            try forget(number)
        }
        let (device, uid) = (try session.device(draft.device), image.study.uid)
        var study = try take(uid, draft, device, statements)
        let conflict = Self.conflict(&study, image.patient)
        var series = try study.series[image.series.uid] ?? findSeries(image, &study, statements)
        let number = try next("instance")
        let ownPatient = image.patient.id == study.row.patient.id ? nil : image.patient.id
        try statements.instance.bind(number).bind(series.number).bind(image.instance.uid).bind(image.instance.sopClass)
            .bind(draft.transferSyntax).bind(image.instance.number.map(Int64.init))
            .bind(image.instance.frames.map(Int64.init)).bind(image.instance.rows.map(Int64.init))
            .bind(image.instance.columns.map(Int64.init)).bind(image.instance.bitsAllocated.map(Int64.init))
            .bind(image.instance.date.nilIfEmpty).bind(image.instance.time.nilIfEmpty)
            .bind(image.instance.title.nilIfEmpty).bind(session.relative(draft.path)).bind(draft.size)
            .bind(draft.receivedAt).bind(device).bind(draft.callingAE).bind(ownPatient).run()
        series.count += 1
        series.isDirty = true
        study.series[image.series.uid] = series
        study.count(draft)
        touch(uid)
        try queue(draft, instance: number, study: study.row.number, statements)
        studies[uid] = study
        return .kept(number: number, instances: study.row.instanceCount, conflict: conflict)
    }

    private func queue(_ draft: InstanceDraft, instance: Int64, study: Int64, _ statements: ImagingStatements) throws {
        for route in draft.routes {
            let item = try next("forward")
            try statements.forward.bind(item).bind(instance).bind(study).bind(
                try session.destination(route.destination)
            )
            .bind(draft.receivedAt).bind(route.asksCommitment ? 1 : 0).run()
            session.effects.images.append(.queued(destination: route.destination, study: study, item: item, due: 0))
        }
    }

    /// Takes the study out of the cache (so that changing it copies nothing), reads it, or makes it.
    private func take(_ uid: String, _ draft: InstanceDraft, _ device: Int64, _ statements: ImagingStatements) throws
        -> Study
    {
        var study: Study
        if let cached = studies.removeValue(forKey: uid) {
            study = cached
        } else if let found = try statements.studyOf.bind(uid).first({ ($0.integer(0), $0.text(1)) }) {
            let row = try Row.fetchOne(
                session.database, sql: StudyColumns.select + " WHERE s.id = ?", arguments: [found.0])
            guard let row else { throw StoreFault(.internal, "study \(uid) is there and is not") }
            study = Study(row: StudyColumns.study(row), others: found.1.split(separator: "\n").map(String.init))
        } else {
            let number = try next("study")
            try statements.study.bind(number).bind(uid).bind(device).bind(draft.callingAE).bind(draft.receivedAt)
                .bind(draft.receivedAt).run()
            study = Study(row: ArchivedStudy(), others: [])
            study.row.number = number
            study.row.study.uid = uid
            study.row.device = draft.device
            study.row.callingAE = draft.callingAE
            study.row.firstReceived = draft.receivedAt
        }
        study.fill(draft.image)
        return study
    }

    private func findSeries(_ image: ImageInstance, _ study: inout Study, _ statements: ImagingStatements) throws
        -> Series
    {
        let uid = image.series.uid
        let known = try statements.seriesOf.bind(uid).bind(study.row.number).first {
            Series(number: $0.integer(0), count: Int($0.integer(1)))
        }
        if let known { return known }
        let (series, equipment, number) = (image.series, image.equipment, try next("series"))
        try statements.series.bind(number).bind(study.row.number).bind(uid).bind(series.modality)
            .bind(series.number.map(Int64.init)).bind(series.description).bind(series.bodyPart).bind(series.laterality)
            .bind(series.protocolName).bind(series.date).bind(series.time).bind(series.stepDate).bind(series.stepTime)
            .bind(series.performedStep).bind(series.requestedProcedure).bind(series.scheduledStep)
            .bind(equipment.station).bind(equipment.location).bind(equipment.manufacturer).bind(equipment.model)
            .bind(equipment.serial).bind(equipment.software).run()
        study.row.seriesCount += 1
        if !series.modality.isEmpty, !study.row.modalities.contains(series.modality) {
            study.row.modalities = (study.row.modalities + [series.modality]).sorted()
        }
        return Series(number: number, count: 0)
    }

    /// Two patients in one study: never guessed at, a person decides (PS3.3 C.7.2.1 lets a study have one patient only).
    private static func conflict(_ study: inout Study, _ patient: PatientModule) -> String? {
        let (own, other) = (study.row.patient, patient)
        guard !other.id.isEmpty, !own.id.isEmpty else { return nil }
        let isOtherIssuer = !own.issuer.isEmpty && !other.issuer.isEmpty && own.issuer != other.issuer
        guard own.id != other.id || isOtherIssuer else { return nil }
        let written = isOtherIssuer ? "\(other.id) of \(other.issuer)" : other.id
        guard !study.others.contains(written), study.others.count < 100 else { return nil }
        study.others.append(written)
        let text = """
            instances of Patient ID "\(written)" came into the study of Patient ID "\(own.id)"; they are kept. Find out \
            whose study it is, correct it at the modality or the PACS, then release the study.
            """
        study.row.state = .held
        study.row.due = nil
        study.row.hold = text
        study.hasNewStatus = true
        return text
    }

    /// The file of an instance was deleted by retention, and now it comes again: as a new one.
    private func forget(_ number: Int64) throws {
        try flush()
        studies.removeAll()
        let database = session.database
        try database.execute(sql: "DELETE FROM forward WHERE instance = ?", arguments: [number])
        try database.execute(
            sql: """
                UPDATE study SET instance_count = instance_count - 1 WHERE id =
                (SELECT e.study FROM instance i JOIN series e ON e.id = i.series WHERE i.id = ?)
                """, arguments: [number])
        try database.execute(
            sql: """
                UPDATE series SET instance_count = instance_count - 1 WHERE id = (SELECT series FROM instance WHERE id = ?)
                """, arguments: [number])
        try keepNumber(of: "instance")
        try keepNumber(of: "forward")
        try database.execute(sql: "DELETE FROM instance WHERE id = ?", arguments: [number])
    }

    func file(_ number: Int64) throws -> ArchivedFile {
        let row = try Row.fetchOne(
            session.database, sql: StudyColumns.files + " WHERE i.id = ?", arguments: [number])
        guard let row else { throw StoreFault(.internal, "instance \(number) is there and is not") }
        return StudyColumns.file(row, folder: session.configuration.folder)
    }
}

extension ImagingSession.Study {
    /// A timer runs out at most so much later than asked for: 1 s.
    private static let timerSlack: Int64 = 1_000_000

    /// Totals after one instance more. A study that was complete is open again.
    mutating func count(_ draft: InstanceDraft) {
        isDirty = true
        row.instanceCount += 1
        row.size &+= draft.size
        row.lastReceived = max(row.lastReceived, draft.receivedAt)
        if row.isFreed {
            row.isFreed = false
            hasNewStatus = true
        }
        guard row.state != .held else { return }
        if row.state != .receiving {
            row.state = .receiving
            hasNewStatus = true
        }
        // Not for each instance: the timer's index would be written with every commit.
        if let due = draft.due, (row.due ?? 0) < due {
            row.due = due &+ Self.timerSlack
            hasNewStatus = true
        }
    }

    /// What was not known of patient and study until now. What is known stays as the first instance said.
    mutating func fill(_ image: ImageInstance) {
        var isNew = false
        func put(_ value: String, _ place: inout String) {
            if place.isEmpty, !value.isEmpty {
                place = value
                isNew = true
            }
        }
        let (patient, study) = (image.patient, image.study)
        if row.patient.id.isEmpty || row.patient.id == patient.id {
            put(patient.id, &row.patient.id)
            put(patient.issuer, &row.patient.issuer)
            put(patient.name, &row.patient.name)
            put(patient.birthDate, &row.patient.birthDate)
            put(patient.sex, &row.patient.sex)
            if row.patient.otherIDs.isEmpty, !patient.otherIDs.isEmpty {
                row.patient.otherIDs = patient.otherIDs
                isNew = true
            }
        }
        put(study.accession, &row.study.accession)
        put(study.id, &row.study.id)
        put(study.date, &row.study.date)
        put(study.time, &row.study.time)
        put(study.description, &row.study.description)
        put(study.referrer, &row.study.referrer)
        put(study.institution, &row.study.institution)
        put(study.utcOffset, &row.study.utcOffset)
        put(image.equipment.station, &row.station)
        put(image.equipment.location, &row.location)
        if isNew { hasNewTexts = true }
    }
}

extension String {
    var nilIfEmpty: String? { isEmpty ? nil : self }
}
