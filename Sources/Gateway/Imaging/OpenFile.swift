import Glibc

/// A file that cannot be read.
struct FileFault: Error, CustomStringConvertible {
    var description: String
}

/// An open file; closed when it goes.
final class OpenFile {
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws(FileFault) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.fault(path, errno) }
    }

    deinit { close(descriptor) }

    /// Bytes of the file.
    func size() throws(FileFault) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.fault(path, errno) }
        return Int(status.st_size)
    }

    /// Up to `count` bytes; fewer at the end of the file.
    func read(count: Int, at offset: Int) throws(FileFault) -> [UInt8] {
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            got = read(UnsafeMutableRawBufferPointer(buffer), at: offset)
            filled = max(0, got)
        }
        guard got >= 0 else { throw Self.fault(path, Int32(truncatingIfNeeded: 0 &- got)) }
        return bytes
    }

    /// Fills a buffer, as far as the file goes.
    ///
    /// - Returns: how many bytes; -errno when the file cannot be read.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        var filled = 0
        while filled < buffer.count, let start = buffer.baseAddress {
            let got = pread(descriptor, start + filled, buffer.count - filled, off_t(offset + filled))
            if got > 0 {
                filled += got
            } else if got == 0 {
                break
            } else if errno != EINTR {
                return -Int(errno)
            }
        }
        return filled
    }

    /// Where the data set begins: after preamble and group 0002, whose length stands in its first element (PS3.10 7.1).
    func dataSetOffset() throws(FileFault) -> Int {
        let head = try read(count: 144, at: 0)
        guard head.count == 144, head[128..<132].elementsEqual("DICM".utf8),
            head[132..<140].elementsEqual([2, 0, 0, 0, 0x55, 0x4C, 4, 0])
        else { return 0 }
        let length = (0..<4).reduce(0) { $0 | Int(head[140 + $1]) << (8 * $1) }
        return min(144 + length, try size())
    }

    private static func fault(_ path: String, _ code: Int32) -> FileFault {
        FileFault(description: "\(path) cannot be read: \(String(cString: strerror(code)))")
    }
}
