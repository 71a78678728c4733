/// An archive that is sent images by STOW-RS (PS3.18 10.5). `DestinationSpec.lanes` says how many requests are under way at a
/// time, each for one study.
public struct STOWDestinationSpec: Sendable, Equatable {
    /// URL up to, not with, `/studies`.
    public var base: String
    /// TLS beyond the defaults that an https base has.
    public var tls: TLSSpec?
    /// Credentials.
    public var credentials: FHIRDestinationSpec.Credentials
    /// How long to wait for the answer once everything has been sent, and for the receiver to take the next bytes.
    public var answerTimeout: Duration
    /// Headers sent with each request; none may be Authorization.
    public var headers: [FHIRDestinationSpec.Header]
    /// Changes made to each data set on its way; the file kept here stays as received.
    public var coercion: Coercion
    /// Most instances in one request.
    public var instancesARequest: Int
    /// Bytes of files after which a request takes no further instance; one larger than that goes alone.
    public var bytesARequest: Int64

    /// A server.
    public init(
        base: String, tls: TLSSpec? = nil, credentials: FHIRDestinationSpec.Credentials = .none,
        answerTimeout: Duration = .seconds(60), headers: [FHIRDestinationSpec.Header] = [],
        coercion: Coercion = Coercion(), instancesARequest: Int = 100, bytesARequest: Int64 = 256 << 20
    ) {
        self.base = base
        self.tls = tls
        self.credentials = credentials
        self.answerTimeout = answerTimeout
        self.headers = headers
        self.coercion = coercion
        self.instancesARequest = instancesARequest
        self.bytesARequest = bytesARequest
    }
}
