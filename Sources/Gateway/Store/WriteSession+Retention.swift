import GRDB

extension WriteSession {
    /// Rows looked at in one step; a step is what a slice does between two looks at the clock.
    private static let step = 16
    /// Pages given back in one step.
    private static let vacuumStep = 64

    /// One step of a retention pass.
    func retain(_ cursor: inout RetentionCursor, _ limits: RetentionLimits) throws {
        switch cursor.phase {
        case .messages:
            guard let limit = limits.results else { return cursor.enter(.journal) }
            try retainMessages(&cursor, before: limit)
        case .journal:
            guard let limit = limits.rawBytes else { return cursor.enter(.rest) }
            try retainJournal(&cursor, before: limit)
        case .rest:
            if let limit = limits.results { try retainRest(&cursor, before: limit) } else { cursor.enter(.vacuum) }
        case .vacuum: try vacuum(&cursor)
        case .done: break
        }
    }

    private func retainMessages(_ cursor: inout RetentionCursor, before limit: Int64) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, received, report, reports FROM message WHERE id > ? ORDER BY id LIMIT ?",
            arguments: [cursor.last, Self.step])
        if rows.isEmpty { return cursor.enter(.journal) }
        for row in rows {
            let (id, received, report, count): (Int64, Int64, Int64, Int64) = (row[0], row[1], row[2], row[3])
            guard received < limit else { return cursor.enter(.journal) }
            cursor.last = id
            let items = [report << 8, (report + count) << 8]
            // Asked here and not before: a person may just have released it.
            let isNeeded = try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM report WHERE id >= ?1 AND id < ?2 AND state = 1)
                    OR EXISTS (SELECT 1 FROM outbox WHERE id >= ?3 AND id < ?4 AND state IN (0, 2))
                    """, arguments: [report, report + count, items[0], items[1]])
            guard isNeeded != true else {
                cursor.summary.kept += 1
                continue
            }
            try database.execute(sql: "DELETE FROM outbox WHERE id >= ? AND id < ?", arguments: [items[0], items[1]])
            try database.execute(
                sql: "DELETE FROM report WHERE id >= ? AND id < ?", arguments: [report, report + count])
            try database.execute(sql: "DELETE FROM message WHERE id = ?", arguments: [id])
            cursor.summary.messages += 1
        }
        try keepNumbers()
    }

    private func retainJournal(_ cursor: inout RetentionCursor, before limit: Int64) throws {
        // A row after the last idle point of an open conversation is the tail that a recovery replays.
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT j.id, j.unix, j.conversation, c.closed IS NOT NULL OR EXISTS (
                    SELECT 1 FROM journal i WHERE i.conversation = j.conversation AND i.id >= j.id AND i.idle)
                FROM journal j JOIN conversation c ON c.id = j.conversation WHERE j.id > ? ORDER BY j.id LIMIT ?
                """, arguments: [cursor.last, Self.step])
        if rows.isEmpty { return cursor.enter(.rest) }
        for row in rows {
            let (id, unix, conversation, isSettled): (Int64, Int64, Int64, Bool) = (row[0], row[1], row[2], row[3])
            guard unix < limit else { return cursor.enter(.rest) }
            cursor.last = id
            // One row more: the acknowledgement comes with the next commit.
            let isKept = cursor.kept[conversation]?.contains { $0.contains(id) || $0.upperBound + 1 == id } ?? false
            guard isSettled, !isKept else { continue }
            try database.execute(sql: "DELETE FROM journal WHERE id = ?", arguments: [id])
            cursor.summary.journalRows += 1
        }
        try keepNumbers()
    }

    private func retainRest(_ cursor: inout RetentionCursor, before limit: Int64) throws {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT id, closed, EXISTS (SELECT 1 FROM journal WHERE conversation = c.id)
                FROM conversation c WHERE id > ? ORDER BY id LIMIT ?
                """, arguments: [cursor.last, Self.step])
        if rows.isEmpty {
            for sql in [
                "DELETE FROM fault WHERE unix < ?", "DELETE FROM alarm WHERE ended < ?",
                "DELETE FROM quarantine WHERE unix < ?",
                // Orders that nobody touched for so long, done or not.
                """
                DELETE FROM laboratory_order WHERE created < ?1 AND NOT EXISTS (SELECT 1 FROM laboratory_test t
                WHERE t.laboratory_order = laboratory_order.id AND t.changed >= ?1)
                """,
                """
                DELETE FROM laboratory_test WHERE changed < ?1 AND laboratory_order NOT IN (SELECT id FROM laboratory_order)
                """,
            ] { try database.execute(sql: sql, arguments: [limit]) }
            return cursor.enter(.vacuum)
        }
        for row in rows {
            let (id, closed, hasBytes): (Int64, Int64?, Bool) = (row[0], row[1], row[2])
            cursor.last = id
            // Its messages are older than its end, so they are gone unless they are kept.
            guard let closed, closed < limit, !hasBytes, cursor.kept[id] == nil else { continue }
            try database.execute(sql: "DELETE FROM conversation WHERE id = ?", arguments: [id])
        }
        try keepNumbers()
    }

    /// Free pages are used again by what comes next; only when they are more than a fifth of the file they go back to the
    /// file system.
    private func vacuum(_ cursor: inout RetentionCursor) throws {
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let all = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        guard free > 256, free > all / 5 else { return cursor.enter(.done) }
        // The pragma gives a row a page: all of them have to be asked for.
        let pages = try Row.fetchCursor(database, sql: "PRAGMA incremental_vacuum(\(Self.vacuumStep))")
        while try pages.next() != nil {}
        let left = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        cursor.summary.pages += free - left
        // Nothing moved: this database was not made for it. Its free pages are used again all the same.
        if left >= free { cursor.enter(.done) }
    }
}
