import CPlatform
import Glibc

/// One look into a watched folder.
struct FolderScan {
    /// Files that the pattern takes, with their state.
    private(set) var files: [FolderFile: FileStamp] = [:]
    /// Every regular file, for companions.
    private(set) var all: Set<FolderFile> = []
    /// Folders inside that were looked into, relative.
    private(set) var folders: [[UInt8]] = []
    /// The first thing that went wrong, with its errno.
    private(set) var fault: (path: String, code: CInt)?
    /// True when there were more files than a look takes; the rest comes in a later look.
    private(set) var isCut = false

    /// Files and folders looked at, at most: bounds memory in a folder that nobody tidies.
    static let limit = 200_000
    /// Folders within folders, at most.
    static let depthLimit = 16

    /// Looks into the folder (an open descriptor); `skipped` is the name of the folder of files that are done.
    init(_ folder: CInt, settings: WatchedFolderSettings, skipped: [UInt8]?) {
        look(into: folder, path: [], pattern: NamePattern(settings.pattern), settings, skipped, depth: 0)
    }

    private mutating func look(
        into folder: CInt, path: [UInt8], pattern: NamePattern, _ settings: WatchedFolderSettings, _ skipped: [UInt8]?,
        depth: Int
    ) {
        guard let list = platform_list_open(folder) else {
            return note(path)
        }
        var inner: [[UInt8]] = []
        var name = [CChar](repeating: 0, count: 256)
        while true {
            let length = platform_list_next(list, &name, name.count)
            if length < 0 { note(path) }
            if length <= 0 { break }
            guard all.count + folders.count < Self.limit else {
                isCut = true
                break
            }
            var stamp = platform_file_stamp()
            // Gone between listing and looking: it will be missed by nobody.
            guard platform_name_stamp(folder, name, &stamp) == 0 else { continue }
            let bytes = name.prefix(Int(length)).map { UInt8(bitPattern: $0) }
            let full = path.isEmpty ? bytes : path + [UInt8(ascii: "/")] + bytes
            if stamp.is_regular != 0 {
                let file = FolderFile(path: full)
                all.insert(file)
                if pattern.matches(bytes) { files[file] = FileStamp(stamp) }
            } else if stamp.is_folder != 0, settings.recursive, full != skipped, depth < Self.depthLimit {
                inner.append(full)
            }
        }
        platform_list_close(list)
        for full in inner {
            let name = FolderFile(path: full).name
            let descriptor = cString(name) { platform_open_beneath(folder, $0, 1) }
            guard descriptor >= 0 else {
                note(full)
                continue
            }
            folders.append(full)
            look(into: descriptor, path: full, pattern: pattern, settings, skipped, depth: depth + 1)
            close(descriptor)
        }
    }

    private mutating func note(_ path: [UInt8]) {
        if fault == nil { fault = (FolderFile(path: path).text, errno) }
    }
}
