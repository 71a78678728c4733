import DICOM
import Testing

/// A file read by `HeaderReader` in one of the ways it may be given: whole, as a prefix with the rest to be fetched.
struct HeaderReading {
    var cells: [String] = []
    var remark = ""
    var fault: DICOMFault?
    /// Calls of `fetch`.
    var fetches = 0

    /// A column that does not exist in any file, and that only whole reading looks for: with it a reader takes the slow path.
    static let slow = "0029,\"HILUM: NO SUCH CREATOR\",01/00100020"

    /// Reads a file of which so many bytes are the prefix; nil: all of it.
    static func read(
        _ bytes: [UInt8], _ columns: IndexColumns, prefix: Int? = nil, choice: CharacterSetChoice = .detect
    ) -> HeaderReading {
        var reader = HeaderReader(columns: columns, characterSet: choice)
        return read(bytes, &reader, prefix: prefix)
    }

    static func read(_ bytes: [UInt8], _ reader: inout HeaderReader, prefix: Int? = nil) -> HeaderReading {
        var reading = HeaderReading()
        // A copy of its own, so that a sanitizer sees a read beyond it.
        let first = Array(bytes.prefix(prefix ?? bytes.count))
        first.withUnsafeBytes { buffer in
            let outcome = reader.read(buffer, isWholeFile: first.count == bytes.count) { offset, target in
                reading.fetches += 1
                return HeaderReading.fetch(bytes, offset, target)
            }
            switch outcome {
            case .fault(let fault): reading.fault = fault
            case .read:
                reading.cells = (0..<reader.columns.count).map { reader.text($0) }
                reading.remark = reader.remark
            }
        }
        return reading
    }

    static func fetch(_ bytes: [UInt8], _ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
        guard offset < bytes.count else { return 0 }
        let count = min(bytes.count - offset, target.count)
        bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        return count
    }

    /// Rows of the file in a form.
    static func row(
        _ bytes: [UInt8], _ format: RowText.Format, _ columns: IndexColumns, path: String = "a.dcm"
    ) -> String {
        var reader = HeaderReader(columns: columns)
        var buffer = RowBuffer()
        bytes.withUnsafeBytes { file in
            guard case .read = reader.read(file, isWholeFile: true, fetch: { _, _ in 0 }) else { return }
            Array(path.utf8).withUnsafeBytes {
                RowText(format, columns: columns).append(path: $0, reader, to: &buffer)
            }
        }
        return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// What `DataSet` says of a column.
    static func expected(_ file: DICOMFile, _ name: String) -> String {
        guard let tag = Tag(keyword: name) ?? Tag(name) else { return "" }
        let set = tag.group == 2 ? file.meta : file.dataSet
        guard let element = set[tag] else { return "" }
        if case .items(let items) = element.value { return "\(items.count)" }
        return set.strings(tag).joined(separator: "\\")
    }
}
