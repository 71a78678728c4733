import Contracts
import Foundation
import GRDB
import ResultModel

/// What a person does, each with who, when and why.
extension Store {
    /// Delivers an item again. A failed or discarded one goes out under its own id; a waiting one at once; one that was
    /// delivered becomes a new item, because the receiver would take the old id for a repetition. Results that a later
    /// report replaced are left out.
    ///
    /// - Returns: the id of the item that goes out.
    /// - Throws: `StoreRefusal` when there is no such item or everything in it was replaced meanwhile; `StoreFault`.
    @discardableResult
    public func resend(item: Int64, who: String, note: String) async throws -> Int64 {
        try await perform { session, now in
            let entry = try session.entry(item)
            let report = try session.report(of: item)
            try session.note(now, who, "resend", "item", item, note)
            if entry.state == .waiting {
                try session.database.execute(sql: "UPDATE outbox SET due = NULL WHERE id = ?", arguments: [item])
                session.effects.hastened.append((entry.destination, item))
                return item
            }
            let omitted = try session.overtaken(report, now)
            guard omitted.count < max(1, report.observations.count) else {
                throw StoreRefusal("item \(item): a later report has replaced every result in it; resend that one")
            }
            if entry.state == .delivered {
                let number = try session.nextNumber(of: item >> 8)
                try session.post(
                    report, omitted: omitted, entry.lane, to: entry.destination, number: number, createdAt: now.unix)
                return report.id << 8 | Int64(number)
            }
            try session.database.execute(
                sql: "UPDATE outbox SET state = 0, due = NULL, settled = NULL WHERE id = ?", arguments: [item])
            session.effects.queued.append(
                (
                    entry.destination,
                    ReadyQueue.Item(
                        id: item, lane: entry.lane, attempts: entry.attempts, due: 0, createdAt: entry.createdAt,
                        resident: [report.omitting(omitted)])
                ))
            return item
        }
    }

    /// Never delivers an item that waits or failed.
    ///
    /// - Throws: `StoreRefusal` when there is none or it was delivered; `StoreFault`.
    public func discard(item: Int64, who: String, note: String) async throws {
        try await perform { session, now in
            let entry = try session.entry(item)
            guard entry.state == .waiting || entry.state == .dead else {
                throw StoreRefusal("item \(item) cannot be discarded: it is \(entry.state)")
            }
            try session.note(now, who, "discard", "item", item, note)
            try session.database.execute(
                sql: "UPDATE outbox SET state = 3, settled = ? WHERE id = ?", arguments: [now.unix, item])
            session.effects.withdrawn.append(item)
        }
    }

    /// Posts a held report to the destinations that it would have gone to. Results that a later report replaced are left
    /// out.
    ///
    /// - Throws: `StoreRefusal` when it is not held or everything in it was replaced; `StoreFault`.
    public func release(report id: Int64, who: String, note: String) async throws {
        try await perform { session, now in
            let (report, lane, routes) = try session.heldReport(id)
            let omitted = try session.overtaken(report, now)
            guard omitted.count < max(1, report.observations.count) else {
                throw StoreRefusal("report \(id): a later report has replaced every result in it; discard this one")
            }
            try session.note(now, who, "release", "report", id, note)
            try session.database.execute(
                sql: "UPDATE report SET state = 0, routes = NULL, omitted = ? WHERE id = ?",
                arguments: [omitted.isEmpty ? nil : omitted.map(String.init).joined(separator: " "), id])
            let first = try session.nextNumber(of: id)
            for (place, destination) in routes.enumerated() {
                try session.post(
                    report, omitted: omitted, lane, to: destination, number: first + place, createdAt: now.unix)
            }
        }
    }

    /// Decides that a held report is not posted.
    ///
    /// - Throws: `StoreRefusal` when it is not held; `StoreFault`.
    public func discard(report id: Int64, who: String, note: String) async throws {
        try await perform { session, now in
            _ = try session.heldReport(id)
            try session.note(now, who, "discard", "report", id, note)
            try session.database.execute(
                sql: "UPDATE report SET state = 5, routes = NULL WHERE id = ?", arguments: [id])
        }
    }
}

extension WriteSession {
    struct OutboxEntry {
        var destination: String
        var lane: UInt32
        var state: OutboxState
        var attempts: Int
        var createdAt: Int64
    }

    func entry(_ item: Int64) throws -> OutboxEntry {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT d.name, o.lane, o.state, o.attempts, coalesce(o.created, r.received)
                FROM outbox o JOIN destination d ON d.id = o.destination JOIN report r ON r.id = o.id >> 8 WHERE o.id = ?
                """, arguments: [item])
        guard let row else { throw StoreRefusal("there is no item \(item) in the queue; `hilum queue` lists them") }
        return OutboxEntry(
            destination: row[0], lane: UInt32(truncatingIfNeeded: row[1] as Int64),
            state: OutboxState(rawValue: row[2]) ?? .dead, attempts: row[3], createdAt: row[4])
    }

    func report(of item: Int64) throws -> Report {
        let report = try statements.body.bind(item >> 8).first { row in
            try stored(row.bytes(0), id: item >> 8, receivedAt: row.integer(1)).omitting(Snapshot.places(row.text(2)))
        }
        guard let report else { throw StoreRefusal("the report of item \(item) is no longer kept") }
        return report
    }

    func heldReport(_ id: Int64) throws -> (report: Report, lane: UInt32, routes: [String]) {
        let row = try Row.fetchOne(
            database, sql: "SELECT state, body, received, lane, routes FROM report WHERE id = ?", arguments: [id])
        guard let row else { throw StoreRefusal("there is no report \(id)") }
        guard row[0] == ReportState.held.rawValue else {
            let state = ReportState(rawValue: row[0]).map { "\($0)" } ?? "unknown"
            throw StoreRefusal("report \(id) is not held: it is \(state)")
        }
        let report = try stored(Array(row[1] as Data), id: id, receivedAt: row[2])
        let lane = (row[3] as Int64?).flatMap { UInt32(exactly: $0) } ?? Lane.of(report)
        let routes = (row[4] as String?)?.split(separator: "\n").map(String.init) ?? []
        return (report, lane, routes)
    }

    /// Places of results that a later report gave out.
    func overtaken(_ report: Report, _ now: Instant) throws -> [Int] {
        guard !report.specimen.id.isEmpty else { return [] }
        let device = try device(report.device)
        let later = try related(to: report, device, since: report.receivedAt, now).filter { $0.id > report.id }
        return Lineage.overtaken(report, by: later)
    }

    func nextNumber(of report: Int64) throws -> Int {
        let last = try Int64.fetchOne(
            database, sql: "SELECT max(id) FROM outbox WHERE id BETWEEN ? AND ?",
            arguments: [report << 8, report << 8 | 255])
        let next = last.map { Int($0 & 255) + 1 } ?? 0
        guard next < 256 else { throw StoreRefusal("report \(report) was sent 256 times already") }
        return next
    }

    func note(_ now: Instant, _ who: String, _ action: String, _ subject: String, _ number: Int64, _ text: String)
        throws
    {
        try database.execute(
            sql: "INSERT INTO note (unix, who, action, subject, number, text) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [now.unix, who.bounded, action, subject, number, text.bounded])
    }
}
