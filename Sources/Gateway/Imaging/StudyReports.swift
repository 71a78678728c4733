import Contracts
import DICOM
import ImagingModel
import ResultModel
import StructuredReports

/// Makes the report of a study that is complete and hands it to the journal: from there it goes the way of every report.
struct StudyReports: Sendable {
    let site: ImagingSite

    /// Instances that a report lists; the counts tell of all.
    private static let mostListed = 2_000
    /// Bytes of one document that is read.
    private static let largestDocument: Int64 = 64 << 20
    /// Documents of one study that are read.
    private static let mostDocuments = 500
    /// SOP classes of which the contents are read.
    private static let documentClasses = UIDDictionary.storageSOPClasses.filter(StudyDocument.isRead)

    /// Tells a version of a study.
    func tell(_ study: ArchivedStudy, missing: Int) async throws {
        let version = study.version + 1
        let rules = site.device(study.device)?.rules ?? ModalityRules()
        var query = ImageQuery(.series)
        query.keys[.studyInstanceUID] = .uids([study.study.uid])
        query.limit = 10_000
        let series = try await site.store.series(query)
        let imaging = try await imagingStudy(study, series, version: version, ignoring: rules.ignoredSOPClasses)
        guard imaging.instanceCount > 0 else {
            return try await site.store.completed(
                study: study.number, version: study.version, instances: study.instanceCount)
        }
        let orders = try await site.store.orders(study: study.study.uid, accession: study.study.accession)
        let (documents, faults) = try await documents(study, rules)
        var report = StudyReport.make(
            study: imaging, patient: Self.patient(study), order: Self.order(orders, study), device: study.device,
            receivedAt: study.lastReceived, documents: documents, options: site.settings.documents)
        let device = site.device(study.device)
        report.profile = device?.profile ?? ""
        report.profileRevision = device?.profileRevision ?? ""
        for fault in faults { report.comments.append(fault.text) }
        if missing > 0 {
            report.comments.append("\(missing) instances that the modality says it has made were not received.")
        }
        if study.patient.id.isEmpty, site.settings.holdsUnknownPatients {
            report.holds.append(
                Hold(
                    .noOwner,
                    "study \(study.study.uid) names no patient (0010,0020): correct it at the modality or the PACS"))
        }
        let message = MessageDraft(
            kind: "study", protocolName: "DICOM", controlID: report.controlID, isComplete: true, start: 0, end: 0,
            contentDigest: 0, reports: [(report, site.settings.report(study, series))])
        var unit = CommitUnit(device: study.device, conversation: 0)
        unit.messages = [message]
        unit.faults = faults
        _ = try await site.commit(unit).get()
        try await site.store.completed(study: study.number, version: version, instances: study.instanceCount)
    }

    // MARK: Parts

    private func imagingStudy(
        _ study: ArchivedStudy, _ series: [ArchivedSeries], version: Int, ignoring: Set<String>
    ) async throws -> ImagingStudy {
        let zone = zone(study.study)
        var imaging = ImagingStudy()
        imaging.uid = study.study.uid
        imaging.accession = study.study.accession
        imaging.studyID = study.study.id
        imaging.started = Self.time(study.study.date, study.study.time, zone)
        imaging.description = study.study.description
        imaging.referrer = Self.name(study.study.referrer)
        imaging.location = study.location.isEmpty ? study.study.institution : study.location
        imaging.version = version
        imaging.endpoints = site.settings.endpoints
        var left = Self.mostListed
        for archived in series {
            var query = ImageQuery(.instance)
            query.keys[.studyInstanceUID] = .uids([study.study.uid])
            query.keys[.seriesInstanceUID] = .uids([archived.series.uid])
            query.limit = ignoring.isEmpty ? left : 100_000
            let all = try await site.store.instances(query)
            let told = all.filter { !ignoring.contains($0.instance.sopClass) }
            let ignored = all.count - told.count
            guard archived.instanceCount > ignored else { continue }
            var one = ImagingStudy.Series()
            one.uid = archived.series.uid
            one.number = archived.series.number
            one.modality = archived.series.modality
            one.description = archived.series.description
            one.bodyPart = archived.series.bodyPart
            one.laterality = archived.series.laterality
            one.started = Self.time(archived.series.date, archived.series.time, zone)
            one.instanceCount = archived.instanceCount - ignored
            one.instances = told.prefix(left).map {
                ImagingStudy.Instance(
                    uid: $0.instance.uid, sopClass: $0.instance.sopClass, number: $0.instance.number,
                    title: $0.instance.title)
            }
            left -= one.instances.count
            imaging.series.append(one)
            imaging.instanceCount += one.instanceCount
        }
        imaging.modalities = Array(Set(imaging.series.map(\.modality).filter { !$0.isEmpty })).sorted()
        return imaging
    }

    private func documents(
        _ study: ArchivedStudy, _ rules: ModalityRules
    ) async throws -> ([StudyDocument], [DriverFault]) {
        var query = ImageQuery(.instance)
        query.keys[.studyInstanceUID] = .uids([study.study.uid])
        query.keys[.sopClassUID] = .uids(Self.documentClasses)
        query.limit = Self.mostDocuments
        var (documents, faults): ([StudyDocument], [DriverFault]) = ([], [])
        for instance in try await site.store.instances(query)
        where !rules.ignoredSOPClasses.contains(instance.instance.sopClass) {
            let file = instance.file
            let name = "document \(file.sopInstance) of study \(file.study)"
            // Retention has deleted the file: its rows were told long ago.
            guard !file.path.isEmpty else { continue }
            guard file.size <= Self.largestDocument else {
                faults.append(
                    DriverFault(
                        .lost,
                        "\(name) has \(file.size) bytes and is not read for the EMR (\(Self.largestDocument) at most)"))
                continue
            }
            do {
                let read = try HeaderFile.readAll(file.path, characterSet: rules.characterSetChoice)
                if case .broken(let offset) = read.extent {
                    faults.append(
                        DriverFault(
                            .lost, "\(name) breaks off at byte \(offset): what comes before it is told to the EMR"))
                }
                documents.append(StudyDocument(dataSet: read.dataSet))
            } catch {
                faults.append(DriverFault(.lost, "\(name) cannot be read for the EMR: \(error)"))
            }
        }
        return (documents, faults)
    }

    /// Seconds east of UTC of the study's times: as it says, else as the site's zone was on that day.
    private func zone(_ study: StudyModule) -> Int32 {
        if let said = Self.zone(study.utcOffset) { return said }
        let now = site.clock.now().utcOffset
        guard let rules = site.settings.documents.zone, Self.date(study.date) != nil,
            let day = Int(study.date)
        else { return now }
        let time = Int(study.time.prefix(4)) ?? 1_200
        return rules.utcOffset(
            year: day / 10_000, month: day / 100 % 100, day: day % 100, hour: time / 100 % 24, minute: time % 100 % 60,
            second: 0) ?? now
    }

    // MARK: Words of the result model

    private static func patient(_ study: ArchivedStudy) -> Patient {
        var patient = Patient()
        patient.id = study.patient.id
        patient.alternateIDs = study.patient.otherIDs
        patient.name = name(study.patient.name)
        patient.birthDate = date(study.patient.birthDate) ?? ""
        patient.sex = study.patient.sex
        return patient
    }

    private static func order(_ orders: [ImagingOrder], _ study: ArchivedStudy) -> ServiceRequest {
        var request = ServiceRequest()
        request.fillerID = study.study.accession
        // Of several orders none is picked out: never guess.
        guard orders.count == 1, let order = orders.first else { return request }
        request.placerID = order.placer
        if !order.filler.isEmpty { request.fillerID = order.filler }
        request.priority =
            switch order.priority {
            case "STAT": "S"
            case "HIGH": "A"
            case "": ""
            default: "R"
            }
        return request
    }

    /// A person name as XPN has it: the suffix before the prefix. The ideographic group goes first: it is how the patient is
    /// called where there is one.
    static func name(_ name: String) -> String {
        let groups = name.split(separator: "=", omittingEmptySubsequences: false)
        let group = groups.dropFirst().first { !$0.isEmpty } ?? groups.first ?? ""
        var parts = group.split(separator: "^", omittingEmptySubsequences: false).map(String.init)
        if parts.count >= 4 {
            let prefix = parts[3]
            parts[3] = parts.count > 4 ? parts[4] : ""
            parts = Array(parts.prefix(4)) + [prefix]
        }
        while parts.last?.isEmpty ?? false { parts.removeLast() }
        return parts.joined(separator: "^")
    }

    /// YYYYMMDD as ISO 8601; nil when it is no date.
    static func date(_ text: String) -> String? {
        let digits = Array(text.utf8)
        guard digits.count == 8, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.dropFirst(6))"
    }

    /// Date and time as a clinician reads them: digits as sent, without fractions.
    static func time(_ day: String, _ time: String, _ zone: Int32) -> ClinicalTime? {
        guard let date = date(day) else { return nil }
        let digits = time.prefix { $0.isASCII && $0.isNumber }
        switch digits.count {
        case 4, 5:
            return ClinicalTime(local: "\(date)T\(digits.prefix(2)):\(digits.dropFirst(2).prefix(2))", utcOffset: zone)
        case 6...:
            let (hour, minute, second) = (
                digits.prefix(2), digits.dropFirst(2).prefix(2), digits.dropFirst(4).prefix(2)
            )
            return ClinicalTime(local: "\(date)T\(hour):\(minute):\(second)", utcOffset: zone)
        default: return ClinicalTime(local: date)
        }
    }

    /// &ZZXX (PS3.3 C.12.1.1.8) in seconds; nil when it is none.
    static func zone(_ text: String) -> Int32? {
        guard text.utf8.count == 5, let sign = text.first, sign == "+" || sign == "-",
            let number = Int32(text.dropFirst())
        else { return nil }
        let seconds = number / 100 * 3_600 + number % 100 * 60
        return sign == "-" ? -seconds : seconds
    }
}
