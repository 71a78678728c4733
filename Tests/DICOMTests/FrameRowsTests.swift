import DICOM
import Testing

/// Rows of frames are written from what the row before has in common with them: the same as without that.
@Suite("Rows of frames")
struct FrameRowsTests {
    /// Frames that say the same, something else, something longer, nothing, and what forms have to escape.
    private static func image(_ salt: Int) -> DataSet {
        var set = HeaderFramesTests.image(frames: 1)
        set.set(.sopInstanceUID, .UI, text: "1.2.3.\(salt)")
        set.set(.patientID, .LO, text: salt % 2 == 0 ? "=1,\"2\"" : "P\(salt)")
        set.set(.numberOfFrames, .IS, text: "60")
        set.set(Tag(0x5200, 0x9230), items: (1...60).map { item($0, salt) })
        return set
    }

    private static func item(_ number: Int, _ salt: Int) -> DataSet {
        let kind = number / 4 % 5
        var content = DataSet()
        content.set(Tag(0x0020, 0x9056), .SH, text: ["1", "a,b", "\"\\\u{1}", "=x", "1"][kind])
        content.set(Tag(0x0020, 0x9157), .UL, numbers: Array(repeating: Double(kind), count: 1 + kind * 5))
        if kind != 3 { content.set(Tag(0x0018, 0x9220), .FD, numbers: [Double(number / 3) / 7]) }
        content.set(Tag(0x0020, 0x9453), .LO, text: String(repeating: "x", count: kind * 16 + number % 3))
        var diffusion = DataSet()
        var gradient = DataSet()
        gradient.set(
            Tag(0x0018, 0x9089), .FD,
            numbers: kind == 2 ? [-Double.infinity, .nan, -0.0] : [Double(kind), 1e-7, -1e22 / Double(salt)])
        diffusion.set(Tag(0x0018, 0x9076), items: [gradient])
        diffusion.set(Tag(0x0018, 0x9087), .FD, numbers: [kind == 4 ? -Double.infinity : 1000])
        var position = DataSet()
        position.set(.imagePositionPatient, .DS, text: "-100\\-120.5\\\(number / 2)")
        var item = DataSet()
        item.set(Tag(0x0020, 0x9111), items: [content])
        item.set(Tag(0x0018, 0x9117), items: [diffusion])
        if kind != 1 { item.set(Tag(0x0020, 0x9113), items: [position]) }
        return item
    }

    /// Rows of each frame, by what `text` gives for it.
    private static func rows(
        _ set: DataSet, _ reader: inout HeaderReader, path: [UInt8], _ text: (Int) -> RowText
    ) -> [String] {
        let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
        return bytes.prefix(2000).withUnsafeBytes { prefix in
            let fetch: (Int, UnsafeMutableRawBufferPointer) -> Int = { HeaderReading.fetch(bytes, $0, $1) }
            #expect(reader.read(prefix, isWholeFile: false, fetch: fetch) == .read)
            var rows: [String] = []
            var buffer = RowBuffer(capacity: 64)
            let end = reader.readFrames(fetch: fetch) { frame in
                path.withUnsafeBytes { text(rows.count).append(path: $0, frame, to: &buffer) }
                rows.append(buffer.withBytes { String(decoding: $0, as: UTF8.self) })
                // Some rows behind others, as in a run.
                if rows.count % 7 == 0 { buffer.removeAll() }
            }
            #expect(end == .read)
            return rows
        }
    }

    @Test("what was written before is only used where it is the same", arguments: [RowText.Format.ndjson, .csv, .tsv])
    func alike(_ format: RowText.Format) throws {
        let columns = try IndexColumns.frames.adding([
            "FrameContentSequence/FrameLabel", "PatientID", "FrameContentSequence/StackID",
        ])
        let text = RowText(format, columns: columns)
        var reader = HeaderReader(columns: columns)
        var other = HeaderReader(columns: columns)
        for (place, path) in ["/a/1.dcm", "/a/2.dcm", "/a/2.dcm", "/b/\u{FF}, \"c\""].enumerated() {
            let set = Self.image(place + 1)
            var path = Array(path.utf8)
            if place == 3 { path.append(0xFF) }
            let rows = Self.rows(set, &reader, path: path) { _ in text }
            // A form that writes for the first time knows no row before.
            let alone = Self.rows(set, &other, path: path) { _ in RowText(format, columns: columns) }
            #expect(rows.count == 60)
            #expect(rows == alone)
        }
    }

    @Test("two forms and two paths in turn")
    func turns() throws {
        let columns = IndexColumns.frames
        let forms = [RowText(.csv, columns: columns), RowText(.ndjson, columns: columns)]
        var reader = HeaderReader(columns: columns)
        var other = HeaderReader(columns: columns)
        let set = Self.image(5)
        let rows = Self.rows(set, &reader, path: [0x61]) { forms[$0 / 3 % 2] }
        let alone = Self.rows(set, &other, path: [0x61]) {
            RowText($0 / 3 % 2 == 0 ? .csv : .ndjson, columns: columns)
        }
        #expect(rows == alone)
    }

    @Test("a cell is appended as it is given")
    func cells() throws {
        let columns = try HeaderFramesTests.columns().adding(["StudyDate", "Rows", "FloatPixelPaddingValue"])
        var set = Self.image(2)
        set.set(Tag(0x0008, 0x0020), .DA, text: "20240101 ")
        set.set(Tag(0x0028, 0x0010), .US, numbers: [512])
        let bytes = DICOMFile(dataSet: set, transferSyntax: TransferSyntax.explicitLittleEndian).encoded()
        var reader = HeaderReader(columns: columns)
        bytes.withUnsafeBytes { whole in
            #expect(reader.read(whole, isWholeFile: true) { _, _ in 0 } == .read)
            var filled = 0
            _ = reader.readFrames(fetch: { _, _ in 0 }) { frame in
                for column in -1...columns.count {
                    var buffer = RowBuffer(capacity: 0)
                    buffer.append(7 as UInt8)
                    let count = buffer.append(cell: column, of: frame)
                    buffer.withBytes { bytes in
                        #expect(String(decoding: bytes.dropFirst(), as: UTF8.self) == frame.text(column))
                        #expect(bytes.count == count + 1 && bytes.first == 7)
                    }
                    var visited = ""
                    frame.visitCell(column) { visited = String(decoding: $0, as: UTF8.self) }
                    #expect(visited == frame.text(column))
                    if count > 0 { filled += 1 }
                }
            }
            #expect(filled > 60 * 10)
        }
    }

    @Test("a number is stored over bytes that are there only")
    func store() {
        var buffer = RowBuffer()
        buffer.append([1, 2, 3, 4, 5])
        for offset in [-1, 2, 5, Int.max, Int.min] { buffer.store(0, at: offset) }
        buffer.withBytes { #expect(Array($0) == [1, 2, 3, 4, 5]) }
        buffer.store(0x0102_0304, at: 1)
        buffer.withBytes { #expect(Array($0) == [1, 4, 3, 2, 1]) }
    }
}
