import Contracts
import GRDB
import Synchronization

/// What one retention pass freed.
public struct RetentionSummary: Sendable, Equatable {
    /// Messages with their reports and queue items.
    public var messages = 0
    /// Messages that are old enough but held, waiting or failed.
    public var kept = 0
    /// Rows of raw bytes.
    public var journalRows = 0
    /// Pages given back to the file system.
    public var pages = 0
    /// Slices it took, and the longest, in microseconds: no commit waited longer for it.
    public var slices = 0
    /// Longest slice.
    public var longestSlice: Int64 = 0
}

/// Where a retention pass stands between two slices (docs/adr/0004-retention.md).
struct RetentionCursor: Sendable {
    enum Phase: Sendable { case messages, journal, rest, vacuum, done }

    var phase = Phase.messages
    /// Number of the last row looked at.
    var last: Int64 = 0
    var summary = RetentionSummary()
    /// Rows of raw bytes that belong to messages which are kept, by conversation.
    var kept: [Int64: [ClosedRange<Int64>]] = [:]

    mutating func enter(_ next: Phase) {
        phase = next
        last = 0
    }
}

/// What is old enough, in microseconds since 1970.
struct RetentionLimits: Sendable {
    var results: Int64?
    var rawBytes: Int64?

    init(_ configuration: StoreConfiguration, now: Int64) {
        let retention = configuration.retention
        // A resend is recognised by what is kept.
        results = retention.results.map { now &- max($0, configuration.resendWindow.seconds) &* 1_000_000 }
        let raw = [retention.rawBytes, retention.results].compactMap { $0 }.min()
        rawBytes = raw.map { now &- $0 &* 1_000_000 }
    }
}

extension Store {
    /// Time of one slice. What a slice begins it ends, so the longest is this and one message more.
    static let sliceTime = Duration.milliseconds(3)
    /// Pause between slices: at most a seventh of the writer's time.
    static let slicePause = Duration.milliseconds(20)

    /// Frees what is older than the retention says. Called by itself once an hour; commits go on meanwhile.
    ///
    /// - Throws: `StoreFault` when the writer fails.
    @discardableResult
    public func retain() async throws -> RetentionSummary {
        let now = configuration.clock.now().unix
        try await retainImages(now: now)
        let limits = RetentionLimits(configuration, now: now)
        guard limits.results != nil || limits.rawBytes != nil else { return RetentionSummary() }
        var cursor = RetentionCursor()
        if let raw = limits.rawBytes { cursor.kept = try await reader.rowsToKeep(before: raw) }
        while cursor.phase != .done {
            let from = cursor
            cursor = try await perform { session, _ in
                let clock = ContinuousClock()
                let start = clock.now
                var cursor = from
                while cursor.phase != .done, clock.now - start < Self.sliceTime {
                    try session.retain(&cursor, limits)
                }
                let time = (clock.now - start).components
                let spent = time.seconds * 1_000_000 + time.attoseconds / 1_000_000_000_000
                cursor.summary.longestSlice = max(cursor.summary.longestSlice, spent)
                cursor.summary.slices += 1
                return cursor
            }
            if cursor.phase != .done { try await Task.sleep(for: Self.slicePause) }
        }
        return cursor.summary
    }

    /// Runs a pass an hour until the store is closed.
    func keepRetaining() {
        let retention = configuration.retention
        guard retention.rawBytes != nil || retention.results != nil || retention.images != nil else { return }
        let task = Task.detached { [weak self] in
            while !Task.isCancelled {
                // Not at the start: that is when devices send what they kept.
                try await Task.sleep(for: .seconds(600))
                guard let self else { return }
                do { try await self.retain() } catch is CancellationError { return } catch {
                    self.alarms.raise(subject: "store", kind: "retention", text: "old data cannot be freed: \(error)")
                }
                try await Task.sleep(for: .seconds(3_000))
            }
        }
        retentionTask.withLock { $0 = task }
    }
}

extension StoreReader {
    /// Rows of raw bytes of old messages that are held, wait or failed.
    func rowsToKeep(before limit: Int64) async throws(StoreFault) -> [Int64: [ClosedRange<Int64>]] {
        try await read { snapshot in
            var kept: [Int64: [ClosedRange<Int64>]] = [:]
            let rows = try Row.fetchCursor(
                snapshot.database,
                sql: """
                    SELECT DISTINCT m.conversation, m.journal, coalesce((SELECT j.id FROM journal j
                    WHERE j.conversation = m.conversation AND j.id <= m.journal AND j.start <= m.start
                    ORDER BY j.id DESC LIMIT 1), m.journal) FROM message m WHERE m.received < ?1 AND m.id IN (
                    SELECT message FROM report WHERE state = 1 UNION SELECT r.message FROM outbox o
                    JOIN report r ON r.id = o.id >> 8 WHERE o.state <> 1 AND o.state IN (0, 2))
                    """, arguments: [limit])
            while let row = try rows.next() {
                let (last, first): (Int64, Int64) = (row[1], row[2])
                kept[row[0], default: []].append(min(first, last)...last)
            }
            return kept
        }
    }
}
