import HL7v2
import MLLP
import NIOCore
import NIOPosix
import NIOSSL

/// One connection to a receiver, made when it is needed.
actor MLLPLane {
    private let spec: HL7DestinationSpec
    private let tls: NIOSSLContext?
    private let settings: ExchangeHandler.Settings
    private let loop: any EventLoop
    private var channel: (any Channel)?
    private var isClosed = false

    init(spec: HL7DestinationSpec, tls: NIOSSLContext?, settings: ExchangeHandler.Settings, loop: any EventLoop) {
        self.spec = spec
        self.tls = tls
        self.settings = settings
        self.loop = loop
    }

    private var address: String { "\(spec.host):\(spec.port)" }

    /// One message to its acknowledgement.
    ///
    /// A connection that stood idle may have been closed by the receiver without our seeing it yet: then the same bytes go
    /// out once more on a new one.
    func deliver(_ message: ORUMessage) async -> Attempt {
        let isReused = channel?.isActive == true
        var answer: ExchangeAnswer
        switch await exchange(message) {
        case .success(let got): answer = got
        case .failure(let attempt): return attempt.attempt
        }
        if isReused, case .closed = answer, !isClosed {
            switch await exchange(message) {
            case .success(let got): answer = got
            case .failure(let attempt): return attempt.attempt
            }
        }
        if spec.isOneMessageAConnection { drop() }
        return judge(answer)
    }

    private struct Failure: Error { var attempt: Attempt }

    private func exchange(_ message: ORUMessage) async -> Result<ExchangeAnswer, Failure> {
        let channel: any Channel
        do { channel = try await connected() } catch {
            if isClosed { return .failure(Failure(attempt: .abandoned)) }
            let reason = "no connection to \(address): \(MLLPLane.words(error))"
            return .failure(Failure(attempt: .unreachable(reason: reason, isSent: false, retryAfter: nil)))
        }
        if isClosed {
            drop()
            return .failure(Failure(attempt: .abandoned))
        }
        let promise = loop.makePromise(of: ExchangeAnswer.self)
        var buffer = channel.allocator.buffer(capacity: message.bytes.count + 3)
        buffer.writeInteger(MLLP.startOfBlock)
        buffer.writeBytes(message.bytes)
        buffer.writeInteger(MLLP.endOfBlock)
        buffer.writeInteger(MLLP.carriageReturn)
        let exchange = Exchange(controlID: message.controlID, bytes: buffer, answer: promise)
        // The handler always completes the promise: by an answer, at the deadline, or when the channel closes.
        channel.writeAndFlush(exchange).whenFailure { error in
            promise.succeed(.closed(reason: MLLPLane.words(error)))
        }
        do { return .success(try await promise.futureResult.get()) } catch {
            return .success(.closed(reason: MLLPLane.words(error)))
        }
    }

    private func connected() async throws -> any Channel {
        if let channel, channel.isActive { return channel }
        let tls = tls
        let settings = settings
        let serverName = serverName
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.microseconds(spec.connectTimeout.microseconds))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(ExchangeHandler(settings: settings))
                }
            }
            .connect(host: spec.host, port: spec.port).get()
        self.channel = channel
        return channel
    }

    /// Addresses cannot be sent as SNI.
    private var serverName: String? {
        let name = spec.tls.map { $0.serverName.isEmpty ? spec.host : $0.serverName } ?? ""
        if name.isEmpty || (try? SocketAddress(ipAddress: name, port: 0)) != nil { return nil }
        return name
    }

    private func judge(_ answer: ExchangeAnswer) -> Attempt {
        switch answer {
        case .acknowledged(let code, let reason):
            let said =
                reason.isEmpty
                ? "\(address) answered \(code.rawValue)" : "\(address) answered \(code.rawValue): \(reason)"
            switch code {
            case .applicationAccept, .commitAccept:
                return .delivered(note: reason.isEmpty ? code.rawValue : "\(code.rawValue) \(reason)")
            case .applicationError, .commitError: return .failed(reason: said, retryAfter: nil)
            case .applicationReject, .commitReject: return .refused(reason: said)
            }
        case .timeout(let stray):
            let seconds = Double(spec.answerTimeout.microseconds) / 1_000_000
            let reason = "no acknowledgement from \(address) in \(seconds) s" + (stray.isEmpty ? "" : "; \(stray)")
            return .unreachable(reason: reason, isSent: true, retryAfter: nil)
        case .closed(let reason):
            if isClosed { return .abandoned }
            return .unreachable(
                reason: "connection to \(address) lost before the acknowledgement: \(reason)", isSent: true,
                retryAfter: nil)
        case .unnamedRefusal(let code, let reason):
            let text = "\(address) answered \(code) without naming our message (MSA-2 empty)"
            return .unreachable(reason: reason.isEmpty ? text : "\(text): \(reason)", isSent: true, retryAfter: nil)
        }
    }

    private func drop() {
        channel?.close(promise: nil)
        channel = nil
    }

    func close() {
        isClosed = true
        drop()
    }

    /// What went wrong, in one line.
    static func words(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            guard let first = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError else {
                return "host not found"
            }
            return words(first)
        }
        if let error = error as? IOError { return IOErrorText.text(error.errnoCode) }
        if case .connectTimeout = error as? ChannelError { return "no answer to the connection request" }
        return String("\(error)".printable.prefix(300))
    }
}
