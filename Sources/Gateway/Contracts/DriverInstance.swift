import DriverWire

/// One driver instance, bound to one link, in a child process. Made by DriverHost.
public protocol DriverInstance: Sendable {
    /// Feeds bytes. Events follow by the sink given at opening, as one batch for each call.
    func receive(_ bytes: [UInt8], at time: Instant)
    /// The deadline the driver asked for has come.
    func timeout(at time: Instant)
    /// An order for the device, JSON.
    func submit(_ order: [UInt8], at time: Instant)
    /// The other side has closed.
    func finish(at time: Instant)
    /// Everything up to here is durable: the host need not keep bytes for a replay that came before the last idle point.
    func settled(input: UInt64)
    /// Ends the instance.
    func close()
}

/// An event of a driver (hilum_driver.h, HILUM_EVENT_).
public enum DriverEvent: Sendable, Equatable {
    /// Put on the wire; `isImmediate`: acknowledges nothing, need not wait for the commit.
    case transmit([UInt8], isImmediate: Bool)
    /// A device message with the span of bytes it came from (offsets since the instance was opened).
    case message(DeviceMessage, start: UInt64, end: UInt64)
    /// The device asks for orders.
    case query(DeviceMessage, start: UInt64, end: UInt64)
    /// The device took or refused an order.
    case order(DeviceMessage, start: UInt64, end: UInt64)
    /// Call `timeout` at this monotonic time; nil: no deadline any more.
    case deadline(Int64?)
    /// Something is wrong.
    case fault(DriverFault)
    /// All that was received is taken once durable.
    case acknowledge
}

/// A fault as told by a driver or about a driver.
public struct DriverFault: Sendable, Equatable {
    /// Who has to look.
    public enum Severity: UInt32, Sendable {
        /// Counted.
        case notice = 0
        /// Refused; the device knows or will send it again.
        case refused = 1
        /// Lost unless a person looks.
        case lost = 2
    }
    /// Severity.
    public var severity: Severity
    /// For people: what, who, what to do.
    public var text: String
    /// First byte concerned, since the instance was opened.
    public var start: UInt64
    /// One past the last.
    public var end: UInt64
    /// A fault from its parts.
    public init(_ severity: Severity, _ text: String, start: UInt64 = 0, end: UInt64 = 0) {
        self.severity = severity
        self.text = text
        self.start = start
        self.end = end
    }
}

/// All events that one call on an instance gave.
public struct DriverBatch: Sendable {
    /// Number of the call, counted from 1 in each instance (receive, timeout, submit, finish alike).
    public var input: UInt64
    /// In the order polled.
    public var events: [DriverEvent]
    /// Nothing received so far is still needed by the driver.
    public var isIdle: Bool
    /// The call was `submit`, and the driver does not take the order; a fault among the events says why.
    public var isOrderRefused: Bool
    /// A batch from its parts.
    public init(input: UInt64, events: [DriverEvent], isIdle: Bool, isOrderRefused: Bool = false) {
        self.input = input
        self.events = events
        self.isIdle = isIdle
        self.isOrderRefused = isOrderRefused
    }
}

/// Why an instance ended without being closed.
public enum DriverEnd: Sendable, Equatable {
    /// The options were refused.
    case optionsRefused(String)
    /// The module cannot be loaded.
    case moduleUnusable(String)
    /// These inputs crashed the driver three times (trap, hang or memory): they are given up. Bytes since the last idle
    /// point, for the quarantine.
    case quarantined(bytes: [UInt8], reason: String)
}

/// An instance that could not be opened.
public struct DriverOpenFault: Error, Sendable, CustomStringConvertible {
    /// Why; never `quarantined`.
    public var end: DriverEnd
    /// A fault.
    public init(_ end: DriverEnd) { self.end = end }
    /// Text for people.
    public var description: String {
        switch end {
        case .optionsRefused(let text), .moduleUnusable(let text): text
        case .quarantined(_, let reason): reason
        }
    }
}

/// Makes driver instances. Crashes and restarts stay inside: the caller sees each event once, in order.
public protocol DriverHosting: Sendable {
    /// Opens an instance of the module `driver` with `options` (a JSON object) for a device.
    ///
    /// Throws `DriverOpenFault` when the module or the options cannot be used; `onEnd` is not called then.
    ///
    /// - Parameters:
    ///   - onBatch: events, call by call. Number 0: what the driver said on being opened, told only if it said anything,
    ///     perhaps before this function has returned. A number seen before: the driver's process was started again and
    ///     its deadline is another one now; such a batch holds nothing else.
    ///   - onEnd: the instance has ended by itself; nothing follows.
    ///   - onRestart: told about each restart of the child process, for the alarm list.
    func open(
        driver: String, device: String, options: [UInt8], at time: Instant,
        onBatch: @escaping @Sendable (DriverBatch) -> Void,
        onEnd: @escaping @Sendable (DriverEnd) -> Void,
        onRestart: @escaping @Sendable (_ reason: String) -> Void
    ) async throws -> any DriverInstance
}
