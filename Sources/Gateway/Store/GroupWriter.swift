import Contracts
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The one writer. Takes everything that waits, writes it in one transaction, and tells each caller after the fsync, in the
/// order handed in. Nothing waits for company: a single unit is committed at once, and what comes meanwhile is the next
/// group.
///
/// What fails: a full disk fails the group and nothing else (the next group tries again); an I/O error or damage fails
/// everything from then on until the store is opened again, because after a failed fsync nobody knows what the disk holds;
/// an error of one unit fails that unit only (the group is rolled back and its units are written one by one).
final class GroupWriter: @unchecked Sendable {
    /// Something to write.
    struct Job: Sendable {
        var work: @Sendable (WriteSession, Instant) throws -> Void
        /// Called after the transaction, on the writer's queue.
        var finish: @Sendable (StoreFault?) -> Void
        /// Bytes to be written, roughly.
        var size: Int
    }

    /// Units and bytes of one transaction at most: what bounds the wait of the last one.
    static let mostJobs = 512
    static let mostBytes = 4 << 20

    private struct Waiting {
        var jobs: [Job] = []
        var isScheduled = false
        var isClosed = false

        /// Takes out as many as one transaction may hold.
        mutating func take() -> [Job] {
            var (count, bytes) = (0, 0)
            while count < min(jobs.count, GroupWriter.mostJobs), bytes < GroupWriter.mostBytes {
                bytes += jobs[count].size
                count += 1
            }
            if count == jobs.count {
                defer { jobs = [] }
                return jobs
            }
            defer { jobs.removeFirst(count) }
            return Array(jobs.prefix(count))
        }
    }

    private let queue = DispatchQueue(label: "hilum.store.writer", qos: .userInitiated)
    /// Set on `queue`: whoever is there must not wait for it.
    private static let isWriter = DispatchSpecificKey<Bool>()
    private let waiting = Mutex(Waiting())
    private let pool: DatabasePool
    private let path: String
    private let clock: any Clock
    /// Called on the writer's queue after each durable transaction, before the callers are told.
    private let apply: @Sendable (WriteSession.Effects) -> Void
    /// Called on the writer's queue when writing begins to fail or works again (nil).
    private let trouble: @Sendable (StoreFault?) -> Void
    private let checkpoint: Checkpointer

    // Touched on `queue` only.
    private var session: WriteSession?
    private var fault: StoreFault?
    private var isFull = false
    private var lastCounters: Int64 = 0
    private var isCounterWritePlanned = false

    init(
        pool: DatabasePool, session: WriteSession, checkpoint: Checkpointer, path: String, clock: any Clock,
        apply: @escaping @Sendable (WriteSession.Effects) -> Void, trouble: @escaping @Sendable (StoreFault?) -> Void
    ) {
        self.pool = pool
        self.session = session
        self.checkpoint = checkpoint
        self.path = path
        self.clock = clock
        self.apply = apply
        self.trouble = trouble
        queue.setSpecific(key: Self.isWriter, value: true)
    }

    /// Hands a job in; its end is told once.
    ///
    /// - Parameter here: when nobody writes, write it on the thread of the caller, which returns after the fsync then; what
    ///   came meanwhile is left to the writer's thread. Saves waking that thread for every instance. For callers that may
    ///   wait for a disk.
    func submit(_ job: Job, here: Bool = false) {
        let (isFirst, isClosed) = waiting.withLock { waiting in
            guard !waiting.isClosed else { return (false, true) }
            waiting.jobs.append(job)
            defer { waiting.isScheduled = true }
            return (!waiting.isScheduled, false)
        }
        if isClosed {
            queue.async { job.finish(StoreFault(.closed, "the store is closed")) }
        } else if isFirst {
            if here, DispatchQueue.getSpecific(key: Self.isWriter) == nil {
                if queue.sync(execute: { self.writeNext() }) { queue.async { self.drain() } }
            } else {
                queue.async { self.drain() }
            }
        }
    }

    /// Whether something waits to be written: housekeeping stands back.
    var isBusy: Bool { waiting.withLock { !$0.jobs.isEmpty } }

    /// Writes what waits, then refuses everything.
    func close() {
        waiting.withLock { $0.isClosed = true }
        queue.sync {
            drain()
            writeCounters()
            session = nil
        }
    }

    /// From now on nothing is written: the disk failed somewhere else (a checkpoint).
    func fail(_ fault: StoreFault) { queue.async { self.note(fault) } }

    // MARK: On the queue

    private func drain() { while writeNext() {} }

    /// Writes one group of what waits.
    ///
    /// - Returns: false when nothing waits any more, and the next job has to begin again.
    private func writeNext() -> Bool {
        write(waiting.withLock { $0.take() })
        return waiting.withLock { waiting in
            if waiting.jobs.isEmpty { waiting.isScheduled = false }
            return waiting.isScheduled
        }
    }

    private func write(_ jobs: [Job]) {
        if jobs.isEmpty { return }
        if let fault { return jobs.forEach { $0.finish(fault) } }
        guard let session else { return jobs.forEach { $0.finish(StoreFault(.closed, "the store is closed")) } }
        let now = clock.now()
        switch transaction(jobs, session, now) {
        case nil: tell(jobs, nil)
        case let fault? where fault.concernsAll: tell(jobs, fault)
        case let fault? where jobs.count == 1: tell(jobs, fault)
        default: for job in jobs { tell([job], self.fault ?? transaction([job], session, now)) }
        }
        checkpoint.afterCommit(pool) { [weak self] fault in self?.note(fault) }
    }

    private func tell(_ jobs: [Job], _ fault: StoreFault?) {
        if let fault, fault.concernsAll { note(fault) }
        if fault == nil, isFull {
            isFull = false
            trouble(nil)
        }
        for job in jobs { job.finish(fault) }
    }

    /// One transaction; nil when it is durable. Without jobs it writes the counters.
    private func transaction(_ jobs: [Job], _ session: WriteSession, _ now: Instant) -> StoreFault? {
        do {
            try pool.writeWithoutTransaction { database in
                do {
                    try session.statements.begin.execute()
                    for job in jobs { try job.work(session, now) }
                    try session.imaging.flush()
                    if session.counters.isDirty, jobs.isEmpty || now.monotonic &- lastCounters > 2_000_000 {
                        lastCounters = now.monotonic
                        try session.counters.write(database, through: session.nextMessage - 1)
                    }
                    try session.statements.commit.execute()
                } catch {
                    // Some errors have rolled back already.
                    if database.isInsideTransaction { try? database.rollback() }
                    throw error
                }
            }
        } catch {
            let fault = StoreFault(error, path: path)
            do { try pool.writeWithoutTransaction { _ in try session.reload() } } catch {
                return StoreFault(.ioError, "after \(fault): the database cannot be read any more: \(error)")
            }
            return fault
        }
        let effects = session.effects
        session.committed()
        apply(effects)
        planCounters(session)
        return nil
    }

    private func note(_ fault: StoreFault) {
        if fault.isFinal {
            guard self.fault == nil else { return }
            self.fault = fault
            trouble(fault)
        } else if fault.code == .diskFull || fault.code == .locked {
            guard !isFull else { return }
            isFull = true
            trouble(fault)
            probe()
        }
    }

    /// Without anything to write nobody would notice that there is room again.
    private func probe() {
        queue.asyncAfter(deadline: .now() + .seconds(2)) { [weak self] in
            guard let self, self.isFull, self.fault == nil, self.session != nil else { return }
            self.submit(
                Job(
                    work: { session, now in
                        try session.database.execute(
                            sql: "INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?)", arguments: [now.unix])
                    }, finish: { [weak self] fault in if fault != nil { self?.probe() } }, size: 0))
        }
    }

    // MARK: Counters

    private func planCounters(_ session: WriteSession) {
        guard session.counters.isDirty, !isCounterWritePlanned else { return }
        isCounterWritePlanned = true
        queue.asyncAfter(deadline: .now() + .seconds(3)) { [weak self] in
            guard let self else { return }
            self.isCounterWritePlanned = false
            guard self.clock.now().monotonic &- self.lastCounters > 2_500_000 else { return }
            self.writeCounters()
        }
    }

    private func writeCounters() {
        guard fault == nil, !isFull, let session, session.counters.isDirty else { return }
        if let fault = transaction([], session, clock.now()) { note(fault) }
    }
}
