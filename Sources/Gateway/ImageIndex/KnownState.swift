import GRDBSQLite
import Glibc

/// The state of an earlier run, asked in the order of the walk: as long as the tree is as it was, the next file asked for is
/// the next row. Only where it is not, files are looked for by an index, which is made at the first such need.
///
/// `known` is asked by one thread at a time, `meet` by the one that writes, `nextUnmet` when all threads have ended.
final class KnownState: KnownFiles, @unchecked Sendable {
    let count: Int
    private let database: SQLiteConnection
    private let path: String
    private var cursor: SQLiteStatement?
    private var isAtRow = false
    private let findFolder: SQLiteStatement
    private let faults: SQLiteStatement
    private var findFile: SQLiteStatement?
    private var rest: SQLiteStatement?
    private var folder: [UInt8] = []
    private var folderID: Int64?
    private var hasFolder = false
    /// A bit for each file that was met, by id.
    private var met: [UInt64]
    private var metCount = 0

    /// Opens the state of an earlier run.
    init(_ path: String) throws(SQLiteFault) {
        self.path = path
        database = try SQLiteConnection(path)
        try database.execute("PRAGMA cache_size = -4000; PRAGMA temp_store = FILE")
        count = Int(try database.integer("SELECT count(*) FROM file") ?? 0)
        let last = Int(clamping: try database.integer("SELECT max(id) FROM file") ?? 0)
        // Ids are given in order: a file of another kind is not taken at its word.
        let first = try database.integer("SELECT min(id) FROM file") ?? 1
        guard first > 0, last <= count else {
            throw SQLiteFault(code: SQLITE_CORRUPT, message: "the numbers of its files are not in order")
        }
        met = [UInt64](repeating: 0, count: last / 64 + 1)
        findFolder = try database.prepare("SELECT id FROM folder WHERE path = ?")
        faults = try database.prepare("SELECT path, place, reason, text FROM fault WHERE file = ? ORDER BY rowid")
        cursor = try database.prepare("SELECT \(StateFile.columns) FROM file ORDER BY id")
        if try database.integer("SELECT 1 FROM fault LIMIT 1") != nil {
            try database.execute("CREATE INDEX IF NOT EXISTS fault_file ON fault(file)")
        }
        isAtRow = try cursor?.step() ?? false
    }

    func known(folder: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> KnownFile? {
        // What cannot be looked up is read again: nothing is wrong by that.
        try? find(folder, name)
    }

    private func find(_ folder: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) throws(SQLiteFault)
        -> KnownFile?
    {
        if !hasFolder || !self.folder.elementsEqual(folder) {
            self.folder = [UInt8](folder)
            hasFolder = true
            findFolder.bindBytes(1, folder)
            folderID = try findFolder.step() ? findFolder.integer(0) : nil
            findFolder.reset()
        }
        guard let folderID else { return nil }
        if isAtRow, let cursor, cursor.integer(1) == folderID, cursor.bytes(2).elementsEqual(name) {
            let file = try file(cursor)
            isAtRow = try cursor.step()
            return file
        }
        return try search(folderID, name)
    }

    /// Looks for a file out of the order, and goes on from there.
    private func search(_ folder: Int64, _ name: UnsafeRawBufferPointer) throws(SQLiteFault) -> KnownFile? {
        if findFile == nil {
            let place = isAtRow ? cursor?.integer(0) : nil
            cursor = nil
            try database.execute("CREATE INDEX IF NOT EXISTS file_name ON file(folder, name)")
            findFile = try database.prepare("SELECT \(StateFile.columns) FROM file WHERE folder = ? AND name = ?")
            cursor = try database.prepare("SELECT \(StateFile.columns) FROM file WHERE id >= ? ORDER BY id")
            if let place {
                cursor?.bind(1, place)
                isAtRow = try cursor?.step() ?? false
            }
        }
        guard let findFile else { return nil }
        findFile.bind(1, folder)
        findFile.bindBytes(2, name)
        defer { findFile.reset() }
        guard try findFile.step() else { return nil }
        let file = try file(findFile)
        cursor?.reset()
        cursor?.bind(1, file.id + 1)
        isAtRow = try cursor?.step() ?? false
        return file
    }

    private func file(_ row: SQLiteStatement) throws(SQLiteFault) -> KnownFile {
        let id = row.integer(0)
        let place = max(0, row.integer(6))
        let length = max(0, row.integer(7))
        let end = place.addingReportingOverflow(length)
        var file = KnownFile(
            id: id,
            stamp: FileStamp(size: row.integer(3), modified: row.integer(4), inode: UInt64(bitPattern: row.integer(5))),
            marks: [InstanceMark](stored: row.bytes(10)), rows: end.overflow ? 0..<0 : place..<end.partialValue,
            rowCount: Int(clamping: row.integer(8)))
        if row.integer(9) > 0 {
            faults.bind(1, id)
            while try faults.step() {
                file.faults.append(
                    FileFault(
                        path: faults.bytes(0), offset: faults.isNull(1) ? nil : Int(clamping: faults.integer(1)),
                        reason: faults.text(2), text: faults.text(3), isOfContent: true))
            }
        }
        return file
    }

    /// A file was met.
    func meet(_ id: Int64) {
        guard id >= 0, id / 64 < met.count else { return }
        let bit: UInt64 = 1 << UInt64(id % 64)
        if met[Int(id / 64)] & bit == 0 {
            met[Int(id / 64)] |= bit
            metCount += 1
        }
    }

    var unmet: Int { count - metCount }

    /// The next file that was not met, in order: folder, name, what is known; nil at the end.
    func nextUnmet() throws(SQLiteFault) -> (folder: [UInt8], name: [UInt8], file: KnownFile)? {
        let all: SQLiteStatement
        if let rest {
            all = rest
        } else {
            all = try database.prepare(
                "SELECT \(StateFile.columns), (SELECT path FROM folder WHERE folder.id = file.folder) "
                    + "FROM file ORDER BY id")
            rest = all
        }
        while try all.step() {
            let id = all.integer(0)
            guard id >= 0, id / 64 < met.count, met[Int(id / 64)] & 1 << UInt64(id % 64) == 0 else { continue }
            return (all.bytes(11), all.bytes(2), try file(all))
        }
        return nil
    }
}
