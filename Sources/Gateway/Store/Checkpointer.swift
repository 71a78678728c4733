import Contracts
import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Moves pages from the write-ahead log into the database beside the writer, so that no commit pays for it.
///
/// The log can start again from its beginning only when all of it was moved and nobody reads; under a load that never
/// pauses, the writer itself has to do the last bit now and then.
final class Checkpointer: Sendable {
    /// Pages of the log (4 KB each) from which it is worth moving.
    static let worthwhile = 1_000
    /// Pages from which the writer does it itself: 32 MB.
    static let tooMany = 8_000

    private let queue = DispatchQueue(label: "hilum.store.checkpoint", qos: .utility)
    private let connection: DatabaseQueue
    private let path: String
    private let isRunning = Atomic(false)
    private let pages = Atomic(0)

    init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.label = "hilum.store.checkpoint"
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        }
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Counts the pages of the log; replaces SQLite's own checkpoint in the commit.
    func watch(_ database: Database) {
        let place = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
                    .pages.store(Int(pages), ordering: .relaxed)
                return SQLITE_OK
            }, place)
    }

    /// Called by the writer between transactions.
    func afterCommit(_ pool: DatabasePool, failed: @escaping @Sendable (StoreFault) -> Void) {
        let pages = pages.load(ordering: .relaxed)
        if pages > Self.tooMany {
            self.pages.store(0, ordering: .relaxed)
            run({ try pool.writeWithoutTransaction { try Self.move($0) } }, failed)
        } else if pages > Self.worthwhile, !isRunning.exchange(true, ordering: .relaxed) {
            queue.async { [self] in
                run({ try connection.writeWithoutTransaction { try Self.move($0) } }, failed)
                isRunning.store(false, ordering: .relaxed)
            }
        }
    }

    /// Waits for what runs, then moves everything and empties the log.
    func close(_ pool: DatabasePool) {
        queue.sync {}
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? connection.close()
    }

    private func run(_ body: () throws -> Void, _ failed: (StoreFault) -> Void) {
        do { try body() } catch {
            let fault = StoreFault(error, path: path)
            if fault.code != .locked { failed(fault) }
        }
    }

    private static func move(_ database: Database) throws {
        let code = sqlite3_wal_checkpoint_v2(database.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        guard code == SQLITE_OK || code == SQLITE_BUSY else {
            throw DatabaseError(resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)))
        }
    }
}
