import Glibc

/// The little of the file system that reading profiles needs, without Foundation.
enum FileAccess {
    /// Contents of a file, at most `limit` bytes and one more, so that the caller can tell that there were too many.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], FileFault> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { return .failure(FileFault(errno: errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(FileFault(errno: errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .failure(FileFault(errno: EISDIR)) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return .failure(FileFault(errno: errno)) }
            if count == 0 { break }
            bytes.append(contentsOf: block[..<min(count, limit + 1 - bytes.count)])
        }
        return .success(bytes)
    }

    /// Names in a folder, sorted, without those that begin with a point; nil when there is no such folder.
    static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// Last part of a path.
    static func name(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// Path without its last part.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Why a file cannot be read.
struct FileFault: Error {
    var errno: Int32
    var text: String { String(cString: strerror(errno)) }
    var cure: String {
        switch errno {
        case EACCES, EPERM: "give the gateway's user the right to read it"
        case ENOENT: "create it"
        case EISDIR: "it must be a plain file"
        default: ""
        }
    }
}
