import GRDB

/// Statements that are run for each unit, prepared once on the writer's connection.
final class Statements {
    let journal: SQLStatement
    let message: SQLStatement
    let report: SQLStatement
    let outbox: SQLStatement
    let fault: SQLStatement
    let template: SQLStatement
    let earlier: SQLStatement
    let sameDigest: SQLStatement
    let settle: SQLStatement
    let dead: SQLStatement
    let retry: SQLStatement
    let conversation: SQLStatement
    let body: SQLStatement
    let openTests: SQLStatement
    let resulted: SQLStatement
    /// Begin and end of a transaction, through GRDB, which watches over them. One that has failed would fail once more with
    /// the same error: a rollback makes them anew.
    private(set) var begin: Statement
    private(set) var commit: Statement

    init(_ database: Database) throws {
        func prepare(_ sql: String) throws -> SQLStatement { try SQLStatement(database, sql) }
        begin = try database.makeStatement(sql: "BEGIN IMMEDIATE TRANSACTION")
        commit = try database.makeStatement(sql: "COMMIT TRANSACTION")
        journal = try prepare(
            "INSERT INTO journal (id, conversation, unix, start, idle, body) VALUES (?, ?, ?, ?, ?, ?)")
        message = try prepare(
            """
            INSERT INTO message (id, conversation, journal, received, kind, protocol, control, broken, start, length,
            report, reports, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        report = try prepare(
            """
            INSERT INTO report (id, message, device, specimen, patient, received, state, repeats, lane, routes, omitted, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        outbox = try prepare(
            "INSERT INTO outbox (id, destination, lane, state, attempts, created) VALUES (?, ?, ?, 0, 0, ?)")
        fault = try prepare(
            "INSERT INTO fault (id, conversation, unix, severity, start, end, text) VALUES (?, ?, ?, ?, ?, ?, ?)")
        template = try prepare("INSERT INTO template (id, body) VALUES (?, ?)")
        earlier = try prepare(
            """
            SELECT id, state, received, lane, body FROM report
            WHERE specimen = ? AND device = ? AND received >= ? AND state NOT IN (2, 6) ORDER BY id DESC LIMIT 64
            """)
        sameDigest = try prepare(
            """
            SELECT m.id, r.id, r.state FROM message m JOIN report r ON r.id BETWEEN m.report AND m.report + m.reports - 1
            WHERE m.digest = ? AND r.device = ? AND m.received >= ? ORDER BY m.id, r.id LIMIT 64
            """)
        settle = try prepare(
            "UPDATE outbox SET state = ?, attempts = attempts + 1, due = ?, settled = ?, note = ? WHERE id = ?")
        dead = try prepare(
            "UPDATE outbox SET state = 2, attempts = attempts + 1, due = NULL, settled = ?, note = ? WHERE id = ? AND state = 0"
        )
        retry = try prepare(
            "UPDATE outbox SET attempts = attempts + 1, due = ?, note = ? WHERE id = ? AND state = 0 RETURNING 1")
        conversation = try prepare("SELECT closed FROM conversation WHERE id = ?")
        body = try prepare("SELECT body, received, omitted FROM report WHERE id = ?")
        openTests = try prepare(
            """
            SELECT t.id, t.code, t.answered_by, t.device, o.patient FROM laboratory_order o
            JOIN laboratory_test t ON t.laboratory_order = o.id WHERE o.specimen = ? AND t.state < 4
            """)
        resulted = try prepare(
            "UPDATE laboratory_test SET state = 4, device = ?, changed = ?, note = '' WHERE id = ? AND state < 4")
    }

    func renewTransaction(_ database: Database) throws {
        begin = try database.makeStatement(sql: "BEGIN IMMEDIATE TRANSACTION")
        commit = try database.makeStatement(sql: "COMMIT TRANSACTION")
    }
}
