/// TLS on a link. Files are PEM and are read again when they change, for connections made from then on.
public struct TLSSettings: Sendable, Equatable {
    /// Oldest version accepted.
    public enum Version: String, Sendable, Equatable {
        /// TLS 1.0, for devices that know nothing newer.
        case tls10 = "1.0"
        /// TLS 1.1, for devices that know nothing newer.
        case tls11 = "1.1"
        /// TLS 1.2.
        case tls12 = "1.2"
        /// TLS 1.3.
        case tls13 = "1.3"
    }
    /// Our certificate, then the chain above it. Needed to listen; when connecting, only if the device asks for one.
    public var certificate: String?
    /// The private key that belongs to it.
    public var key: String?
    /// Certificates that vouch for the other side (a self-signed certificate vouches for itself). Nil: the system's, when
    /// connecting. When listening: set means that the device must show a certificate (mutual TLS).
    public var authority: String?
    /// Name that must stand in the device's certificate when connecting; nil: the host dialled.
    public var serverName: String?
    /// When connecting: does the name in the certificate have to be right? The chain is always checked.
    public var verifyName: Bool
    /// Oldest version accepted.
    public var minimumVersion: Version

    /// Settings from their parts.
    public init(
        certificate: String? = nil, key: String? = nil, authority: String? = nil, serverName: String? = nil,
        verifyName: Bool = true, minimumVersion: Version = .tls12
    ) {
        self.certificate = certificate
        self.key = key
        self.authority = authority
        self.serverName = serverName
        self.verifyName = verifyName
        self.minimumVersion = minimumVersion
    }
}
