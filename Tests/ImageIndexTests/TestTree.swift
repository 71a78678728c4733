import DICOM
import Foundation
import ImageIndex

/// A folder of its own, removed at the end.
final class TestTree: Sendable {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "hilum-index-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { root + "/" + name }

    /// Makes a folder.
    func folder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    /// Makes a file, and the folders above it.
    func file(_ name: String, _ bytes: [UInt8]) throws {
        let path = path(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// A request for one of its folders, with output `out` and errors `errors.csv` beside the folder.
    func request(_ source: String = "in", output: String = "out") -> IndexRequest {
        var request = IndexRequest(sources: [.path(path(source))], output: path(output))
        request.errors = path("errors.csv")
        return request
    }

    /// Rows of NDJSON, as written.
    func rows(_ name: String = "out") throws -> [[String: String]] {
        try String(decoding: bytes(name), as: UTF8.self).split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String] ?? [:]
        }
    }

    /// Paths of the rows, below the root, sorted.
    func paths(_ name: String = "out") throws -> [String] {
        try rows(name).compactMap { $0["Path"] }.map { String($0.dropFirst(root.count + 1)) }.sorted()
    }

    /// Lines of the errors file without its head: path below the root, offset, reason (no cell has a comma before the text).
    func errors() throws -> [(path: String, offset: String, reason: String)] {
        try String(decoding: bytes("errors.csv"), as: UTF8.self).split(separator: "\r\n").dropFirst().map { line in
            let cells = line.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            return (
                cells[0].hasPrefix(root) ? String(cells[0].dropFirst(root.count + 1)) : cells[0], cells[1], cells[2]
            )
        }
    }

    /// Path and reason of each error, sorted.
    func reasons() throws -> [String] { try errors().map { "\($0.path) \($0.reason)" }.sorted() }
}

/// Small DICOM files.
enum TestImage {
    /// A file of an instance: study and series by number.
    static func file(_ instance: Int, study: Int = 1, series: Int = 1, modality: String = "CT", filler: Int = 0)
        -> [UInt8]
    {
        var data = DataSet()
        data.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.2")
        data.set(.sopInstanceUID, .UI, text: "1.2.826.0.1.3680043.10.\(study).\(series).\(instance)")
        data.set(.modality, .CS, text: modality)
        data.set(.patientID, .LO, text: "P\(study)")
        data.set(.studyInstanceUID, .UI, text: "1.2.826.0.1.3680043.10.\(study)")
        data.set(.seriesInstanceUID, .UI, text: "1.2.826.0.1.3680043.10.\(study).\(series)")
        data.set(Tag(0x0020_0013), .IS, text: "\(instance)")
        // Before Rows and Columns: a header longer than what is read at first.
        if filler > 0 { data.set(Tag(0x0021_1001), .UN, bytes: [UInt8](repeating: 7, count: filler)) }
        data.set(Tag(0x0028_0010), .US, integer: 64)
        data.set(Tag(0x7FE0_0010), .OW, bytes: [UInt8](repeating: 0, count: 128))
        return DICOMFile(dataSet: data, transferSyntax: "1.2.840.10008.1.2.1").encoded()
    }
}

/// Runs a request and gives its summary.
func index(_ request: IndexRequest) throws -> IndexSummary { try IndexRun(request).run() }
