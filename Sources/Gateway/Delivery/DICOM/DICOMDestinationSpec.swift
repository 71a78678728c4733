/// An archive (PACS) that is sent images by C-STORE. `DestinationSpec.lanes` says how many associations are open to it at a
/// time, each for one study.
public struct DICOMDestinationSpec: Sendable, Equatable {
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: Int
    /// AE title of the archive (called), 1 to 16 characters (PS3.5 6.2, AE).
    public var called: String
    /// AE title under which we call; empty: the gateway's own.
    public var calling: String
    /// DICOM TLS (PS3.15 B), with the certificates that the gateway's `dicom` section names.
    public var usesTLS: Bool
    /// Changes made to each data set on its way; the file kept here stays as received.
    public var coercion: Coercion
    /// Storage commitment (PS3.4 J) asked for what was sent; nil: not asked for.
    public var commitment: Commitment?
    /// How long to wait for a connection, for an answer to the association request, for each C-STORE response.
    public var answerTimeout: Duration
    /// Most instances sent over one association.
    public var instancesAnAssociation: Int

    /// When storage commitment is asked for.
    public struct Commitment: Sendable, Equatable {
        /// How long the association stays open for the report to come on it (PS3.4 J.3.3 lets it come on a new one).
        public var wait: Duration
        /// After how long without a report it is asked for again.
        public var again: Duration
        /// Quiet time after the last delivery before it is asked for, so that one request speaks for many instances.
        public var delay: Duration
        /// Asked for after 5 s of quiet, waited for 10 s, again after 15 min.
        public init(wait: Duration = .seconds(10), again: Duration = .seconds(900), delay: Duration = .seconds(5)) {
            self.wait = wait
            self.again = again
            self.delay = delay
        }
    }

    /// An archive.
    public init(
        host: String, port: Int, called: String, calling: String = "", usesTLS: Bool = false,
        coercion: Coercion = Coercion(), commitment: Commitment? = nil, answerTimeout: Duration = .seconds(60),
        instancesAnAssociation: Int = 500
    ) {
        self.host = host
        self.port = port
        self.called = called
        self.calling = calling
        self.usesTLS = usesTLS
        self.coercion = coercion
        self.commitment = commitment
        self.answerTimeout = answerTimeout
        self.instancesAnAssociation = instancesAnAssociation
    }
}

/// Changes made to data sets on their way to one archive.
public struct Coercion: Sendable, Equatable {
    /// An element that gets another value.
    public struct Replacement: Sendable, Equatable {
        /// `gggg,eeee`, hexadecimal, at the top level of the data set.
        public var tag: String
        /// Its new value; several values are separated by backslashes. Empty: present without a value.
        public var value: String
        /// A replacement.
        public init(tag: String, value: String) {
            self.tag = tag
            self.value = value
        }
    }
    /// Elements set, also where they were absent.
    public var set: [Replacement]
    /// Elements removed, `gggg,eeee`.
    public var remove: [String]
    /// Whether nothing is changed.
    public var isEmpty: Bool { self.set.isEmpty && self.remove.isEmpty }
    /// Changes; none by default.
    public init(set: [Replacement] = [], remove: [String] = []) {
        self.set = set
        self.remove = remove
    }
}
