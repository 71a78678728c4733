import DICOM
import ImagingModel

/// Retrieve Transaction, bulk data (PS3.18 10.4.1.1.5).
extension WebCall {
    /// Answers with the value of an element: its bytes in little endian; frames where pixel data are compressed.
    func bulkdata(_ scope: Scope, _ path: [String]) async throws -> WebResponse {
        let file = try await file(scope)
        let steps = try WebCall.steps(path)
        let url = url(of: file) + "/bulkdata/" + path.joined(separator: "/")
        if steps == [.element(Tag(0x7FE0, 0x0010))], TransferSyntax(file.transferSyntax).isEncapsulated {
            return try await compressed(file, url)
        }
        let (pieces, mediaType) = try await blocking { try Content.value(InstanceFile(path: file.path).plain(), steps) }
        let offered = ["application/octet-stream"] + (mediaType.isEmpty ? [] : [mediaType])
        for range in acceptance.ranges {
            let part = range.isMultipart ? range.parameters["type"].flatMap { MediaType($0) } : nil
            if range.coversMultipart, let found = offered.first(where: { part?.covers($0) ?? true }) {
                let content = Content(mediaType: found, location: url, pieces: pieces)
                return try await Multipart(type: found, count: 1) { _ in content }.response()
            }
            if let found = offered.first(where: range.covers) {
                let content = Content(mediaType: found, location: url, pieces: pieces)
                return WebResponse(
                    200, contentType: found, .stream(count: content.count) { try await content.write(to: &$0) })
            }
        }
        throw WebFault.notAcceptable("bulk data are given as \(offered.joined(separator: ", ")) (PS3.18 8.7.3.5)")
    }

    private func compressed(_ file: ArchivedFile, _ url: String) async throws -> WebResponse {
        guard let form = acceptance.frameForm(of: file.transferSyntax) else { throw frameFault(file.transferSyntax) }
        let contents = try await blocking {
            let open = try InstanceFile(path: file.path)
            return try FrameTable(open).frames.map { place in
                Content(mediaType: form.mediaType, location: url, pieces: Content.pieces(place, open.source))
            }
        }
        return try await response(contents, form)
    }

    /// A step of the path of an element.
    enum Step: Equatable {
        /// An element.
        case element(Tag)
        /// An item of the sequence, from 1, as PS3.18 annex F counts them.
        case item(Int)
    }

    /// Deepest path that is followed.
    static let deepestPath = 64

    private static func steps(_ path: [String]) throws(WebFault) -> [Step] {
        guard path.count % 2 == 1, path.count <= deepestPath else {
            throw .badRequest("the path of an element is TAG, or TAG/ITEM/TAG with items from 1")
        }
        var steps: [Step] = []
        for (place, word) in path.enumerated() {
            if place % 2 == 0 {
                guard word.utf8.count == 8, let tag = Tag(word) else {
                    throw .badRequest("\(WebResource.printable(word)) is no tag: eight hexadecimal digits")
                }
                steps.append(.element(tag))
            } else {
                guard let item = Int(word), (1..<1_000_000).contains(item) else {
                    throw .badRequest("\(WebResource.printable(word)) is no number of an item")
                }
                steps.append(.item(item))
            }
        }
        return steps
    }
}

extension Content {
    /// The value of an element, and its media type where the instance says it (encapsulated documents, PS3.3 C.24.2).
    static func value(_ file: InstanceFile, _ steps: [WebCall.Step]) throws(WebFault) -> ([Piece], String) {
        let header = try InstanceHeader(file)
        guard case .element(let first)? = steps.first else { throw missing }
        // What the device wrote goes into a header field only if it is a media type.
        let stated = first == .encapsulatedDocument ? header.dataSet.string(.mimeTypeOfEncapsulatedDocument) ?? "" : ""
        let isToken = stated.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.+-/".utf8.contains($0) }
        let mediaType = isToken ? MediaType(stated)?.essence ?? "" : ""
        if steps.count == 1, let place = header.bulk[first], let length = place.length {
            return ([.file(file.source, place.value..<place.value + length)], mediaType)
        }
        var set = header.dataSet
        var tag = first
        for step in steps.dropFirst() {
            switch step {
            case .item(let number):
                let items = set.items(tag)
                guard items.indices.contains(number - 1) else { throw missing }
                set = items[number - 1]
            case .element(let next): tag = next
            }
        }
        guard let bytes = set.bytes(tag) else { throw missing }
        return ([.bytes(bytes)], mediaType)
    }

    private static var missing: WebFault { .notFound("the instance has no such element with a value of bytes") }
}
