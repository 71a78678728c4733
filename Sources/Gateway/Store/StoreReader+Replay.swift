import Contracts
import Foundation
import GRDB

/// A link from open to close, as it is kept.
public struct ConversationRow: Sendable, Equatable {
    /// Number.
    public var id: Int64
    /// Device.
    public var device: String
    /// The other end of the link.
    public var peer: String
    /// Microseconds since 1970, UTC.
    public var openedAt: Int64
    /// Nil: it goes on, or the gateway stopped without closing it.
    public var closedAt: Int64?
}

/// Which conversations are wanted. What is nil does not matter.
public struct ConversationFilter: Sendable {
    /// Device id in hilum.yaml.
    public var device: String?
    /// Number.
    public var id: Int64?
    /// Not closed before: microseconds since 1970, UTC.
    public var since: Int64?
    /// Opened before.
    public var until: Int64?
    /// Only numbers above this one: the next page.
    public var after: Int64 = 0
    /// Conversations at most.
    public var limit = 256
    /// All of them.
    public init() {}
}

/// The bytes of one commit.
public struct JournalRow: Sendable {
    /// Number.
    public var id: Int64
    /// When it began: microseconds since 1970, UTC.
    public var unix: Int64
    /// Bytes received in the conversation before it.
    public var start: UInt64
    /// After it the driver needed nothing of what it had received.
    public var isIdle: Bool
    /// The bytes both ways, timed.
    public var entries: [JournalEntry]

    /// Bytes received in the conversation up to its end.
    public var end: UInt64 { start &+ JournalBody.received(entries) }
}

/// A message with the reports that were made of it.
public struct MessageReports: Sendable {
    /// The message.
    public var message: MessageRow
    /// Its reports.
    public var reports: [ReportRow]
}

extension StoreReader {
    /// Bytes of one page of journal rows, about: a reader must not hold much in memory, nor its snapshot for long.
    private static let pageBytes = 8 << 20

    /// Conversations by filter, oldest first.
    public func conversations(_ filter: ConversationFilter) async throws(StoreFault) -> [ConversationRow] {
        try await read { snapshot in
            var query = Query(
                "SELECT c.id, d.name, c.peer, c.opened, c.closed FROM conversation c JOIN device d ON d.id = c.device")
            query.add("c.id > ?", filter.after)
            if let device = filter.device { query.add("d.name = ?", device) }
            if let id = filter.id { query.add("c.id = ?", id) }
            if let since = filter.since { query.add("coalesce(c.closed, 9223372036854775807) >= ?", since) }
            if let until = filter.until { query.add("c.opened < ?", until) }
            let (sql, arguments) = query.end("ORDER BY c.id LIMIT ?", filter.limit)
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: arguments).map {
                ConversationRow(id: $0[0], device: $0[1], peer: $0[2], openedAt: $0[3], closedAt: $0[4])
            }
        }
    }

    /// Number of the last row of a conversation that is idle and began before a time; 0: there is none. What follows it can
    /// be read by a new driver.
    public func idleRow(of conversation: Int64, before unix: Int64) async throws(StoreFault) -> Int64 {
        try await read { snapshot in
            try Int64.fetchOne(
                snapshot.database,
                sql: "SELECT max(id) FROM journal WHERE conversation = ? AND idle AND unix < ?",
                arguments: [conversation, unix]) ?? 0
        }
    }

    /// Number of the last row of a conversation that is idle and ends at or before a byte; 0: there is none.
    public func idleRow(of conversation: Int64, beforeByte start: Int64) async throws(StoreFault) -> Int64 {
        try await read { snapshot in
            // The row with the byte begins at or before it; an idle row before that one ends at or before it.
            try Int64.fetchOne(
                snapshot.database,
                sql: """
                    SELECT max(id) FROM journal WHERE conversation = ?1 AND idle AND id < coalesce((SELECT max(id)
                    FROM journal WHERE conversation = ?1 AND start <= ?2), 0)
                    """, arguments: [conversation, start]) ?? 0
        }
    }

    /// Rows of a conversation after a number, in order: some, and none at the end. A row that cannot be read has no entries
    /// and its successor does not begin where it ends.
    public func journal(of conversation: Int64, after id: Int64) async throws(StoreFault) -> [JournalRow] {
        try await read { snapshot in
            let rows = try Row.fetchCursor(
                snapshot.database,
                sql: "SELECT id, unix, start, idle, body FROM journal WHERE conversation = ? AND id > ? ORDER BY id",
                arguments: [conversation, id])
            var (page, bytes): ([JournalRow], Int) = ([], 0)
            while bytes < Self.pageBytes, page.count < 512, let row = try rows.next() {
                let body = Array(row[4] as Data)
                bytes += body.count
                page.append(
                    JournalRow(
                        id: row[0], unix: row[1], start: UInt64(clamping: row[2] as Int64), isIdle: row[3],
                        entries: JournalBody.decode(body, unix: row[1]) ?? []))
            }
            return page
        }
    }

    /// Messages of a conversation that were committed with rows of the journal, from the first to the last number.
    ///
    /// Messages are numbered in the order of their rows: found without looking at all of them.
    public func messages(of conversation: Int64, rows: ClosedRange<Int64>) async throws(StoreFault) -> [MessageReports]
    {
        try await read { snapshot in
            let first = try snapshot.firstMessage(fromRow: rows.lowerBound)
            var query = Query(Snapshot.messageSelect)
            query.add("m.id >= ?", first)
            if rows.upperBound < .max { query.add("m.id < ?", try snapshot.firstMessage(fromRow: rows.upperBound + 1)) }
            query.add("m.conversation = ?", conversation)
            return try snapshot.reports(of: snapshot.messages(query.end("ORDER BY m.id LIMIT ?", .max)))
        }
    }

    /// True when a message of this row may have been freed: the numbers of the messages kept around it do not follow each
    /// other.
    public func mayMissMessages(ofRow row: Int64) async throws(StoreFault) -> Bool {
        try await read { snapshot in
            let (first, after) = (try snapshot.firstMessage(fromRow: row), try snapshot.firstMessage(fromRow: row + 1))
            let before =
                try Int64.fetchOne(
                    snapshot.database, sql: "SELECT max(id) FROM message WHERE id < ?", arguments: [first]) ?? 0
            let next = try Int64.fetchOne(
                snapshot.database, sql: "SELECT min(id) FROM message WHERE id >= ?", arguments: [after])
            let end = try next ?? snapshot.nextMessage()
            let kept = try Int64.fetchOne(
                snapshot.database, sql: "SELECT count(*) FROM message WHERE id > ? AND id < ?",
                arguments: [before, end])
            return kept != end - before - 1
        }
    }

    /// Faults of a conversation, oldest first.
    public func faults(of conversation: Int64) async throws(StoreFault) -> [FaultRow] {
        try await read { snapshot in
            var query = Query(Snapshot.faultSelect)
            query.add("f.conversation = ?", conversation)
            return try snapshot.faults(query.end("ORDER BY f.id LIMIT ?", 100_000))
        }
    }

    /// How many messages with results a filter finds, whatever its limit. `until`: received before.
    public func countResultMessages(_ filter: MessageFilter, until: Int64?) async throws(StoreFault) -> Int {
        try await read { snapshot in
            var query = Query(
                """
                SELECT count(*) FROM message m JOIN conversation c ON c.id = m.conversation JOIN device d ON d.id = c.device
                JOIN word k ON k.id = m.kind
                """)
            query.add("k.text = ?", "results")
            if let device = filter.device { query.add("d.name = ?", device) }
            if let since = filter.since { query.add("m.received >= ?", since) }
            if let until { query.add("m.received < ?", until) }
            let (sql, arguments) = query.end("LIMIT ?", 1)
            return try Int.fetchOne(snapshot.database, sql: sql, arguments: arguments) ?? 0
        }
    }
}

extension Snapshot {
    func reports(of messages: [MessageRow]) throws -> [MessageReports] {
        try messages.map { message in
            guard message.reportCount > 0 else { return MessageReports(message: message, reports: []) }
            var query = Query(Query.reports)
            query.add("r.id >= ?", message.firstReport)
            let found = try reports(query.end("ORDER BY r.id LIMIT ?", message.reportCount))
            return MessageReports(message: message, reports: found.filter { $0.message == message.id })
        }
    }

    /// A number above those of all messages that have a row before this one, and not above that of any other message.
    func firstMessage(fromRow row: Int64) throws -> Int64 {
        var (low, high) = (Int64(1), try nextMessage())
        // Invariant: messages below `low` have earlier rows, those from `high` on do not.
        while low < high {
            let middle = low + (high - low) / 2
            let found = try Row.fetchOne(
                database, sql: "SELECT id, journal FROM message WHERE id >= ? ORDER BY id LIMIT 1", arguments: [middle])
            if let found, (found[1] as Int64) < row { low = (found[0] as Int64) + 1 } else { high = middle }
        }
        return low
    }

    /// Above the numbers of all messages that were ever kept.
    func nextMessage() throws -> Int64 {
        let highest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM message") ?? 0
        let kept = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'next.message'") ?? 1
        return max(highest + 1, kept)
    }
}
