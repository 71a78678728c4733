import Contracts
import Hummingbird
import Logging
import NIOCore

/// Takes requests from the HTTP server and gives back answers.
struct WebResponder: HTTPResponder {
    let settings: DICOMWebSettings
    let archive: any ImageArchive
    let render: PictureMaker?
    let access: WebAccess
    let logger: Logger

    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let port: Int?

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            port = source.channel.localAddress?.port
        }
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        var answer: WebResponse
        do {
            answer = try await self.answer(request, context)
        } catch let fault as WebFault {
            answer = WebResponse(fault)
        } catch let fault as StoreFault {
            logger.error("DICOMweb: \(fault)")
            answer = WebResponse(.unavailable("the archive cannot answer now"))
        } catch {
            logger.error("DICOMweb: \(error)")
            answer = WebResponse(.internalError("the answer could not be made; the log says why"))
        }
        for (name, value) in crossOrigin(request) { answer.fields.append((name, value)) }
        return Response(answer, isHead: request.method == .head)
    }

    private func answer(_ request: Request, _ context: Context) async throws -> WebResponse {
        // A browser asks without the token whether it may ask with it.
        if request.method == .options {
            var answer = WebResponse(204)
            answer.fields = [("Allow", "GET, HEAD, OPTIONS")]
            return answer
        }
        let authority = request.head.authority
        if let refusal = access.refusal(authorization: request.headers[.authorization], authority: authority) {
            throw refusal
        }
        guard request.method == .get || request.method == .head else {
            throw WebFault(
                status: 405,
                reason: "instances are stored here by C-STORE, not over the web; only GET and HEAD are served",
                fields: ["Allow": "GET, HEAD, OPTIONS"])
        }
        let target = request.uri.string
        guard target.utf8.count <= 16_384 else {
            throw WebFault(status: 414, reason: "the URL is longer than 16384 bytes")
        }
        let mark = target.firstIndex(of: "?")
        let path = target[..<(mark ?? target.endIndex)]
        let query = try WebQuery(mark.map { target[$0...].dropFirst() } ?? "")
        guard path.hasPrefix(settings.basePath) else {
            throw WebFault.notFound("resources are below \(settings.basePath)/studies")
        }
        let rest = path.dropFirst(settings.basePath.count)
        guard rest.isEmpty || rest.hasPrefix("/") else {
            throw WebFault.notFound("resources are below \(settings.basePath)/studies")
        }
        let call = WebCall(
            archive: archive, render: render, query: query,
            acceptance: try Acceptance(query: query, field: request.headers[values: .accept].joined(separator: ",")),
            url: url(authority, context.port), largestResult: settings.largestResult)
        let resource = try WebResource(path: rest)
        let answer = try await call.answer(resource)
        if let tag = answer["ETag"], ETag.matches(request.headers[.ifNoneMatch], tag) {
            var unchanged = WebResponse(304)
            unchanged.fields = [("ETag", tag)]
            return unchanged
        }
        return answer
    }

    /// The URL by which the client came, so that the URLs in answers lead back here.
    private func url(_ authority: String?, _ port: Int?) -> String {
        if !settings.publicURL.isEmpty {
            return settings.publicURL.hasSuffix("/") ? String(settings.publicURL.dropLast()) : settings.publicURL
        }
        let isClean = authority?.utf8.allSatisfy { byte in
            (0x30...0x3A).contains(byte) || (0x41...0x5B).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        guard var authority, isClean ?? false, !authority.isEmpty else { return settings.basePath }
        // Some clients leave the port out. A name without one is that of a proxy; an address is ours.
        if let port, authority == "localhost" || authority.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
        {
            authority += ":\(port)"
        }
        return (settings.tls == nil ? "http://" : "https://") + authority + settings.basePath
    }

    private func crossOrigin(_ request: Request) -> [(String, String)] {
        guard let origin = request.headers[.origin] else { return [] }
        let isAny = settings.allowedOrigins.contains("*")
        guard isAny || settings.allowedOrigins.contains(origin) else { return [] }
        return [
            ("Access-Control-Allow-Origin", isAny ? "*" : origin), ("Vary", "Origin"),
            ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
            ("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type"),
            ("Access-Control-Expose-Headers", "Content-Location, ETag, Warning"), ("Access-Control-Max-Age", "600"),
        ]
    }
}

extension Response {
    /// An answer as the server sends it. To HEAD, everything but the body.
    init(_ answer: WebResponse, isHead: Bool) {
        typealias Field = HTTPFields.Element
        var headers = HTTPFields()
        for (name, value) in answer.fields {
            if let name = Field.Name(name) { headers.append(Field(name: name, value: value)) }
        }
        // What is told about patients stays out of caches that others share.
        if headers[.cacheControl] == nil { headers[.cacheControl] = "private, max-age=60" }
        let body: ResponseBody
        switch answer.body {
        case .none: body = ResponseBody()
        case .bytes(let bytes): body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let count, let write):
            body = ResponseBody(contentLength: count) { writer in
                var sink: any ChunkSink = WriterSink(writer: writer)
                try await write(&sink)
                try await writer.finish(nil)
            }
        }
        if isHead {
            if let count = body.contentLength { headers[.contentLength] = String(count) }
            self.init(status: .init(code: answer.status), headers: headers, body: ResponseBody())
        } else {
            self.init(status: .init(code: answer.status), headers: headers, body: body)
        }
    }
}

/// Hands pieces to the server, which waits while the client does not read.
private struct WriterSink: ChunkSink {
    var writer: any ResponseBodyWriter

    mutating func write(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }
}
