import Glibc

/// A folder that is removed with its contents when it goes out of scope.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/profiles-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "" }
            return String(cString: made)
        }
    }

    deinit { TemporaryFolder.remove(path) }

    /// Writes a file below the folder, making the folders that lead to it.
    func write(_ text: String, to name: String) {
        let parts = name.split(separator: "/").dropLast()
        var folder = path
        for part in parts {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        guard let file = fopen("\(path)/\(name)", "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    func remove(_ name: String) { TemporaryFolder.remove("\(path)/\(name)") }

    private static func remove(_ path: String) {
        guard path.hasPrefix("/tmp/profiles-") else { return }
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(stream)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
