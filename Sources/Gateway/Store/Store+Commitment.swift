import Contracts
import Foundation
import GRDB
import ImagingModel

/// Storage commitment as its provider (PS3.4 J): what is safe, and the reports that modalities wait for.
extension Store {
    /// Whether instances are held, and committed by these destinations.
    public func commitmentState(sopInstances: [String], destinations: [String]) async throws -> [CommitmentState] {
        try await reader.read { snapshot in
            let instance = try SQLStatement(
                snapshot.database.cachedStatement(
                    sql: "SELECT id, sop_class FROM instance WHERE uid = ? AND path IS NOT NULL"), snapshot.database)
            let open = try SQLStatement(
                snapshot.database.cachedStatement(
                    sql: """
                        SELECT d.name FROM forward f JOIN destination d ON d.id = f.destination
                        WHERE f.instance = ? AND f.wish <> 3
                        """), snapshot.database)
            return try sopInstances.map { uid in
                let found = try instance.bind(uid).first { ($0.integer(0), $0.text(1)) }
                guard let found else { return CommitmentState(sopInstance: uid, sopClass: "", waitsFor: []) }
                var waits: [String] = []
                if !destinations.isEmpty {
                    try open.bind(found.0).rows { row in
                        let name = row.text(0)
                        if destinations.contains(name) { waits.append(name) }
                        return true
                    }
                }
                return CommitmentState(sopInstance: uid, sopClass: found.1, waitsFor: waits)
            }
        }
    }

    /// Stores a report that is to be sent, or to be decided.
    public func put(report: CommitmentReport) async throws -> Int64 {
        try await perform { session, _ in
            let number = try session.imaging.next("commitment_report")
            try session.database.execute(
                sql: """
                    INSERT INTO commitment_report (id, request, device, calling, called, event, body, attempts, due, created)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    number, report.transaction, report.device, report.calling, report.called, report.event,
                    Data(report.request), report.attempts, report.due, report.createdAt,
                ])
            return number
        }
    }

    /// Reports whose time has come, and when the next one is due.
    public func dueReports(now: Int64, limit: Int) async throws -> (reports: [CommitmentReport], nextDue: Int64?) {
        try await reader.read { snapshot in
            let rows = try Row.fetchAll(
                snapshot.database,
                sql: """
                    SELECT id, request, device, calling, called, event, body, attempts, due, created
                    FROM commitment_report WHERE due <= ? ORDER BY due LIMIT ?
                    """, arguments: [now, max(0, limit)])
            let next = try Int64.fetchOne(
                snapshot.database, sql: "SELECT min(due) FROM commitment_report WHERE due > ?", arguments: [now])
            return (rows.map(Self.report), next)
        }
    }

    /// Changes a report; nil: it was taken, or is given up.
    public func settle(report number: Int64, as report: CommitmentReport?) async throws {
        try await perform { session, _ in
            guard let report else {
                try session.imaging.keepNumber(of: "commitment_report")
                try session.database.execute(
                    sql: "DELETE FROM commitment_report WHERE id = ?", arguments: [number])
                return
            }
            try session.database.execute(
                sql: "UPDATE commitment_report SET event = ?, attempts = ?, due = ? WHERE id = ?",
                arguments: [report.event, report.attempts, report.due, number])
        }
    }

    private static func report(_ row: Row) -> CommitmentReport {
        var report = CommitmentReport()
        report.number = row[0]
        report.transaction = row[1]
        report.device = row[2]
        report.calling = row[3]
        report.called = row[4]
        report.event = row[5]
        report.request = Array(row[6] as Data)
        report.attempts = row[7]
        report.due = row[8]
        report.createdAt = row[9]
        return report
    }
}

extension Store: ImageStore {
    /// Patients that match.
    public func patients(_ query: ImageQuery) async throws -> [ArchivedPatient] { try await reader.patients(query) }
    /// Studies that match.
    public func studies(_ query: ImageQuery) async throws -> [ArchivedStudy] { try await reader.studies(query) }
    /// Series that match.
    public func series(_ query: ImageQuery) async throws -> [ArchivedSeries] { try await reader.series(query) }
    /// Instances that match.
    public func instances(_ query: ImageQuery) async throws -> [ArchivedInstance] { try await reader.instances(query) }
    /// Files of a study, a series or an instance.
    public func files(study: String, series: String?, instance: String?) async throws -> [ArchivedFile] {
        try await reader.files(study: study, series: series, instance: instance)
    }
    /// Which of these are held.
    public func files(sopInstances: [String]) async throws -> [ArchivedFile] {
        try await reader.files(sopInstances: sopInstances)
    }

    /// Keeps a line about an association that failed; the oldest go.
    public func record(_ failure: AssociationFailure) {
        writer.submit(
            GroupWriter.Job(
                work: { session, _ in
                    let number = try session.imaging.next("association_failure")
                    try session.database.execute(
                        sql: """
                            INSERT INTO association_failure (id, unix, device, calling, called, address, kind, reason, cure)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                            """,
                        arguments: [
                            number, failure.at, failure.device, failure.calling, failure.called, failure.address,
                            failure.kind, failure.reason.bounded, failure.cure.bounded,
                        ])
                    try session.database.execute(
                        sql: "DELETE FROM association_failure WHERE id <= ?",
                        arguments: [number - Self.mostFailures])
                }, finish: { _ in }, size: 512))
    }

    /// Lines about failed associations kept.
    private static let mostFailures: Int64 = 5_000
}
