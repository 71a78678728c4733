/// Writes rows of an index as text: the path of the file, the cells of a reader, its remark.
///
/// - NDJSON: one object a line. `Path`, every column and `Remark` are keys of every row, in this order; every value is a
///   string, `""` where there is none.
/// - DICOM JSON: one object of the DICOM JSON model (PS3.18 annex F) a line; see `RowText+DICOMJSON`.
/// - CSV: RFC 4180, lines end with CR LF, quotes only where they are needed. A cell that begins with `=`, `+`, `-`, `@`, tab
///   or carriage return gets a `'` before it, unless it is numbers; other control characters than those of lines become
///   U+FFFD.
/// - TSV: tab, line feed, carriage return and backslash within a cell as `\t \n \r \\`, other control characters as U+FFFD.
public struct RowText: Sendable {
    /// Form of a row.
    public enum Format: Sendable, Hashable {
        /// A flat JSON object a line.
        case ndjson
        /// An object of the DICOM JSON model a line.
        case dicomJSON
        /// Comma-separated values.
        case csv
        /// Tab-separated values.
        case tsv
    }

    /// Form of its rows.
    public let format: Format
    /// The columns of its rows; the reader has to have the same.
    public let columns: IndexColumns
    /// The first line of a table, its end included; empty for JSON.
    public let head: [UInt8]
    /// What stands between cells.
    let frame: RowFrame
    let jsonPlan: DICOMJSONPlan?

    /// Rows in a form.
    public init(_ format: Format, columns: IndexColumns) {
        self.format = format
        self.columns = columns
        let names = ["Path"] + columns.names + ["Remark"]
        var line = RowBuffer()
        switch format {
        case .ndjson, .dicomJSON:
            frame = RowFrame(
                names.enumerated().map { place, name in
                    var key = RowBuffer()
                    key.append(place == 0 ? "{\"" : "\",\"")
                    key.appendText(name, .json)
                    key.append("\":\"")
                    return key.withBytes { [UInt8]($0) }
                } + [Array("\"}\n".utf8)])
        case .csv, .tsv:
            let separator = format == .csv ? UInt8(ascii: ",") : 0x09
            for (place, name) in names.enumerated() {
                if place > 0 { line.append(separator) }
                line.appendText(name, format == .csv ? .csv : .tsv)
            }
            let end = format == .csv ? "\r\n" : "\n"
            line.append(end)
            frame = RowFrame(names.indices.map { $0 == 0 ? [] : [separator] } + [Array(end.utf8)])
        }
        head = line.withBytes { [UInt8]($0) }
        jsonPlan = format == .dicomJSON ? DICOMJSONPlan(columns) : nil
    }

    /// Appends a row for the file that the reader has read last, or for the frame it is at.
    ///
    /// - Parameter path: in UTF-8; what is none is written as U+FFFD, and the remark says so.
    public func append(path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, to buffer: inout RowBuffer) {
        precondition(reader.columns.count == columns.count, "rows and reader have different columns")
        if reader.isAtFrame, format != .dicomJSON {
            switch format {
            case .csv: appendFrame(path, reader, .csv, to: &buffer)
            case .tsv: appendFrame(path, reader, .tsv, to: &buffer)
            default: appendFrame(path, reader, .json, to: &buffer)
            }
            return
        }
        switch format {
        case .ndjson: appendCells(path, reader, .json, to: &buffer)
        case .csv: appendCells(path, reader, .csv, to: &buffer)
        case .tsv: appendCells(path, reader, .tsv, to: &buffer)
        case .dicomJSON: appendDICOMJSON(path, reader, to: &buffer)
        }
    }

    @inline(__always) private func appendCells(
        _ path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, _ form: CellForm, to buffer: inout RowBuffer
    ) {
        let frame = frame
        let pieces = frame.pieces
        buffer.reserve(frame.most)
        buffer.finish(at: frame.put(pieces[0], to: buffer.end))
        let isPathText = buffer.appendPath(path, form)
        let plan = reader.plan
        let slots = reader.slots
        let places = plan.slotOfColumn
        let prefixLimit = reader.prefixLimit ?? UnsafeRawPointer(slots)
        let storeLimit = reader.store.limit ?? prefixLimit
        // What stands between cells always has room behind `out`.
        buffer.reserve(frame.most)
        var out = buffer.end
        var room = buffer.room - frame.most
        for column in 0..<columns.count {
            out = frame.put(pieces[column &+ 1], to: out)
            let slot = slots[Int(places[column])]
            guard let start = slot.start else { continue }
            let count = Int(slot.length)
            if room - out < CellText.most(count) {
                buffer.finish(at: out)
                buffer.reserve(frame.most &+ CellText.most(count))
                out = buffer.end
                room = buffer.room - frame.most
            }
            if slot.vr == .US, count == 2 {
                let value = start.loadUnaligned(as: UInt16.self).littleEndian
                out = CellNumber.decimal(UInt64(value), to: out)
            } else if slot.isOneNumber {
                out = CellNumber.write(slot, to: out)
            } else if slot.vr.isString, form != .csv {
                let limit = slot.flags.contains(.isKept) ? storeLimit : prefixLimit
                out = CellText.write(start, count, limit: limit, CellTrim(slot.vr), form, to: out) ?? out
            } else {
                buffer.finish(at: out)
                if reader.isString(slot) {
                    let limit = slot.flags.contains(.isKept) ? storeLimit : prefixLimit
                    buffer.appendString(start, count, limit: limit, CellTrim(slot.vr), form)
                } else {
                    buffer.appendNumber(slot, form)
                }
                buffer.reserve(frame.most)
                out = buffer.end
                room = buffer.room - frame.most
            }
        }
        out = frame.put(pieces[columns.count &+ 1], to: out)
        buffer.finish(at: out)
        if reader.hasRemark || !isPathText { buffer.appendText(remark(reader, isPathText), form) }
        buffer.reserve(frame.most)
        buffer.finish(at: frame.put(pieces[columns.count &+ 2], to: buffer.end))
    }

    func remark(_ reader: borrowing HeaderReader, _ isPathText: Bool) -> String {
        let remark = reader.remark
        if isPathText { return remark }
        return (remark.isEmpty ? "" : remark + "; ") + "the path is not in UTF-8"
    }
}
