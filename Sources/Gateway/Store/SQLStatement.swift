import GRDB
import GRDBSQLite

/// A prepared statement with its parameters bound in place. GRDB's own binding goes through an array of values for each
/// execution; the writer runs ten statements a message and cannot afford that.
///
/// Use it on its connection's queue only.
final class SQLStatement {
    private let statement: Statement
    private let handle: OpaquePointer
    private let connection: OpaquePointer?
    private var index: Int32 = 0

    convenience init(_ database: Database, _ sql: String) throws {
        self.init(try database.makeStatement(sql: sql), database)
    }

    init(_ statement: Statement, _ database: Database) {
        self.statement = statement
        handle = statement.sqliteStatement
        connection = database.sqliteConnection
    }

    /// SQLITE_TRANSIENT: SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    // MARK: Binding, left to right

    @discardableResult
    func bind(_ value: Int64) -> Self {
        index += 1
        sqlite3_bind_int64(handle, index, value)
        return self
    }

    @discardableResult
    func bind(_ value: Int) -> Self { bind(Int64(value)) }

    @discardableResult
    func bind(_ value: Int64?) -> Self {
        guard let value else { return bindNull() }
        return bind(value)
    }

    @discardableResult
    func bind(_ text: String) -> Self {
        index += 1
        var text = text
        text.withUTF8 { utf8 in
            // An empty buffer has no address, and no address would mean NULL.
            let start = UnsafeRawPointer(utf8.baseAddress)?.assumingMemoryBound(to: CChar.self)
            if let start, !utf8.isEmpty {
                sqlite3_bind_text(handle, index, start, Int32(clamping: utf8.count), Self.transient)
            } else {
                sqlite3_bind_text(handle, index, "", 0, Self.transient)
            }
        }
        return self
    }

    @discardableResult
    func bind(_ text: String?) -> Self {
        guard let text else { return bindNull() }
        return bind(text)
    }

    @discardableResult
    func bind(_ bytes: [UInt8]) -> Self {
        index += 1
        _ = bytes.withUnsafeBytes { raw in
            if let start = raw.baseAddress, !raw.isEmpty {
                sqlite3_bind_blob(handle, index, start, Int32(clamping: raw.count), Self.transient)
            } else {
                sqlite3_bind_zeroblob(handle, index, 0)
            }
        }
        return self
    }

    @discardableResult
    func bindNull() -> Self {
        index += 1
        sqlite3_bind_null(handle, index)
        return self
    }

    // MARK: Running

    /// Runs a statement that gives no rows.
    func run() throws {
        defer { reset() }
        while try step() {}
    }

    /// Runs a query, handing each row over; `body` returns false to stop.
    func rows(_ body: (SQLStatement) throws -> Bool) throws {
        defer { reset() }
        while try step() { if try !body(self) { return } }
    }

    /// Runs a query whose first row is wanted.
    func first<Value>(_ body: (SQLStatement) throws -> Value) throws -> Value? {
        defer { reset() }
        return try step() ? try body(self) : nil
    }

    private func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: sqlite3_errmsg(connection).map { String(cString: $0) }, sql: statement.sql)
        }
    }

    private func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        index = 0
    }

    // MARK: Columns of the row

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let length = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
