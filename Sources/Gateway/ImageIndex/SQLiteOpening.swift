import DICOM
import GRDBSQLite
import Glibc

/// Why a file cannot be the database of an index.
enum SQLiteRefusal: Error, Sendable, Equatable {
    /// A folder, a device, or a file of something else: it is left as it is.
    case foreign(String)
    /// An index of a later version of the program.
    case newer(version: Int64)
    /// SQLite or the file system said no.
    case failed(String)
}

/// A database that is ready for a run: made, or checked and brought up to date.
struct SQLiteOpening {
    let connection: SQLiteConnection
    /// Columns of a row, as asked for.
    let names: [String]
    let directory: String
    let settings: String
    let run: Int64
    /// True when no file is in it yet.
    let isEmpty: Bool
    /// True when it has a table for frames.
    let hasFrames: Bool

    /// Opens or makes a database.
    ///
    /// - Parameters:
    ///   - names: columns asked for, the standard ones among them.
    ///   - settings: what besides the columns decides about a row.
    ///   - sources: as asked for, for people.
    ///   - started: ISO 8601.
    init(_ path: String, names: [String], settings: String, sources: [String], started: String) throws(SQLiteRefusal) {
        try Self.check(path)
        // Patients' data: for the owner only, unless the file is there and says otherwise.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
        self.names = names
        self.settings = (names + [settings]).joined(separator: "\n")
        directory = Self.workingDirectory()
        let columns = SQLiteColumns(names)
        do throws(SQLiteFault) {
            let connection = try SQLiteConnection(path)
            try Self.prepare(connection)
            try connection.execute("BEGIN IMMEDIATE")
            if try connection.integer("PRAGMA application_id") != SQLiteSchema.application {
                try connection.execute(SQLiteSchema.tables(columns))
            }
            try Self.addColumns(columns.instanceCells.map(\.name), to: "instance", connection)
            if columns.isOfFrames {
                try connection.execute(SQLiteSchema.frameTable)
                try Self.addColumns(columns.frameCells.map(\.name), to: "frame", connection)
            }
            hasFrames = try !Self.columns(of: "frame", connection).isEmpty
            isEmpty = try connection.integer("SELECT count(*) FROM (SELECT 1 FROM file LIMIT 1)") == 0
            let add = try connection.prepare(
                "INSERT INTO index_run (started, sources, settings) VALUES (?1, ?2, ?3)")
            add.bind(1, started)
            add.bind(2, sources.joined(separator: "\n"))
            add.bind(3, self.settings)
            try add.run()
            run = connection.lastRow
            let frames = try Self.columns(of: "frame", connection)
            try connection.execute(SQLiteSchema.views(try Self.extras(connection), frames: frames))
            try connection.execute("COMMIT")
            self.connection = connection
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Columns beyond the standard ones that the database at a path has; none where there is no such file.
    static func extras(path: String) throws(SQLiteRefusal) -> [String] {
        try check(path)
        guard access(path, F_OK) == 0 else { return [] }
        do throws(SQLiteFault) {
            let connection = try SQLiteConnection(path, isReadOnly: true)
            guard try connection.integer("PRAGMA application_id") == SQLiteSchema.application else { return [] }
            return try extras(connection)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Refuses what is not an index, without changing it.
    static func check(_ path: String) throws(SQLiteRefusal) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .foreign("is no regular file") }
        // SQLite makes a database of an empty file.
        guard status.st_size > 0 else { return }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 72)
        // The file format's header (https://www.sqlite.org/fileformat2.html, 1.3): numbers are big endian.
        guard pread(descriptor, &head, head.count, 0) == head.count,
            head.starts(with: Array("SQLite format 3\0".utf8))
        else { throw .foreign("is no SQLite database") }
        func number(at place: Int) -> Int64 { head[place..<place + 4].reduce(0) { $0 << 8 | Int64($1) } }
        guard number(at: 68) == SQLiteSchema.application else {
            throw .foreign("is a database of another program")
        }
        guard number(at: 60) <= SQLiteSchema.version else { throw .newer(version: number(at: 60)) }
    }

    private static func prepare(_ connection: SQLiteConnection) throws(SQLiteFault) {
        // A person may have it open: wait for what takes a moment.
        sqlite3_busy_timeout(connection.handle, 30_000)
        try connection.execute(
            """
            PRAGMA page_size = 8192; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL;
            PRAGMA cache_size = -12000; PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF;
            """)
    }

    /// Columns of `instance` that are not standard ones, and the issuer of patients' numbers where it was ever asked for.
    private static func extras(_ connection: SQLiteConnection) throws(SQLiteFault) -> [String] {
        let known = Set(IndexColumns.standard.names + ["file", "series", "Remark"])
        var names = try columns(of: "instance", connection).filter { !known.contains($0) }
        let issuer = "IssuerOfPatientID"
        let wasAsked = try connection.integer(
            "SELECT 1 FROM index_run WHERE instr(settings, char(10) || '\(issuer)' || char(10)) LIMIT 1")
        if wasAsked == 1 { names.append(issuer) }
        return names
    }

    private static func columns(of table: String, _ connection: SQLiteConnection) throws(SQLiteFault) -> [String] {
        let statement = try connection.prepare("SELECT name FROM pragma_table_info('\(table)') ORDER BY cid")
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }

    /// Columns that were not asked for when the table was made. SQLite does not tell upper from lower case in names.
    private static func addColumns(
        _ names: [String], to table: String, _ connection: SQLiteConnection
    ) throws(SQLiteFault) {
        let present = Set(try columns(of: table, connection).map { $0.lowercased() })
        for name in names where !present.contains(name.lowercased()) {
            try connection.execute(
                "ALTER TABLE \(table) ADD COLUMN \(SQLiteConnection.quoted(name)) \(SQLiteColumns.type(name))")
        }
    }

    private static func workingDirectory() -> String {
        guard let start = getcwd(nil, 0) else { return "/" }
        defer { free(start) }
        let path = String(cString: start)
        return path.hasSuffix("/") ? path : path + "/"
    }
}
