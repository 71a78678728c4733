import Contracts
import GRDB
import Glibc

/// Retention of images: first the study is marked, then its files are deleted, then the rows forget them. A crash in between
/// leaves a mark, never a file that nobody knows.
extension Store {
    /// Instances whose files are deleted between two looks at what else waits.
    private static let slice = 256
    /// Studies looked at in one transaction.
    private static let studies = 32

    /// Frees files that are older than the retention says, and rows whose files are long gone.
    func retainImages(now: Int64) async throws {
        let retention = configuration.retention
        if let seconds = retention.images {
            let before = now &- seconds &* 1_000_000
            while try await markStudies(before: before) > 0 { try await Task.sleep(for: Self.slicePause) }
            try await freeAside(before: before)
        }
        while let freeing = try await nextDeletion() { try await free(freeing.study, before: freeing.before) }
        guard let seconds = retention.results else { return }
        let limit = now &- max(seconds, configuration.resendWindow.seconds) &* 1_000_000
        while try await forgetStudies(before: limit) > 0 { try await Task.sleep(for: Self.slicePause) }
        try await forgetOrders(before: limit)
    }

    /// Marks studies that every archive has taken: complete, nothing waiting, nothing failed, nothing to be committed.
    private func markStudies(before: Int64) async throws -> Int {
        try await perform { session, _ in
            try session.imaging.flush()
            let studies = try Int64.fetchAll(
                session.database,
                sql: """
                    SELECT s.id FROM study s WHERE s.freed = 0 AND s.last < ?1 AND s.state = 1
                    AND NOT EXISTS (SELECT 1 FROM forward f WHERE f.study = s.id AND f.state = 0)
                    AND NOT EXISTS (SELECT 1 FROM forward f WHERE f.study = s.id AND f.state = 2)
                    AND NOT EXISTS (
                        SELECT 1 FROM forward f WHERE f.study = s.id AND f.state = 1 AND f.wish IN (1, 2)) LIMIT ?2
                    """, arguments: [before, Self.studies])
            for study in studies {
                try session.database.execute(
                    sql: "UPDATE study SET freed = 1, due = NULL WHERE id = ?", arguments: [study])
                try session.database.execute(
                    sql: "INSERT OR REPLACE INTO image_deletion (study, before) VALUES (?, ?)",
                    arguments: [study, before])
            }
            if !studies.isEmpty { session.imaging.reload() }
            return studies.count
        }
    }

    private func nextDeletion() async throws -> (study: Int64, before: Int64)? {
        try await reader.read { snapshot in
            let row = try Row.fetchOne(snapshot.database, sql: "SELECT study, before FROM image_deletion LIMIT 1")
            return row.map { ($0[0], $0[1]) }
        }
    }

    private func free(_ study: Int64, before: Int64) async throws {
        let folder = reader.folder
        while true {
            let files: [(id: Int64, path: String)] = try await reader.read { snapshot in
                try Row.fetchAll(
                    snapshot.database,
                    sql: """
                        SELECT i.id, i.path FROM series e JOIN instance i ON i.series = e.id
                        WHERE e.study = ? AND i.path IS NOT NULL AND i.received < ? LIMIT ?
                        """, arguments: [study, before, Self.slice]
                ).map { ($0[0], StudyColumns.absolute($0[1], folder)) }
            }
            for file in files where unlink(file.path) != 0 && errno != ENOENT {
                throw StoreFault(.ioError, "\(file.path) cannot be deleted: \(String(cString: strerror(errno)))")
            }
            try await perform { session, _ in
                for file in files {
                    try session.database.execute(
                        sql: "UPDATE instance SET path = NULL WHERE id = ?", arguments: [file.id])
                }
                if files.isEmpty {
                    try session.database.execute(sql: "DELETE FROM image_deletion WHERE study = ?", arguments: [study])
                }
            }
            if files.isEmpty { return }
            try await Task.sleep(for: Self.slicePause)
        }
    }

    private func freeAside(before: Int64) async throws {
        while true {
            let old = try await reader.setAside(receivedBefore: before, limit: Self.slice)
            if old.isEmpty { return }
            for entry in old where unlink(entry.path) != 0 && errno != ENOENT {
                throw StoreFault(.ioError, "\(entry.path) cannot be deleted: \(String(cString: strerror(errno)))")
            }
            try await perform { session, _ in
                try session.imaging.keepNumber(of: "set_aside")
                for entry in old {
                    try session.database.execute(sql: "DELETE FROM set_aside WHERE id = ?", arguments: [entry.number])
                }
            }
        }
    }

    /// Deletes what is known of studies whose files are gone.
    private func forgetStudies(before: Int64) async throws -> Int {
        try await perform { session, _ in
            try session.imaging.flush()
            let study = try Int64.fetchOne(
                session.database,
                sql: """
                    SELECT id FROM study WHERE freed = 1 AND last < ? AND id NOT IN (SELECT study FROM image_deletion) LIMIT 1
                    """, arguments: [before])
            guard let study else { return 0 }
            for table in ["study", "series", "instance", "forward"] { try session.imaging.keepNumber(of: table) }
            let database = session.database
            // In slices: a study may have many thousand instances.
            try database.execute(
                sql: """
                    DELETE FROM forward WHERE id IN (SELECT f.id FROM series e JOIN instance i ON i.series = e.id
                    JOIN forward f ON f.instance = i.id WHERE e.study = ? LIMIT 1000)
                    """, arguments: [study])
            if database.changesCount > 0 { return 1 }
            try database.execute(
                sql: """
                    DELETE FROM instance WHERE id IN (SELECT i.id FROM series e JOIN instance i ON i.series = e.id
                    WHERE e.study = ? LIMIT 1000)
                    """, arguments: [study])
            if database.changesCount == 0 {
                try database.execute(sql: "DELETE FROM series WHERE study = ?", arguments: [study])
                try database.execute(sql: "DELETE FROM study WHERE id = ?", arguments: [study])
            }
            session.imaging.reload()
            return 1
        }
    }

    private func forgetOrders(before: Int64) async throws {
        try await perform { session, _ in
            for table in ["image_order", "image_step", "performed_step"] { try session.imaging.keepNumber(of: table) }
            let old = try Int64.fetchAll(
                session.database, sql: "SELECT id FROM image_order WHERE created < ? ORDER BY id LIMIT 500",
                arguments: [before])
            for order in old {
                try session.database.execute(sql: "DELETE FROM image_step WHERE image_order = ?", arguments: [order])
                try session.database.execute(sql: "DELETE FROM image_order WHERE id = ?", arguments: [order])
            }
            let steps = try Int64.fetchAll(
                session.database, sql: "SELECT id FROM performed_step WHERE updated < ? ORDER BY id LIMIT 500",
                arguments: [before])
            for step in steps {
                try session.database.execute(sql: "DELETE FROM performed_step_study WHERE step = ?", arguments: [step])
                try session.database.execute(sql: "DELETE FROM performed_step WHERE id = ?", arguments: [step])
            }
        }
    }
}
