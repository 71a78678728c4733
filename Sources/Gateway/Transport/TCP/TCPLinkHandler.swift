import Contracts
import NIOCore
import NIOSSL

/// The end of a connection's pipeline: bytes become link events. Lives on the connection's event loop.
final class TCPLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How a connection came to its end.
    struct End: Sendable {
        /// For people.
        var reason: String
        /// The device closed it, without an error.
        var wasClean: Bool
        /// The link was announced; false when TLS was never agreed on.
        var wasUp: Bool
        /// Something was received.
        var heard: Bool
        /// What the TLS handshake failed of.
        var tlsFault: LinkTrouble?
    }

    private let link: TCPLink
    private let hub: LinkHub
    private let options: TCPOptions
    private let onEnd: @Sendable (TCPLink, End) -> Void
    private var isUp = false
    private var heard = false
    private var hasEnded = false
    private var isDone = false
    private var failure: (any Error)?
    private var watch: Scheduled<Void>?

    /// After the device has closed its side, ours stays open this long for answers that wait for their commit.
    static let graceAfterEnd = TimeAmount.seconds(5)
    /// A TLS handshake has to be done by then.
    static let handshakeLimit = TimeAmount.seconds(10)

    private init(
        link: TCPLink, hub: LinkHub, options: TCPOptions, onEnd: @escaping @Sendable (TCPLink, End) -> Void
    ) {
        self.link = link
        self.hub = hub
        self.options = options
        self.onEnd = onEnd
    }

    /// Makes a link of an open connection. Call on its event loop, with `autoRead` off; it is on afterwards.
    @discardableResult
    static func install(
        on channel: any Channel, device: String, options: TCPOptions, tls: NIOSSLHandler?, closesAtEnd: Bool = false,
        hub: LinkHub, onEnd: @escaping @Sendable (TCPLink, End) -> Void
    ) throws -> TCPLink {
        try options.apply(to: channel)
        // TLS has an end mark of its own; a half-closed connection below it means nothing.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: tls == nil && !closesAtEnd)
        let link = TCPLink(
            device: device, peer: peerText(channel.remoteAddress), channel: channel,
            outboundLimit: options.outboundLimit)
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(tls) }
        let handler = TCPLinkHandler(link: link, hub: hub, options: options, onEnd: onEnd)
        try pipeline.addHandler(handler)
        handler.begin(on: channel, handshake: tls != nil)
        try channel.syncOptions?.setOption(.autoRead, value: true)
        return link
    }

    private func begin(on channel: any Channel, handshake: Bool) {
        guard handshake else { return announce(on: channel) }
        // What is written before the handshake is done waits in the TLS handler: the completion of an empty write tells
        // that it is done.
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.writeAndFlush(ByteBuffer()).whenSuccess { handler.value.announce(on: channel) }
        watch = channel.eventLoop.assumeIsolated().scheduleTask(in: Self.handshakeLimit) {
            self.failure = self.failure ?? HandshakeTimeout()
            channel.close(promise: nil)
        }
    }

    private func announce(on channel: any Channel) {
        guard !isUp, !isDone, channel.isActive else { return }
        isUp = true
        link.isUp.store(true, ordering: .relaxed)
        watch?.cancel()
        watch = nil
        hub.well(link.device)
        hub.sink.handle(.up(link))
        if let limit = options.idleLimit, limit > 0 { watchIdle(.milliseconds(Int64(min(limit, 1e9) * 1000)), channel) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = Self.unwrapInboundIn(data)
        guard buffer.readableBytes > 0 else { return }
        announce(on: context.channel)
        heard = true
        link.lastHeard.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed)
        let bytes = buffer.withUnsafeReadableBytes { Array($0) }
        hub.sink.handle(.received(link, bytes, hub.clock.now()))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            end()
            closeAfterGrace(context.channel)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A device that drops a TLS connection without its end mark has said all it had to say.
        if let error = error as? NIOSSLError, case .uncleanShutdown = error, isUp { return }
        if failure == nil { failure = error }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        watch?.cancel()
        link.wentDown()
        let ours = link.closeReason == TCPLink.finishedReason ? nil : link.closeReason
        if isUp, ours == nil, failure == nil { end() }
        let reason = ours ?? failure.map { describe($0, limit: options) } ?? TCPLink.finishedReason
        if isUp { hub.sink.handle(.down(link, reason: reason)) }
        let tlsFault = isUp || ours != nil ? nil : TLSFault.trouble(failure, peer: link.peer)
        onEnd(
            link,
            End(reason: reason, wasClean: ours == nil && failure == nil, wasUp: isUp, heard: heard, tlsFault: tlsFault))
        context.fireChannelInactive()
    }

    private func end() {
        guard isUp, !hasEnded else { return }
        hasEnded = true
        hub.sink.handle(.ended(link))
    }

    private func closeAfterGrace(_ channel: any Channel) {
        watch?.cancel()
        watch = channel.eventLoop.assumeIsolated().scheduleTask(in: Self.graceAfterEnd) {
            channel.close(promise: nil)
        }
    }

    private func watchIdle(_ limit: TimeAmount, _ channel: any Channel) {
        let heardAt = NIODeadline.uptimeNanoseconds(link.lastHeard.load(ordering: .relaxed))
        let isReading = (try? channel.syncOptions?.getOption(.autoRead)) ?? true
        // While we hold the device up its silence is our doing.
        let due = isReading ? heardAt + limit : .now() + limit
        if due <= .now() {
            link.abort(reason: "nothing received for \(limit.nanoseconds / 1_000_000_000) s (idle limit)")
            return
        }
        watch = channel.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.watchIdle(limit, channel) }
    }
}

/// The other side did not finish the TLS handshake in time.
struct HandshakeTimeout: Error {}

/// `10.0.0.7:51234`.
func peerText(_ address: SocketAddress?) -> String {
    guard let ip = address?.ipAddress, let port = address?.port else { return "unknown peer" }
    // An IPv4 peer of a listener on `::`.
    return hostAndPort(ip.hasPrefix("::ffff:") ? String(ip.dropFirst(7)) : ip, port)
}
