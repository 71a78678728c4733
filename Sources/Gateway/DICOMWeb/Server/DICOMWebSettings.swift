/// How the gateway's DICOMweb service (PS3.18) is reached, and by whom.
public struct DICOMWebSettings: Sendable, Equatable {
    /// Address to listen on. Any but a loopback address needs tokens or certificates of clients.
    public var address: String
    /// TCP port; 0: any free one.
    public var port: Int
    /// Path in front of `/studies`; empty: none.
    public var basePath: String
    /// URL up to, not with, `/studies`, as clients know it (behind a proxy); empty: what the client's Host field says.
    public var publicURL: String
    /// TLS; nil: none.
    public var tls: TLS?
    /// Bearer tokens (RFC 6750) of which a request must carry one; empty, and no file: none is asked for.
    public var tokens: [String]
    /// File with more tokens, one a line, `#` begins a remark; read again when it changes. Empty: none.
    public var tokenFile: String
    /// Origins (`https://viewer.example`) whose pages may read answers (CORS); `*`: any.
    public var allowedOrigins: [String]
    /// Results of a search at most.
    public var largestResult: Int
    /// Connections at a time; further ones wait.
    public var connections: Int
    /// A connection without a request is closed after this.
    public var idleTimeout: Duration
    /// A client that reads nothing of an answer for so long is cut off.
    public var stallTimeout: Duration

    /// TLS towards clients.
    public struct TLS: Sendable, Equatable {
        /// PEM file with our certificate and its chain.
        public var certificate: String
        /// PEM file with our private key.
        public var privateKey: String
        /// PEM file with the authorities of clients; empty: clients need no certificate.
        public var clientAuthorities: String

        /// TLS 1.2 and newer.
        public init(certificate: String, privateKey: String, clientAuthorities: String = "") {
            self.certificate = certificate
            self.privateKey = privateKey
            self.clientAuthorities = clientAuthorities
        }
    }

    /// The service on a port of the loopback address.
    public init(port: Int = 0, address: String = "127.0.0.1") {
        self.address = address
        self.port = port
        basePath = "/dicom-web"
        publicURL = ""
        tls = nil
        tokens = []
        tokenFile = ""
        allowedOrigins = []
        largestResult = 1_000
        connections = 64
        idleTimeout = .seconds(30)
        stallTimeout = .seconds(60)
    }

    /// True when nobody but programs on this machine can connect.
    var isLoopback: Bool { address == "localhost" || address == "::1" || address.hasPrefix("127.") }
    /// True when a request must carry a token.
    var asksForToken: Bool { !tokens.isEmpty || !tokenFile.isEmpty }

    /// What must be changed before the service may start; nil: nothing.
    var fault: DICOMWebFault? {
        if !isLoopback, !asksForToken, tls?.clientAuthorities.isEmpty ?? true {
            return DICOMWebFault(
                "DICOMweb would be open to everyone who reaches \(address)",
                cure: "give it tokens or TLS with authorities of clients, or let it listen on 127.0.0.1")
        }
        if let short = tokens.first(where: { $0.utf8.count < 16 }) {
            return DICOMWebFault(
                "a DICOMweb token has \(short.utf8.count) characters", cure: "give it 16 or more: openssl rand -hex 24")
        }
        if !(0...65535).contains(port) {
            return DICOMWebFault("DICOMweb port \(port) is none", cure: "a port is a number from 0 to 65535")
        }
        return nil
    }
}

/// The DICOMweb service cannot run.
public struct DICOMWebFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public var problem: String
    /// What a person can do.
    public var cure: String

    /// A fault from its parts.
    public init(_ problem: String, cure: String) {
        self.problem = problem
        self.cure = cure
    }

    /// Text for people.
    public var description: String { "\(problem); \(cure)" }
}
