import Contracts
import Foundation
import GRDB

/// What is known of a device.
public struct DeviceRow: Sendable {
    /// Id in hilum.yaml.
    public var name: String
    /// Messages received.
    public var messages: Int64
    /// Results in them, repeats included.
    public var results: Int64
    /// Faults of its driver.
    public var faults: Int64
    /// Last bytes, microseconds since 1970; nil: never.
    public var lastSeen: Int64?
    /// Codes that its profile does not know, most frequent first; a hundred at most.
    public var unmapped: [UnmappedCode]
}

/// A code that a profile does not know.
public struct UnmappedCode: Sendable, Equatable {
    /// The device's code.
    public var code: String
    /// How often it came.
    public var count: Int64
    /// When it came last, microseconds since 1970.
    public var lastSeen: Int64
}

/// An alarm.
public struct AlarmRow: Sendable {
    /// Number.
    public var id: Int64
    /// Device or destination id, or `store`.
    public var subject: String
    /// Kind.
    public var kind: String
    /// What is wrong.
    public var text: String
    /// When it began, microseconds since 1970.
    public var started: Int64
    /// When it was raised last.
    public var last: Int64
    /// How often it was raised.
    public var count: Int64
    /// When it ended; nil: it is open.
    public var ended: Int64?
    /// What was said at its end.
    public var recovery: String
}

/// A fault that a driver found.
public struct FaultRow: Sendable {
    /// Number.
    public var id: Int64
    /// Device.
    public var device: String
    /// Conversation.
    public var conversation: Int64
    /// Microseconds since 1970.
    public var unix: Int64
    /// Severity.
    public var severity: DriverFault.Severity
    /// First byte, counted over the conversation.
    public var start: Int64
    /// One past the last.
    public var end: Int64
    /// For people.
    public var text: String
}

/// Bytes that crashed a driver.
public struct QuarantineRow: Sendable {
    /// Number.
    public var id: Int64
    /// Device.
    public var device: String
    /// Conversation.
    public var conversation: Int64
    /// Microseconds since 1970.
    public var unix: Int64
    /// How it crashed.
    public var reason: String
    /// The bytes.
    public var bytes: [UInt8]
}

/// What a person did.
public struct NoteRow: Sendable {
    /// Microseconds since 1970.
    public var unix: Int64
    /// Who.
    public var who: String
    /// `resend`, `discard`, `release`.
    public var action: String
    /// `item` or `report`.
    public var subject: String
    /// Its number.
    public var number: Int64
    /// Why.
    public var text: String
}

extension StoreReader {
    /// All devices that were ever connected. Counters lag a few seconds behind.
    public func devices() async throws(StoreFault) -> [DeviceRow] {
        try await read { snapshot in
            let sql = "SELECT id, name, messages, results, faults, last_seen FROM device ORDER BY name"
            return try Row.fetchAll(snapshot.database, sql: sql).map { row in
                DeviceRow(
                    name: row[1], messages: row[2], results: row[3], faults: row[4], lastSeen: row[5],
                    unmapped: try snapshot.unmapped(row[0]))
            }
        }
    }

    /// Alarms, open ones first, then the newest.
    public func alarms(limit: Int = 100, openOnly: Bool = false) async throws(StoreFault) -> [AlarmRow] {
        try await read { snapshot in
            var query = Query("SELECT id, subject, kind, text, started, last, count, ended, recovery FROM alarm")
            if openOnly { query.add("ended IS NULL") }
            let (sql, arguments) = query.end("ORDER BY ended IS NOT NULL, id DESC LIMIT ?", limit)
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: arguments).map { row in
                AlarmRow(
                    id: row[0], subject: row[1], kind: row[2], text: row[3], started: row[4], last: row[5],
                    count: row[6], ended: row[7], recovery: row[8] ?? "")
            }
        }
    }

    /// Faults that drivers found, newest first.
    public func faults(device: String? = nil, limit: Int = 100) async throws(StoreFault) -> [FaultRow] {
        try await read { snapshot in
            var query = Query(Snapshot.faultSelect)
            if let device { query.add("d.name = ?", device) }
            return try snapshot.faults(query.end("ORDER BY f.id DESC LIMIT ?", limit))
        }
    }

    /// Bytes that crashed drivers, newest first.
    public func quarantine(limit: Int = 100) async throws(StoreFault) -> [QuarantineRow] {
        try await read { snapshot in
            let sql = """
                SELECT q.id, d.name, q.conversation, q.unix, q.reason, q.body FROM quarantine q
                JOIN device d ON d.id = q.device ORDER BY q.id DESC LIMIT ?
                """
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: [max(0, limit)]).map { row in
                QuarantineRow(
                    id: row[0], device: row[1], conversation: row[2], unix: row[3], reason: row[4],
                    bytes: Array(row[5] as Data))
            }
        }
    }

    /// What people did, newest first.
    public func notes(limit: Int = 100) async throws(StoreFault) -> [NoteRow] {
        try await read { snapshot in
            let sql = "SELECT unix, who, action, subject, number, text FROM note ORDER BY id DESC LIMIT ?"
            return try Row.fetchAll(snapshot.database, sql: sql, arguments: [max(0, limit)]).map { row in
                NoteRow(unix: row[0], who: row[1], action: row[2], subject: row[3], number: row[4], text: row[5])
            }
        }
    }
}

extension Snapshot {
    static let faultSelect = """
        SELECT f.id, d.name, f.conversation, f.unix, f.severity, f.start, f.end, f.text FROM fault f
        JOIN conversation c ON c.id = f.conversation JOIN device d ON d.id = c.device
        """

    func faults(_ query: (sql: String, arguments: StatementArguments)) throws -> [FaultRow] {
        try Row.fetchAll(database, sql: query.sql, arguments: query.arguments).map { row in
            FaultRow(
                id: row[0], device: row[1], conversation: row[2], unix: row[3],
                severity: DriverFault.Severity(rawValue: UInt32(truncatingIfNeeded: row[4] as Int64)) ?? .lost,
                start: row[5], end: row[6], text: row[7])
        }
    }

    func faults(of message: MessageRow) throws -> [FaultRow] {
        var query = Query(Self.faultSelect)
        query.add("f.conversation = ?", message.conversation)
        query.add("f.start < ? AND f.end >= ?", message.start + message.length, message.start)
        return try faults(query.end("ORDER BY f.id LIMIT ?", 100))
    }

    func unmapped(_ device: Int64) throws -> [UnmappedCode] {
        try Row.fetchAll(
            database, sql: "SELECT code, count, last_seen FROM unmapped WHERE device = ? ORDER BY count DESC LIMIT 100",
            arguments: [device]
        ).map { UnmappedCode(code: $0[0], count: $0[1], lastSeen: $0[2]) }
    }
}
