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

/// How reports become FHIR resources for one server.
public struct FHIRMappingSpec: Sendable, Equatable {
    /// What to do about a resource that the server may know better than a gateway does.
    public enum Presence: String, Sendable {
        /// Conditional update: ours replaces what the server has.
        case update
        /// Conditional create: made when the server has none with the identifier, else left alone.
        case create
        /// Not sent; others name it by its identifier.
        case reference
    }

    /// How Provenance is sent; R4 gives it no identifier.
    public enum ProvenanceForm: String, Sendable {
        /// PUT with an id of ours, made of gateway and item: safe to repeat. The server must allow ids of clients.
        case update
        /// POST: a repeated transaction adds another one.
        case create
        /// Not sent.
        case none
    }

    /// URIs of identifiers and codes. Give your hospital's own.
    public struct Systems: Sendable, Equatable {
        /// Patient identifiers.
        public var patient = "urn:hilum:patient"
        /// Specimen barcodes.
        public var specimen = "urn:hilum:specimen"
        /// Order numbers of the orderer.
        public var placerOrder = "urn:hilum:placer-order"
        /// Order numbers of the laboratory.
        public var fillerOrder = "urn:hilum:filler-order"
        /// Devices, by their id in hilum.yaml.
        public var device = "urn:hilum:device"
        /// Observations, reports and attachments of this gateway.
        public var result = "urn:hilum:result"
        /// The site's local test codes.
        public var localCode = "urn:hilum:local-code"
        /// Prefix of the systems of devices' own codes; the profile's id follows.
        public var deviceCode = "urn:hilum:device-code"
        /// Gateways and the messages they took in.
        public var gateway = "urn:hilum:gateway"
        /// Hilum's own.
        public init() {}
        /// Systems below a URI of the site: `https://hospital.example/hilum` gives `https://hospital.example/hilum/patient`.
        /// Below a `urn:` the parts are joined by colons. Empty: Hilum's own.
        public init(base: String) {
            guard !base.isEmpty else { return }
            let separator = base.hasPrefix("urn:") ? ":" : "/"
            let prefix = base.hasSuffix(separator) ? base : base + separator
            patient = prefix + "patient"
            specimen = prefix + "specimen"
            placerOrder = prefix + "placer-order"
            fillerOrder = prefix + "filler-order"
            device = prefix + "device"
            result = prefix + "result"
            localCode = prefix + "local-code"
            deviceCode = prefix + "device-code"
            gateway = prefix + "gateway"
        }
    }

    /// Systems.
    public var systems = Systems()
    /// Patient. A laboratory gateway must not overwrite the register: so it creates only what is missing.
    public var patient = Presence.create
    /// ServiceRequest, likewise.
    public var serviceRequest = Presence.create
    /// Specimen.
    public var specimen = Presence.update
    /// Device. It never changes; writing it with each result would make requests wait for each other.
    public var device = Presence.create
    /// Provenance.
    public var provenance = ProvenanceForm.update
    /// Graphs, images and documents.
    public var sendsAttachments = true
    /// Rows behind a result (signals) as well.
    public var sendsRawRows = false
    /// The site's defaults.
    public init() {}
}
