import ImagingModel
import ResultModel
import StructuredReports

/// What the imaging node has to know about the site.
public struct ImagingSettings: Sendable {
    /// AE title of the gateway.
    public var title = "HILUM"
    /// Folder of the images, absolute. Instances lie in YYYY/MM/DD/HH under it, `incoming` holds what arrives, `aside` what
    /// was refused.
    public var folder: String
    /// Ports on which associations are accepted.
    public var listeners: [Listener] = []
    /// Largest PDU offered, in bytes (PS3.8 9.3.1).
    public var largestPDU = 131_072
    /// Associations at a time, of all peers.
    public var associations = 64
    /// An association on which nothing happens for so many seconds is ended.
    public var idleSeconds = 60
    /// A peer that connects must have sent its association request after so many seconds.
    public var requestSeconds = 10
    /// What was not decided after so many seconds is answered with a failure.
    public var answerSeconds = 60
    /// Larger instances are refused, in bytes.
    public var largestInstance = 16 << 30
    /// True: any called AE title is taken for ours.
    public var takesAnyTitle = false
    /// Modalities and others that may associate.
    public var devices: [ImagingDevice] = []
    /// Where C-MOVE may send to, besides devices that listen themselves.
    public var moveDestinations: [MoveDestination] = []
    /// Seconds after the last instance after which a study is complete, where nothing else says so.
    public var quietSeconds = 60
    /// Seconds from MPPS COMPLETED, or from the last expected instance, to the completion of the study.
    public var afterStepSeconds = 10
    /// What a modality hears that sends another data set under a SOP Instance UID that is held. Both are kept in any case.
    public var duplicateStatus: UInt16 = 0x0000
    /// Destinations that must have committed an instance before a modality is told so; empty: the own disk counts.
    public var commitmentWaitsFor: [String] = []
    /// What is made of documents: zone of their times, what counts as final.
    public var documents = StudyReport.Options()
    /// Where the images can be had, as the EMR is told.
    public var endpoints: [ImagingStudy.Endpoint] = []
    /// Ranges of date and time in a C-FIND of studies are one range (PS3.4 C.2.2.2.5.1). The worklist always does so.
    public var combinesDateTime = false
    /// True: instances of a patient id that is empty are held from the EMR, as results without an owner are.
    public var holdsUnknownPatients = true
    /// Certificates with which the node calls others: C-MOVE destinations and commitment reports over TLS; nil: none.
    public var callingTLS: TLS?
    /// Archives that an instance goes to, by the site's routes. Called for each instance; must be quick.
    public var forward: @Sendable (_ image: ImageInstance, _ device: String, _ calling: String) -> [ImageRoute]
    /// Destinations that are told of a study, by the site's routes.
    public var report: @Sendable (_ study: ArchivedStudy, _ series: [ArchivedSeries]) -> [String]

    /// Settings of a site that forwards nothing and tells nobody.
    public init(
        folder: String,
        forward: @escaping @Sendable (ImageInstance, String, String) -> [ImageRoute] = { _, _, _ in [] },
        report: @escaping @Sendable (ArchivedStudy, [ArchivedSeries]) -> [String] = { _, _ in [] }
    ) {
        self.folder = folder
        self.forward = forward
        self.report = report
    }

    /// A port.
    public struct Listener: Sendable, Equatable {
        /// Local address.
        public var address: String
        /// TCP port; 0: any free one.
        public var port: Int
        /// TLS; nil: none.
        public var tls: TLS?
        /// A port from its parts.
        public init(address: String = "127.0.0.1", port: Int, tls: TLS? = nil) {
            self.address = address
            self.port = port
            self.tls = tls
        }
    }

    /// DICOM TLS (PS3.15 B): paths of PEM files and words, as the driver reads them.
    public struct TLS: Sendable, Equatable {
        /// Our certificate and its chain.
        public var certificate: String
        /// Our key.
        public var key: String
        /// Certificates that vouch for peers; empty: none.
        public var authorities: String
        /// `required`, `requested`, `none`.
        public var clients: String
        /// `bcp195`, `non-downgrading`, `extended`.
        public var profile: String
        /// TLS from its parts.
        public init(
            certificate: String, key: String, authorities: String = "", clients: String = "required",
            profile: String = "bcp195"
        ) {
            self.certificate = certificate
            self.key = key
            self.authorities = authorities
            self.clients = clients
            self.profile = profile
        }
    }

    /// An application that C-MOVE may send to (PS3.4 C.4.2).
    public struct MoveDestination: Sendable, Equatable {
        /// AE title.
        public var title: String
        /// Host name or address.
        public var host: String
        /// TCP port.
        public var port: Int
        /// DICOM over TLS.
        public var usesTLS: Bool
        /// A destination from its parts.
        public init(title: String, host: String, port: Int, usesTLS: Bool = false) {
            self.title = title
            self.host = host
            self.port = port
            self.usesTLS = usesTLS
        }
    }
}

/// A peer: a modality, a workstation, an archive.
public struct ImagingDevice: Sendable, Equatable {
    /// Id in hilum.yaml.
    public var id: String
    /// Id of the profile.
    public var profile = ""
    /// Digest of that profile's text.
    public var profileRevision = ""
    /// AE title with which it calls; empty: any.
    public var title = ""
    /// Addresses and networks from which it calls (`10.0.0.7`, `10.0.0.0/8`); empty: any.
    public var addresses: [String] = []
    /// AE title that it calls us by; empty: the gateway's.
    public var called = ""
    /// Associations at a time.
    public var associations = 8
    /// What it may do: `store`, `find`, `worklist`, `mpps`, `commit`, `retrieve`.
    public var may: [String] = ["store", "worklist", "mpps", "commit"]
    /// Host on which it listens itself; empty: it does not.
    public var host = ""
    /// Port on which it listens itself.
    public var port = 0
    /// It listens with TLS.
    public var usesTLS = false
    /// What has to be put right in what it sends.
    public var rules = ModalityRules()

    /// A peer.
    public init(id: String) { self.id = id }
}
