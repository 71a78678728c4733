import GRDBSQLite
import Glibc

extension SQLiteIndex {
    /// Removes the files that this run did not meet and that are no more. A file that merely was not looked at, because it
    /// lies elsewhere, in a folder that cannot be read or on a share that answers with an error, stays.
    ///
    /// - Returns: how many there were.
    func removeVanished() throws(SQLiteFault) -> Int {
        // Not one file met: a share that is not mounted, rather than an archive that was emptied.
        guard !met.isEmpty else { return 0 }
        try openTransaction()
        let list = try connection.prepare(
            """
            SELECT file.id, CAST(folder.base AS BLOB) || CAST(CASE folder.raw WHEN x'' THEN folder.path ELSE folder.raw END AS BLOB),
              CAST(CASE file.raw WHEN x'' THEN file.name ELSE file.raw END AS BLOB), size IS NULL AND run <> ?1
            FROM file JOIN folder ON folder.id = file.folder WHERE file.id > ?2 AND archive IS NULL ORDER BY file.id
            """)
        let remove = try connection.prepare("DELETE FROM file WHERE id = ?1")
        var vanished = 0
        var last: Int64 = 0
        while true {
            // In portions, so that no row is read while rows are deleted.
            var gone: [Int64] = []
            list.bind(1, run)
            list.bind(2, last)
            var isAtEnd = true
            while try list.step() {
                last = list.integer(0)
                if met.contains(last) { continue }
                // What could not even be looked at, a folder for instance, would have been told again.
                if list.integer(3) == 1 || Self.isGone(list.bytes(1) + list.bytes(2)) { gone.append(last) }
                if gone.count == 1000 {
                    isAtEnd = false
                    break
                }
            }
            list.reset()
            for id in gone {
                try clear(id)
                remove.bind(1, id)
                try remove.run()
            }
            vanished += gone.count
            if isAtEnd { return vanished }
        }
    }

    /// Ends the run: what belongs to nothing is removed, what disagrees marked, indexes made.
    func finish(isInterrupted: Bool, vanished: Int, at time: String) throws(SQLiteFault) {
        try openTransaction()
        if tally.removed > 0 { try connection.execute(SQLiteSchema.orphans) }
        try connection.execute(SQLiteSchema.indexes)
        if tally.written > 0 || tally.removed > 0 { try connection.execute(SQLiteSchema.marks) }
        let end = try connection.prepare(
            "UPDATE index_run SET ended = ?2, interrupted = ?3, written = ?4, vanished = ?5 WHERE id = ?1")
        end.bind(1, run)
        end.bind(2, time)
        end.bind(3, Int64(isInterrupted ? 1 : 0))
        end.bind(4, Int64(tally.written))
        end.bind(5, Int64(vanished))
        try end.run()
        // Of runs that no file is of any more the last hundred are kept.
        try connection.execute(
            """
            DELETE FROM index_run WHERE id < \(run) - 100
              AND NOT EXISTS (SELECT 1 FROM file WHERE file.run = index_run.id)
            """)
        try commitNow()
        // Figures for the planner of queries, from a sample.
        try connection.execute("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002; PRAGMA journal_mode = DELETE")
    }

    /// True when nothing is at a path any more.
    private static func isGone(_ path: [UInt8]) -> Bool {
        var status = stat()
        let result = (path + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in text.baseAddress.map { lstat($0, &status) } ?? 0 }
        }
        return result != 0 && (errno == ENOENT || errno == ENOTDIR)
    }
}
