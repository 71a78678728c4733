import Contracts
import Foundation
import GRDB

/// What a check of the database found.
public struct StoreVerification: Sendable {
    /// What is wrong, for people; empty: nothing.
    public var problems: [String]
    /// Rows by table.
    public var counts: [(table: String, rows: Int)]
    /// Four characters of the state folder.
    public var gateway: String
}

extension StoreReader {
    /// Copies the database to a new file while the gateway goes on: one consistent state, compacted, on the disk when this
    /// returns.
    ///
    /// - Throws: `.internal` when the file exists, `.diskFull`, `.ioError`.
    public func backup(to target: String) async throws(StoreFault) {
        guard !FileManager.default.fileExists(atPath: target) else {
            throw StoreFault(.internal, "\(target) exists; a backup never writes over a file. Name another.")
        }
        let part = target + ".part"
        unlink(part)
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let source = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? source.close() }
            // Not inside a transaction: VACUUM makes its own.
            try await source.unsafeRead { database in
                try database.execute(sql: "VACUUM INTO ?", arguments: [part])
            }
            try Self.sync(part)
            guard rename(part, target) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            try Self.sync((target as NSString).deletingLastPathComponent)
        } catch {
            unlink(part)
            throw StoreFault(error, path: target)
        }
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    /// Checks the database: SQLite's own check, then that every report, message and journal row can be read and that what
    /// they refer to is there. Takes time in proportion to the database; the gateway may run.
    public func verify() async throws(StoreFault) -> StoreVerification {
        try await read { snapshot in
            var problems = try String.fetchAll(snapshot.database, sql: "PRAGMA integrity_check(20)").filter {
                $0 != "ok"
            }
            problems += try snapshot.unreadable()
            for (what, sql) in Snapshot.danglings {
                let count = try Int.fetchOne(snapshot.database, sql: sql) ?? 0
                if count > 0 { problems.append("\(count) \(what)") }
            }
            let tables = [
                "device", "conversation", "journal", "message", "report", "outbox", "fault", "quarantine", "alarm",
                "note",
            ]
            let counts = try tables.map { table in
                (table: table, rows: try Int.fetchOne(snapshot.database, sql: "SELECT count(*) FROM \(table)") ?? 0)
            }
            let gateway = try String.fetchOne(snapshot.database, sql: "SELECT value FROM meta WHERE name = 'gateway'")
            return StoreVerification(problems: problems, counts: counts, gateway: gateway ?? "")
        }
    }
}

extension Snapshot {
    static let danglings = [
        (
            "messages without their conversation",
            "SELECT count(*) FROM message WHERE conversation NOT IN (SELECT id FROM conversation)"
        ),
        ("reports without their message", "SELECT count(*) FROM report WHERE message NOT IN (SELECT id FROM message)"),
        (
            "queue items without their report",
            "SELECT count(*) FROM outbox WHERE id >> 8 NOT IN (SELECT id FROM report)"
        ),
    ]

    func unreadable() throws -> [String] {
        var problems: [String] = []
        let reports = try Row.fetchCursor(database, sql: "SELECT id, received, body FROM report ORDER BY id")
        while let row = try reports.next(), problems.count < 20 {
            do { _ = try report(row[2] as Data, id: row[0], receivedAt: row[1]) } catch {
                problems.append("report \(row[0] as Int64) cannot be read: \(error)")
            }
        }
        let journal = try Row.fetchCursor(database, sql: "SELECT id, unix, body FROM journal ORDER BY id")
        while let row = try journal.next(), problems.count < 20 {
            if JournalBody.decode(Array(row[2] as Data), unix: row[1]) == nil {
                problems.append("journal row \(row[0] as Int64) cannot be read")
            }
        }
        return problems
    }
}
