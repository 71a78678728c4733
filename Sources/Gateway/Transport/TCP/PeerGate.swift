import Contracts
import Glibc
import Logging
import NIOCore
import NIOSSL

/// First in a new connection's pipeline: finds out which device it is, before a byte is read. Strangers are reset.
final class PeerGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let listener: TCPListener

    init(listener: TCPListener) { self.listener = listener }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let ip = channel.remoteAddress?.ipAddress.flatMap { IPNetwork($0) }
        // Without an address: the peer has gone already.
        guard let ip else { return context.close(promise: nil) }
        switch listener.admit(ip) {
        case .stopped:
            context.close(promise: nil)
        case .unknown:
            listener.refused(channel.remoteAddress)
            // A reset instead of an orderly close: the caller sees a refusal, and no TIME_WAIT is left behind.
            _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            context.close(promise: nil)
        case .device(let device, let tls, let closing):
            for (link, reason) in closing { link.close(reason: reason) }
            do {
                let handler = try tls.map { try serverHandler($0, device: device.id) }
                let listener = listener
                // Even a link that ends while it is being installed is counted before it is discounted.
                let link = try TCPLinkHandler.install(
                    on: channel, device: device.id, options: device.settings.options, tls: handler,
                    hub: listener.hub
                ) { link, end in
                    channel.eventLoop.execute { listener.ended(link, end) }
                }
                listener.opened(link)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch {
                listener.hub.log?.warning(
                    "connection closed",
                    metadata: [
                        "device": "\(device.id)", "peer": "\(peerText(channel.remoteAddress))", "error": "\(error)",
                    ])
                context.close(promise: nil)
            }
        }
    }

    private func serverHandler(_ tls: TLSContexts, device: String) throws -> NIOSSLServerHandler {
        let (context, stale) = try tls.current()
        if let stale { listener.hub.report(stale, device: device) }
        return NIOSSLServerHandler(context: context)
    }
}

/// Last in the listening socket's pipeline: when the process has no descriptors left, accepting pauses for a moment
/// instead of spinning.
final class AcceptFaults: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let listener: TCPListener

    init(listener: TCPListener) { self.listener = listener }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let code = (error as? IOError)?.errnoCode ?? 0
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else { return context.fireErrorCaught(error) }
        listener.report(
            LinkTrouble(
                "\(listener.place): cannot accept connections: \(errorText(code))",
                cure: "Raise LimitNOFILE= in the service's unit, or find out who opens so many connections."))
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
