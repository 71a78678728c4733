import DICOM

/// How a worker writes down what it has read: as rows of text, or as events for a `RowSink`.
enum RowForm: Sendable {
    case text(RowText)
    case events(columns: Int)

    /// Appends a row of the file that the reader has read last, or of the frame it is at.
    @inline(__always) func append(
        _ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, to rows: inout RowBuffer
    ) {
        switch self {
        case .text(let text): text.append(path: path, reader, to: &rows)
        case .events(let columns): rows.appendRowEvent(path, reader, columns: columns)
        }
    }
}

extension RowBuffer {
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append($0) }
    }

    /// A file, changed, new or unchanged; see `RowEvents`.
    mutating func appendFileEvent(
        _ kind: UInt8, id: Int64, _ stamp: FileStamp, folder: [UInt8], name: UnsafeRawBufferPointer
    ) {
        append(kind)
        append(number: id)
        append(number: stamp.size)
        append(number: stamp.modified)
        append(number: stamp.inode)
        append(number: UInt32(truncatingIfNeeded: folder.count))
        append(number: UInt32(truncatingIfNeeded: name.count))
        append(folder)
        append(name)
    }

    /// A row: Path, the columns, Remark.
    mutating func appendRowEvent(_ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, columns: Int) {
        append(RowEventKind.row)
        append(number: UInt32(truncatingIfNeeded: columns + 2))
        let remark = reader.hasRemark ? reader.remark : ""
        // The lengths are known when the cells are written.
        var place = count
        for _ in 0..<columns + 2 { append(number: UInt32(0)) }
        func keep(_ length: Int) {
            store(UInt32(truncatingIfNeeded: length), at: place)
            place += 4
        }
        append(path)
        keep(path.count)
        for column in 0..<columns { keep(append(cell: column, of: reader)) }
        append(remark)
        keep(remark.utf8.count)
    }

    /// A fault: path, offset, reason, text.
    mutating func appendFaultEvent(_ fault: FileFault) {
        append(RowEventKind.fault)
        append(number: UInt32(4))
        let offset = fault.offset.map(String.init) ?? ""
        for count in [fault.path.count, offset.utf8.count, fault.reason.utf8.count, fault.text.utf8.count] {
            append(number: UInt32(truncatingIfNeeded: count))
        }
        append(fault.path)
        append(offset)
        append(fault.reason)
        append(fault.text)
    }
}
