import Contracts
import Foundation
import GRDB

/// Which messages are wanted.
public struct MessageFilter: Sendable {
    /// Device id in hilum.yaml.
    public var device: String?
    /// Received at or after: microseconds since 1970, UTC.
    public var since: Int64?
    /// Only numbers above this one, oldest first.
    public var after: Int64?
    /// Only numbers below this one: the next page.
    public var before: Int64?
    /// Messages at most.
    public var limit = 100
    /// Everything, newest first.
    public init() {}
}

/// A message without its bytes.
public struct MessageRow: Sendable {
    /// Number.
    public var id: Int64
    /// Device.
    public var device: String
    /// Number of its conversation.
    public var conversation: Int64
    /// The other end of the link.
    public var peer: String
    /// Microseconds since 1970, UTC.
    public var receivedAt: Int64
    /// Kind of `DeviceMessage`.
    public var kind: String
    /// Protocol as the device names it.
    public var protocolName: String
    /// The device's id of the message.
    public var controlID: String
    /// False when it was broken off.
    public var isComplete: Bool
    /// First byte, counted over the conversation.
    public var start: Int64
    /// Bytes.
    public var length: Int64
    /// Number of its row in the journal.
    var journal: Int64
    /// Number of its first report; the others follow.
    public var firstReport: Int64
    /// Number of reports.
    public var reportCount: Int
}

/// A message with everything that belongs to it.
public struct MessageDetail: Sendable {
    /// The message.
    public var message: MessageRow
    /// Its bytes, both ways, timed. Empty once retention has freed them.
    public var entries: [JournalEntry]
    /// Its reports.
    public var reports: [ReportRow]
    /// Faults of its conversation that lie in its bytes.
    public var faults: [FaultRow]
}

extension StoreReader {
    /// Messages by filter: newest first, or oldest first where `after` is given.
    public func messages(_ filter: MessageFilter) async throws(StoreFault) -> [MessageRow] {
        try await read { snapshot in
            var query = Query(Snapshot.messageSelect)
            if let device = filter.device { query.add("d.name = ?", device) }
            if let since = filter.since { query.add("m.received >= ?", since) }
            if let after = filter.after { query.add("m.id > ?", after) }
            if let before = filter.before { query.add("m.id < ?", before) }
            let order = filter.after == nil ? "DESC" : "ASC"
            return try snapshot.messages(query.end("ORDER BY m.id \(order) LIMIT ?", filter.limit))
        }
    }

    /// One message with bytes, reports and faults.
    public func message(_ id: Int64) async throws(StoreFault) -> MessageDetail? {
        try await read { snapshot in
            var query = Query(Snapshot.messageSelect)
            query.add("m.id = ?", id)
            guard let message = try snapshot.messages(query.end("LIMIT ?", 1)).first else { return nil }
            var reports = Query(Query.reports)
            reports.add("r.id >= ?", message.firstReport)
            return MessageDetail(
                message: message, entries: try snapshot.entries(of: message),
                reports: try snapshot.reports(reports.end("ORDER BY r.id LIMIT ?", message.reportCount)),
                faults: try snapshot.faults(of: message))
        }
    }
}

extension Snapshot {
    static let messageSelect = """
        SELECT m.id, d.name, m.conversation, c.peer, m.received, k.text, p.text, m.control, m.broken, m.start, m.length,
        m.journal, m.report, m.reports FROM message m JOIN conversation c ON c.id = m.conversation JOIN device d ON d.id = c.device
        JOIN word k ON k.id = m.kind JOIN word p ON p.id = m.protocol
        """

    func messages(_ query: (sql: String, arguments: StatementArguments)) throws -> [MessageRow] {
        try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map { row in
            MessageRow(
                id: row[0], device: row[1], conversation: row[2], peer: row[3], receivedAt: row[4], kind: row[5],
                protocolName: row[6], controlID: row[7] ?? "", isComplete: (row[8] as Int64?) == nil, start: row[9],
                length: row[10], journal: row[11], firstReport: row[12], reportCount: row[13])
        }
    }

    /// Entries that hold the message's bytes, cut to them, with what was sent in between and right after.
    func entries(of message: MessageRow) throws -> [JournalEntry] {
        let (start, end) = (message.start, message.start + message.length)
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT unix, start, body FROM journal WHERE conversation = ?1 AND id >= coalesce((SELECT id FROM journal
                WHERE conversation = ?1 AND id <= ?2 AND start <= ?3 ORDER BY id DESC LIMIT 1), ?2) ORDER BY id
                """, arguments: [message.conversation, message.journal, start])
        var entries: [JournalEntry] = []
        while let row = try rows.next() {
            var offset: Int64 = row[1]
            for var entry in JournalBody.decode(Array(row[2] as Data), unix: row[0]) ?? [] {
                guard entry.direction == .received else {
                    if !entries.isEmpty { entries.append(entry) }
                    continue
                }
                let (first, last) = (max(start, offset) - offset, min(end, offset + Int64(entry.bytes.count)) - offset)
                offset += Int64(entry.bytes.count)
                if first < last {
                    entry.bytes = Array(entry.bytes[Int(first)..<Int(last)])
                    entries.append(entry)
                } else if !entries.isEmpty {
                    return entries
                }
            }
        }
        return entries
    }
}
