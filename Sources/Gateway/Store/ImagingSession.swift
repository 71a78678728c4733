import Contracts
import GRDB
import ImagingModel

/// What the writer knows of the studies that are coming in, so that an instance costs one row and its rows in the queues.
/// Totals of studies and series are written once a transaction (`flush`).
///
/// Used on the writer's connection only; thrown away by a rollback.
final class ImagingSession {
    /// Studies known at a time. More come in side by side only in a migration.
    static let mostStudies = 256
    /// Series known of one study; one with more is read again.
    static let mostSeries = 4_096

    struct Study {
        var row: ArchivedStudy
        /// Patient IDs other than its own that instances came with.
        var others: [String]
        var series: [String: Series] = [:]
        var isDirty = false
        var hasNewStatus = false
        var hasNewTexts = false
    }

    struct Series {
        var number: Int64
        var count: Int
        var isDirty = false
    }

    unowned let session: WriteSession
    private var prepared: ImagingStatements?
    var studies: [String: Study] = [:]
    private var dirty: [String] = []
    private var numbers: [String: Int64] = [:]

    init(_ session: WriteSession) { self.session = session }

    var statements: ImagingStatements {
        get throws {
            if let prepared { return prepared }
            let made = try ImagingStatements(session.database)
            prepared = made
            return made
        }
    }

    /// Forgets everything: after a rollback, or because an action changed rows.
    func reload() {
        studies.removeAll(keepingCapacity: true)
        dirty.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
    }

    /// The next number of a table; kept above what was ever given.
    func next(_ table: String) throws -> Int64 {
        let next: Int64
        if let known = numbers[table] {
            next = known
        } else {
            let highest = try Int64.fetchOne(session.database, sql: "SELECT max(id) FROM \(table)") ?? 0
            let kept = try Int64.fetchOne(
                session.database, sql: "SELECT value FROM meta WHERE name = ?", arguments: ["next." + table])
            next = max(highest + 1, kept ?? 1)
        }
        numbers[table] = next + 1
        return next
    }

    /// Keeps the numbers of a table whose last rows are about to be deleted from being given again.
    func keepNumber(of table: String) throws {
        let value = try next(table)
        numbers[table] = value
        try session.database.execute(
            sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", arguments: ["next." + table, value])
    }

    /// Writes the totals that changed. Called before each commit, and before anything reads them in the transaction.
    func flush() throws {
        guard !dirty.isEmpty else { return }
        let statements = try statements
        for uid in dirty {
            guard var study = studies.removeValue(forKey: uid) else { continue }
            if study.hasNewTexts { try writeTexts(study.row, statements) }
            if study.isDirty { try writeTotals(study.row, statements) }
            if study.hasNewStatus { try writeStatus(study, statements) }
            study.hasNewTexts = false
            study.hasNewStatus = false
            study.isDirty = false
            for (key, series) in study.series where series.isDirty {
                try statements.seriesTotals.bind(series.count).bind(series.number).run()
                study.series[key]?.isDirty = false
            }
            if study.series.count > Self.mostSeries { study.series.removeAll() }
            studies[uid] = study
        }
        dirty.removeAll(keepingCapacity: true)
        if studies.count > Self.mostStudies { studies.removeAll(keepingCapacity: true) }
    }

    func touch(_ uid: String) { if !dirty.contains(uid) { dirty.append(uid) } }

    private func writeTotals(_ row: ArchivedStudy, _ statements: ImagingStatements) throws {
        try statements.studyTotals.bind(StudyColumns.list(row.modalities)).bind(row.seriesCount).bind(row.instanceCount)
            .bind(row.size).bind(row.lastReceived).bind(row.number).run()
    }

    private func writeStatus(_ study: Study, _ statements: ImagingStatements) throws {
        try statements.studyStatus.bind(study.row.state.rawValue).bind(study.row.due).bind(study.row.hold.bounded)
            .bind(study.others.joined(separator: "\n")).bind(study.row.number).run()
    }

    private func writeTexts(_ row: ArchivedStudy, _ statements: ImagingStatements) throws {
        let name = NameFolding.groups(row.patient.name)
        try statements.studyTexts.bind(row.patient.id).bind(row.patient.issuer)
            .bind(StudyColumns.list(row.patient.otherIDs)).bind(row.patient.name)
            .bind(name.alphabetic).bind(name.ideographic).bind(name.phonetic).bind(row.patient.birthDate)
            .bind(row.patient.sex).bind(row.study.accession).bind(row.study.id).bind(row.study.date)
            .bind(row.study.time).bind(row.study.description).bind(row.study.referrer)
            .bind(NameFolding.fold(row.study.referrer)).bind(row.study.institution).bind(row.study.utcOffset)
            .bind(row.station).bind(row.location).bind(row.number).run()
    }
}
