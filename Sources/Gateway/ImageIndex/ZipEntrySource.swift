import Glibc

/// Bytes of one entry of an archive by their offset in the entry, stored or inflated, mostly forward.
struct ZipEntrySource: ~Copyable {
    /// Bytes that are inflated of one entry at most: a header lies within them, and a bomb is not unpacked.
    static let mostInflated = 1 << 26

    private var stream = InflateStream()
    private var entry = ZipArchive.Entry()
    private var start: UInt64 = 0
    /// Inflated bytes that were given last, for what is asked for twice.
    private var held = [UInt8](repeating: 0, count: 1 << 16)
    private var heldStart = 0
    private var heldCount = 0
    /// Why reading ended.
    private(set) var problem: ZipArchive.Fault?

    init() {}

    /// Begins with an entry, whose bytes are at an offset of the archive.
    mutating func begin(_ entry: ZipArchive.Entry, at start: UInt64) {
        self.entry = entry
        self.start = start
        heldStart = 0
        heldCount = 0
        problem = nil
        stream.restart()
    }

    /// Reads bytes of the entry from an offset: how many; fewer at its end, -errno on a fault.
    mutating func fetch(_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer, _ archive: inout ZipArchive) -> Int {
        guard offset >= 0 else { return 0 }
        if entry.method == 0 { return stored(offset, buffer, &archive) }
        if offset < heldStart {
            stream.restart()
            heldStart = 0
            heldCount = 0
        }
        var done = 0
        while done < buffer.count {
            let wanted = offset + done
            if wanted < heldStart + heldCount {
                let first = wanted - heldStart
                let count = min(heldCount - first, buffer.count - done)
                held.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + count]))
                }
                done += count
                continue
            }
            let count = inflate(&archive)
            if count <= 0 { return done > 0 || count == 0 ? done : count }
        }
        return done
    }

    /// Inflates the next bytes into `held`.
    private mutating func inflate(_ archive: inout ZipArchive) -> Int {
        guard heldStart + heldCount < Self.mostInflated else {
            fail(FileFault.Reason.zipLimit, "its header is not within \(Self.mostInflated) bytes")
            return -Int(EFBIG)
        }
        heldStart += heldCount
        heldCount = 0
        let (start, packed) = (start, entry.packedSize)
        // A little first: it mostly is enough.
        let size = heldStart == 0 ? HeadBuffers.size : held.count
        let result: Result<Int, InflateStream.Fault> = held.withUnsafeMutableBytes { bytes in
            stream.result(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<size])) { offset, input in
                let left = packed - min(packed, UInt64(offset))
                let count = Int(min(UInt64(input.count), left))
                guard count > 0, let place = Int(exactly: start + UInt64(offset)) else { return 0 }
                return archive.source.fetch(place, UnsafeMutableRawBufferPointer(rebasing: input[..<count]))
            }
        }
        switch result {
        case .success(let count):
            heldCount = count
            return count
        case .failure(.truncated): fail(FileFault.Reason.zipData, "its deflated bytes end in the middle")
        case .failure(.malformed(let words)): fail(FileFault.Reason.zipData, "its deflated bytes have \(words)")
        case .failure(.unreadable): fail(FileFault.Reason.inputOutput, "its bytes cannot be read")
        }
        return -Int(EIO)
    }

    private mutating func fail(_ reason: String, _ text: String) {
        problem = ZipArchive.Fault(entry.offset, reason, text)
    }

    private mutating func stored(
        _ offset: Int, _ buffer: UnsafeMutableRawBufferPointer, _ archive: inout ZipArchive
    ) -> Int {
        guard UInt64(offset) < entry.packedSize else { return 0 }
        let count = Int(min(UInt64(buffer.count), entry.packedSize - UInt64(offset)))
        guard let place = Int(exactly: start + UInt64(offset)) else { return 0 }
        let read = archive.source.fetch(place, UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        if read < 0 { fail(FileFault.Reason.inputOutput, "its bytes cannot be read") }
        return read
    }
}
