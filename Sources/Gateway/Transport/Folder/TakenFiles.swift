import CPlatform
import Glibc

/// What has been read from a watched folder: a text file under the gateway's state folder, a line a file: size, time of
/// change, inode, path (`%XX` for what is not printable ASCII). A line counts once its line end is on the disk.
struct TakenFiles {
    private let path: String
    private var taken: [FolderFile: FileStamp] = [:]
    private var lines = 0

    /// Reads the record of a device. A torn last line (loss of power while it was written) is dropped: its file is then
    /// read again, and the store knows a repeat.
    init(stateFolder: String, device: String) throws(LinkTrouble) {
        let folder = "\(stateFolder)/folders"
        for path in [stateFolder, folder] where mkdir(path, 0o750) != 0 && errno != EEXIST {
            throw Self.trouble(path)
        }
        path = "\(folder)/\(Self.escaped(device.utf8)).state"
        guard let file = fopen(path, "re") else {
            if errno == ENOENT { return }
            throw Self.trouble(path)
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        if ferror(file) != 0 { throw Self.trouble(path) }
        guard let last = bytes.lastIndex(of: 0x0A) else { return }
        for line in bytes[..<last].split(separator: 0x0A) {
            let fields = line.split(separator: 0x20)
            guard fields.count == 4, let size = Int64(String(decoding: fields[0], as: UTF8.self)),
                let modified = Int64(String(decoding: fields[1], as: UTF8.self)),
                let inode = UInt64(String(decoding: fields[2], as: UTF8.self)), let name = Self.unescaped(fields[3])
            else { continue }
            taken[FolderFile(path: name)] = FileStamp(size: size, modified: modified, inode: inode)
            lines += 1
        }
    }

    func has(_ file: FolderFile, _ stamp: FileStamp) -> Bool { taken[file] == stamp }

    /// Notes a file as read; on the disk when it returns.
    mutating func add(_ file: FolderFile, _ stamp: FileStamp) throws(LinkTrouble) {
        taken[file] = stamp
        let existed = access(path, F_OK) == 0
        try write(Self.line(file, stamp), to: path, flags: O_WRONLY | O_CREAT | O_APPEND)
        if !existed { try syncFolder() }
        lines += 1
    }

    /// Forgets files that are gone, when the record has grown to twice of what is there.
    mutating func compact(present: Set<FolderFile>) throws(LinkTrouble) {
        guard lines > 1000, lines > 2 * present.count else { return }
        taken = taken.filter { present.contains($0.key) }
        var bytes: [UInt8] = []
        for (file, stamp) in taken { bytes += Self.line(file, stamp) }
        let fresh = "\(path).new"
        try write(bytes, to: fresh, flags: O_WRONLY | O_CREAT | O_TRUNC)
        guard rename(fresh, path) == 0 else { throw Self.trouble(path) }
        try syncFolder()
        lines = taken.count
    }

    private static func line(_ file: FolderFile, _ stamp: FileStamp) -> [UInt8] {
        Array("\(stamp.size) \(stamp.modified) \(stamp.inode) \(escaped(file.path))\n".utf8)
    }

    private func write(_ bytes: [UInt8], to path: String, flags: CInt) throws(LinkTrouble) {
        let descriptor = open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Self.trouble(path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.trouble(path)
            }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw Self.trouble(path) }
    }

    private func syncFolder() throws(LinkTrouble) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = platform_folder_open(folder)
        guard descriptor >= 0 else { throw Self.trouble(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.trouble(folder) }
    }

    private static func trouble(_ path: String) -> LinkTrouble {
        LinkTrouble(
            "\(path): what has been read from the folder cannot be noted: \(errorText(errno))",
            cure: "The state folder must be writable by the gateway, and its disk not full.")
    }

    private static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = Array("0123456789ABCDEF".unicodeScalars)
                text.unicodeScalars.append("%")
                text.unicodeScalars.append(digits[Int(byte >> 4)])
                text.unicodeScalars.append(digits[Int(byte & 15)])
            }
        }
        return text
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
