/// FHIR R4 transactions over HTTP(S).
public struct FHIRDestinationSpec: Sendable, Equatable {
    /// How we show who we are.
    public enum Credentials: Sendable, Equatable {
        /// No Authorization header.
        case none
        /// RFC 6750.
        case bearer(SecretReference)
        /// RFC 7617.
        case basic(user: String, password: SecretReference)
    }

    /// Base URL of the server; transactions are posted to it.
    public var base: String
    /// TLS beyond the defaults that an https base has.
    public var tls: TLSSpec?
    /// Credentials.
    public var credentials: Credentials
    /// How long a request may take in all.
    public var timeout: Duration
    /// Headers sent with each request; none may be Authorization.
    public var headers: [Header]
    /// How reports become resources.
    public var mapping: FHIRMappingSpec

    /// A header.
    public struct Header: Sendable, Equatable {
        /// Name.
        public var name: String
        /// Value.
        public var value: String
        /// A header.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A server.
    public init(
        base: String, tls: TLSSpec? = nil, credentials: Credentials = .none, timeout: Duration = .seconds(30),
        headers: [Header] = [], mapping: FHIRMappingSpec = FHIRMappingSpec()
    ) {
        self.base = base
        self.tls = tls
        self.credentials = credentials
        self.timeout = timeout
        self.headers = headers
        self.mapping = mapping
    }
}
