/// One place that results go to, as hilum.yaml says.
public struct DestinationSpec: Sendable, Equatable {
    /// How the receiver is reached.
    public enum Kind: Sendable, Equatable {
        /// HL7 v2 ORU^R01 over MLLP.
        case hl7(HL7DestinationSpec)
        /// FHIR R4 transactions over HTTP(S).
        case fhir(FHIRDestinationSpec)
        /// Files.
        case folder(FolderDestinationSpec)
        /// Images by C-STORE.
        case dicom(DICOMDestinationSpec)
        /// Images by STOW-RS.
        case stow(STOWDestinationSpec)
    }

    /// Id in hilum.yaml.
    public var id: String
    /// How the receiver is reached.
    public var kind: Kind
    /// Whether images go there (by the queue of images) and not reports.
    public var takesImages: Bool {
        switch kind {
        case .dicom, .stow: true
        case .hl7, .fhir, .folder: false
        }
    }
    /// Connections, requests, associations or writers at a time. Reports of one patient never overtake each other; a study is
    /// in one lane at a time.
    public var lanes: Int
    /// Waiting times.
    public var retry: RetryPolicy

    /// A destination.
    public init(id: String, kind: Kind, lanes: Int = 4, retry: RetryPolicy = RetryPolicy()) {
        self.id = id
        self.kind = kind
        self.lanes = lanes
        self.retry = retry
    }
}

/// How long to wait after a failed attempt, and how often to try what the receiver refuses for now.
public struct RetryPolicy: Sendable, Equatable {
    /// Wait after the first failure.
    public var initialDelay: Duration
    /// Longest wait.
    public var longestDelay: Duration
    /// Attempts at an item that the receiver answers with an error (AE, CE) before a person has to look.
    public var refusals: Int
    /// Attempts at an item that alone gets no answer, while others are taken, before a person has to look.
    public var silences: Int
    /// Longest Retry-After that is believed.
    public var longestRetryAfter: Duration

    /// A policy; 1 s doubling to 5 min, five attempts at what is refused.
    public init(
        initialDelay: Duration = .seconds(1), longestDelay: Duration = .seconds(300), refusals: Int = 5,
        silences: Int = 5, longestRetryAfter: Duration = .seconds(3600)
    ) {
        self.initialDelay = initialDelay
        self.longestDelay = longestDelay
        self.refusals = refusals
        self.silences = silences
        self.longestRetryAfter = longestRetryAfter
    }

    /// 30 days in microseconds: whatever the settings say.
    private static let longestOfAll: Int64 = 30 * 86_400_000_000

    /// Wait after the `failures`-th failure in a row (from 1), doubled each time, with jitter of a quarter both ways, so
    /// that many gateways do not come back at the same instant. Microseconds.
    func delay(afterFailures failures: Int, jitter: Double) -> Int64 {
        let initial = min(max(1000, initialDelay.microseconds), RetryPolicy.longestOfAll)
        let longest = min(max(initial, longestDelay.microseconds), RetryPolicy.longestOfAll)
        let doublings = failures > 1 ? min(failures - 1, 40) : 0
        var delay = initial
        for _ in 0..<doublings where delay < longest { delay = min(longest, delay &* 2) }
        return Int64(Double(delay) * (0.75 + 0.5 * min(max(jitter, 0), 1)))
    }
}

extension Duration {
    /// Whole microseconds, within ±292,000 years.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? Int64.min : Int64.max) : product &+ attoseconds / 1_000_000_000_000
    }
}

/// TLS towards a receiver. Never an extra: a destination has it as soon as its setting says so.
public struct TLSSpec: Sendable, Equatable {
    /// PEM file with the certificates to trust; empty: those of the system.
    public var trustedCertificates: String
    /// PEM file with our certificate and its chain, for receivers that ask for one; empty: none.
    public var certificate: String
    /// PEM file with our private key.
    public var privateKey: String
    /// The name that the receiver's certificate must hold; empty: the host.
    public var serverName: String
    /// False: the certificate must be trusted, but may name another host (receivers known by address only).
    public var checksName: Bool
    /// Oldest version of TLS that is spoken.
    public var minimumVersion: Version

    /// Versions of TLS.
    public enum Version: String, Sendable, CaseIterable {
        /// TLS 1.0, for receivers that know nothing newer.
        case tls10 = "1.0"
        /// TLS 1.1, for receivers that know nothing newer.
        case tls11 = "1.1"
        /// TLS 1.2.
        case tls12 = "1.2"
        /// TLS 1.3.
        case tls13 = "1.3"
    }

    /// TLS with the system's certificates.
    public init(
        trustedCertificates: String = "", certificate: String = "", privateKey: String = "", serverName: String = "",
        checksName: Bool = true, minimumVersion: Version = .tls12
    ) {
        self.trustedCertificates = trustedCertificates
        self.certificate = certificate
        self.privateKey = privateKey
        self.serverName = serverName
        self.checksName = checksName
        self.minimumVersion = minimumVersion
    }
}

/// Where a secret is kept. The secret itself stands in no configuration and no log.
public enum SecretReference: Sendable, Equatable {
    /// A file that holds it; white space around it does not count. Read again at least every 30 s, so that it can be
    /// renewed while the gateway runs.
    case file(String)
    /// An environment variable of the gateway.
    case environment(String)
}

/// HL7 v2 ORU^R01 over MLLP.
public struct HL7DestinationSpec: Sendable, Equatable {
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: Int
    /// TLS, or nil.
    public var tls: TLSSpec?
    /// What the receiver understands.
    public var profile: ReceiverProfile
    /// How long to wait for an acknowledgement.
    public var answerTimeout: Duration
    /// How long to wait for a connection.
    public var connectTimeout: Duration
    /// True: we close after each acknowledgement, for receivers that take one message a connection.
    public var isOneMessageAConnection: Bool

    /// A receiver.
    public init(
        host: String, port: Int, tls: TLSSpec? = nil, profile: ReceiverProfile = ReceiverProfile(),
        answerTimeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10),
        isOneMessageAConnection: Bool = false
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.profile = profile
        self.answerTimeout = answerTimeout
        self.connectTimeout = connectTimeout
        self.isOneMessageAConnection = isOneMessageAConnection
    }
}

/// Files in a folder, one for each message or bundle.
public struct FolderDestinationSpec: Sendable, Equatable {
    /// What is in the files.
    public enum Form: Sendable, Equatable {
        /// ORU^R01, `.hl7`.
        case hl7(ReceiverProfile)
        /// A FHIR R4 transaction, `.json`.
        case fhir(FHIRMappingSpec)
    }
    /// The folder; it must exist.
    public var path: String
    /// What is in the files.
    public var form: Form

    /// A folder.
    public init(path: String, form: Form) {
        self.path = path
        self.form = form
    }
}
