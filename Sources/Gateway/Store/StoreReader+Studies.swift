import Contracts
import GRDB
import ImagingModel

/// Which studies are wanted. What is nil or empty does not matter.
public struct StudyFilter: Sendable {
    /// Patient ID, exactly.
    public var patient: String?
    /// Study Instance UID, exactly.
    public var study: String?
    /// Accession number, exactly.
    public var accession: String?
    /// One of its modalities.
    public var modality: String?
    /// Id of the device that sent it first.
    public var device: String?
    /// States.
    public var states: [StudyState] = []
    /// Study Date, YYYYMMDD, from.
    public var from: String?
    /// Study Date, YYYYMMDD, to.
    public var to: String?
    /// Last instance received at or after: microseconds since 1970, UTC.
    public var since: Int64?
    /// Studies whose files retention has deleted as well.
    public var includesFreed = false
    /// Only numbers below this one: the next page.
    public var before: Int64?
    /// Studies at most.
    public var limit = 100
    /// Everything, the newest first.
    public init() {}
}

/// How many instances of a study stand where in the queue of one archive.
public struct ImageDelivery: Sendable, Equatable {
    /// Study Instance UID.
    public var study: String
    /// Id of the destination.
    public var destination: String
    /// To be sent.
    public var waiting: Int
    /// Taken by the archive.
    public var delivered: Int
    /// A person has to look.
    public var dead: Int
    /// Of the delivered ones: storage commitment was given.
    public var committed: Int
    /// Of the delivered ones: storage commitment is wished for and not given yet.
    public var uncommitted: Int
    /// Attempts of the one that was tried most often.
    public var attempts: Int
    /// The next attempt: microseconds since 1970, UTC; nil: at once, or none.
    public var due: Int64?
    /// Why the last one that failed did so; empty when none did.
    public var note: String
}

/// A study with all that is known of it.
public struct StudyRow: Sendable {
    /// The study.
    public var study: ArchivedStudy
    /// Its series, by number.
    public var series: [ArchivedSeries]
    /// Where it was sent.
    public var deliveries: [ImageDelivery]
    /// Performed procedure steps.
    public var steps: [PerformedStep]
    /// Its orders.
    public var orders: [ImagingOrder]
    /// Files set aside.
    public var setAside: [SetAside]
    /// Reports made of it, newest first.
    public var reports: [ReportRow]
    /// Patient IDs other than its own that instances came with.
    public var otherPatients: [String]
    /// Instances that came again with the same bytes.
    public var repeats: Int
}

extension StoreReader {
    /// Studies by filter, the newest first.
    public func studies(_ filter: StudyFilter) async throws(StoreFault) -> [ArchivedStudy] {
        try await read { snapshot in
            var conditions = MatchingSQL()
            if !filter.includesFreed { conditions.add("s.freed = 0") }
            if let patient = filter.patient { conditions.add("s.patient_id = ?", patient) }
            if let study = filter.study { conditions.add("s.uid = ?", study) }
            if let accession = filter.accession { conditions.add("s.accession = ? AND s.accession <> ''", accession) }
            if let modality = filter.modality { conditions.list("s.modalities", .single(modality)) }
            if let device = filter.device {
                conditions.add("s.device = (SELECT id FROM device WHERE name = ?)", device)
            }
            if !filter.states.isEmpty {
                conditions.add("s.state IN (\(filter.states.map { String($0.rawValue) }.joined(separator: ",")))")
            }
            if let from = filter.from { conditions.add("s.date >= ?", from) }
            if let to = filter.to { conditions.add("s.date <= ? AND s.date <> ''", to) }
            if let since = filter.since { conditions.add("s.last >= ?", since) }
            if let before = filter.before { conditions.add("s.id < ?", before) }
            let sql = StudyColumns.select + conditions.clause + " ORDER BY s.id DESC LIMIT \(max(0, filter.limit))"
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).map(
                StudyColumns.study)
        }
    }

    /// One study with all that is known of it; nil: there is none of that UID.
    public func study(_ uid: String) async throws -> StudyRow? {
        var query = ImageQuery(.study)
        query.keys[.studyInstanceUID] = .uids([uid])
        query.includesFreed = true
        guard let study = try await studies(query).first else { return nil }
        query.level = .series
        query.limit = 10_000
        let series = try await series(query)
        let steps = try await performedSteps(study: uid)
        let orders = try await orders(study: uid, accession: study.study.accession)
        let setAside = try await setAside(study: uid, limit: 200)
        var reports = ReportFilter()
        reports.specimen = uid
        let told = try await results(reports)
        let deliveries = try await imageDeliveries(study: uid)
        let (others, repeats) = try await read { snapshot in
            let row = try Row.fetchOne(
                snapshot.database, sql: "SELECT others, repeats FROM study WHERE uid = ?", arguments: [uid])
            let others = (row?[0] as String?)?.split(separator: "\n").map(String.init) ?? []
            return (others, row?[1] as Int? ?? 0)
        }
        return StudyRow(
            study: study, series: series, deliveries: deliveries, steps: steps, orders: orders, setAside: setAside,
            reports: told, otherPatients: others, repeats: repeats)
    }

    /// How images stand in the queues, by study and archive: of one study, or of all that are not delivered yet.
    public func imageDeliveries(study: String? = nil, limit: Int = 1_000) async throws(StoreFault) -> [ImageDelivery] {
        try await read { snapshot in
            // By instance: there is no index of a study's delivered items.
            let studies =
                study == nil
                ? "SELECT study FROM forward WHERE state = 0 UNION SELECT study FROM forward WHERE state = 2"
                : "SELECT id FROM study WHERE uid = ?1"
            let sql = """
                SELECT s.uid, d.name, sum(f.state = 0), sum(f.state = 1), sum(f.state = 2), sum(f.state = 1 AND f.wish = 3),
                sum(f.state = 1 AND f.wish IN (1, 2)), max(f.attempts), min(CASE WHEN f.state = 0 THEN f.due END),
                max(CASE WHEN f.state IN (0, 2) THEN f.note END)
                FROM study s JOIN series e ON e.study = s.id JOIN instance i ON i.series = e.id
                JOIN forward f ON f.instance = i.id JOIN destination d ON d.id = f.destination
                WHERE s.id IN (\(studies)) GROUP BY f.study, f.destination ORDER BY f.study DESC, d.name LIMIT \(max(0, limit))
                """
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: study.map { [$0] } ?? []).map { row in
                ImageDelivery(
                    study: row[0], destination: row[1], waiting: row[2], delivered: row[3], dead: row[4],
                    committed: row[5], uncommitted: row[6], attempts: row[7], due: row[8], note: row[9] ?? "")
            }
        }
    }

    /// Files set aside, the newest first.
    public func setAside(study: String? = nil, limit: Int = 100) async throws(StoreFault) -> [SetAside] {
        try await setAside(study: study, receivedBefore: nil, limit: limit)
    }

    func setAside(
        study: String? = nil, receivedBefore: Int64?, limit: Int
    ) async throws(StoreFault) -> [SetAside] {
        let folder = folder
        return try await read { snapshot in
            var conditions = MatchingSQL()
            if let receivedBefore { conditions.add("received < ?", receivedBefore) }
            if let study { conditions.add("study = ?", study) }
            let sql = """
                SELECT id, kind, uid, sop_class, study, syntax, path, size, device, calling, address, received, status,
                reason FROM set_aside\(conditions.clause) ORDER BY id DESC LIMIT \(max(0, limit))
                """
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).map { row in
                var entry = SetAside()
                entry.number = row[0]
                entry.kind = SetAside.Kind(rawValue: row[1]) ?? .refused
                entry.sopInstance = row[2]
                entry.sopClass = row[3]
                entry.study = row[4]
                entry.transferSyntax = row[5]
                entry.path = StudyColumns.absolute(row[6], folder)
                entry.size = row[7]
                entry.device = row[8]
                entry.callingAE = row[9]
                entry.address = row[10]
                entry.receivedAt = row[11]
                entry.status = row[12]
                entry.reason = row[13]
                return entry
            }
        }
    }

    /// Associations that were refused or failed, the newest first.
    public func associationFailures(
        device: String? = nil, before: Int64? = nil, limit: Int = 100
    ) async throws(StoreFault) -> [AssociationFailure] {
        try await read { snapshot in
            var conditions = MatchingSQL()
            if let device { conditions.add("device = ?", device) }
            if let before { conditions.add("id < ?", before) }
            let sql = """
                SELECT id, unix, device, calling, called, address, kind, reason, cure
                FROM association_failure\(conditions.clause) ORDER BY id DESC LIMIT \(max(0, limit))
                """
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: conditions.arguments).map { row in
                var failure = AssociationFailure()
                failure.number = row[0]
                failure.at = row[1]
                failure.device = row[2]
                failure.calling = row[3]
                failure.called = row[4]
                failure.address = row[5]
                failure.kind = row[6]
                failure.reason = row[7]
                failure.cure = row[8]
                return failure
            }
        }
    }
}
