import DICOM
import ImagingModel

/// Retrieve Transaction, frames (PS3.18 10.4.1.1.6).
extension WebCall {
    /// Answers with frames as they are held, in the order asked for.
    func frames(_ scope: Scope, _ numbers: [Int]) async throws -> WebResponse {
        let file = try await file(scope)
        guard let form = acceptance.frameForm(of: file.transferSyntax) else {
            throw frameFault(file.transferSyntax)
        }
        let url = url(of: file)
        let (source, places) = try await blocking {
            let open = try InstanceFile(path: file.path).plain()
            let table = try FrameTable(open)
            return (open.source, try numbers.map { number in try table.frame(number) })
        }
        let contents = zip(numbers, places).map { number, place in
            Content(
                mediaType: form.mediaType, location: "\(url)/frames/\(number)", pieces: Content.pieces(place, source))
        }
        return try await response(contents, form)
    }

    /// Contents as one multipart message, or the only one alone.
    func response(_ contents: [Content], _ form: FrameForm) async throws -> WebResponse {
        if form.isSinglePart {
            guard contents.count == 1, let only = contents.first else {
                throw WebFault.notAcceptable("several frames are given as multipart/related; ask for one, or for that")
            }
            return WebResponse(
                200, contentType: only.mediaType, .stream(count: only.count) { try await only.write(to: &$0) })
        }
        return try await Multipart(type: form.essence, count: contents.count) { contents[$0] }.response()
    }

    func frameFault(_ syntax: String) -> WebFault {
        let own = TransferSyntax(syntax).frameMediaType ?? "application/octet-stream"
        return .notAcceptable(
            TransferSyntax(syntax).isEncapsulated
                ? "frames are held compressed, \(TransferSyntax(syntax).name): ask for multipart/related; type=\"\(own)\"; transfer-syntax=*, or for …/rendered"
                : "frames are held uncompressed: ask for multipart/related; type=\"application/octet-stream\" (PS3.18 8.7.3.5)"
        )
    }
}

extension Content {
    /// The pieces of a frame.
    static func pieces(_ place: FrameTable.Place, _ source: any ByteSource) -> [Piece] {
        switch place {
        case .bytes(let ranges): ranges.map { .file(source, $0) }
        case .bits(let value, let first, let count): [.bits(source, value: value, first: first, count: count)]
        }
    }
}
