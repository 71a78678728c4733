/// The query parameters of a picture (PS3.18 8.3.5).
struct RenderingQuery: Sendable, Equatable {
    /// Pixels across at most; nil: as the image has.
    var width: Int?
    /// Pixels down at most; nil: as the image has.
    var height: Int?
    /// Window.
    var window: RenderRequest.Window?
    /// Format.
    var format: RenderRequest.Format

    /// Most pixels of a side.
    static let largestSide = 16_384

    /// Reads them. `annotation`, `quality`, `iccprofile` are optional to obey and are passed over.
    init(_ query: WebQuery, _ acceptance: Acceptance) throws(WebFault) {
        guard let found = acceptance.pictureFormat else {
            throw .notAcceptable("pictures are made as image/jpeg and image/png (PS3.18 8.7.4)")
        }
        format = found
        if let text = query["viewport"] {
            // PS3.18 8.3.5.1.4: vw,vh[,sx,sy,sw,sh]; parts of an image are not cut out.
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = parts.prefix(2).map { Int($0) }
            guard parts.count >= 2, let width = numbers[0], let height = numbers[1],
                (1...RenderingQuery.largestSide).contains(width), (1...RenderingQuery.largestSide).contains(height)
            else { throw .badRequest("viewport=\(WebResource.printable(text)): WIDTH,HEIGHT in pixels") }
            guard parts.dropFirst(2).allSatisfy(\.isEmpty) else {
                throw .badRequest(
                    "viewport=\(WebResource.printable(text)): parts of an image are not cut out here, only WIDTH,HEIGHT"
                )
            }
            (self.width, self.height) = (width, height)
        }
        if let text = query["window"] { window = try RenderingQuery.window(text) }
    }

    /// PS3.18 8.3.5.1.3: centre,width,function.
    private static func window(_ text: String) throws(WebFault) -> RenderRequest.Window {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let center = Double(parts[0]), let width = Double(parts[1]),
            center.isFinite, width.isFinite, abs(center) < 1e9, width >= 1, width < 1e9,
            parts.count == 2 || ["linear", "linear-exact"].contains(parts[2].lowercased())
        else { throw .badRequest("window=\(WebResource.printable(text)): CENTRE,WIDTH,linear") }
        return RenderRequest.Window(center: center, width: width)
    }
}

extension Acceptance {
    /// The picture format that the client likes best, in whatever wrapping.
    var pictureFormat: RenderRequest.Format? {
        for range in ranges {
            let part = range.isMultipart ? range.parameters["type"].flatMap { MediaType($0) } : range
            if let format = RenderRequest.Format.allCases.first(where: { part?.covers($0.mediaType) ?? true }) {
                return format
            }
        }
        return nil
    }
}
