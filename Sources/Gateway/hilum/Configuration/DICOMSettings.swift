import Delivery

/// `dicom:`, the gateway as a DICOM application. Nil in the configuration: no port is opened for it.
struct DICOMSettings: Sendable, Equatable {
    /// Where it stands.
    var place: Place
    /// AE title of the gateway.
    var title = "HILUM"
    /// Ports on which associations are accepted; at least one.
    var listeners: [Listener] = []
    /// Folder of the images, whole path or relative to the working folder.
    var folder = ""
    /// TLS of associations that the gateway opens; nil: that of the first listener with TLS.
    var callingTLS: CallingTLS?
    /// Largest PDU offered, in bytes (PS3.8 9.3.1).
    var largestPDU = 131_072
    /// Associations at a time, of all peers.
    var associations = 64
    /// An association on which nothing happens for so long is ended.
    var idleTimeout = Duration.seconds(60)
    /// A peer that connects must have sent its association request after so long.
    var requestTimeout = Duration.seconds(10)
    /// What the gateway has not decided after so long is answered with a failure.
    var answerTimeout = Duration.seconds(60)
    /// Larger instances are refused.
    var largestInstance = 16 << 30
    /// True: any called AE title is taken for ours.
    var takesAnyTitle = false
    /// When a study counts as complete.
    var completion = Completion()
    /// Destinations that must have committed an instance before a modality is told so; empty: the gateway's own disk counts.
    var commitmentWaitsFor: [String] = []
    /// What a modality hears that sends another instance under a SOP Instance UID that is held.
    var duplicates = DuplicateAnswer.keep
    /// What counts of documents in a study.
    var documents = Documents()
    /// DICOMweb; nil: off.
    var web: Web?
    /// Where C-MOVE may send to, besides devices that listen themselves.
    var moveDestinations: [MoveDestination] = []

    /// A port.
    struct Listener: Sendable, Equatable {
        /// Where it was written.
        var place: Place
        /// Local address.
        var address = "127.0.0.1"
        /// TCP port; 104 and 11112 are usual, 2762 with TLS.
        var port = 11112
        /// TLS; nil: none.
        var tls: ListenerTLS?
    }

    /// TLS of a listener (PS3.15 B).
    struct ListenerTLS: Sendable, Equatable {
        /// PEM file with our certificate and its chain.
        var certificate = ""
        /// PEM file with our key.
        var key = ""
        /// PEM file with the certificates that vouch for peers; empty: none.
        var authority = ""
        /// Whether peers show a certificate.
        var clients = ClientCertificates.required
        /// Which versions and ciphers are spoken.
        var profile = TLSProfile.bcp195
    }

    /// TLS of associations that the gateway opens.
    struct CallingTLS: Sendable, Equatable {
        /// PEM file with our certificate and its chain; empty: we show none.
        var certificate = ""
        /// PEM file with our key.
        var key = ""
        /// PEM file with the certificates that vouch for those we call.
        var authority = ""
        /// Which versions and ciphers are spoken.
        var profile = TLSProfile.bcp195
    }

    /// Whether peers show a certificate.
    enum ClientCertificates: String, Sendable, CaseIterable {
        /// They must (mutual TLS).
        case required
        /// Those that do are checked.
        case requested
        /// They are not asked.
        case none
    }

    /// Profiles of secure transport connections (PS3.15 B.9, B.10, B.11).
    enum TLSProfile: String, Sendable, CaseIterable {
        /// BCP 195: TLS 1.2 and newer; older ones where the peer knows nothing else.
        case bcp195
        /// BCP 195 without anything older than TLS 1.2.
        case nonDowngrading = "non-downgrading"
        /// Extended BCP 195: TLS 1.2 with strong ciphers only.
        case extended
    }

    /// When a study counts as complete.
    struct Completion: Sendable, Equatable {
        /// After the last instance, where nothing else says so.
        var quiet = Duration.seconds(60)
        /// After the modality has said that the step is completed and all that it names is here.
        var afterStep = Duration.seconds(10)
    }

    /// What a modality hears that sends another instance under a SOP Instance UID that is held. Both are kept in any case.
    enum DuplicateAnswer: String, Sendable, CaseIterable {
        /// 0000: kept beside the first one and shown.
        case keep
        /// A failure: kept beside the first one and shown, and the modality shows an error.
        case refuse
    }

    /// `dicom.documents`
    struct Documents: Sendable, Equatable {
        /// What a structured report counts as that is complete and that nobody has verified.
        enum Unverified: String, Sendable, CaseIterable {
            /// The EMR gets it as preliminary until one comes that is verified.
            case preliminary
            /// It counts as final: for devices that cannot verify.
            case final
        }
        /// What is not verified.
        var unverified = Unverified.preliminary
        /// Bytes of an encapsulated document at most; a longer one is named, not sent. nil: as usual.
        var largest: Int?
    }

    /// `dicom.web`
    struct Web: Sendable, Equatable {
        /// Where it was written.
        var place: Place
        /// Local address.
        var address = "127.0.0.1"
        /// TCP port.
        var port = 8042
        /// PEM file with our certificate and its chain; empty: no TLS.
        var certificate = ""
        /// PEM file with our key.
        var key = ""
        /// PEM file with the certificates that vouch for clients; empty: they show none.
        var authority = ""
        /// A bearer token that clients show; nil: only the address protects it.
        var token: SecretReference?
        /// Base URL as others reach it, told to the EMR in Endpoint; empty: from address and port.
        var url = ""
    }

    /// An application that C-MOVE may send to (PS3.4 C.4.2).
    struct MoveDestination: Sendable, Equatable {
        /// AE title.
        var title: String
        /// Host name or address.
        var host: String
        /// TCP port.
        var port: Int
        /// DICOM over TLS.
        var isSecure = false
    }
}
