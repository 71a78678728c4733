import Glibc

/// Bytes that are read from any place, in pieces.
protocol ByteSource: Sendable {
    /// Size in bytes.
    var count: Int { get }
    /// `count` bytes from `offset`; fewer at the end.
    func read(at offset: Int, count: Int) throws(WebFault) -> [UInt8]
}

/// An open file. Reading moves no position, so that several requests may share it.
final class FileBytes: ByteSource {
    let count: Int
    private let descriptor: Int32

    /// Opens a regular file.
    init(path: String) throws(WebFault) {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard opened >= 0 else {
            let gone = errno == ENOENT || errno == ENOTDIR
            throw gone
                ? .notFound("its file is no longer here: retention has removed it")
                : .unavailable("its file cannot be opened: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= 0 else {
            close(opened)
            throw .internalError("what the archive names is no file")
        }
        descriptor = opened
        count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws(WebFault) -> [UInt8] {
        let wanted = min(max(count, 0), max(self.count - max(offset, 0), 0))
        guard wanted > 0, offset >= 0 else { return [] }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            filled = 0
            while filled < wanted {
                let got = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), wanted - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        guard failure == 0 else { throw .unavailable("its file cannot be read: \(String(cString: strerror(failure)))") }
        return bytes
    }
}

/// Bytes in memory.
struct MemoryBytes: ByteSource {
    /// The bytes.
    var bytes: [UInt8]
    var count: Int { bytes.count }

    func read(at offset: Int, count: Int) throws(WebFault) -> [UInt8] {
        guard offset >= 0, offset < bytes.count, count > 0 else { return [] }
        return Array(bytes[offset..<min(offset + min(count, bytes.count), bytes.count)])
    }
}
