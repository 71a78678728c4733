import Contracts
import Foundation
import GRDB

extension Store: Journal {
    /// Starts a conversation.
    public func openConversation(device: String, peer: String, at unix: Int64) async throws -> Int64 {
        try await perform { session, _ in
            let id = session.nextConversation
            try session.database.execute(
                sql: "INSERT INTO conversation (id, device, peer, opened) VALUES (?, ?, ?, ?)",
                arguments: [id, try session.device(device), peer.bounded, unix])
            session.nextConversation += 1
            session.conversations[id] = WriteSession.ConversationState(received: 0, isIdle: true)
            return id
        }
    }

    /// Makes a unit durable; `completion` is called once, after the fsync.
    public func commit(_ unit: CommitUnit, completion: @escaping @Sendable (Result<CommitReceipt, StoreFault>) -> Void)
    {
        let receipt = UnitReceipt()
        writer.submit(
            GroupWriter.Job(
                work: { session, now in receipt.set(try session.write(unit, now: now)) },
                finish: { fault in completion(fault.map { .failure($0) } ?? .success(receipt.value)) },
                size: unit.journal.reduce(1_024) { $0 &+ $1.bytes.count }))
    }

    /// Puts bytes that crashed a driver aside.
    public func quarantine(device: String, conversation: Int64, bytes: [UInt8], reason: String) async throws {
        try await perform { session, now in
            try session.database.execute(
                sql: "INSERT INTO quarantine (device, conversation, unix, reason, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [try session.device(device), conversation, now.unix, reason.bounded, Data(bytes)])
        }
    }

    /// The tail of a conversation was replayed, or is given up.
    public func closeConversation(_ id: Int64, at unix: Int64) async throws {
        try await perform { session, _ in
            session.conversations[id] = nil
            try session.database.execute(sql: "UPDATE conversation SET closed = ? WHERE id = ?", arguments: [unix, id])
        }
    }

    /// Conversations that the last gateway left open with bytes after the last idle point. Others that it left open are
    /// closed at their last byte. Call it before the first `openConversation`.
    public func unfinishedConversations() async throws -> [UnfinishedConversation] {
        try await perform { session, now in
            var unfinished: [UnfinishedConversation] = []
            let sql =
                "SELECT c.id, d.name FROM conversation c JOIN device d ON d.id = c.device WHERE closed IS NULL ORDER BY c.id"
            for row in try Row.fetchAll(session.database, sql: sql) {
                let id: Int64 = row[0]
                let (tail, offset) = try session.tail(of: id)
                if tail.isEmpty {
                    session.conversations[id] = nil
                    try session.database.execute(
                        sql: """
                            UPDATE conversation SET closed =
                            coalesce((SELECT unix FROM journal WHERE conversation = ?1 ORDER BY id DESC LIMIT 1), opened)
                            WHERE id = ?1
                            """, arguments: [id])
                } else {
                    unfinished.append(UnfinishedConversation(id: id, device: row[1], tail: tail, offset: offset))
                }
            }
            return unfinished
        }
    }
}

extension WriteSession {
    /// Where a conversation stands by its last row.
    func lastState(of conversation: Int64) throws -> ConversationState {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT start, idle, unix, body FROM journal WHERE conversation = ? ORDER BY id DESC LIMIT 1",
            arguments: [conversation])
        guard let row else { return ConversationState(received: 0, isIdle: true) }
        let entries = JournalBody.decode(Array(row[3] as Data), unix: row[2]) ?? []
        let start = UInt64(clamping: row[0] as Int64)
        return ConversationState(received: start &+ JournalBody.received(entries), isIdle: row[1])
    }

    /// What came after the last row that says that nothing before it is needed.
    func tail(of conversation: Int64) throws -> (entries: [JournalEntry], offset: UInt64) {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT unix, start, body FROM journal WHERE conversation = ?1 AND id >
                coalesce((SELECT id FROM journal WHERE conversation = ?1 AND idle ORDER BY id DESC LIMIT 1), 0) ORDER BY id
                """, arguments: [conversation])
        var (entries, offset): ([JournalEntry], UInt64?) = ([], nil)
        while let row = try rows.next() {
            offset = offset ?? UInt64(clamping: row[1] as Int64)
            entries += JournalBody.decode(Array(row[2] as Data), unix: row[0]) ?? []
        }
        return entries.contains { $0.direction == .received } ? (entries, offset ?? 0) : ([], 0)
    }
}
