import CPlatform

/// A file of a watched folder: its path inside the folder, in bytes as the file system has it.
struct FolderFile: Hashable, Sendable {
    /// Relative, parts joined by `/`, none empty, none `..`.
    let path: [UInt8]

    var name: ArraySlice<UInt8> { path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path[...] }
    var folder: ArraySlice<UInt8> { path.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? [] }

    /// For people and logs: control bytes and what is not UTF-8 are shown as `?`.
    var text: String {
        String(
            String.UnicodeScalarView(
                String(decoding: path, as: UTF8.self).unicodeScalars.map {
                    $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0
                }))
    }

    /// The path as C wants it.
    func withCPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { cString(path, body) }

    /// The same with something appended to the name.
    func appending(_ suffix: String) -> FolderFile { FolderFile(path: path + Array(suffix.utf8)) }
    /// The same with the extension (`.csv`) replaced; nil without an extension.
    func replacingExtension(_ suffix: String) -> FolderFile? {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return nil }
        return FolderFile(path: Array(path[..<dot]) + Array(suffix.utf8))
    }
}

/// Bytes without zeros as a C string.
func cString<Result>(_ bytes: some Collection<UInt8>, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return terminated.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return body("") }
        return body(base)
    }
}

/// One state of a file: another size, time of change or inode is another file.
struct FileStamp: Hashable, Sendable {
    var size: Int64
    var modified: Int64
    var inode: UInt64

    init(size: Int64, modified: Int64, inode: UInt64) {
        self.size = size
        self.modified = modified
        self.inode = inode
    }

    init(_ stamp: platform_file_stamp) {
        self.init(size: stamp.size, modified: stamp.modified, inode: stamp.inode)
    }
}
