import Contracts
import Foundation
import GRDB

extension StoreFault {
    /// What an error of SQLite means for the promise of an acknowledgement.
    init(_ error: any Error, path: String) {
        if let fault = error as? StoreFault {
            self = fault
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.internal, "\(error)")
            return
        }
        let words = "\(error.message ?? "no message") (SQLite \(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.diskFull, "the disk with \(path) is full: \(words). \(Self.makeRoom)")
        case .SQLITE_IOERR where Self.isDiskFull(path) && !Self.isSyncFailure(error):
            // The shared-memory file of the WAL and writes of some file systems report a full disk as an I/O error.
            self.init(.diskFull, "the disk with \(path) is full: \(words). \(Self.makeRoom)")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY:
            self.init(
                .ioError,
                """
                the disk failed while writing \(path): \(words). Nothing is acknowledged any more. Check the disk \
                (kernel log, file system, permissions), then restart the gateway.
                """)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt, "\(path) is damaged: \(words). Stop the gateway and restore the last backup (hilum restore).")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.locked, "another process holds \(path): \(words). Close it, then try again.")
        default: self.init(.internal, words)
        }
    }

    /// The same for whoever only reads: no promise hangs on it.
    init(reading error: any Error, path: String) {
        self.init(error, path: path)
        guard code == .ioError, let error = error as? DatabaseError else { return }
        text = """
            cannot read \(path): \(error.message ?? "no message") (SQLite \(error.extendedResultCode.rawValue)). Run the \
            command as the gateway's user, who may write beside the database.
            """
    }

    private static let makeRoom =
        "Devices keep their results until there is room; free some space or shorten retention."

    private static func isSyncFailure(_ error: DatabaseError) -> Bool {
        [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(error.extendedResultCode)
    }

    private static func isDiskFull(_ path: String) -> Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 20
    }

    /// No write can succeed any more until the store is opened again.
    var isFinal: Bool { code == .ioError || code == .corrupt || code == .closed }
    /// Fails all that is written at the same time, not one unit.
    var concernsAll: Bool { code != .internal }
}
