/// What workers found, in order: files, their rows, files that are unchanged. One pass over a buffer; nothing is copied.
///
/// Form of an event: kind (1 byte), then for `file` and `unchanged` the number that `KnownFiles` gave or -1, size, time,
/// inode (8 bytes each), lengths of folder and name (4 bytes each), folder, name; for `row` the number of cells (4 bytes), the
/// length of each (4 bytes), the cells; for `fault` four cells alike. Numbers little endian, not aligned.
struct RowEvents {
    /// One event; its bytes are those of the buffer.
    enum Event {
        /// A file whose rows and faults follow.
        case file(FileEvent)
        /// A file that is as it was: what is stored of it stays.
        case unchanged(FileEvent)
        /// A row of the file before: Path, the columns, Remark.
        case row(Cells)
        /// Something in the file before that is no row: path, offset, reason, text.
        case fault(Cells)
    }

    /// A file as met.
    struct FileEvent {
        /// As `KnownFiles` has it when it was changed or is unchanged; -1: new.
        var id: Int64
        /// As it is now; of zero when the run keeps no stamps (nothing is resumed).
        var stamp: FileStamp
        /// Path with a slash at its end; empty when the name is a whole path.
        var folder: UnsafeRawBufferPointer
        /// Name in the folder, bytes as the file system has them.
        var name: UnsafeRawBufferPointer
    }

    /// The cells of a row: UTF-8, empty for absent.
    struct Cells {
        let count: Int
        fileprivate let lengths: UnsafeRawBufferPointer
        fileprivate let values: UnsafeRawBufferPointer

        /// Calls `body` with each cell, in order.
        func forEach(_ body: (Int, UnsafeRawBufferPointer) throws(IndexFault) -> Void) throws(IndexFault) {
            var start = 0
            for index in 0..<count {
                let length = Int(lengths.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                guard length <= values.count - start else { return }
                try body(index, UnsafeRawBufferPointer(rebasing: values[start..<start + length]))
                start += length
            }
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next event; nil at the end.
    mutating func next() -> Event? {
        guard place < bytes.count else { return nil }
        let kind = bytes[place]
        place += 1
        switch kind {
        case RowEventKind.file: return file().map(Event.file)
        case RowEventKind.unchanged: return file().map(Event.unchanged)
        case RowEventKind.row: return cells().map(Event.row)
        case RowEventKind.fault: return cells().map(Event.fault)
        default: return nil
        }
    }

    private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - place else { return nil }
        defer { place += count }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
    }

    private mutating func file() -> FileEvent? {
        guard let head = take(40) else { return nil }
        let folderLength = Int(head.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
        let nameLength = Int(head.loadUnaligned(fromByteOffset: 36, as: UInt32.self))
        guard let folder = take(folderLength), let name = take(nameLength) else { return nil }
        return FileEvent(
            id: head.loadUnaligned(as: Int64.self),
            stamp: FileStamp(
                size: head.loadUnaligned(fromByteOffset: 8, as: Int64.self),
                modified: head.loadUnaligned(fromByteOffset: 16, as: Int64.self),
                inode: head.loadUnaligned(fromByteOffset: 24, as: UInt64.self)), folder: folder, name: name)
    }

    private mutating func cells() -> Cells? {
        guard let head = take(4) else { return nil }
        let count = Int(head.loadUnaligned(as: UInt32.self))
        guard count <= bytes.count / 4, let lengths = take(count * 4) else { return nil }
        var total = 0
        for index in 0..<count { total += Int(lengths.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)) }
        guard let values = take(total) else { return nil }
        return Cells(count: count, lengths: lengths, values: values)
    }
}

/// First byte of an event.
enum RowEventKind {
    static let file: UInt8 = 1
    static let unchanged: UInt8 = 2
    static let row: UInt8 = 3
    static let fault: UInt8 = 4
}
