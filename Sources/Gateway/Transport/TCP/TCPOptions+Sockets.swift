import Glibc
import NIOCore

extension TCPOptions {
    /// Sets the options that the kernel keeps. Call on the connection's event loop.
    func apply(to channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        func set(_ name: Int32, _ value: Int) throws {
            try options.setOption(
                .socketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: name)),
                value: Int(CInt(clamping: max(1, value))))
        }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        if keepAliveIdle > 0 {
            try options.setOption(.socketOption(.so_keepalive), value: 1)
            // The kernel refuses more: MAX_TCP_KEEPIDLE and its like.
            try set(TCP_KEEPIDLE, min(keepAliveIdle, 32_767))
            try set(TCP_KEEPINTVL, min(keepAliveInterval, 32_767))
            try set(TCP_KEEPCNT, min(keepAliveCount, 127))
        }
        if unacknowledgedLimit > 0 {
            // Milliseconds, unlike the others.
            try set(TCP_USER_TIMEOUT, deadAfter * 1000)
        }
    }
}

extension TCPOptions {
    /// Seconds until a dead connection is found. Where it is set TCP_USER_TIMEOUT takes the place of TCP_KEEPCNT (tcp(7)):
    /// shorter than the keep-alive takes to ask all its questions, it would end a connection at the first lost answer.
    var deadAfter: Int {
        let limit = max(0, min(unacknowledgedLimit, 2_000_000))
        guard keepAliveIdle > 0 else { return limit }
        let asking =
            min(keepAliveIdle, 32_767)
            + max(1, min(keepAliveInterval, 32_767)) * max(1, min(keepAliveCount, 127))
        return min(2_000_000, max(limit, asking))
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// A socket option by level and name.
    static func socketOption(level: NIOBSDSocket.OptionLevel, name: NIOBSDSocket.Option) -> Self {
        .init(level: level, name: name)
    }
}

/// What happened on a connection, for people.
func describe(_ error: any Error, limit options: TCPOptions) -> String {
    switch error {
    case let error as IOError:
        switch error.errnoCode {
        case ECONNRESET, EPIPE: return "connection reset by the device"
        case ETIMEDOUT:
            return
                "the device no longer answers (keep-alive, \(options.deadAfter) s): switched off, or "
                + "the network is broken"
        case EHOSTUNREACH, ENETUNREACH: return "no way to the device: \(errorText(error.errnoCode))"
        default: return errorText(error.errnoCode)
        }
    case is HandshakeTimeout: return "the TLS handshake was not finished in time"
    default: return "\(error)"
    }
}

/// The system's words for an error number: `Connection refused (errno 111)`.
func errorText(_ code: CInt) -> String {
    // glibc keeps the text per thread since 2.32.
    guard let text = strerror(code) else { return "error \(code)" }
    return "\(String(cString: text)) (errno \(code))"
}
