import ResultModel

/// One piece of a conversation.
public struct JournalEntry: Sendable, Equatable {
    /// Direction on the wire.
    public enum Direction: UInt8, Sendable {
        /// From the device.
        case received = 0
        /// To the device.
        case sent = 1
    }
    /// Direction.
    public var direction: Direction
    /// Microseconds since 1970, UTC.
    public var unix: Int64
    /// The bytes.
    public var bytes: [UInt8]
    /// An entry from its parts.
    public init(_ direction: Direction, unix: Int64, bytes: [UInt8]) {
        self.direction = direction
        self.unix = unix
        self.bytes = bytes
    }
}

/// A message as it goes to the store.
public struct MessageDraft: Sendable {
    /// Kind of `DeviceMessage`.
    public var kind: String
    /// Protocol as the device names it.
    public var protocolName: String
    /// The device's id of the message.
    public var controlID: String
    /// False when it was broken off.
    public var isComplete: Bool
    /// First byte and one past the last, counted over the conversation.
    public var start: UInt64
    /// One past the last byte.
    public var end: UInt64
    /// 64-bit digest of the content without the device's sequence numbers and message id, to recognise a resend.
    public var contentDigest: UInt64
    /// Reports made of it, each with the ids of the destinations it goes to when nothing holds it.
    public var reports: [(report: Report, destinations: [String])]

    /// A message draft from its parts.
    public init(
        kind: String, protocolName: String, controlID: String, isComplete: Bool, start: UInt64, end: UInt64,
        contentDigest: UInt64, reports: [(report: Report, destinations: [String])]
    ) {
        self.kind = kind
        self.protocolName = protocolName
        self.controlID = controlID
        self.isComplete = isComplete
        self.start = start
        self.end = end
        self.contentDigest = contentDigest
        self.reports = reports
    }
}

/// What is made durable in one transaction for one device.
public struct CommitUnit: Sendable {
    /// Id of the device.
    public var device: String
    /// Number of the conversation (one link from open to close), from `openConversation`.
    public var conversation: Int64
    /// Raw bytes, both ways.
    public var journal: [JournalEntry]
    /// Messages that became complete.
    public var messages: [MessageDraft]
    /// Faults to show.
    public var faults: [DriverFault]
    /// What the device said of the tests it was given.
    public var orders: [OrderMark]
    /// After this unit the driver needs nothing of what it received (a recovery need not replay it).
    public var isIdle: Bool
    /// An empty unit.
    public init(device: String, conversation: Int64) {
        self.device = device
        self.conversation = conversation
        journal = []
        messages = []
        faults = []
        orders = []
        isIdle = false
    }
}

/// What became of a unit.
public struct CommitReceipt: Sendable {
    /// What became of each report, in the order given.
    public var reports: [ReportFate]
    /// A receipt.
    public init(reports: [ReportFate]) { self.reports = reports }
}

/// What became of one report.
public struct ReportFate: Sendable {
    /// Its number.
    public var id: Int64
    /// The report whose repeat it is, when nothing in it is new.
    public var repeats: Int64?
    /// True when it replaces results that were stored earlier.
    public var corrects: Bool
    /// True when it waits for a person.
    public var isHeld: Bool
    /// A fate from its parts.
    public init(id: Int64, repeats: Int64?, corrects: Bool, isHeld: Bool) {
        self.id = id
        self.repeats = repeats
        self.corrects = corrects
        self.isHeld = isHeld
    }
}

/// The store cannot keep its promise.
public struct StoreFault: Error, Sendable, CustomStringConvertible {
    /// Closed set of kinds.
    public enum Code: String, Sendable {
        /// SQLITE_FULL, ENOSPC.
        case diskFull = "disk-full"
        /// SQLITE_IOERR, a failed fsync: nothing is acknowledged until a person has looked or the gateway was restarted.
        case ioError = "io-error"
        /// SQLITE_CORRUPT, SQLITE_NOTADB.
        case corrupt
        /// Another process holds the database.
        case locked
        /// The store is closed.
        case closed
        /// A fault of ours.
        case `internal`
    }
    /// Kind.
    public var code: Code
    /// What happened, where, what to do.
    public var text: String
    /// A fault from its parts.
    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
    /// Text for people.
    public var description: String { "\(code.rawValue): \(text)" }
}

/// The writing side of the store, as the intake needs it. One writer with group commit.
public protocol Journal: Sendable {
    /// Starts a conversation: one link from open to close.
    func openConversation(device: String, peer: String, at unix: Int64) async throws -> Int64
    /// Makes a unit durable. `completion` is called once, after the fsync, on the writer's thread, in the order in which
    /// units of one device were handed in; it must not block.
    func commit(_ unit: CommitUnit, completion: @escaping @Sendable (Result<CommitReceipt, StoreFault>) -> Void)
    /// Puts bytes that crashed a driver aside, visible to people.
    func quarantine(device: String, conversation: Int64, bytes: [UInt8], reason: String) async throws
    /// Conversations that ended (by a crash of the gateway) with bytes after the last idle point: the uncommitted tail.
    func unfinishedConversations() async throws -> [UnfinishedConversation]
    /// The tail of a conversation was replayed, or is given up.
    func closeConversation(_ id: Int64, at unix: Int64) async throws
}

/// A conversation whose tail was not understood when the gateway died.
public struct UnfinishedConversation: Sendable {
    /// Number.
    public var id: Int64
    /// Device.
    public var device: String
    /// Entries after the last idle point, in order.
    public var tail: [JournalEntry]
    /// Offset of the first received byte of the tail within the conversation.
    public var offset: UInt64
    /// An unfinished conversation from its parts.
    public init(id: Int64, device: String, tail: [JournalEntry], offset: UInt64) {
        self.id = id
        self.device = device
        self.tail = tail
        self.offset = offset
    }
}
