import DriverWire
import JSONText

/// Time as the host hands it to a driver (`hilum_time`).
public struct DriverTime: Sendable, Equatable {
    /// Microseconds, arbitrary origin, never backwards on one instance.
    public var monotonic: Int64
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var unix: Int64
    /// Seconds east of UTC of the site.
    public var utcOffset: Int32
    /// A time from its parts.
    public init(monotonic: Int64, unix: Int64, utcOffset: Int32) {
        self.monotonic = monotonic
        self.unix = unix
        self.utcOffset = utcOffset
    }
}

/// Options that cannot be used: which one, and what to write instead.
public struct OptionsFault: Error, Sendable, Equatable {
    /// For people.
    public var text: String
    /// A fault.
    public init(_ text: String) { self.text = text }
}

/// What a driver says (HILUM_EVENT_).
public enum StreamDriverEvent: Sendable, Equatable {
    /// Put on the wire; `isImmediate` acknowledges nothing.
    case transmit([UInt8], isImmediate: Bool)
    /// A device message, with the span of received bytes it came from.
    case message(DeviceMessage, start: UInt64, end: UInt64)
    /// The device asks for orders.
    case query(DeviceMessage, start: UInt64, end: UInt64)
    /// The device took or refused an order.
    case order(DeviceMessage, start: UInt64, end: UInt64)
    /// Call `timeout` at this monotonic time; nil: no deadline.
    case deadline(Int64?)
    /// Something is wrong.
    case fault(FaultSeverity, String, start: UInt64, end: UInt64)
    /// What was received is taken once durable (links that carry no answer).
    case acknowledge
}

/// HILUM_FAULT_.
public enum FaultSeverity: UInt32, Sendable {
    /// Counted.
    case notice = 0
    /// Refused; the device knows or sends it again.
    case refused = 1
    /// Lost unless a person looks.
    case lost = 2
}

/// What became of an order handed to `submit`.
public enum SubmitOutcome: Sendable, Equatable {
    /// Taken.
    case accepted
    /// This driver takes none.
    case unsupported
    /// Cannot be expressed; why.
    case refused(String)
}

/// A driver in Swift: a pure state machine. The rules of calls are those of `hilum_driver.h`.
///
/// A driver appends its events to `events` in each call; DriverKit hands them to the host one by one. A driver is a class
/// (one instance a link) so that the C side can hold a pointer to it; it never touches I/O, clocks or threads.
public protocol StreamDriver: AnyObject {
    /// Name of the module: `lis`.
    static var name: String { get }
    /// Version of the module.
    static var version: String { get }
    /// Opens an instance with the `options` of a profile.
    init(options: JSONValue, now: DriverTime) throws(OptionsFault)
    /// Bytes from the device, in any pieces.
    func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent])
    /// The last deadline has come.
    func timeout(now: DriverTime, events: inout [StreamDriverEvent])
    /// An order for the device.
    func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome
    /// The other side has closed, or the file ends.
    func finish(now: DriverTime, events: inout [StreamDriverEvent])
    /// Nothing received so far is still needed.
    var isIdle: Bool { get }
}
