import Glibc

/// The central directory of a zip file (APPNOTE 6.3.10), read piece by piece: an archive of any size takes the same memory.
///
/// What a hostile archive can do is bounded: the directory lies in the file, so that there are no more entries than a
/// forty-sixth of its bytes; of an entry only the beginning is inflated; when the entries claim more bytes than the file has,
/// they overlap, and reading ends (`zip-overlap`).
struct ZipArchive: ~Copyable {
    /// An entry of the directory.
    struct Entry {
        /// As it stands in the directory; UTF-8 or of an unknown code page.
        var name: [UInt8] = []
        /// 0: stored, 8: deflated.
        var method: UInt16 = 0
        var isEncrypted = false
        /// Bytes in the archive.
        var packedSize: UInt64 = 0
        /// Bytes once inflated, as claimed.
        var size: UInt64 = 0
        /// Offset of the local header.
        var offset: UInt64 = 0
        /// A folder: no bytes.
        var isFolder: Bool { name.last == UInt8(ascii: "/") }
    }

    /// What is wrong with an archive or an entry: place in the archive, reason, words.
    struct Fault: Error, Equatable {
        var offset: Int
        var reason: String
        var text: String

        init(_ offset: UInt64, _ reason: String, _ text: String) {
            self.offset = Int(clamping: offset)
            self.reason = reason
            self.text = text
        }
    }

    var source: FileSource
    /// Bytes of the archive.
    let size: UInt64
    private var window = [UInt8](repeating: 0, count: 1 << 16)
    private var windowStart: UInt64 = 0
    private var windowCount = 0
    private var place: UInt64
    private let end: UInt64
    private var claimed: UInt64 = 0
    private let shift: UInt64

    /// Whether a file is a zip file by its first bytes: a local header, or the end of an empty archive. What has the prefix of
    /// a DICOM file (PS3.10 7.1) behind such bytes is one of these.
    static func isArchive(_ prefix: UnsafeRawBufferPointer) -> Bool {
        guard prefix.count >= 4, prefix[0] == 0x50, prefix[1] == 0x4B else { return false }
        guard prefix[2] == 3 && prefix[3] == 4 || prefix[2] == 5 && prefix[3] == 6 else { return false }
        guard prefix.count >= 132 else { return true }
        return !(prefix[128] == 0x44 && prefix[129] == 0x49 && prefix[130] == 0x43 && prefix[131] == 0x4D)
    }

    /// Finds the central directory.
    init(_ opened: consuming FileSource) throws(Fault) {
        var source = opened
        guard let found = source.size() else {
            throw Fault(0, FileFault.Reason.inputOutput, String(cString: strerror(source.problem)))
        }
        let size = UInt64(max(0, found))
        let end = try Self.findEnd(&source, size)
        self.source = source
        self.size = size
        place = end.start
        self.end = end.start + end.length
        shift = end.shift
    }

    private struct End {
        var start: UInt64
        var length: UInt64
        /// Bytes before the archive itself (a self-extracting archive): added to all offsets.
        var shift: UInt64
    }

    /// Looks for the end of central directory record (APPNOTE 4.3.16) and that of zip64 (4.3.14) before it.
    private static func findEnd(_ source: inout FileSource, _ size: UInt64) throws(Fault) -> End {
        let count = Int(min(size, 22 + 65535))
        var tail = [UInt8](repeating: 0, count: count)
        let start = size - UInt64(count)
        guard Self.fill(&source, &tail, at: start) else {
            throw Fault(start, FileFault.Reason.inputOutput, "the end of the archive cannot be read")
        }
        guard count >= 22,
            let found = (0...(count - 22)).reversed().first(where: {
                tail[$0] == 0x50 && tail[$0 + 1] == 0x4B && tail[$0 + 2] == 5 && tail[$0 + 3] == 6
                    && $0 + 22 + Int(tail[$0 + 20]) + Int(tail[$0 + 21]) << 8 <= count
            })
        else { throw Fault(size, FileFault.Reason.zip, "there is no central directory: the archive is cut") }
        let record = Array(tail[found...])
        let recordPlace = start + UInt64(found)
        var length = UInt64(record.number32(12))
        var offset = UInt64(record.number32(16))
        let disk = record.number16(4)
        var directoryEnd = recordPlace
        if length == 0xFFFF_FFFF || offset == 0xFFFF_FFFF || record.number16(10) == 0xFFFF, recordPlace >= 20 {
            var locator = [UInt8](repeating: 0, count: 20)
            if Self.fill(&source, &locator, at: recordPlace - 20), locator.number32(0) == 0x0706_4B50 {
                var large = [UInt8](repeating: 0, count: 56)
                let largePlace = locator.number64(8)
                guard largePlace < size, Self.fill(&source, &large, at: largePlace),
                    large.number32(0) == 0x0606_4B50
                else {
                    throw Fault(recordPlace - 20, FileFault.Reason.zip, "the zip64 directory is not where it should be")
                }
                length = large.number64(40)
                offset = large.number64(48)
                directoryEnd = largePlace
            }
        }
        guard disk == 0 || disk == 0xFFFF else {
            throw Fault(recordPlace, FileFault.Reason.zip, "one part of several: join the parts before")
        }
        guard length <= directoryEnd, offset <= directoryEnd - length else {
            throw Fault(recordPlace, FileFault.Reason.zip, "the central directory goes beyond the archive")
        }
        return End(start: directoryEnd - length, length: length, shift: directoryEnd - length - offset)
    }

    /// Fills an array from an offset; false when there are fewer bytes.
    private static func fill(_ source: inout FileSource, _ bytes: inout [UInt8], at offset: UInt64) -> Bool {
        guard let offset = Int(exactly: offset) else { return false }
        let count = bytes.count
        return bytes.withUnsafeMutableBytes { source.fetch(offset, $0) } == count
    }

    /// The next entry; nil at the end.
    mutating func next() throws(Fault) -> Entry? {
        guard place < end else { return nil }
        let (record, at) = try directory(46)
        guard record.number32(0) == 0x0201_4B50 else {
            throw Fault(at, FileFault.Reason.zip, "an entry of the central directory is none")
        }
        let nameLength = Int(record.number16(28))
        let extraLength = Int(record.number16(30))
        let commentLength = Int(record.number16(32))
        var entry = Entry()
        entry.method = record.number16(10)
        entry.isEncrypted = record.number16(8) & 1 != 0
        entry.packedSize = UInt64(record.number32(20))
        entry.size = UInt64(record.number32(24))
        entry.offset = UInt64(record.number32(42))
        let (rest, _) = try directory(nameLength + extraLength)
        entry.name = Array(rest.prefix(nameLength))
        entry.takeLarge(rest, from: nameLength)
        place += UInt64(commentLength)
        let (offset, overflow) = entry.offset.addingReportingOverflow(shift)
        guard !overflow, offset < size else {
            throw Fault(at, FileFault.Reason.zip, "an entry begins beyond the end of the archive")
        }
        entry.offset = offset
        let (sum, tooMuch) = claimed.addingReportingOverflow(entry.packedSize)
        claimed = tooMuch ? .max : sum
        guard claimed <= size else {
            throw Fault(
                at, FileFault.Reason.zipOverlap, "its entries claim more bytes than it has: they overlap; not read on")
        }
        return entry
    }

    /// The next bytes of the directory.
    private mutating func directory(_ count: Int) throws(Fault) -> (ArraySlice<UInt8>, UInt64) {
        let at = place
        guard UInt64(count) <= end - min(place, end) else {
            throw Fault(at, FileFault.Reason.zip, "the central directory ends in the middle of an entry")
        }
        if count == 0 { return ([], at) }
        if at < windowStart || at + UInt64(count) > windowStart + UInt64(windowCount) {
            let wanted = max(count, Int(min(UInt64(1 << 16), end - at)))
            if window.count < wanted { window = [UInt8](repeating: 0, count: wanted) }
            windowStart = at
            guard let offset = Int(exactly: at) else {
                throw Fault(at, FileFault.Reason.zip, "the central directory lies beyond any file")
            }
            windowCount = window.withUnsafeMutableBytes {
                max(0, source.fetch(offset, UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted])))
            }
            guard windowCount >= count else {
                throw Fault(at, FileFault.Reason.inputOutput, "the central directory cannot be read")
            }
        }
        let first = Int(at - windowStart)
        place += UInt64(count)
        return (window[first..<first + count], at)
    }

    /// Where the bytes of an entry begin, by its local header (APPNOTE 4.3.7).
    mutating func dataOffset(_ entry: Entry) throws(Fault) -> UInt64 {
        var header = [UInt8](repeating: 0, count: 30)
        guard Self.fill(&source, &header, at: entry.offset), header.number32(0) == 0x0403_4B50 else {
            throw Fault(entry.offset, FileFault.Reason.zip, "there is no local header where the directory says")
        }
        let start = entry.offset + 30 + UInt64(header.number16(26)) + UInt64(header.number16(28))
        guard start <= size, entry.packedSize <= size - start else {
            throw Fault(entry.offset, FileFault.Reason.zip, "it goes beyond the end of the archive")
        }
        return start
    }
}

extension ZipArchive.Entry {
    /// Sizes and offset of zip64 (APPNOTE 4.5.3), there only for what does not fit in 32 bits.
    fileprivate mutating func takeLarge(_ bytes: ArraySlice<UInt8>, from start: Int) {
        let all = Array(bytes)
        var place = start
        while place + 4 <= all.count {
            let kind = all.number16(place)
            let length = Int(all.number16(place + 2))
            guard place + 4 + length <= all.count else { return }
            if kind == 1 {
                var field = place + 4
                let end = field + length
                if size == 0xFFFF_FFFF, field + 8 <= end {
                    size = all.number64(field)
                    field += 8
                }
                if packedSize == 0xFFFF_FFFF, field + 8 <= end {
                    packedSize = all.number64(field)
                    field += 8
                }
                if offset == 0xFFFF_FFFF, field + 8 <= end { offset = all.number64(field) }
                return
            }
            place += 4 + length
        }
    }
}

extension RandomAccessCollection<UInt8> where Index == Int {
    /// Little endian, from an offset; the bytes are there.
    fileprivate func number16(_ offset: Int) -> UInt16 {
        UInt16(self[startIndex + offset]) | UInt16(self[startIndex + offset + 1]) << 8
    }

    fileprivate func number32(_ offset: Int) -> UInt32 {
        UInt32(number16(offset)) | UInt32(number16(offset + 2)) << 16
    }

    fileprivate func number64(_ offset: Int) -> UInt64 {
        UInt64(number32(offset)) | UInt64(number32(offset + 4)) << 32
    }
}
