import Contracts
import GRDB

/// What a person does with images in a queue, each with who, when and why.
extension Store {
    /// Sends the images of a study to an archive again: those that failed, or all of them.
    ///
    /// - Returns: how many go out.
    /// - Throws: `StoreRefusal` when nothing of the study was ever meant for that archive; `StoreFault`.
    @discardableResult
    public func resendImages(
        study: String, destination: String, onlyFailed: Bool, who: String, note: String
    ) async throws -> Int {
        try await perform { session, now in
            let rows = try Row.fetchAll(
                session.database,
                sql: """
                    SELECT f.id, f.study, f.state, i.path IS NULL
                    FROM study s JOIN series e ON e.study = s.id JOIN instance i ON i.series = e.id
                    JOIN forward f ON f.instance = i.id JOIN destination d ON d.id = f.destination
                    WHERE s.uid = ? AND d.name = ? ORDER BY f.id
                    """, arguments: [study, destination])
            guard let first = rows.first else {
                throw StoreRefusal(
                    "no image of study \(study) was meant for \(destination); `hilum studies show` tells")
            }
            try session.note(
                now, who, "resend", "study", first[1], note.isEmpty ? destination : "\(destination): \(note)")
            var count = 0
            for row in rows where row[3] == 0 {
                let state = OutboxState(rawValue: row[2]) ?? .dead
                if state == .waiting {
                    try session.database.execute(
                        sql: "UPDATE forward SET due = NULL WHERE id = ?", arguments: [row[0] as Int64])
                    session.effects.images.append(.hastened(destination: destination, study: row[1]))
                } else if !onlyFailed || state == .dead {
                    try session.sendAgain(row[0], destination, row[1], "sent again by \(who)", now: now.unix)
                } else {
                    continue
                }
                count += 1
            }
            return count
        }
    }

    /// Never sends what failed of a study to an archive.
    ///
    /// - Returns: how many were given up.
    @discardableResult
    public func discardImages(study: String, destination: String, who: String, note: String) async throws -> Int {
        try await perform { session, now in
            let number = try Int64.fetchOne(
                session.database, sql: "SELECT id FROM study WHERE uid = ?", arguments: [study])
            guard let number else { throw StoreRefusal("there is no study \(study); `hilum studies` lists them") }
            try session.database.execute(
                sql: """
                    UPDATE forward SET state = 3, settled = ?, wish = 0 WHERE study = ? AND state = 2
                    AND destination = (SELECT id FROM destination WHERE name = ?)
                    """, arguments: [now.unix, number, destination])
            let count = session.database.changesCount
            guard count > 0 else { throw StoreRefusal("no image of study \(study) has failed at \(destination)") }
            try session.note(
                now, who, "discard", "study", number, note.isEmpty ? destination : "\(destination): \(note)")
            return count
        }
    }
}
