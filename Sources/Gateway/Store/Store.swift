import Contracts
import Foundation
import GRDB
import Logging
import ResultModel
import Synchronization

/// Everything that must survive: raw bytes, messages, results, the queues of the destinations, alarms. One SQLite database
/// in WAL mode with `synchronous=FULL`, one writer with group commit, readers beside it.
///
/// One store a state folder; a second one is refused. Close it at the end; after a crash the next `init` goes on from what
/// was committed.
public final class Store: Sendable {
    /// Four characters, A–Z 0–9, unique to this state folder.
    public let gateway: String
    /// Reads beside the writer.
    public let reader: StoreReader
    let configuration: StoreConfiguration
    let writer: GroupWriter
    let board: QueueBoard
    let images: ForwardBoard
    let alarms: AlarmList
    let orderWatchers = OrderWatchers()
    /// A connection of its own: who asks for orders waits neither for the writer nor for other readers.
    let orderReader: StoreReader
    let retentionTask = Mutex<Task<Void, any Error>?>(nil)
    private let watchers: Watchers
    private let pool: DatabasePool
    private let lock: StateLock
    private let checkpointer: Checkpointer
    private let isClosed = Atomic(false)

    /// Opens the store of a state folder, makes or migrates its tables, and loads what waits.
    ///
    /// - Throws: `.locked` when another gateway runs on the folder, `.corrupt`, `.diskFull`, `.ioError`.
    public init(_ configuration: StoreConfiguration, log: Logger = Logger(label: "hilum.store")) throws(StoreFault) {
        let path = StoreConfiguration.database(in: configuration.folder)
        try Self.makeFolder(configuration.folder)
        lock = try StateLock(folder: configuration.folder)
        let opening: StoreOpening
        do { opening = try StoreOpening(path, configuration, log: log) } catch { throw StoreFault(error, path: path) }
        self.configuration = configuration
        pool = opening.pool
        checkpointer = opening.checkpointer
        gateway = opening.session.gateway
        let (board, alarms, watchers) = (opening.board, opening.alarms, Watchers())
        let images = opening.images
        self.board = board
        self.images = images
        self.alarms = alarms
        self.watchers = watchers
        reader = StoreReader(opening.pool, path: path)
        orderReader = try StoreReader(folder: configuration.folder)
        writer = GroupWriter(
            pool: opening.pool, session: opening.session, checkpoint: opening.checkpointer, path: path,
            clock: configuration.clock,
            apply: { effects in
                board.apply(effects)
                images.apply(effects.images)
                watchers.tell(effects.stored)
            },
            trouble: { alarms.store($0) })
        alarms.connect(writer)
        // The store works: an alarm that was open when the last process ended is over.
        alarms.store(nil)
        keepRetaining()
    }

    /// Calls `watcher` with what was stored, after each commit, on the writer's queue; it must not block.
    public func onStored(_ watcher: @escaping @Sendable ([StoredReport]) -> Void) { watchers.add(watcher) }

    /// Writes what was handed in and closes the database. Everything handed in later fails with `.closed`.
    public func close() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.closeBlocking()
                continuation.resume()
            }
        }
    }

    /// `close` for callers that may block. Closing again does nothing.
    public func closeBlocking() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        retentionTask.withLock { $0?.cancel() }
        alarms.settle(writer)
        writer.close()
        orderReader.disconnect()
        checkpointer.close(pool)
        try? pool.close()
        lock.release()
    }

    private static func makeFolder(_ folder: String) throws(StoreFault) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreFault(
                .ioError,
                "cannot make the state folder \(folder): \(error.localizedDescription). Make it, or correct `state`.")
        }
    }

    /// Runs `work` in the writer's next transaction and gives its value once that is durable.
    func perform<Value: Sendable>(
        _ work: @escaping @Sendable (WriteSession, Instant) throws -> Value
    ) async throws -> Value {
        let box = ValueBox<Value>()
        return try await withCheckedThrowingContinuation { continuation in
            writer.submit(
                GroupWriter.Job(
                    work: { session, now in
                        box.set(nil)
                        // What a person asks may be refused half-way: nothing of it stays, the others' work does.
                        try session.database.execute(sql: "SAVEPOINT action")
                        do {
                            box.set(.success(try work(session, now)))
                            try session.database.execute(sql: "RELEASE action")
                        } catch let refusal as StoreRefusal {
                            try session.database.execute(sql: "ROLLBACK TO action; RELEASE action")
                            box.set(.failure(refusal))
                        }
                    },
                    finish: { fault in
                        if let fault { return continuation.resume(throwing: fault) }
                        switch box.value {
                        case .success(let value): continuation.resume(returning: value)
                        case .failure(let refusal): continuation.resume(throwing: refusal)
                        case nil: continuation.resume(throwing: StoreFault(.internal, "the action gave nothing"))
                        }
                    }, size: 256))
        }
    }
}

/// An action that makes no sense: no such item, already delivered.
public struct StoreRefusal: Error, Sendable, CustomStringConvertible {
    /// Why, and what to do.
    public var text: String
    init(_ text: String) { self.text = text }
    /// Text for people.
    public var description: String { text }
}
