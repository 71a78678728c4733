import Contracts
import GRDB

extension Store: ForwardQueue {
    /// Items of one study that are due, for one association.
    public func claimImages(
        destination: String, limit: Int, now: Int64
    ) async throws -> (items: [ForwardItem], nextDue: Int64?) {
        while true {
            let (study, nextDue) = images.open(destination, now: now)
            guard let study else { return ([], nextDue) }
            let read: (items: [ForwardItem], due: Int64?)
            do {
                read = try await reader.waitingImages(destination, study, limit: max(1, limit), now: now)
            } catch {
                images.unclaim(destination, study)
                throw error
            }
            images.claimed(destination, study, items: read.items.map(\.id), due: read.due)
            if !read.items.isEmpty { return (read.items, nextDue) }
        }
    }

    /// Records what became of claimed items; durable when it returns.
    public func settleImages(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws {
        guard !outcomes.isEmpty else { return }
        try await perform { session, _ in
            for (item, outcome) in outcomes { try session.settleImage(item, outcome, now: now) }
        }
    }

    /// Calls `wake` whenever an item may have become due, and once at once.
    public func onImages(destination: String, _ wake: @escaping @Sendable () -> Void) {
        images.onWork(destination, wake)
    }

    /// Delivered items of one study whose commitment is still to be asked for.
    public func imagesToCommit(destination: String, again: Int64, now: Int64) async throws -> [ForwardItem] {
        try await reader.uncommittedImages(destination, before: now &- again)
    }

    /// A storage commitment was asked for.
    public func commitmentRequested(transaction: String, items: [Int64], now: Int64) async throws {
        try await perform { session, _ in
            for item in items {
                try session.database.execute(
                    sql: "UPDATE forward SET wish = 2, asked = ? WHERE id = ? AND state = 1 AND wish IN (1, 2)",
                    arguments: [now, item])
                try session.database.execute(
                    sql: "INSERT OR IGNORE INTO forward_request (request, item, asked) VALUES (?, ?, ?)",
                    arguments: [transaction, item, now])
            }
        }
    }

    /// What the archive reported.
    public func commitmentReported(
        transaction: String, committed: [String], failed: [(sopInstance: String, reason: UInt16)], now: Int64
    ) async throws -> Bool {
        try await perform { session, _ in
            let sql = """
                SELECT f.id, i.uid, d.name, f.study FROM forward_request q JOIN forward f ON f.id = q.item
                JOIN instance i ON i.id = f.instance JOIN destination d ON d.id = f.destination WHERE q.request = ?
                """
            let rows = try Row.fetchAll(session.database, sql: sql, arguments: [transaction])
            guard !rows.isEmpty else { return false }
            let reasons = Dictionary(failed.map { ($0.sopInstance, $0.reason) }) { first, _ in first }
            let done = Set(committed)
            for row in rows {
                let (item, uid): (Int64, String) = (row[0], row[1])
                if let reason = reasons[uid] {
                    try session.sendAgain(item, row[2], row[3], CommitmentReason.text(reason), now: now)
                } else if done.contains(uid) {
                    try session.database.execute(
                        sql: "UPDATE forward SET wish = 3, settled = ? WHERE id = ?", arguments: [now, item])
                } else {
                    // Neither: it is asked for again.
                    try session.database.execute(
                        sql: "UPDATE forward SET wish = 1 WHERE id = ? AND wish = 2", arguments: [item])
                }
            }
            try session.database.execute(sql: "DELETE FROM forward_request WHERE request = ?", arguments: [transaction])
            return true
        }
    }
}

extension WriteSession {
    func settleImage(_ item: Int64, _ outcome: DeliveryOutcome, now: Int64) throws {
        let statements = try imaging.statements
        let found = try statements.forwardOf.bind(item).first {
            ($0.text(0), $0.integer(1), $0.integer(2), $0.integer(3))
        }
        // Retention never deletes what waits: an item that is not there was never ours.
        guard let (destination, study, state, wish) = found else { return }
        let wasOpen = state == OutboxState.waiting.rawValue
        switch outcome {
        case .delivered(let note):
            try statements.delivered.bind(now).bind(note.bounded.nilIfEmpty).bind(item).run()
            if wasOpen { effects.images.append(.gone(destination: destination, study: study, item: item)) }
            if wish == 1 { effects.images.append(.wishes(destination: destination)) }
        case .dead(let reason) where wasOpen:
            try statements.dead.bind(now).bind(reason.bounded).bind(item).run()
            effects.images.append(.gone(destination: destination, study: study, item: item))
        case .retry(let due, let reason) where wasOpen:
            try statements.retry.bind(due).bind(reason.bounded).bind(item).run()
            effects.images.append(.again(destination: destination, study: study, item: item, due: due))
        case .dead, .retry: break
        }
    }

    /// Puts a delivered or failed item back into the queue.
    func sendAgain(_ item: Int64, _ destination: String, _ study: Int64, _ reason: String, now: Int64) throws {
        try database.execute(
            sql: """
                UPDATE forward SET state = 0, due = ?, settled = NULL, note = ?, asked = NULL,
                wish = CASE WHEN wish = 0 THEN 0 ELSE 1 END WHERE id = ? AND state <> 0
                """, arguments: [now, reason.bounded, item])
        guard database.changesCount > 0 else { return }
        effects.images.append(.queued(destination: destination, study: study, item: item, due: now))
    }
}

/// Failure Reason (0008,1197) in words (PS3.3 C.14.1.1).
enum CommitmentReason {
    static func text(_ reason: UInt16) -> String {
        let word =
            switch reason {
            case 0x0110: "processing failure"
            case 0x0112: "no such object instance"
            case 0x0119: "class and instance do not belong together"
            case 0x0122: "SOP class not supported"
            case 0x0131: "duplicate transaction UID"
            case 0x0213: "resource limitation"
            default: "no reason known"
            }
        var digits = String(reason, radix: 16, uppercase: true)
        while digits.utf8.count < 4 { digits = "0" + digits }
        return "storage commitment refused: \(digits) \(word); sent again"
    }
}

extension StoreReader {
    /// Items of a study that are due, and when the ones that are left are.
    func waitingImages(
        _ destination: String, _ study: Int64, limit: Int, now: Int64
    ) async throws(StoreFault) -> (items: [ForwardItem], due: Int64?) {
        let folder = folder
        return try await read { snapshot in
            let rows = try Row.fetchAll(
                snapshot.database,
                sql: ForwardColumns.select + """
                     WHERE f.study = ?2 AND f.destination = (SELECT id FROM destination WHERE name = ?1) AND f.state = 0
                    AND (f.due IS NULL OR f.due <= ?3) ORDER BY f.id LIMIT ?4
                    """, arguments: [destination, study, now, limit + 1])
            let items = rows.prefix(limit).map { ForwardColumns.item($0, destination, folder: folder) }
            if rows.count > limit { return (items, 0) }
            let due = try Int64.fetchOne(
                snapshot.database,
                sql: """
                    SELECT min(due) FROM forward WHERE destination = (SELECT id FROM destination WHERE name = ?1)
                    AND study = ?2 AND state = 0 AND due > ?3
                    """, arguments: [destination, study, now])
            return (items, due)
        }
    }

    func uncommittedImages(_ destination: String, before: Int64) async throws(StoreFault) -> [ForwardItem] {
        let folder = folder
        return try await read { snapshot in
            let rows = try Row.fetchAll(
                snapshot.database,
                sql: ForwardColumns.select + """
                     WHERE f.destination = (SELECT id FROM destination WHERE name = ?1) AND f.state = 1 AND f.wish IN (1, 2)
                    AND (f.wish = 1 OR f.asked <= ?2) AND f.study = (
                        SELECT g.study FROM forward g
                        WHERE g.destination = (SELECT id FROM destination WHERE name = ?1) AND g.state = 1
                        AND g.wish IN (1, 2) AND (g.wish = 1 OR g.asked <= ?2) LIMIT 1)
                    ORDER BY f.id LIMIT 1000
                    """, arguments: [destination, before])
            return rows.map { ForwardColumns.item($0, destination, folder: folder) }
        }
    }
}

/// Columns of a queue item with its instance.
enum ForwardColumns {
    static let select = """
        SELECT f.id, s.uid, i.sop_class, i.uid, i.syntax, i.path, i.size, i.calling, f.attempts, f.created
        FROM forward f JOIN instance i ON i.id = f.instance JOIN study s ON s.id = f.study
        """

    static func item(_ row: Row, _ destination: String, folder: String) -> ForwardItem {
        ForwardItem(
            id: row[0], destination: destination, study: row[1], sopClass: row[2], sopInstance: row[3],
            transferSyntax: row[4], path: StudyColumns.absolute(row[5], folder), size: row[6], callingAE: row[7],
            attempts: row[8], createdAt: row[9])
    }
}
