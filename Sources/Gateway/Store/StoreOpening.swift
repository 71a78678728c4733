import Contracts
import Foundation
import GRDB
import Logging
import ResultModel

/// What is read when a store is opened.
struct StoreOpening {
    let pool: DatabasePool
    let checkpointer: Checkpointer
    let session: WriteSession
    let board: QueueBoard
    let images: ForwardBoard
    let alarms: AlarmList

    init(_ path: String, _ configuration: StoreConfiguration, log: Logger) throws {
        if FileManager.default.fileExists(atPath: path) { try Self.refuseNewer(path) } else { try Self.make(path) }
        let pool = try DatabasePool(path: path, configuration: Self.connections)
        try Self.prepare(pool)
        try Schema.migrator.migrate(pool)
        let checkpointer = try Checkpointer(path: path)
        self.pool = pool
        self.checkpointer = checkpointer
        (session, board, images, alarms) = try pool.writeWithoutTransaction { database in
            checkpointer.watch(database)
            let session = try WriteSession(database, configuration)
            try session.loadTemplates()
            session.gateway = try Self.gateway(database)
            try session.recount()
            return (
                session, QueueBoard(try Self.queues(database)), ForwardBoard(try Self.images(database)),
                try AlarmList(database, clock: configuration.clock, log: log)
            )
        }
    }

    private static var connections: Configuration {
        var configuration = Configuration()
        configuration.label = "hilum.store"
        configuration.maximumReaderCount = 3
        // Another process (a backup, a person with sqlite3) may hold the lock for a moment.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// GRDB's pool sets `synchronous=NORMAL`, which loses acknowledged commits with the power.
    private static func prepare(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 33554432")
            let (synchronous, mode) = (
                try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? 0,
                try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? ""
            )
            guard synchronous == 2, mode == "wal" else {
                throw StoreFault(
                    .internal, "SQLite gives synchronous=\(synchronous), journal_mode=\(mode) where 2 and wal are due")
            }
        }
    }

    /// `auto_vacuum` counts only when it is set before the first page and before WAL.
    private static func make(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM") }
        chmod(path, 0o600)
    }

    /// An older gateway must not write into tables that it does not know.
    private static func refuseNewer(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        let isNewer = try queue.read { try Schema.migrator.hasBeenSuperseded($0) }
        guard !isNewer else {
            throw StoreFault(
                .internal, "\(path) was written by a newer gateway. Install that version, or restore an older backup.")
        }
    }

    private static func gateway(_ database: Database) throws -> String {
        if let known = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'gateway'") {
            return known
        }
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let made = String((0..<4).map { _ in letters[Int.random(in: 0..<letters.count)] })
        try database.execute(sql: "INSERT INTO meta (name, value) VALUES ('gateway', ?)", arguments: [made])
        return made
    }

    private static func queues(_ database: Database) throws -> [String: ReadyQueue] {
        var queues: [String: ReadyQueue] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT o.id, d.name, o.lane, o.attempts, o.due, coalesce(o.created, r.received)
                FROM outbox o JOIN destination d ON d.id = o.destination JOIN report r ON r.id = o.id >> 8
                WHERE o.state <> 1 AND o.state = 0 ORDER BY o.id
                """)
        while let row = try rows.next() {
            queues[row[1], default: ReadyQueue()].add(
                ReadyQueue.Item(
                    id: row[0], lane: UInt32(truncatingIfNeeded: row[2] as Int64), attempts: row[3], due: row[4] ?? 0,
                    createdAt: row[5], resident: []))
        }
        return queues
    }
}

extension StoreOpening {
    /// Which studies wait for which archive.
    fileprivate static func images(
        _ database: Database
    ) throws -> [(destination: String, study: Int64, count: Int, due: Int64)] {
        let sql = """
            SELECT d.name, f.study, count(*), min(coalesce(f.due, 0)), min(f.id) AS first
            FROM forward f JOIN destination d ON d.id = f.destination WHERE f.state = 0
            GROUP BY f.destination, f.study ORDER BY first
            """
        return try Row.fetchAll(database, sql: sql).map { ($0[0], $0[1], $0[2], $0[3]) }
    }
}

extension WriteSession {
    /// Counts what a crash kept from being counted.
    func recount() throws {
        let counted = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'counted'") ?? 0
        let messages = try Row.fetchCursor(
            database,
            sql: """
                SELECT c.device, m.received FROM message m JOIN conversation c ON c.id = m.conversation WHERE m.id > ?
                """, arguments: [counted])
        while let row = try messages.next() {
            counters.message(row[0])
            counters.seen(row[0], at: row[1])
        }
        let reports = try Row.fetchCursor(
            database, sql: "SELECT device, body, id, received FROM report WHERE message > ?", arguments: [counted])
        while let row = try reports.next() {
            guard let report = try? stored(Array(row[1] as Data), id: row[2], receivedAt: row[3]) else { continue }
            counters.report(report, row[0])
        }
        counters.commit()
    }
}
