/// multipart/related (RFC 2387), as PS3.18 8.6.1.2.1 uses it.
struct Multipart: Sendable {
    /// Media type of the parts, for the parameter `type`.
    var type: String
    /// Number of parts.
    var count: Int
    /// Makes a part when its turn comes.
    var part: @Sendable (Int) async throws -> Content

    /// The answer. The first part is made before the head is sent, so that what is wrong with it is told by the status.
    func response(_ status: Int = 200) async throws -> WebResponse {
        let boundary = Multipart.newBoundary()
        let first = count > 0 ? try await part(0) : nil
        let (count, part) = (count, part)
        var size: Int?
        if count == 1, let first {
            size = Multipart.head(first, boundary).count + first.count + Multipart.tail(boundary).count
        }
        return WebResponse(
            status, contentType: "multipart/related; type=\"\(type)\"; boundary=\(boundary)",
            .stream(count: size) { sink in
                for number in 0..<count {
                    let content: Content
                    if number == 0, let first { content = first } else { content = try await part(number) }
                    try await sink.write(Multipart.head(content, boundary, isFirst: number == 0))
                    try await content.write(to: &sink)
                }
                try await sink.write(Multipart.tail(boundary))
            })
    }

    private static func head(_ content: Content, _ boundary: String, isFirst: Bool = true) -> [UInt8] {
        var text = isFirst ? "" : "\r\n"
        text += "--\(boundary)\r\nContent-Type: \(content.mediaType)\r\nContent-Length: \(content.count)\r\n"
        if !content.location.isEmpty { text += "Content-Location: \(content.location)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static func tail(_ boundary: String) -> [UInt8] { Array("\r\n--\(boundary)--\r\n".utf8) }

    /// 122 random bits: no body holds it by chance or by intent.
    private static func newBoundary() -> String {
        var random = SystemRandomNumberGenerator()
        return "hilum-" + String(random.next(), radix: 36) + String(random.next(), radix: 36)
    }
}
