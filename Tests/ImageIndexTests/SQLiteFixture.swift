import DICOM
import Foundation
import Testing

@testable import ImageIndex

/// A database under test in a folder of its own, fed with events as the engine makes them.
final class SQLiteFixture {
    let folder: URL
    let path: String
    var request: IndexRequest

    init(tags: [String] = [], frames: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "index-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "index.sqlite").path
        request = IndexRequest(sources: [.path("/data")], output: path)
        request.format = .sqlite
        request.unit = frames ? .frame : .instance
        var columns = frames ? IndexColumns.frames : IndexColumns.standard
        if frames { columns = try columns.adding(IndexColumns.standard.names) }
        request.columns = try columns.adding(tags)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A run: opens, writes, ends.
    @discardableResult
    func run(
        resuming: Bool = false, interrupted: Bool = false, _ events: (inout EventBytes, SQLiteRowSink) throws -> Void
    ) throws -> SQLiteRowSink {
        request.resumes = resuming
        let sink = try SQLiteRowSink(request)
        var bytes = EventBytes(names: request.columns.names)
        try events(&bytes, sink)
        try bytes.bytes.withUnsafeBytes { try sink.take(RowEvents($0)) }
        try sink.finish(isInterrupted: interrupted)
        return sink
    }

    /// All rows of a query, cells as text.
    func rows(_ sql: String) throws -> [[String]] {
        let connection = try SQLiteConnection(path, isReadOnly: true)
        let statement = try connection.prepare(sql)
        var rows: [[String]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.isNull($0) ? "NULL" : statement.text($0) })
        }
        return rows
    }

    /// The first cell of a query.
    func value(_ sql: String) throws -> String { try #require(try rows(sql).first?.first) }

    /// SQLite itself finds nothing wrong.
    func expectSound() throws {
        #expect(try rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try rows("PRAGMA foreign_key_check") == [])
        #expect(!FileManager.default.fileExists(atPath: path + "-journal"))
    }
}

/// The bytes of `RowEvents`.
struct EventBytes {
    let names: [String]
    var bytes: [UInt8] = []

    init(names: [String]) { self.names = names }

    /// A file that was read.
    mutating func file(
        _ folder: String, _ name: [UInt8], id: Int64 = -1, size: Int64 = 100, modified: Int64 = 1,
        unchanged: Bool = false
    ) {
        bytes.append(unchanged ? RowEventKind.unchanged : RowEventKind.file)
        put(id)
        put(size)
        put(modified)
        put(UInt64(7))
        put(UInt32(folder.utf8.count))
        put(UInt32(name.count))
        bytes += Array(folder.utf8) + name
    }

    mutating func file(
        _ folder: String, _ name: String, id: Int64 = -1, size: Int64 = 100, modified: Int64 = 1,
        unchanged: Bool = false
    ) { file(folder, Array(name.utf8), id: id, size: size, modified: modified, unchanged: unchanged) }

    /// A row of the file before.
    mutating func row(_ path: [UInt8], _ values: [String: String], remark: String = "") {
        cells(RowEventKind.row, [path] + names.map { Array((values[$0] ?? "").utf8) } + [Array(remark.utf8)])
    }

    mutating func row(_ path: String, _ values: [String: String], remark: String = "") {
        row(Array(path.utf8), values, remark: remark)
    }

    /// A fault of the file before.
    mutating func fault(_ path: String, _ offset: String, _ reason: String, _ text: String) {
        cells(RowEventKind.fault, [path, offset, reason, text].map { Array($0.utf8) })
    }

    /// A file with a row.
    mutating func image(_ folder: String, _ name: String, modified: Int64 = 1, _ values: [String: String]) {
        file(folder, name, modified: modified)
        row(folder + name, values)
    }

    private mutating func cells(_ kind: UInt8, _ cells: [[UInt8]]) {
        bytes.append(kind)
        put(UInt32(cells.count))
        for cell in cells { put(UInt32(cell.count)) }
        for cell in cells { bytes += cell }
    }

    private mutating func put(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// An instance as files say it.
func instance(
    _ uid: String, study: String = "1.1", series: String = "1.1.1", patient: String = "P1", name: String = "Doe^Jane",
    _ more: [String: String] = [:]
) -> [String: String] {
    [
        "SOPInstanceUID": uid, "StudyInstanceUID": study, "SeriesInstanceUID": series, "PatientID": patient,
        "PatientName": name, "Modality": "CT", "StudyDate": "20261101", "Rows": "512", "SliceThickness": "1.250",
        "InstanceNumber": "3",
    ].merging(more) { $1 }
}
