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
    /// What stands before each cell, and before the remark.
    let between: [[UInt8]]
    let jsonPlan: DICOMJSONPlan?

    /// Rows in a form.
    public init(_ format: Format, columns: IndexColumns) {
        self.format = format
        self.columns = columns
        let names = ["Path"] + columns.names + ["Remark"]
        switch format {
        case .ndjson, .dicomJSON:
            head = []
            between = names.dropFirst().map { name in
                var key = RowBuffer()
                key.append("\",\"")
                key.appendText(name, .json)
                key.append("\":\"")
                return key.withBytes { [UInt8]($0) }
            }
        case .csv, .tsv:
            var line = RowBuffer()
            let separator = format == .csv ? UInt8(ascii: ",") : 0x09
            for (place, name) in names.enumerated() {
                if place > 0 { line.append(separator) }
                line.appendText(name, format == .csv ? .csv : .tsv)
            }
            line.append(format == .csv ? "\r\n" : "\n")
            head = line.withBytes { [UInt8]($0) }
            between = [[UInt8]](repeating: [separator], count: names.count - 1)
        }
        jsonPlan = format == .dicomJSON ? DICOMJSONPlan(columns) : nil
    }

    /// Appends a row for the file that the reader has read last, or for the frame it is at.
    ///
    /// - Parameter path: in UTF-8; what is none is written as U+FFFD, and the remark says so.
    public func append(path: UnsafeRawBufferPointer, _ reader: borrowing HeaderReader, to buffer: inout RowBuffer) {
        precondition(reader.columns.count == columns.count, "rows and reader have different columns")
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
        if form == .json { buffer.append("{\"Path\":\"") }
        let isPathText = buffer.appendPath(path, form)
        for column in 0..<columns.count {
            buffer.append(between[column])
            buffer.appendCell(reader, reader.slot(column), form)
        }
        buffer.append(between[columns.count])
        if reader.hasRemark || !isPathText { buffer.appendText(remark(reader, isPathText), form) }
        switch form {
        case .json: buffer.append("\"}\n")
        case .csv: buffer.append("\r\n")
        default: buffer.append(0x0A)
        }
    }

    func remark(_ reader: borrowing HeaderReader, _ isPathText: Bool) -> String {
        let remark = reader.remark
        if isPathText { return remark }
        return (remark.isEmpty ? "" : remark + "; ") + "the path is not in UTF-8"
    }
}
