import DICOM
import Synchronization

/// The header reader on any bytes: whole, and as a prefix with the rest to be fetched; the fast path against whole reading; rows
/// in every form; frames. What all ways can read they read alike.
func fuzzDICOMHeader(_ bytes: UnsafeRawBufferPointer) {
    let given = [UInt8](bytes)
    let readers = idle.withLock { $0.popLast() } ?? Readers()
    defer { idle.withLock { $0.append(readers) } }
    let preamble = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
    // Most mutations spoil File Meta Information: the same bytes behind a good one as well.
    for file in [
        given, preamble + meta("1.2.840.10008.1.2.1\0") + given, preamble + meta("1.2.840.10008.1.2\0") + given,
    ] {
        compareHeaders(file, readers)
        exerciseFrames(file, readers)
    }
}

/// Says what does not hold in optimised builds too.
private func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
}

private func meta(_ syntax: String) -> [UInt8] {
    let bytes = Array(syntax.utf8)
    return [2, 0, 0x10, 0, 0x55, 0x49, UInt8(bytes.count), 0] + bytes
}

private let headerNames = [
    "TransferSyntaxUID", "SpecificCharacterSet", "SOPInstanceUID", "StudyDate", "AccessionNumber", "PatientName",
    "PatientID", "StudyInstanceUID", "Rows", "PixelSpacing", "ReferencedSeriesSequence", "ImageComments",
    "SmallestImagePixelValue", "00091001", "0009,\"HILUM TEST\",01", "ReferencedSeriesSequence/PatientID",
    "ContentSequence[2]/PatientName",
]

private func columns(_ more: [String] = []) -> IndexColumns {
    (try? IndexColumns(headerNames + more)) ?? .standard
}

private let fastColumns = columns()
/// A private sequence that no file has is looked for by whole reading only.
private let slowColumns = columns(["0029,\"HILUM: NO SUCH CREATOR\",01/00100020"])
private let frameColumns =
    (try? IndexColumns.frames.adding(["FrameAnatomySequence/AnatomicRegionSequence/CodeValue"])) ?? .frames
private let formats: [RowText] = [
    RowText(.ndjson, columns: fastColumns), RowText(.dicomJSON, columns: fastColumns),
    RowText(.csv, columns: fastColumns), RowText(.tsv, columns: fastColumns),
]

private struct HeaderResult {
    var outcome: HeaderOutcome
    var cells: [String]
    var remark: String
}

private func read(_ file: [UInt8], _ reader: inout HeaderReader, prefix: Int) -> HeaderResult {
    // A copy of its own, so that a sanitizer sees a read beyond it.
    let first = Array(file.prefix(prefix))
    var calls = 0
    return first.withUnsafeBytes { buffer in
        let outcome = reader.read(buffer, isWholeFile: first.count == file.count) { offset, target in
            calls += 1
            check(calls < 100_000, "fetches without end")
            return fetch(file, offset, target)
        }
        guard case .read = outcome else { return HeaderResult(outcome: outcome, cells: [], remark: "") }
        if first.count == file.count, reader.columns.count == fastColumns.count { writeRows(reader) }
        return HeaderResult(
            outcome: outcome, cells: (0..<fastColumns.count).map { reader.text($0) }, remark: reader.remark)
    }
}

private func fetch(_ file: [UInt8], _ offset: Int, _ target: UnsafeMutableRawBufferPointer) -> Int {
    check(offset >= 0, "before the file")
    guard offset < file.count else { return 0 }
    let count = min(file.count - offset, target.count)
    file.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    return count
}

private func writeRows(_ reader: borrowing HeaderReader) {
    var buffer = RowBuffer(capacity: 64)
    for row in formats {
        [0x61, 0x22, 0xFF].withUnsafeBytes { row.append(path: $0, reader, to: &buffer) }
        buffer.withBytes { bytes in
            if row.format != .csv {
                check(bytes.dropLast().allSatisfy { $0 >= 0x20 || $0 == 0x09 && row.format == .tsv }, "control")
            }
            check(bytes.last == 0x0A, "no end of line")
            check(String(validating: bytes, as: UTF8.self) != nil, "not UTF-8")
        }
        buffer.removeAll()
    }
}

private let idle = Mutex<[Readers]>([])

/// Readers are used for file after file, as they are meant to be: what is left of one may not show in the next.
private final class Readers: @unchecked Sendable {
    var fast = HeaderReader(columns: fastColumns)
    var slow = HeaderReader(columns: slowColumns)
    var frames = HeaderReader(columns: frameColumns)
    var buffer = RowBuffer(capacity: 64)
}

private func compareHeaders(_ file: [UInt8], _ readers: Readers) {
    let quick = read(file, &readers.fast, prefix: file.count)
    let whole = read(file, &readers.slow, prefix: file.count)
    switch (quick.outcome, whole.outcome) {
    case (.read, .read):
        check(quick.cells == whole.cells, "fast and slow path differ: \(quick.cells) \(whole.cells)")
        check(quick.remark == whole.remark, "remarks differ: \(quick.remark) \(whole.remark)")
    case (.fault, .read): fatalError("whole reading reads what the fast path does not")
    default: break
    }
    for prefix in [file.count / 2, file.count * 3 / 4, 160] where prefix < file.count {
        let part = read(file, &readers.fast, prefix: prefix)
        // A file out of order is read as far as the bytes at hand go.
        guard case .read = part.outcome, case .read = quick.outcome, !quick.remark.contains("out of order") else {
            continue
        }
        check(part.cells == quick.cells, "prefix \(prefix): \(part.cells) \(quick.cells)")
    }
}

private let frameRow = RowText(.csv, columns: frameColumns)

private func exerciseFrames(_ file: [UInt8], _ readers: Readers) {
    for prefix in [file.count, min(200, file.count)] {
        let first = Array(file.prefix(prefix))
        first.withUnsafeBytes { bytes in
            let isWhole = prefix == file.count
            let outcome = readers.frames.read(bytes, isWholeFile: isWhole) { fetch(file, $0, $1) }
            guard case .read = outcome else { return }
            var rows = 0
            _ = readers.frames.readFrames(fetch: { isWhole ? 0 : fetch(file, $0, $1) }) { reader in
                rows += 1
                if rows < 20 {
                    frameRow.append(path: UnsafeRawBufferPointer(start: nil, count: 0), reader, to: &readers.buffer)
                }
                readers.buffer.removeAll()
            }
            check(rows <= max(file.count, 1), "more frames than bytes")
        }
    }
}
