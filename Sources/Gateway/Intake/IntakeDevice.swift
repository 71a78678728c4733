import DriverWire
import Orders
import ResultModel

/// What the intake must know about one device: which driver reads it, and what is made of its messages.
///
/// The intake knows no profiles: the composition root hands it the driver's options and a pure function.
public struct IntakeDevice: Sendable {
    /// What became of a device message by profile and site.
    public struct Understood: Sendable {
        /// Reports, each with the destinations it goes to when nothing holds it.
        public var reports: [(report: Report, destinations: [String])]
        /// Digest of the content without ids and sequence numbers, to recognise a resend.
        public var contentDigest: UInt64
        /// Reports from their parts.
        public init(reports: [(report: Report, destinations: [String])], contentDigest: UInt64) {
            self.reports = reports
            self.contentDigest = contentDigest
        }
    }

    /// Id in hilum.yaml.
    public var id: String
    /// Name of the driver module: `lis`.
    public var driver: String
    /// The driver's options, a JSON object.
    public var options: [UInt8]
    /// Makes reports of a message: pure, called on the conversation's queue. `receivedAt`: microseconds since 1970, UTC.
    public var understand: @Sendable (DeviceMessage, _ receivedAt: Int64) -> Understood
    /// Answers a query of the device: what the driver is to submit.
    public var answer: @Sendable (DeviceMessage) async -> [OrderSubmission]
    /// What is to be sent to the device unasked; nil: this device is not sent anything unasked.
    public var download: OrderSource?

    /// A device from its parts.
    public init(
        id: String, driver: String, options: [UInt8],
        understand: @escaping @Sendable (DeviceMessage, Int64) -> Understood,
        answer: @escaping @Sendable (DeviceMessage) async -> [OrderSubmission],
        download: OrderSource? = nil
    ) {
        self.id = id
        self.driver = driver
        self.options = options
        self.understand = understand
        self.answer = answer
        self.download = download
    }
}

/// Orders that a device is sent unasked.
public struct OrderSource: Sendable {
    /// What waits for the device.
    public var fetch: @Sendable () async -> [OrderSubmission]
    /// Called before each is sent: whether it still may be. From then on no other device is sent the same.
    public var claim: @Sendable (OrderSubmission) async -> Bool
    /// A source from its parts.
    public init(
        fetch: @escaping @Sendable () async -> [OrderSubmission],
        claim: @escaping @Sendable (OrderSubmission) async -> Bool
    ) {
        self.fetch = fetch
        self.claim = claim
    }
}

/// What the intake tells whoever watches.
public struct IntakeObserver: Sendable {
    /// A unit was committed: device, what was in it, what became of it.
    public var committed: @Sendable (_ device: String, [MessageDraftSummary], CommitSummary) -> Void
    /// A device's link came or went; nil: no link.
    public var link: @Sendable (_ device: String, _ peer: String?) -> Void
    /// A driver's fault, as it comes.
    public var fault: @Sendable (_ device: String, _ severity: UInt32, _ text: String) -> Void

    /// An observer that looks away.
    public init(
        committed: @escaping @Sendable (String, [MessageDraftSummary], CommitSummary) -> Void = { _, _, _ in },
        link: @escaping @Sendable (String, String?) -> Void = { _, _ in },
        fault: @escaping @Sendable (String, UInt32, String) -> Void = { _, _, _ in }
    ) {
        self.committed = committed
        self.link = link
        self.fault = fault
    }
}

/// A message that was committed, without its contents.
public struct MessageDraftSummary: Sendable {
    /// Kind of `DeviceMessage`.
    public var kind: String
    /// The device's id of the message.
    public var controlID: String
    /// Number of results in it.
    public var results: Int
}

/// What became of the reports of a unit.
public struct CommitSummary: Sendable {
    /// Ids of new reports.
    public var stored: [Int64]
    /// How many were repeats.
    public var repeats: Int
    /// How many wait for a person.
    public var held: Int
}
