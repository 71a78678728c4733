import DICOM
import JSONText
import NIOCore
import NIOPosix
import Synchronization

@testable import Delivery

/// A DICOMweb server that takes store requests as a closure says.
final class STOWServer: Sendable {
    struct Request: Sendable {
        var target: String
        var contentType: String
        var authorization: String
        var accept: String
        var length: String
        /// Bodies of the parts.
        var parts: [[UInt8]]
        /// SOP Instance UIDs in them, where they can be read.
        var instances: [String]
    }
    struct Answer: Sendable {
        var status: Int
        var headers = ""
        var body: [UInt8] = []
        /// Close without an answer.
        var drops = false
    }
    private let requests = Mutex<[Request]>([])
    private let answer: @Sendable (Request, Int) -> Answer
    private let channel = Mutex<(any Channel)?>(nil)

    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) { self.answer = answer }

    var received: [Request] { requests.withLock { $0 } }

    /// - Returns: the port.
    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async { try? await channel.withLock { $0 }?.close() }

    /// All stored but those that `fails` gives a reason for.
    static func stored(_ request: Request, status: Int = 200, fails: (String) -> UInt16? = { _ in nil }) -> Answer {
        var response = DataSet()
        func items(_ uids: [String], _ change: (String, inout DataSet) -> Void) -> [DataSet] {
            uids.map { uid in
                var item = DataSet()
                item.set(.referencedSOPInstanceUID, .UI, text: uid)
                change(uid, &item)
                return item
            }
        }
        response.set(.referencedSOPSequence, items: items(request.instances.filter { fails($0) == nil }) { _, _ in })
        let failed = items(request.instances.filter { fails($0) != nil }) { uid, item in
            item.set(.failureReason, .US, integer: Int(fails(uid) ?? 0))
        }
        if !failed.isEmpty { response.set(.failedSOPSequence, items: failed) }
        return Answer(status: status, body: response.json().serialized())
    }

    fileprivate func take(_ request: HTTPRequestReader.Request) -> Answer {
        let type = request.header("content-type")
        let boundary = type.components(after: "boundary=")
        let parts = STOWServer.parts(request.body, boundary: boundary)
        let instances = parts.compactMap { part -> String? in
            (try? DICOMFile.read(part))?.dataSet.string(.sopInstanceUID)
        }
        let request = Request(
            target: "\(request.method) \(request.target)", contentType: type,
            authorization: request.header("authorization"), accept: request.header("accept"),
            length: request.header("content-length"), parts: parts, instances: instances)
        let number = requests.withLock { requests in
            requests.append(request)
            return requests.count
        }
        return answer(request, number)
    }

    /// Bodies of the parts of a multipart body (RFC 2046 5.1.1); empty when it is none.
    private static func parts(_ body: [UInt8], boundary: String) -> [[UInt8]] {
        let delimiter = Array("\r\n--\(boundary)".utf8)
        var parts: [[UInt8]] = []
        var text = Array("\r\n".utf8) + body
        while let start = text.first(of: delimiter) {
            text.removeFirst(start + delimiter.count)
            if text.starts(with: Array("--".utf8)) { return parts }
            guard let head = text.first(of: Array("\r\n\r\n".utf8)), let end = text.first(of: delimiter) else {
                return []
            }
            parts.append(Array(text[(head + 4)..<end]))
        }
        return []
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var reader = HTTPRequestReader()
        private let server: STOWServer

        init(server: STOWServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            reader.receive(unwrapInboundIn(data).readableBytesView)
            while let request = try? reader.next() {
                let answer = server.take(request)
                if answer.drops { return context.close(promise: nil) }
                var response = ByteBuffer(
                    string: """
                        HTTP/1.1 \(answer.status) Said\r\nContent-Type: application/dicom+json\r\n\
                        Content-Length: \(answer.body.count)\r\n\(answer.headers)\r\n
                        """)
                response.writeBytes(answer.body)
                context.writeAndFlush(wrapOutboundOut(response), promise: nil)
            }
        }
    }
}

extension String {
    fileprivate func components(after word: String) -> String {
        guard let start = firstRange(of: word)?.upperBound else { return "" }
        return String(self[start...].prefix { $0 != ";" })
    }

    private func firstRange(of word: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(word) { return at..<index(at, offsetBy: word.count) }
            at = index(after: at)
        }
        return nil
    }
}

extension [UInt8] {
    fileprivate func first(of word: [UInt8]) -> Int? {
        guard let head = word.first, count >= word.count else { return nil }
        var at = 0
        while let next = self[at...].firstIndex(of: head), next + word.count <= count {
            if self[next..<(next + word.count)].elementsEqual(word) { return next }
            at = next + 1
        }
        return nil
    }
}
