import Contracts
import Foundation
import GRDB
import ResultModel

/// Which reports are wanted. What is nil or empty does not matter.
public struct ReportFilter: Sendable {
    /// Device id in hilum.yaml.
    public var device: String?
    /// Specimen id, exactly.
    public var specimen: String?
    /// Patient id, exactly.
    public var patient: String?
    /// Received at or after: microseconds since 1970, UTC.
    public var since: Int64?
    /// States.
    public var states: [ReportState] = []
    /// Only numbers above this one, oldest first: to follow what comes.
    public var after: Int64?
    /// Only numbers below this one: the next page.
    public var before: Int64?
    /// Reports at most.
    public var limit = 100
    /// Everything, newest first.
    public init() {}
}

/// A stored report with what became of it.
public struct ReportRow: Sendable {
    /// The report.
    public var report: Report
    /// Its state.
    public var state: ReportState
    /// The report that it repeats; of a stored one that corrects by hand, the report that it corrects.
    public var repeats: Int64?
    /// Number of its message.
    public var message: Int64
    /// Its items in the queues.
    public var deliveries: [QueueRow]
}

extension StoreReader {
    /// Reports by filter: newest first, or oldest first where `after` is given.
    public func results(_ filter: ReportFilter) async throws(StoreFault) -> [ReportRow] {
        try await read { snapshot in
            var query = Query(Query.reports)
            if let device = filter.device { query.add("r.device = (SELECT id FROM device WHERE name = ?)", device) }
            if let specimen = filter.specimen { query.add("r.specimen = ?", specimen) }
            if let patient = filter.patient { query.add("r.patient = ?", patient) }
            if let since = filter.since { query.add("r.received >= ?", since) }
            if let after = filter.after { query.add("r.id > ?", after) }
            if let before = filter.before { query.add("r.id < ?", before) }
            if filter.states == [.held] {
                // In words that let SQLite use the small index of held reports.
                query.add("r.state = 1")
            } else if !filter.states.isEmpty {
                query.add("r.state IN (\(filter.states.map { String($0.rawValue) }.joined(separator: ",")))")
            }
            let order = filter.after == nil ? "DESC" : "ASC"
            return try snapshot.reports(query.end("ORDER BY r.id \(order) LIMIT ?", filter.limit))
        }
    }

    /// One report.
    public func report(_ id: Int64) async throws(StoreFault) -> ReportRow? {
        try await read { snapshot in
            var query = Query(Query.reports)
            query.add("r.id = ?", id)
            return try snapshot.reports(query.end("LIMIT ?", 1)).first
        }
    }
}

extension Snapshot {
    func reports(_ query: (sql: String, arguments: StatementArguments)) throws -> [ReportRow] {
        try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map { row in
            let id: Int64 = row[0]
            return ReportRow(
                report: try report(row[1] as Data, id: id, receivedAt: row[2]),
                state: ReportState(rawValue: row[3]) ?? .stored, repeats: row[4], message: row[5],
                deliveries: try deliveries(of: id))
        }
    }

    func deliveries(of report: Int64) throws -> [QueueRow] {
        var query = Query(QueueRow.select)
        query.add("o.id BETWEEN ? AND ?", report << 8, report << 8 | 255)
        return try queue(query.end("ORDER BY o.id LIMIT ?", 256))
    }
}

/// A SELECT with the conditions that were asked for. Values are bound, never written into the text.
struct Query {
    static let reports = "SELECT r.id, r.body, r.received, r.state, r.repeats, r.message FROM report r"

    private var sql: String
    private var arguments = StatementArguments()
    private var hasCondition = false

    init(_ select: String) { sql = select }

    mutating func add(_ condition: String, _ values: any DatabaseValueConvertible & Sendable...) {
        sql += (hasCondition ? " AND " : " WHERE ") + condition
        hasCondition = true
        for value in values { arguments += [value] }
    }

    func end(_ rest: String, _ limit: Int) -> (sql: String, arguments: StatementArguments) {
        (sql + " " + rest, arguments + [max(0, limit)])
    }
}
