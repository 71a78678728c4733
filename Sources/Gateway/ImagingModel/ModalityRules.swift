import DICOM

/// What has to be put right in what a device sends; from its profile and from hilum.yaml.
public struct ModalityRules: Sendable, Equatable {
    /// Where a value is taken from.
    public struct Source: Sendable, Equatable {
        /// Sequences and at last the element; of each sequence the first item counts.
        public var path: [Tag]
        /// Private Creator of the last tag's block (PS3.5 7.8.1); the low byte of its element counts then. nil: no private tag.
        public var creator: String?
        /// A source from its parts.
        public init(path: [Tag], creator: String? = nil) {
            self.path = path
            self.creator = creator
        }
    }

    /// Specific Character Set to decode by, whatever is declared (`GB18030`, `ISO_IR 192`, …); nil: as declared.
    public var characterSet: String?
    /// The character set where none is declared; nil: detected, or ASCII.
    public var undeclaredCharacterSet: String?
    /// Text that cannot be what is declared is looked at: UTF-8, GB18030.
    public var detectsCharacterSet = true
    /// Where the accession number is, tried in order after (0008,0050); `accessionFirst` turns that round.
    public var accession: [Source] = []
    /// The sources of `accession` are tried before (0008,0050).
    public var accessionFirst = false
    /// Where the patient's id is, tried before (0010,0020).
    public var patientID: [Source] = []
    /// Issuer of Patient ID where the device gives none.
    public var issuer = ""
    /// Station Name (0008,1010), or AE title, to the place where it stands.
    public var locations: [String: String] = [:]
    /// SOP Class UIDs that the EMR is not told of (raw data, private formats).
    public var ignoredSOPClasses: Set<String> = []
    /// Seconds without a new instance after which a study of this device is complete; nil: the site's.
    public var quietSeconds: Int?
    /// Every study of this device has as many instances; nil: not known.
    public var expectedInstances: Int?

    /// No rules.
    public init() {}
}
