import GRDB

/// The tables. A change is a new migration; a migration that was released never changes.
///
/// Numbers instead of words where a row is written for each message: `device` and `word` give the words. Empty is NULL,
/// which costs no byte.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: first) }
        migrator.registerMigration("2") { try $0.execute(sql: imaging) }
        migrator.registerMigration("3") { try $0.execute(sql: laboratoryOrders) }
        return migrator
    }

    /// Name of the last migration that this gateway knows.
    static let version = "3"

    private static let first = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE device (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            messages INTEGER NOT NULL DEFAULT 0, results INTEGER NOT NULL DEFAULT 0,
            faults INTEGER NOT NULL DEFAULT 0, last_seen INTEGER);
        CREATE TABLE destination (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
        INSERT INTO word (id, text) VALUES (1, 'other');
        CREATE TABLE template (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE unmapped (
            device INTEGER NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL, last_seen INTEGER NOT NULL,
            PRIMARY KEY (device, code)) WITHOUT ROWID;

        CREATE TABLE conversation (
            id INTEGER PRIMARY KEY, device INTEGER NOT NULL, peer TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER);
        CREATE INDEX conversation_open ON conversation(id) WHERE closed IS NULL;

        -- One row a commit: the bytes both ways, timed (JournalBody). start: bytes received in the conversation before.
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, unix INTEGER NOT NULL, start INTEGER NOT NULL,
            idle INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX journal_conversation ON journal(conversation);

        -- report, reports: number of its first report, and how many follow each other. digest: only where a resend cannot
        -- be told by specimen.
        CREATE TABLE message (
            id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, journal INTEGER NOT NULL, received INTEGER NOT NULL,
            kind INTEGER NOT NULL, protocol INTEGER NOT NULL, control TEXT, broken INTEGER,
            start INTEGER NOT NULL, length INTEGER NOT NULL, report INTEGER NOT NULL, reports INTEGER NOT NULL,
            digest INTEGER);
        CREATE INDEX message_digest ON message(digest) WHERE digest IS NOT NULL;

        -- state: ReportState. routes: destinations of a held report. omitted: places of observations not to be posted.
        -- lane: order key where it is not the report's own.
        CREATE TABLE report (
            id INTEGER PRIMARY KEY, message INTEGER NOT NULL, device INTEGER NOT NULL, specimen TEXT, patient TEXT,
            received INTEGER NOT NULL, state INTEGER NOT NULL, repeats INTEGER, lane INTEGER,
            routes TEXT, omitted TEXT, body BLOB NOT NULL);
        CREATE INDEX report_specimen ON report(specimen) WHERE specimen IS NOT NULL;
        CREATE INDEX report_patient ON report(patient) WHERE patient IS NOT NULL;
        CREATE INDEX report_held ON report(id) WHERE state = 1;

        -- id: 256 times the report's, plus a number. state: OutboxState. due, settled: microseconds.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY, destination INTEGER NOT NULL, lane INTEGER NOT NULL, state INTEGER NOT NULL,
            attempts INTEGER NOT NULL, due INTEGER, created INTEGER, settled INTEGER, note TEXT);
        CREATE INDEX outbox_open ON outbox(state) WHERE state <> 1;

        CREATE TABLE fault (
            id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, unix INTEGER NOT NULL, severity INTEGER NOT NULL,
            start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY, device INTEGER NOT NULL, conversation INTEGER NOT NULL, unix INTEGER NOT NULL,
            reason TEXT NOT NULL, body BLOB NOT NULL);
        CREATE TABLE alarm (
            id INTEGER PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
            started INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, ended INTEGER, recovery TEXT);
        CREATE INDEX alarm_open ON alarm(id) WHERE ended IS NULL;
        CREATE TABLE note (
            id INTEGER PRIMARY KEY, unix INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL);
        """
}

/// What became of a report.
public enum ReportState: Int64, Sendable, CaseIterable {
    /// Posted, or nobody asked for it.
    case stored = 0
    /// Waits for a person.
    case held = 1
    /// Says nothing that an earlier one did not say.
    case `repeat` = 2
    /// Control material.
    case qc = 3
    /// Preliminary after final: shown, not posted.
    case late = 4
    /// A person decided that it is not posted.
    case discarded = 5
    /// Was held; a later report that nothing holds says the same or newer.
    case superseded = 6
}

/// Where an item of the outbox stands.
public enum OutboxState: Int64, Sendable, CaseIterable {
    /// To be delivered.
    case waiting = 0
    /// The destination has it.
    case delivered = 1
    /// A person has to look.
    case dead = 2
    /// A person decided that it is not delivered.
    case discarded = 3
    /// Was dead; a later report corrects all of it.
    case superseded = 4
}
