import CFileRing
import Glibc

/// Bytes behind the beginning of a file, for the few headers that are longer: opened at the first need.
struct FileSource: ~Copyable {
    private let folder: Int32
    private let name: UnsafePointer<CChar>
    private var descriptor: Int32 = -1
    /// Of the call that failed; 0: none.
    private(set) var problem: Int32 = 0
    private(set) var bytesRead: Int64 = 0

    init(folder: Int32, name: UnsafePointer<CChar>) {
        self.folder = folder
        self.name = name
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Opens the file when it is not open yet; false on a fault.
    mutating func open() -> Bool {
        if descriptor >= 0 { return true }
        let opened = hilum_file_open(folder, name)
        guard opened >= 0 else {
            problem = -opened
            return false
        }
        descriptor = opened
        return true
    }

    /// Size now; nil on a fault.
    mutating func size() -> Int64? {
        guard open() else { return nil }
        let (stamp, code) = hilum_stamp.of(descriptor, "", follows: true)
        if code < 0 { problem = -code }
        return code < 0 ? nil : stamp.size
    }

    /// Reads from an offset until the buffer is full or the file ends: bytes read, or -errno.
    mutating func fetch(_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, open(), let start = buffer.baseAddress else { return problem == 0 ? 0 : -Int(problem) }
        var done = 0
        while done < buffer.count {
            let (place, overflow) = offset.addingReportingOverflow(done)
            if overflow { break }
            let count = pread(descriptor, start + done, buffer.count - done, off_t(place))
            if count < 0 && errno == EINTR { continue }
            if count < 0 {
                problem = errno
                return -Int(problem)
            }
            if count == 0 { break }
            done += count
        }
        bytesRead += Int64(done)
        return done
    }
}
