import CFileRing
import Glibc

/// The files that a run writes: never met when they lie in the tree that is walked.
struct OwnFiles: Sendable {
    /// What SQLite puts beside a database, and this run beside its output.
    private static let endings = ["", "-journal", "-wal", "-shm"]
    static let extensions = ["", ".new", ".state", ".state.new"]

    private var names: Set<[UInt8]> = []
    private var folders: Set<FileIdentity> = []
    private var files: Set<FileIdentity> = []

    /// - Parameter paths: the output and the errors file; made already where that can be.
    init(_ paths: [String]) {
        for path in paths {
            let bytes = Array(path.utf8)
            let cut = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            let name = Array(bytes[cut...])
            let folder = cut == 0 ? "." : String(decoding: bytes[..<cut], as: UTF8.self)
            for own in Self.extensions {
                for ending in Self.endings {
                    names.insert(name + Array((own + ending).utf8))
                    let (stamp, code) = hilum_stamp.of(AT_FDCWD, path + own + ending, follows: true)
                    if code == 0 { files.insert(FileIdentity(stamp)) }
                }
            }
            let (stamp, code) = hilum_stamp.of(AT_FDCWD, folder, follows: true)
            if code == 0 { folders.insert(FileIdentity(stamp)) }
        }
    }

    /// Whether any of them may be in a folder.
    func areIn(_ folder: FileIdentity) -> Bool { folders.contains(folder) }

    /// Whether a name in such a folder is one.
    func contains(_ name: UnsafeRawBufferPointer) -> Bool { names.contains([UInt8](name)) }

    /// Whether a file is one.
    func isOne(_ file: FileIdentity) -> Bool { files.contains(file) }
}
