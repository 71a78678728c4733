import GRDBSQLite

/// What SQLite refused, with its extended result code (https://www.sqlite.org/rescode.html).
struct SQLiteFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Extended result code.
    var code: Int32
    /// SQLite's own words.
    var message: String

    /// Text for people.
    var description: String { "\(message) (SQLite \(code))" }
}

/// A connection to a database file, for one thread at a time. Statements are prepared by hand: a row of an index costs a few
/// microseconds in all, which leaves no room for a value type of each cell.
final class SQLiteConnection {
    let handle: OpaquePointer

    /// Opens or makes a file.
    ///
    /// - Parameter isReadOnly: the file must be there, and is never changed.
    init(_ path: String, isReadOnly: Bool = false) throws(SQLiteFault) {
        var handle: OpaquePointer?
        let flags =
            (isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
            | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteFault(code: code, message: message)
        }
        self.handle = handle
    }

    // Statements that are still there keep the connection (`_v2`).
    deinit { sqlite3_close_v2(handle) }

    /// Runs statements without parameters; rows are passed over.
    func execute(_ sql: String) throws(SQLiteFault) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw fault() }
    }

    /// Prepares one statement that is run often.
    func prepare(_ sql: String) throws(SQLiteFault) -> SQLiteStatement { try SQLiteStatement(self, sql) }

    /// The first column of the first row as a number; nil where there is no row, or NULL.
    func integer(_ sql: String) throws(SQLiteFault) -> Int64? {
        let statement = try prepare(sql)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.integer(0)
    }

    /// The row number of the last INSERT.
    var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }
    /// Rows that the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// What went wrong last.
    func fault() -> SQLiteFault {
        SQLiteFault(
            code: sqlite3_extended_errcode(handle),
            message: sqlite3_errmsg(handle).map { String(cString: $0) } ?? "unknown")
    }

    /// A name as SQL writes it.
    static func quoted(_ name: String) -> String {
        var text = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { text += "\"" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}

/// A prepared statement. Parameters are numbered from 1, columns from 0, as SQLite does it.
///
/// What is bound by `bind(_:_: UnsafeRawBufferPointer)` is not copied: it must stay until the statement was stepped.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: SQLiteConnection

    fileprivate init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteFault) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw connection.fault() }
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// SQLITE_TRANSIENT: SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Binds a number.
    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }

    /// Binds a number that may be missing.
    func bind(_ index: Int32, _ value: Int64?) {
        if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
    }

    /// Binds a number with a fraction.
    func bind(_ index: Int32, _ value: Double) { sqlite3_bind_double(handle, index, value) }

    /// Binds a text, copied.
    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let start = UnsafeRawPointer(utf8.baseAddress)?.assumingMemoryBound(to: CChar.self)
            // Without an address it would be NULL.
            if let start, !utf8.isEmpty {
                sqlite3_bind_text(handle, index, start, Int32(clamping: utf8.count), Self.transient)
            } else {
                sqlite3_bind_text(handle, index, "", 0, nil)
            }
        }
    }

    /// Binds UTF-8 that stays where it is until the step; empty: NULL.
    func bind(_ index: Int32, _ utf8: UnsafeRawBufferPointer) {
        guard let start = utf8.baseAddress, !utf8.isEmpty else {
            sqlite3_bind_null(handle, index)
            return
        }
        sqlite3_bind_text(
            handle, index, start.assumingMemoryBound(to: CChar.self), Int32(clamping: utf8.count), nil)
    }

    /// Binds UTF-8 as above; empty: an empty text.
    func bindText(_ index: Int32, _ utf8: UnsafeRawBufferPointer) {
        if utf8.isEmpty { sqlite3_bind_text(handle, index, "", 0, nil) } else { bind(index, utf8) }
    }

    /// Binds bytes that stay where they are until the step; empty: an empty value, not NULL.
    func bindBytes(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress, !bytes.isEmpty {
            sqlite3_bind_blob(handle, index, start, Int32(clamping: bytes.count), nil)
        } else {
            sqlite3_bind_zeroblob(handle, index, 0)
        }
    }

    /// Binds bytes, copied.
    func bindCopy(_ index: Int32, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes {
            sqlite3_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count), Self.transient)
        }
    }

    /// Steps to the next row. At the end, and on a fault, the statement is ready for the next run, its parameters kept.
    func step() throws(SQLiteFault) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            let fault = connection.fault()
            sqlite3_reset(handle)
            throw fault
        }
        sqlite3_reset(handle)
        return false
    }

    /// Runs a statement to its end.
    func run() throws(SQLiteFault) { while try step() {} }

    /// Makes it ready for the next run before its end.
    func reset() { sqlite3_reset(handle) }

    /// Columns of a row.
    var columnCount: Int32 { sqlite3_column_count(handle) }

    /// A number of the row.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// True where the row has no value.
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// A text of the row; "" for NULL.
    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let length = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
    }

    /// Bytes of the row; none for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// Bytes of the row, valid within `body`; none for NULL.
    func withBytes(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Void) {
        let start = sqlite3_column_blob(handle, column)
        body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
    }
}
