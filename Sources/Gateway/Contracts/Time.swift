/// Both clocks at one instant.
public struct Instant: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z; may jump.
    public var unix: Int64
    /// Microseconds on a clock that never goes backwards, arbitrary origin.
    public var monotonic: Int64
    /// Seconds east of UTC of the site at that instant.
    public var utcOffset: Int32
    /// An instant from its parts.
    public init(unix: Int64, monotonic: Int64, utcOffset: Int32 = 0) {
        self.unix = unix
        self.monotonic = monotonic
        self.utcOffset = utcOffset
    }
}

/// Where the time comes from, so that tests can run in simulated time.
public protocol Clock: Sendable {
    /// Now.
    func now() -> Instant
}
