import FHIR
import JSONText
import NIOCore

/// The far end of an HTTP connection: takes FHIR R4 transactions.
final class HTTPReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: EMRReceiver
    private var reader = HTTPRequestReader()
    private var hasSaidContinue = false

    init(receiver: EMRReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.receive(unwrapInboundIn(data).readableBytesView)
        while true {
            let request: HTTPRequestReader.Request?
            do { request = try reader.next() } catch {
                let body = HTTPReceiverHandler.outcome("structure", error.problem)
                return send(status: error.status, body: body, headers: "", after: .zero, thenClose: true, context)
            }
            guard let request else {
                if reader.expectsContinue, !hasSaidContinue {
                    hasSaidContinue = true
                    let leave = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
                    context.writeAndFlush(wrapOutboundOut(leave), promise: nil)
                }
                return
            }
            hasSaidContinue = false
            answer(request, context: context)
        }
    }

    private func answer(_ request: HTTPRequestReader.Request, context: ChannelHandlerContext) {
        if request.method == "GET", request.target.hasSuffix("/metadata") {
            return send(
                status: 200, body: HTTPReceiverHandler.capabilities, headers: "", after: .zero, thenClose: false,
                context)
        }
        let (number, behaviour) = receiver.next()
        func every(_ count: Int) -> Bool { count > 0 && number % count == 0 }
        let peer = context.remoteAddress.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? ""
        func tell(_ answer: String) {
            receiver.tell(
                .init(
                    way: .http, bytes: request.body, authorization: request.header("authorization"), answer: answer,
                    peer: peer, number: number))
        }
        if behaviour.isSilent { return tell("none") }
        if every(behaviour.dropsEvery) {
            tell("none")
            return context.close(promise: nil)
        }
        var headers = ""
        var status = behaviour.status
        if status == 0, every(behaviour.refusesEvery) { status = behaviour.refusal == .error ? 503 : 422 }
        let body: JSONValue
        if status != 0 {
            if !behaviour.retryAfter.isEmpty { headers = "Retry-After: \(behaviour.retryAfter)\r\n" }
            body = HTTPReceiverHandler.outcome(status == 412 ? "multiple-matches" : "processing", "refused as asked")
        } else {
            (status, body) = take(request)
        }
        tell(String(status))
        send(
            status: status, body: body, headers: headers, after: behaviour.delay, thenClose: behaviour.closesAfterEach,
            context)
    }

    private func take(_ request: HTTPRequestReader.Request) -> (Int, JSONValue) {
        guard request.method == "POST" else {
            return (405, HTTPReceiverHandler.outcome("not-supported", "only POST of transactions is taken here"))
        }
        let bundle: JSONValue
        do { bundle = try JSONValue(parsing: request.body) } catch {
            return (400, HTTPReceiverHandler.outcome("structure", "\(error)"))
        }
        guard bundle["resourceType"]?.string == "Bundle", bundle["type"]?.string == "transaction" else {
            return (400, HTTPReceiverHandler.outcome("invalid", "the body is no Bundle of type transaction"))
        }
        var entries: [JSONValue] = []
        receiver.take { index in
            for entry in bundle["entry"]?.array ?? [] {
                let url = entry["request"]?["url"]?.string ?? ""
                let type = String(url.prefix { $0 != "?" && $0 != "/" })
                let isUpdate = entry["request"]?["method"]?.string == "PUT"
                let key = isUpdate ? url : (entry["request"]?["ifNoneExist"]?.string).map { type + "?" + $0 }
                let (status, location) = index.take(type: type, key: key, isUpdate: isUpdate)
                entries.append(
                    .object(["response": .object(["status": .string(status), "location": .string(location)])]))
            }
        }
        return (
            200,
            .object([
                "resourceType": .string("Bundle"), "type": .string("transaction-response"), "entry": .array(entries),
            ])
        )
    }

    private static func outcome(_ code: String, _ text: String) -> JSONValue {
        let issue: JSONObject = [
            "severity": .string("error"), "code": .string(code), "details": .object(["text": .string(text)]),
        ]
        return .object(["resourceType": .string("OperationOutcome"), "issue": .array([.object(issue)])])
    }

    private static var capabilities: JSONValue {
        let interaction: JSONObject = ["code": .string("transaction")]
        let rest: JSONObject = ["mode": .string("server"), "interaction": .array([.object(interaction)])]
        return .object([
            "resourceType": .string("CapabilityStatement"), "status": .string("active"),
            "date": .string("2026-01-01"), "kind": .string("instance"), "fhirVersion": .string("4.0.1"),
            "format": .strings(["json"]), "rest": .array([.object(rest)]),
        ])
    }

    private func send(
        status: Int, body: JSONValue, headers: String, after delay: Duration, thenClose: Bool,
        _ context: ChannelHandlerContext
    ) {
        let bytes = body.serialized()
        let head =
            "HTTP/1.1 \(status) \(HTTPReceiverHandler.phrase(status))\r\nContent-Type: \(R4.mimeType)\r\n"
            + "Content-Length: \(bytes.count)\r\n\(headers)" + (thenClose ? "Connection: close\r\n\r\n" : "\r\n")
        var buffer = context.channel.allocator.buffer(capacity: head.utf8.count + bytes.count)
        buffer.writeString(head)
        buffer.writeBytes(bytes)
        let channel = context.channel
        let answer = buffer
        @Sendable func send() {
            let written = channel.writeAndFlush(answer)
            if thenClose { written.whenComplete { _ in channel.close(promise: nil) } }
        }
        if delay > .zero {
            context.eventLoop.scheduleTask(in: .microseconds(delay.microseconds)) { send() }
        } else {
            send()
        }
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 405: "Method Not Allowed"
        case 412: "Precondition Failed"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
