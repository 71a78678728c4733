import Contracts
import DICOM
import Foundation
import JSONText
import Testing

@testable import DICOMWeb

/// The repository's synthetic samples, and files made by the codec.
enum Fixtures {
    static let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Samples/dicom")

    static func sample(_ name: String) -> URL { samples.appending(path: name) }

    static func allSamples() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: samples, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "dcm" }.sorted { $0.path < $1.path }
    }

    /// An image of 4 by 2 pixels a frame.
    static func image(
        syntax: String, frames: Int, bits: Int = 8, pixels: Element.Value, more: [Element] = []
    ) -> DICOMFile {
        var set = DataSet()
        set.set(.sopClassUID, .UI, text: "1.2.840.10008.5.1.4.1.1.7.2")
        set.set(.sopInstanceUID, .UI, text: "1.2.3.3")
        set.set(Tag(0x0008, 0x0060), .CS, text: "OT")
        set.set(Tag(0x0010, 0x0020), .LO, text: "P-1")
        set.set(Tag(0x0010, 0x0010), .PN, text: "Synthetic^Sample")
        set.set(.studyInstanceUID, .UI, text: "1.2.3.1")
        set.set(.seriesInstanceUID, .UI, text: "1.2.3.2")
        set.set(Tag(0x0028, 0x0002), .US, integer: 1)
        set.set(Tag(0x0028, 0x0004), .CS, text: "MONOCHROME2")
        set.set(Tag(0x0028, 0x0008), .IS, text: String(frames))
        set.set(Tag(0x0028, 0x0010), .US, integer: 2)
        set.set(Tag(0x0028, 0x0011), .US, integer: 4)
        set.set(Tag(0x0028, 0x0100), .US, integer: bits)
        for element in more { set[element.tag] = element }
        let isWide = bits > 8 || syntax == TransferSyntax.implicitLittleEndian
        set[Tag(0x7FE0, 0x0010)] = Element(Tag(0x7FE0, 0x0010), isWide ? .OW : .OB, pixels)
        return DICOMFile(dataSet: set, transferSyntax: syntax)
    }

    /// Fragments with an offset table before them.
    static func fragments(_ fragments: [[UInt8]], table: [UInt32] = []) -> Element.Value {
        let bytes = table.flatMap { offset in (0..<4).map { UInt8(truncatingIfNeeded: offset >> (8 * $0)) } }
        return .fragments([bytes[...]] + fragments.map { $0[...] })
    }

    /// The bytes of each frame by the table of a file in memory.
    static func frames(_ file: DICOMFile) async throws -> [[UInt8]] {
        let open = try InstanceFile(MemoryBytes(bytes: file.encoded()))
        var frames: [[UInt8]] = []
        for place in try FrameTable(open).frames {
            frames.append(try await bytes(Content(mediaType: "", pieces: Content.pieces(place, open.source))))
        }
        return frames
    }

    /// The bytes of a content.
    static func bytes(_ content: Content) async throws -> [UInt8] {
        var sink: any ChunkSink = Collector()
        try await content.write(to: &sink)
        return try #require((sink as? Collector)?.bytes)
    }

    /// The bytes of the body of an answer.
    static func body(_ answer: WebResponse) async throws -> [UInt8] {
        switch answer.body {
        case .none: return []
        case .bytes(let bytes): return bytes
        case .stream(let count, let write):
            var sink: any ChunkSink = Collector()
            try await write(&sink)
            let bytes = try #require((sink as? Collector)?.bytes)
            if let count { #expect(count == bytes.count, "the size told is the size sent") }
            return bytes
        }
    }

    /// The JSON of an answer.
    static func json(_ answer: WebResponse) async throws -> JSONValue { try JSONValue(parsing: try await body(answer)) }

    /// The parts of a multipart body: heads and contents.
    static func parts(_ answer: WebResponse) async throws -> [(head: String, body: [UInt8])] {
        let type = try #require(answer["Content-Type"])
        let boundary = try #require(type.split(separator: "boundary=").last)
        let body = try await body(answer)
        var parts: [(String, [UInt8])] = []
        var rest = body[...]
        let opening = Array("--\(boundary)\r\n".utf8)
        while rest.starts(with: opening) || rest.starts(with: [0x0D, 0x0A] + opening) {
            if rest.starts(with: [0x0D, 0x0A]) { rest = rest.dropFirst(2) }
            rest = rest.dropFirst(opening.count)
            let end = try #require(
                rest.indices.dropLast(3).first { rest[$0...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A]) })
            let head = String(decoding: rest[..<end], as: UTF8.self)
            let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") })
            let count = try #require(Int(line.dropFirst(16)))
            rest = rest[end...].dropFirst(4)
            parts.append((head, Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        #expect(Array(rest) == Array("\r\n--\(boundary)--\r\n".utf8), "the end of the message")
        return parts
    }

    /// A request as the server would hand it on.
    static func ask(
        _ path: String, accept: String? = nil, archive: any ImageArchive, render: PictureMaker? = nil, most: Int = 100
    ) async throws -> WebResponse {
        let mark = path.firstIndex(of: "?") ?? path.endIndex
        let query = try WebQuery(path[mark...].dropFirst())
        let call = WebCall(
            archive: archive, render: render, query: query, acceptance: try Acceptance(query: query, field: accept),
            url: "http://here/dicom-web", largestResult: most)
        return try await call.answer(try WebResource(path: path[..<mark]))
    }
}

/// Keeps what is written.
struct Collector: ChunkSink {
    var bytes: [UInt8] = []
    mutating func write(_ bytes: [UInt8]) async throws { self.bytes += bytes }
}
