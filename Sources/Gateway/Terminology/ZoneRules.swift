/// What a time zone says: the offset that is in force at a local civil time. Implemented where the zone database is at hand.
public protocol ZoneRules: Sendable {
    /// Seconds east of UTC at a local civil time; nil when the time does not exist or the zone is not known for it. Of two
    /// offsets (the hour that comes twice in autumn) the earlier instant's counts.
    ///
    /// - Parameters:
    ///   - year: such as 2024
    ///   - month: 1 to 12
    ///   - day: 1 to 31
    ///   - hour: 0 to 23
    ///   - minute: 0 to 59
    ///   - second: 0 to 59
    func utcOffset(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int32?
}

/// A zone without summer time.
public struct FixedZone: ZoneRules {
    /// Seconds east of UTC.
    public var offset: Int32
    /// A zone with one offset.
    public init(offset: Int32) { self.offset = offset }
    /// UTC.
    public static let utc = FixedZone(offset: 0)
    /// The one offset.
    public func utcOffset(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int32? { offset }
}
