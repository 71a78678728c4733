import DICOM
import ImagingModel

/// Retrieve Transaction, rendered and thumbnail resources (PS3.18 10.4.1.1.3, 10.4.1.1.4).
extension WebCall {
    /// Pixels of a side of a thumbnail, unless `viewport` says otherwise.
    static let thumbnailSide = 128
    /// Most pictures in one answer.
    static let mostPictures = 500

    /// Answers with pictures: the frames asked for, else the first frame of each image of the scope. One picture goes alone,
    /// several as multipart/related.
    func rendered(_ scope: Scope, frames: [Int]) async throws -> WebResponse {
        let wanted = try RenderingQuery(query, acceptance)
        let images = try await images(scope)
        let requests: [RenderRequest]
        if let only = images.first, scope.instance != nil {
            requests = (frames.isEmpty ? [1] : frames).map { WebCall.request(only, frame: $0, wanted) }
        } else {
            requests = images.map { WebCall.request($0, frame: 1, wanted) }
        }
        guard requests.count <= WebCall.mostPictures else {
            throw WebFault(
                status: 413,
                reason:
                    "\(requests.count) pictures in one answer: at most \(WebCall.mostPictures); ask by series or instance"
            )
        }
        let maker = try maker()
        if requests.count == 1, let only = requests.first {
            return WebResponse.picture(try await WebCall.picture(only, maker))
        }
        return try await Multipart(type: wanted.format.mediaType, count: requests.count) { number in
            let picture = try await WebCall.picture(requests[number], maker)
            return Content(mediaType: picture.contentType, pieces: [.bytes(picture.bytes)])
        }.response()
    }

    /// Answers with a small picture of the frame, the instance, or the middle image of the series or study.
    func thumbnail(_ scope: Scope, frames: [Int]) async throws -> WebResponse {
        var wanted = try RenderingQuery(query, acceptance)
        wanted.width = wanted.width ?? WebCall.thumbnailSide
        wanted.height = wanted.height ?? WebCall.thumbnailSide
        let images = try await images(scope)
        let image = images[images.count / 2]
        let frame = frames.first ?? max(1, ((image.instance.frames ?? 1) + 1) / 2)
        return WebResponse.picture(try await WebCall.picture(WebCall.request(image, frame: frame, wanted), try maker()))
    }

    /// Instances of the scope that have pixels and a file.
    private func images(_ scope: Scope) async throws -> [ArchivedInstance] {
        _ = try await files(scope)
        var query = ImageQuery(.instance)
        query.keys[.studyInstanceUID] = .uids([scope.study])
        if let series = scope.series { query.keys[.seriesInstanceUID] = .uids([series]) }
        if let instance = scope.instance { query.keys[.sopInstanceUID] = .uids([instance]) }
        query.limit = WebCall.mostPictures + 1
        let images = try await archive.instances(query).filter { !$0.file.path.isEmpty && $0.instance.rows != nil }
        guard !images.isEmpty else {
            throw WebFault.notFound("there are no pictures of \(scope.name): it has no pixels")
        }
        return images
    }

    private static func request(_ image: ArchivedInstance, frame: Int, _ wanted: RenderingQuery) -> RenderRequest {
        RenderRequest(
            path: image.file.path, frame: frame, width: wanted.width, height: wanted.height, format: wanted.format,
            window: wanted.window)
    }

    private func maker() throws(WebFault) -> PictureMaker {
        guard let render else {
            throw WebFault(status: 501, reason: "pictures are not made here: the DICOM driver is not running")
        }
        return render
    }

    private static func picture(_ request: RenderRequest, _ maker: PictureMaker) async throws -> RenderedPicture {
        do {
            return try await maker(request)
        } catch let fault as RenderFault {
            throw fault.code == .impossible ? WebFault.notFound(fault.reason) : WebFault.unavailable(fault.reason)
        }
    }
}

extension WebResponse {
    /// A picture alone.
    static func picture(_ picture: RenderedPicture) -> WebResponse {
        WebResponse(200, contentType: picture.contentType, .bytes(picture.bytes))
    }
}
