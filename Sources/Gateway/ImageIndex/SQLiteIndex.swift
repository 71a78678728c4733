import Glibc

/// An index as a database file that is added to: rows of files that are in it already are replaced, all others stay.
///
/// Rows are committed in groups, so that a reader sees them grow and whatever ends the program leaves whole rows. The
/// rollback journal is used, not WAL: the file may lie on a share, and nothing is left beside it. For one thread at a time.
final class SQLiteIndex {
    let connection: SQLiteConnection
    let columns: SQLiteColumns
    /// The number of this run in `index_run`.
    let run: Int64
    /// Runs with the same columns and options: files read by others are read again.
    private(set) var currentRuns: Set<Int64>
    /// Absolute folder, with a slash at the end, that relative paths count from.
    let directory: String
    /// File numbers met by this run.
    var met = SQLiteNumberSet()
    /// What this run did to the tables.
    var tally = Tally()

    struct Tally {
        var written = 0
        var removed = 0
        var isEmptyAtStart = false
    }

    private let begin, commit: SQLiteStatement
    private let dataVersion: SQLiteStatement
    private var seenVersion: Int64 = -1
    private var isOpen = false
    var pending = 0
    private var committedAt: Int64 = 0

    // Files: SQLiteIndex+Files.swift
    let findFolder, addFolder, findFile, addFile, touchFile: SQLiteStatement
    let findEntry, dropEntries: SQLiteStatement
    let dropParts: [SQLiteStatement]
    let knownStatements: KnownStatements
    var marks: [Int64: InstanceMark] = [:]
    var folder: (path: [UInt8], id: Int64) = ([], 0)
    var path: [UInt8] = []
    var current = CurrentFile()

    // Rows: SQLiteIndex+Rows.swift, SQLiteIndex+Levels.swift
    let levels: [SQLiteLevel]
    let addInstance, addError: SQLiteStatement
    let addFrame: SQLiteStatement?
    let instanceCells: [SQLiteCell]
    let frameCells: [SQLiteCell]
    var recent: [SQLiteFingerprint: Int64] = [:]

    /// Rows between two commits, at most.
    static let mostPending = 10_000
    /// Time between two commits, in nanoseconds: what a reader waits for, and a kill loses.
    static let longestPending: Int64 = 500_000_000
    /// Series remembered; beyond, all are forgotten and found again in the table.
    static let mostRecent = 16_384

    /// Opens or makes the file and begins a run. `names`: the columns of a row; those that the file has besides are kept.
    init(_ opening: SQLiteOpening) throws(SQLiteFault) {
        connection = opening.connection
        columns = SQLiteColumns(opening.names)
        directory = opening.directory
        run = opening.run
        tally.isEmptyAtStart = opening.isEmpty
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        dataVersion = try connection.prepare("PRAGMA data_version")
        findFolder = try connection.prepare("SELECT id FROM folder WHERE path = ?1 AND raw = ?2 AND base = ?3")
        addFolder = try connection.prepare("INSERT INTO folder (path, raw, base) VALUES (?1, ?2, ?3)")
        findFile = try connection.prepare(
            """
            SELECT id, size, modified, inode, run, (SELECT series FROM instance WHERE instance.file = file.id)
            FROM file WHERE folder = ?1 AND name = ?2 AND raw = ?3
            """)
        addFile = try connection.prepare(
            """
            INSERT OR IGNORE INTO file (folder, name, raw, size, modified, inode, run, archive)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        touchFile = try connection.prepare(
            "UPDATE file SET size = ?2, modified = ?3, inode = ?4, run = ?5 WHERE id = ?1")
        findEntry = try connection.prepare("SELECT id FROM file WHERE archive = ?1 LIMIT 1000")
        dropEntries = try connection.prepare("DELETE FROM file WHERE id = ?1")
        var parts: [SQLiteStatement] = []
        for table in ["instance", "error"] + (opening.hasFrames ? ["frame"] : []) {
            parts.append(try connection.prepare("DELETE FROM \(table) WHERE file = ?1"))
        }
        dropParts = parts
        knownStatements = try KnownStatements(connection, hasFrames: opening.hasFrames)
        addError = try connection.prepare(
            "INSERT OR REPLACE INTO error (file, \"offset\", reason, text) VALUES (?1, ?2, ?3, ?4)")
        var levels: [SQLiteLevel] = []
        for level in [SQLiteColumns.Level.patient, .study, .series] {
            levels.append(try SQLiteLevel(level, columns, connection))
        }
        self.levels = levels
        instanceCells = columns.instanceCells
        addInstance = try connection.prepare(
            Self.insertion(into: "instance", ["file", "series"] + instanceCells.map(\.name) + ["Remark"]))
        frameCells = columns.frameCells
        addFrame =
            columns.isOfFrames
            ? try connection.prepare(Self.insertion(into: "frame", ["file"] + frameCells.map(\.name))) : nil
        currentRuns = [run]
        let runs = try connection.prepare("SELECT id FROM index_run WHERE settings = ?1")
        runs.bind(1, opening.settings)
        while try runs.step() { currentRuns.insert(runs.integer(0)) }
    }

    private static func insertion(into table: String, _ names: [String]) -> String {
        """
        INSERT OR REPLACE INTO \(table) (\(names.map { SQLiteConnection.quoted($0) }.joined(separator: ", ")))
        VALUES (\(names.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))
        """
    }

    // MARK: Transactions

    func openTransaction() throws(SQLiteFault) {
        if isOpen { return }
        try begin.run()
        isOpen = true
        // Another program may have written meanwhile: what is remembered is found again.
        if try dataVersion.step() {
            let version = dataVersion.integer(0)
            dataVersion.reset()
            if version != seenVersion { forget() }
            seenVersion = version
        }
    }

    /// Commits when it is time; to be called now and then.
    func commitWhenDue() throws(SQLiteFault) {
        // Counted from the last commit: rows that come one by one from a slow list are there at once.
        guard isOpen, pending >= Self.mostPending || Self.now - committedAt >= Self.longestPending else { return }
        try commitNow()
    }

    /// Commits what is written.
    func commitNow() throws(SQLiteFault) {
        guard isOpen else { return }
        try commit.run()
        isOpen = false
        pending = 0
        committedAt = Self.now
    }

    /// Gives up what was not committed, after a fault.
    func abandon() {
        guard isOpen else { return }
        // SQLite itself may have rolled back: then this says so, and nothing is lost by it.
        try? connection.execute("ROLLBACK")
        isOpen = false
        pending = 0
        forget()
    }

    func forget() {
        recent.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        folder = ([], 0)
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// A set of row numbers: a bit each, 125 KB for a million.
struct SQLiteNumberSet {
    private var words: [UInt64] = []

    /// True when there is no number in it.
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// True when the number is in it.
    func contains(_ number: Int64) -> Bool {
        guard number >= 0, number >> 6 < Int64(words.count) else { return false }
        return words[Int(number >> 6)] >> UInt64(number & 63) & 1 == 1
    }

    /// Adds a number; SQLite gives them in order, so that the set is as large as the table is long.
    mutating func insert(_ number: Int64) {
        guard number >= 0, number >> 6 < 1 << 32 else { return }
        let word = Int(number >> 6)
        if word >= words.count {
            words += repeatElement(0, count: max(word + 1 - words.count, words.count / 2 + 1024))
        }
        words[word] |= 1 << UInt64(number & 63)
    }
}
