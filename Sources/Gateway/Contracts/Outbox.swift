import ResultModel

/// One report on its way to one destination.
public struct OutboxItem: Sendable {
    /// Number, unique in this gateway, stable over retries and restarts.
    public var id: Int64
    /// Short text unique to this state folder, to make ids unique between gateways (4 characters, A–Z 0–9).
    public var gateway: String
    /// Id of the destination.
    public var destination: String
    /// Items of one key go out in the order of their ids; different keys do not wait for each other.
    public var orderKey: UInt64
    /// The report, with `replacesEarlier` set on what it corrects.
    public var report: Report
    /// Attempts made before this one.
    public var attempts: Int
    /// When it was put into the queue: microseconds since 1970, UTC. Goes into MSH-7, so that a retry sends the same bytes.
    public var createdAt: Int64
    /// An item from its parts.
    public init(
        id: Int64, gateway: String, destination: String, orderKey: UInt64, report: Report, attempts: Int,
        createdAt: Int64
    ) {
        self.id = id
        self.gateway = gateway
        self.destination = destination
        self.orderKey = orderKey
        self.report = report
        self.attempts = attempts
        self.createdAt = createdAt
    }
}

/// What became of an attempt.
public enum DeliveryOutcome: Sendable {
    /// The destination has it.
    case delivered(note: String)
    /// Try again at or after this time (microseconds since 1970, UTC).
    case retry(at: Int64, reason: String)
    /// A person has to look: dead letter.
    case dead(reason: String)
}

/// The queue side of the store, as the delivery needs it.
public protocol Outbox: Sendable {
    /// Up to `limit` items of a destination whose time has come and whose key has no earlier open item, in order. An item
    /// stays claimed until it is settled or the gateway restarts.
    ///
    /// - Returns: the items, and when the next one is due (nil: nothing waits but what is claimed or not yet put in).
    func claim(destination: String, limit: Int, now: Int64) async throws -> (items: [OutboxItem], nextDue: Int64?)
    /// Records what became of claimed items. Grouped with other writes; durable when it returns.
    func settle(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws
    /// Calls `wake` whenever an item for the destination may have become due. One waker a destination.
    func onWork(destination: String, _ wake: @escaping @Sendable () -> Void)
}

/// Alarms: told once at the start and once at recovery.
public protocol AlarmSink: Sendable {
    /// Something is wrong with `subject` (a device or destination id, `store`). Repeats of an open alarm are counted only.
    func raise(subject: String, kind: String, text: String)
    /// It is well again.
    func clear(subject: String, kind: String, text: String)
}
