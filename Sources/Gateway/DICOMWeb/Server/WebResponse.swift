/// An answer, before it is given to the HTTP server.
struct WebResponse: Sendable {
    /// HTTP status.
    var status: Int
    /// Header fields in order.
    var fields: [(name: String, value: String)]
    /// The body.
    var body: Body

    /// A body.
    enum Body: Sendable {
        /// No body.
        case none
        /// Bytes at hand.
        case bytes([UInt8])
        /// Made while it is sent; `count`: its size where that is known. What is thrown breaks the connection off, so that
        /// the client sees that the answer is not whole.
        case stream(count: Int?, @Sendable (inout any ChunkSink) async throws -> Void)
    }

    /// An answer from its parts.
    init(_ status: Int, contentType: String? = nil, _ body: Body = .none) {
        self.status = status
        fields = contentType.map { [("Content-Type", $0)] } ?? []
        self.body = body
    }

    /// An answer that says why a request is not served.
    init(_ fault: WebFault) {
        self.init(fault.status, contentType: "text/plain; charset=utf-8", .bytes(Array((fault.reason + "\n").utf8)))
        for (name, value) in fault.fields.sorted(by: { $0.key < $1.key }) { fields.append((name, value)) }
    }

    /// The first value of a header field.
    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
}

/// Takes the pieces of a body. Waits while the client does not read.
protocol ChunkSink {
    /// Sends bytes.
    mutating func write(_ bytes: [UInt8]) async throws
}
