import Contracts
import GRDB
import ImagingModel

/// Completion of studies, and what a person decides about them.
extension Store {
    /// Studies whose timer has run out, the oldest first, and when the next one does.
    public func dueStudies(now: Int64, limit: Int) async throws -> (studies: [ArchivedStudy], nextDue: Int64?) {
        try await reader.read { snapshot in
            let sql = StudyColumns.select + " WHERE s.due IS NOT NULL AND s.due <= ? ORDER BY s.due LIMIT ?"
            let studies = try Row.fetchAll(snapshot.database, sql: sql, arguments: [now, max(0, limit)])
            let next = try Int64.fetchOne(
                snapshot.database, sql: "SELECT min(due) FROM study WHERE due IS NOT NULL AND due > ?",
                arguments: [now])
            return (studies.map(StudyColumns.study), studies.count == limit ? now : next)
        }
    }

    /// Sets the timer of a study.
    public func schedule(study: String, due: Int64?, reopens: Bool) async throws {
        try await change(study: study) { study in
            guard study.row.state == .receiving || (reopens && study.row.state == .complete) else { return }
            study.row.due = due
            if due != nil { study.row.state = .receiving }
        }
    }

    /// A version was told, or nobody wanted it.
    public func completed(study number: Int64, version: Int, instances: Int) async throws {
        try await perform { session, _ in
            try session.imaging.flush()
            // What came while the report was made keeps the study open, with the timer that it has set.
            try session.database.execute(
                sql: """
                    UPDATE study SET version = ?1, reported = ?2,
                    due = CASE WHEN instance_count > ?2 THEN due ELSE NULL END,
                    state = CASE WHEN state = 2 THEN 2 WHEN instance_count > ?2 THEN 0 ELSE 1 END WHERE id = ?3
                    """, arguments: [version, instances, number])
            session.imaging.reload()
        }
    }

    /// Keeps a study from the EMR until a person looks.
    public func hold(study: String, reason: String) async throws {
        try await change(study: study) { study in
            study.row.state = .held
            study.row.due = nil
            study.row.hold = reason
        }
    }

    /// A person lets a held study go to the EMR.
    ///
    /// - Throws: `StoreRefusal` when there is no such study or it is not held.
    public func release(study uid: String, who: String, note: String) async throws {
        try await perform { session, now in
            try session.imaging.flush()
            let row = try Row.fetchOne(
                session.database, sql: "SELECT id, state FROM study WHERE uid = ?", arguments: [uid])
            guard let row else { throw StoreRefusal("there is no study \(uid); `hilum studies` lists them") }
            guard row[1] == StudyState.held.rawValue else { throw StoreRefusal("study \(uid) is not held") }
            try session.note(now, who, "release", "study", row[0], note)
            try session.database.execute(
                sql: "UPDATE study SET state = 0, hold = '', due = ? WHERE id = ?",
                arguments: [now.unix, row[0] as Int64])
            session.imaging.reload()
        }
    }

    /// Changes the row of a study that is there.
    private func change(
        study uid: String, _ change: @escaping @Sendable (inout ImagingSession.Study) -> Void
    ) async throws {
        try await perform { session, _ in try session.imaging.change(uid, change) }
    }
}

extension ImagingSession {
    func change(_ uid: String, _ change: (inout Study) -> Void) throws {
        try flush()
        studies[uid] = nil
        guard let found = try statements.studyOf.bind(uid).first({ ($0.integer(0), $0.text(1)) }),
            let row = try Row.fetchOne(
                session.database, sql: StudyColumns.select + " WHERE s.id = ?", arguments: [found.0])
        else { return }
        var study = Study(row: StudyColumns.study(row), others: found.1.split(separator: "\n").map(String.init))
        change(&study)
        study.hasNewStatus = true
        studies[uid] = study
        touch(uid)
    }
}
