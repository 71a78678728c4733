/// What a listening and a connecting TCP link have in common.
public struct TCPOptions: Sendable, Equatable {
    /// Seconds of silence before the kernel asks whether the other side is still there (TCP_KEEPIDLE). 0: no keep-alive.
    public var keepAliveIdle: Int
    /// Seconds between such questions (TCP_KEEPINTVL).
    public var keepAliveInterval: Int
    /// Unanswered questions after which the connection counts as dead (TCP_KEEPCNT).
    public var keepAliveCount: Int
    /// Seconds that sent bytes may stay unacknowledged before the connection counts as dead (TCP_USER_TIMEOUT); also bounds
    /// the keep-alive questions, and is at least as long as those take. 0: the kernel's default (about 15 minutes).
    public var unacknowledgedLimit: Int
    /// Seconds without a byte from the device after which the connection is closed. Nil: never, which is right for
    /// analysers that keep a connection open over a quiet night.
    public var idleLimit: Double?
    /// Bytes that may wait to be taken by the device before the connection is closed.
    public var outboundLimit: Int
    /// TLS; nil: none.
    public var tls: TLSSettings?

    /// The defaults find a dead peer after about 40 seconds.
    public init(
        keepAliveIdle: Int = 20, keepAliveInterval: Int = 5, keepAliveCount: Int = 4, unacknowledgedLimit: Int = 40,
        idleLimit: Double? = nil, outboundLimit: Int = 16 << 20, tls: TLSSettings? = nil
    ) {
        self.keepAliveIdle = keepAliveIdle
        self.keepAliveInterval = keepAliveInterval
        self.keepAliveCount = keepAliveCount
        self.unacknowledgedLimit = unacknowledgedLimit
        self.idleLimit = idleLimit
        self.outboundLimit = outboundLimit
        self.tls = tls
    }
}

/// A device that dials the gateway.
public struct TCPListenSettings: Sendable, Equatable {
    /// What to do when the same device connects once more.
    public enum SecondConnection: Sendable, Equatable {
        /// Keep both, up to `maxConnections`; beyond that the one that has been silent longest is closed.
        case keepBoth
        /// The new one is the device as it is now: close the older ones.
        case replaceOld
    }
    /// Local address to listen on. `127.0.0.1` unless told otherwise; `0.0.0.0` or `::` for all.
    public var address: String
    /// Local port, 1 … 65535 (0: any free one, for tests). Several devices may share address and port.
    public var port: Int
    /// Who is this device. Empty: any loopback peer when `address` is a loopback address, else nobody.
    public var peers: [NetworkPeer]
    /// What a further connection of the device means.
    public var secondConnection: SecondConnection
    /// Connections of this device at a time.
    public var maxConnections: Int
    /// Keep-alive, limits, TLS. Devices that share a port share its TLS settings.
    public var options: TCPOptions

    /// Settings from their parts.
    public init(
        address: String = "127.0.0.1", port: Int, peers: [NetworkPeer] = [],
        secondConnection: SecondConnection = .keepBoth, maxConnections: Int = 4, options: TCPOptions = TCPOptions()
    ) {
        self.address = address
        self.port = port
        self.peers = peers
        self.secondConnection = secondConnection
        self.maxConnections = maxConnections
        self.options = options
    }

    /// `address:port`.
    public var place: String { hostAndPort(address, port) }
}

/// A device that waits for the gateway to dial.
public struct TCPConnectSettings: Sendable, Equatable {
    /// Host name or address.
    public var host: String
    /// Port, 1 … 65535.
    public var port: Int
    /// Seconds until an attempt counts as failed.
    public var connectTimeout: Double
    /// Pauses between attempts.
    public var backoff: Backoff
    /// The device closes after each message as a matter of course: dial again at once when it closed cleanly.
    public var reconnectAtOnce: Bool
    /// Keep-alive, limits, TLS.
    public var options: TCPOptions

    /// Settings from their parts.
    public init(
        host: String, port: Int, connectTimeout: Double = 10, backoff: Backoff = Backoff(),
        reconnectAtOnce: Bool = false, options: TCPOptions = TCPOptions()
    ) {
        self.host = host
        self.port = port
        self.connectTimeout = connectTimeout
        self.backoff = backoff
        self.reconnectAtOnce = reconnectAtOnce
        self.options = options
    }

    /// `host:port`.
    public var place: String { hostAndPort(host, port) }
}

/// `host:port`, with brackets around an IPv6 address (RFC 3986 3.2.2).
func hostAndPort(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}
