/// What a driver makes of what a device said, in the device's own words: the payload of the events MESSAGE, QUERY and
/// ORDER of `hilum_driver.h`, where the rows and their fields are listed.
///
/// Nothing here is interpreted: values are text as sent (blanks trimmed), identifiers are strings.
public struct DeviceMessage: Sendable, Equatable {
    /// What the message is about.
    public enum Kind: String, Sendable {
        /// Results of measurements, of patients or of control material.
        case results
        /// The device asks for orders.
        case query
        /// The device took or refused an order.
        case order
        /// Something else that happened: a calibration, a start-up.
        case event
    }

    /// `results`, `query`, `order` or `event`.
    public var kind: Kind
    /// Protocol and version as the device names it: `LIS2-A2`, `HL7 2.3.1`.
    public var protocolName: String
    /// The device's id of the message (H.3, MSH-10). May restart, is no key.
    public var controlID: String
    /// Who the device says it is (H.5, MSH-3).
    public var sender: String
    /// ISO 8601 local time as far as sent, zone only if sent.
    public var sentAt: String
    /// H.12, MSH-11.
    public var processing: String
    /// The character set the text was read in.
    public var charset: String
    /// False when the message was broken off before its end.
    public var isComplete: Bool
    /// Patients in the order sent. Index 0 may be an empty patient when the device sent none.
    public var patients: [Patient]
    /// Orders (specimens), each pointing at its patient.
    public var orders: [Order]
    /// Results, each pointing at its order.
    public var results: [Result]
    /// Queries.
    public var queries: [Query]
    /// Comments on the whole message, a patient or an order. Comments on results are in the result.
    public var comments: [Comment]
    /// Records that are kept but mean nothing to the driver.
    public var others: [Other]

    /// A message with nothing in it.
    public init(
        kind: Kind = .results, protocolName: String = "", controlID: String = "", sender: String = "",
        sentAt: String = "", processing: String = "", charset: String = "", isComplete: Bool = true
    ) {
        self.kind = kind
        self.protocolName = protocolName
        self.controlID = controlID
        self.sender = sender
        self.sentAt = sentAt
        self.processing = processing
        self.charset = charset
        self.isComplete = isComplete
        patients = []
        orders = []
        results = []
        queries = []
        comments = []
        others = []
    }

    /// Row `patient`.
    public struct Patient: Sendable, Equatable {
        /// P.3 else P.4 else P.5, PID-3, as the profile says.
        public var id = ""
        /// Further ids as sent.
        public var alternateIDs: [String] = []
        /// Name as sent, components joined by `^`.
        public var name = ""
        /// ISO 8601 date.
        public var birthDate = ""
        /// As sent.
        public var sex = ""
        /// Ward, bed, as sent.
        public var location = ""
        /// An empty patient.
        public init() {}
    }

    /// Row `order`: one specimen with what was ordered on it.
    public struct Order: Sendable, Equatable {
        /// Index into `patients`, or nil when the device sent no patient row.
        public var patient: Int?
        /// Identifier of the specimen; empty when the device gave none.
        public var specimenID = ""
        /// `barcode` (default, empty means the same) or `number`: a running number that restarts.
        public var specimenKind = ""
        /// Material as sent.
        public var specimenType = ""
        /// Rack or disk.
        public var rack = ""
        /// Position or cup.
        public var position = ""
        /// R S A.
        public var priority = ""
        /// Id of the order at the orderer.
        public var placerID = ""
        /// Id of the order at the device.
        public var fillerID = ""
        /// ISO 8601 local.
        public var orderedAt = ""
        /// ISO 8601 local.
        public var collectedAt = ""
        /// ISO 8601 local.
        public var receivedAt = ""
        /// ISO 8601 local (O.23, OBR-22).
        public var reportedAt = ""
        /// O.26, OBR-25.
        public var reportType = ""
        /// O.12.
        public var action = ""
        /// Control material by the protocol's own mark.
        public var isQC = false
        /// Codes of the tests ordered.
        public var tests: [String] = []
        /// Mark of a rerun, as sent.
        public var run = ""
        /// An empty order.
        public init() {}
    }

    /// Row `result`.
    public struct Result: Sendable, Equatable {
        /// What a row is good for.
        public enum Role: String, Sendable {
            /// A reportable result.
            case result
            /// A signal behind a result: Ct, RLU, rate.
            case raw
            /// A setting, a suspect flag, a temperature.
            case info
            /// A graph, an image, a document.
            case attachment
        }
        /// Index into `orders`, or nil when there is no order row.
        public var order: Int?
        /// The device's own code.
        public var code = ""
        /// A second name that the device sends beside the code.
        public var name = ""
        /// Value as sent, blanks trimmed, implied decimals applied, comparator kept.
        public var value = ""
        /// NM ST SN CWE ED …, where the protocol has it.
        public var valueType = ""
        /// Unit as sent.
        public var unit = ""
        /// Reference range as sent.
        public var range = ""
        /// Flags as sent, split.
        public var flags: [String] = []
        /// R.9, OBX-11 as sent.
        public var status = ""
        /// ISO 8601 local time of the measurement, no more digits than sent.
        public var time = ""
        /// ISO 8601 local.
        public var startedAt = ""
        /// As sent.
        public var operatorID = ""
        /// As sent.
        public var instrument = ""
        /// As sent.
        public var method = ""
        /// Mark of a rerun, as sent.
        public var run = ""
        /// OBX-4.
        public var subID = ""
        /// By the protocol and the profile's row rules.
        public var role = Role.result
        /// Control material by the protocol's own mark.
        public var isQC = false
        /// False where the protocol says that there is no result (status X).
        public var isUsable = true
        /// Why there is none, in words.
        public var absentReason = ""
        /// Marked by the device as sent before (R.9 = R, AU `r`).
        public var isResent = false
        /// MIME type of `data`.
        public var contentType = ""
        /// Attachment, base64.
        public var data = ""
        /// Comments that follow the row.
        public var comments: [Comment] = []
        /// An empty result.
        public init() {}
    }

    /// Row `comment`.
    public struct Comment: Sendable, Equatable {
        /// Text as sent.
        public var text = ""
        /// Code as sent, where it has one.
        public var code = ""
        /// C.3, NTE-2.
        public var source = ""
        /// C.5, NTE-4.
        public var type = ""
        /// Index into `orders` of the order it is about, nil: the message or a patient.
        public var order: Int?
        /// An empty comment.
        public init() {}
    }

    /// Row `query`.
    public struct Query: Sendable, Equatable {
        /// Specimen asked about; empty: all.
        public var specimenID = ""
        /// The last of a range of specimens that begins with `specimenID`; empty: that one only.
        public var lastSpecimenID = ""
        /// Patient asked about.
        public var patientID = ""
        /// Tests asked about; empty: all.
        public var tests: [String] = []
        /// ISO 8601 local.
        public var from = ""
        /// ISO 8601 local.
        public var to = ""
        /// Q.13.
        public var status = ""
        /// Opaque to the host, given back with the order.
        public var token = ""
        /// An empty query.
        public init() {}
    }

    /// Row `other`.
    public struct Other: Sendable, Equatable {
        /// Record type or segment name.
        public var tag = ""
        /// Text as sent.
        public var raw = ""
        /// An empty record.
        public init(tag: String = "", raw: String = "") {
            self.tag = tag
            self.raw = raw
        }
    }
}
