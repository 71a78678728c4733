import CPlatform
import Glibc

/// The folder into which files go once they are stored.
struct DoneFolder {
    private let descriptor: CInt
    private let path: String
    /// Its name inside the watched folder; nil when it lies elsewhere.
    let nameInside: [UInt8]?

    /// Opens the folder; makes it when it lies directly inside the watched one.
    init(_ path: String, inside folder: String, _ watched: CInt) throws(LinkTrouble) {
        if path.hasPrefix("/") {
            self.path = path
            nameInside = nil
            descriptor = platform_folder_open(path)
        } else {
            guard !path.isEmpty, !path.contains("/"), path != ".", path != ".." else {
                throw LinkTrouble(
                    "\(folder): `\(path)` is no name for the folder of files that are done",
                    cure: "Write a plain name, such as `done`, or an absolute path.")
            }
            self.path = "\(folder)/\(path)"
            nameInside = Array(path.utf8)
            if mkdirat(watched, path, 0o750) != 0, errno != EEXIST { throw FolderWatcher.trouble(errno, self.path) }
            descriptor = platform_open_beneath(watched, path, 1)
        }
        guard descriptor >= 0 else { throw FolderWatcher.trouble(errno, self.path) }
        var here = stat()
        var there = stat()
        guard fstat(watched, &here) == 0, fstat(descriptor, &there) == 0, here.st_dev == there.st_dev else {
            Glibc.close(descriptor)
            throw LinkTrouble(
                "\(self.path): lies on another file system than \(folder), so that a file cannot be moved there in one step",
                cure: "Choose a folder on the same drive, such as a plain name (`done`), or `afterwards: mark`.")
        }
        guard here.st_ino != there.st_ino else {
            Glibc.close(descriptor)
            throw LinkTrouble("\(self.path): is the watched folder itself", cure: "Choose another folder.")
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Moves a file in, never over another; durable when it returns. Returns its new path.
    func take(_ file: FolderFile, from watched: CInt) throws(LinkTrouble) -> String {
        var target = FolderFile(path: Array(file.name))
        var count = 1
        while true {
            let result = file.withCPath { from in
                target.withCPath { platform_rename_new(watched, from, descriptor, $0) }
            }
            if result == 0 { break }
            guard errno == EEXIST, count < 100_000 else {
                throw FolderWatcher.trouble(errno, "\(path)/\(target.text)")
            }
            count += 1
            target = Self.numbered(FolderFile(path: Array(file.name)), count)
        }
        let source = file.folder.isEmpty ? dup(watched) : cString(file.folder) { platform_open_beneath(watched, $0, 1) }
        let isSynced = fsync(descriptor) == 0 && (source < 0 || fsync(source) == 0)
        let code = errno
        if source >= 0 { Glibc.close(source) }
        guard isSynced else { throw FolderWatcher.trouble(code, "\(path)/\(target.text)") }
        return "\(path)/\(target.text)"
    }

    /// `a.csv` → `a.2.csv`.
    private static func numbered(_ file: FolderFile, _ number: Int) -> FolderFile {
        let end = file.name.lastIndex(of: UInt8(ascii: ".")).map { Array(file.name[$0...]) } ?? []
        return file.replacingExtension(".\(number)").map { FolderFile(path: $0.path + end) }
            ?? file.appending(".\(number)")
    }
}
