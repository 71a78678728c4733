import CFileRing
import GRDBSQLite

/// What a run that can be resumed keeps beside its output, in `OUTPUT.state`: an SQLite database of the files it met, in the
/// order of the walk, and where their rows stand.
///
/// - `about`: one row: what was asked for (`request`), the output it belongs to (inode), its size and time when the run
///   ended, or 0 while it was running.
/// - `folder`, `file`: as met. A file's `place` and `length` are those of its rows in the output; `marks` is what they count
///   for (`InstanceMark`).
/// - `fault`: what was wrong in a file, where the same bytes give the same fault again.
enum StateFile {
    /// `PRAGMA user_version`; raised whenever rows of text or this database change their form.
    static let version: Int64 = 1

    static let schema = """
        CREATE TABLE about(request TEXT NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL);
        CREATE TABLE folder(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
        CREATE TABLE file(
            id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
            modified INTEGER NOT NULL, inode INTEGER NOT NULL, place INTEGER NOT NULL, length INTEGER NOT NULL,
            rows INTEGER NOT NULL, faults INTEGER NOT NULL, marks BLOB NOT NULL);
        CREATE TABLE fault(
            file INTEGER NOT NULL, path BLOB NOT NULL, place INTEGER, reason TEXT NOT NULL, text TEXT NOT NULL);
        PRAGMA user_version = 1;
        """

    /// Columns of a file as `KnownState` and the carrying over of the rest read them.
    static let columns = "id, folder, name, size, modified, inode, place, length, rows, faults, marks"

    /// What rows depend on.
    static func fingerprint(_ request: IndexRequest) -> String {
        "\(request.format.rawValue) \(request.unit.rawValue) \(request.characterSet) "
            + request.columns.names.joined(separator: " ")
    }

    static func fault(_ error: SQLiteFault, _ path: String) -> IndexFault {
        IndexFault(
            .state, path: path, "\(error)",
            cure: "make room or remove it; without it the next run reads every file again")
    }
}
