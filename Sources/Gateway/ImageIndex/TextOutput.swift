import CFileRing
import Glibc

/// The file, or standard output, that rows of text go to. Rows are written as they come, whole ones only.
final class TextOutput {
    let path: String
    let descriptor: Int32
    private let isOwned: Bool
    private let isRegular: Bool
    /// The earlier output, whose rows are taken over; -1: none.
    private let earlier: Int32
    /// Rows to be taken over that follow each other there.
    private var carried: Range<Int64> = 0..<0
    /// Bytes of the output, what is still to be taken over included.
    private(set) var position: Int64 = 0
    private var written: Int64 = 0

    init(path: String, descriptor: Int32, isOwned: Bool, earlier: Int32 = -1) {
        self.path = path
        self.descriptor = descriptor
        self.isOwned = isOwned
        self.earlier = earlier
        let (stamp, code) = hilum_stamp.of(descriptor, "", follows: true)
        isRegular = isOwned && code == 0 && stamp.kind == Int32(HILUM_KIND_FILE)
    }

    deinit {
        if isOwned { close(descriptor) }
        if earlier >= 0 { close(earlier) }
    }

    /// Writes whole rows.
    func write(_ bytes: UnsafeRawBufferPointer) throws(IndexFault) {
        if bytes.isEmpty { return }
        try settle()
        let code = DescriptorWriting.write(bytes, to: descriptor)
        if code != 0 { throw failure(code) }
        position += Int64(bytes.count)
        written = position
    }

    /// Takes over rows of the earlier output.
    func carry(_ rows: Range<Int64>) throws(IndexFault) {
        if rows.isEmpty { return }
        if rows.lowerBound == carried.upperBound, carried.count < 1 << 22 {
            carried = carried.lowerBound..<rows.upperBound
        } else {
            try settle()
            carried = rows
        }
        position += Int64(rows.count)
    }

    /// Copies what was only noted.
    func settle() throws(IndexFault) {
        if carried.isEmpty { return }
        let count = hilum_copy_range(earlier, carried.lowerBound, descriptor, carried.count)
        if count < 0 { throw failure(Int32(clamping: -count)) }
        guard count == carried.count else {
            throw IndexFault(
                .output, path: path, "the earlier output was cut while it was read",
                cure: "run again without resuming")
        }
        carried = 0..<0
        written = position
    }

    private func failure(_ code: Int32) -> IndexFault {
        // Whole rows only: what was written of the last ones is taken back.
        if isRegular, ftruncate(descriptor, off_t(written)) == 0 { lseek(descriptor, off_t(written), SEEK_SET) }
        return DescriptorWriting.fault(code, .output, path)
    }

    /// Time of its last change, in nanoseconds since 1970.
    var modified: Int64 { hilum_stamp.of(descriptor, "", follows: true).0.modified }

    /// Ends it: another run may write to it.
    func finish() throws(IndexFault) {
        try settle()
        release()
    }

    /// Another run may write to it.
    func release() { if isOwned { hilum_output_release(descriptor) } }

    /// So that what is known of rows never is ahead of them.
    func synchronize() throws(IndexFault) {
        try settle()
        if isRegular, fdatasync(descriptor) != 0 { throw DescriptorWriting.fault(errno, .output, path) }
    }
}

/// Writing to a descriptor that may be a pipe, a file or a terminal.
enum DescriptorWriting {
    /// Writes all bytes; 0, or errno.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        guard let start = bytes.baseAddress else { return 0 }
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, start + done, bytes.count - done)
            if count >= 0 {
                done += count
            } else if errno == EAGAIN {
                // A pipe that somebody else has made non-blocking.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 1000)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// What to tell of a write that failed.
    static func fault(_ code: Int32, _ kind: IndexFault.Code, _ path: String) -> IndexFault {
        let problem = String(cString: strerror(code))
        switch code {
        case EPIPE: return IndexFault(.closedPipe, path: path, "its reader has closed it", cure: "")
        case ENOSPC, EDQUOT:
            return IndexFault(
                kind, path: path, problem, cure: "what was written are whole rows; make room and run again")
        default: return IndexFault(kind, path: path, problem, cure: "what was written are whole rows")
        }
    }

    /// What to tell of an output that cannot be opened.
    static func opening(_ code: Int32, _ kind: IndexFault.Code, _ path: String) -> IndexFault {
        if code == EBUSY {
            return IndexFault(
                kind, path: path, "another run is writing it", cure: "wait for its end, or name another file")
        }
        return IndexFault(
            kind, path: path, "cannot be opened: \(String(cString: strerror(code)))",
            cure: "name a file in a folder that may be written")
    }
}
