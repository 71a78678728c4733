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
        /// Accession numbers of imaging. Give that of `fillerOrder` where accession number and filler order are one thing.
        public var accession = "urn:hilum:accession"
        /// Endpoints where images can be had, by their id at the gateway.
        public var endpoint = "urn:hilum:endpoint"
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
            accession = prefix + "accession"
            endpoint = prefix + "endpoint"
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
    /// ImagingStudy. It grows, so each version replaces the one before.
    public var imagingStudy = Presence.update
    /// Endpoint. It hardly ever changes; writing it with each study would make requests wait for each other.
    public var endpoint = Presence.create
    /// Instances that an ImagingStudy lists at most; the counts are right whatever is listed.
    public var mostInstances = 500
    /// Provenance.
    public var provenance = ProvenanceForm.update
    /// Graphs, images and documents.
    public var sendsAttachments = true
    /// Rows behind a result (signals) as well.
    public var sendsRawRows = false
    /// The site's defaults.
    public init() {}
}
