import Contracts
import GRDB

/// Which items of the queues are wanted.
public struct QueueFilter: Sendable {
    /// Id of the destination.
    public var destination: String?
    /// States; as a rule what is not delivered.
    public var states: [OutboxState] = [.waiting, .dead]
    /// Only ids below this one: the next page.
    public var before: Int64?
    /// Items at most.
    public var limit = 100
    /// What waits or failed, newest first.
    public init() {}
}

/// An item of a queue.
public struct QueueRow: Sendable {
    /// Id, for resend and discard.
    public var id: Int64
    /// Id of the destination.
    public var destination: String
    /// Where it stands.
    public var state: OutboxState
    /// Attempts made.
    public var attempts: Int
    /// Next attempt, microseconds since 1970; nil: at once, or none.
    public var due: Int64?
    /// Put into the queue.
    public var createdAt: Int64
    /// Delivered, failed or discarded at.
    public var settledAt: Int64?
    /// What the destination said, or why it failed.
    public var note: String
    /// The device, specimen and patient of the report.
    public var device: String
    /// Specimen id; empty when none.
    public var specimen: String
    /// Patient id; empty when none.
    public var patient: String
    /// Number of the report.
    public var report: Int64 { id >> 8 }

    static let select = """
        SELECT o.id, d.name, o.state, o.attempts, o.due, coalesce(o.created, r.received), o.settled, o.note, v.name,
        r.specimen, r.patient FROM outbox o JOIN destination d ON d.id = o.destination
        JOIN report r ON r.id = o.id >> 8 JOIN device v ON v.id = r.device
        """

    init(_ row: Row) {
        id = row[0]
        destination = row[1]
        state = OutboxState(rawValue: row[2]) ?? .dead
        attempts = row[3]
        due = row[4]
        createdAt = row[5]
        settledAt = row[6]
        note = row[7] ?? ""
        device = row[8]
        specimen = row[9] ?? ""
        patient = row[10] ?? ""
    }
}

/// How many items of a destination stand where.
public struct QueueCount: Sendable, Equatable {
    /// Id of the destination.
    public var destination: String
    /// To be delivered.
    public var waiting: Int
    /// A person has to look.
    public var dead: Int
}

extension StoreReader {
    /// Items of the queues, newest first.
    public func queue(_ filter: QueueFilter) async throws(StoreFault) -> [QueueRow] {
        try await read { snapshot in
            var query = Query(QueueRow.select)
            if !filter.states.contains(.delivered) { query.add("o.state <> 1") }
            if let destination = filter.destination {
                query.add("o.destination = (SELECT id FROM destination WHERE name = ?)", destination)
            }
            query.add("o.state IN (\(filter.states.map { String($0.rawValue) }.joined(separator: ",")))")
            if let before = filter.before { query.add("o.id < ?", before) }
            return try snapshot.queue(query.end("ORDER BY o.id DESC LIMIT ?", filter.limit))
        }
    }

    /// What waits and what failed, by destination.
    public func queueCounts() async throws(StoreFault) -> [QueueCount] {
        try await read { snapshot in
            let sql = """
                SELECT d.name, sum(o.state = 0), sum(o.state = 2) FROM outbox o JOIN destination d ON d.id = o.destination
                WHERE o.state <> 1 GROUP BY d.name ORDER BY d.name
                """
            return try Row.fetchAll(snapshot.database, sql: sql).map {
                QueueCount(destination: $0[0], waiting: $0[1], dead: $0[2])
            }
        }
    }
}

extension Snapshot {
    func queue(_ query: (sql: String, arguments: StatementArguments)) throws -> [QueueRow] {
        try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map(QueueRow.init)
    }
}
