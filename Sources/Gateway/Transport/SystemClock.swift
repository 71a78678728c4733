import Contracts
import Glibc
import Synchronization

/// The machine's clocks: CLOCK_REALTIME and CLOCK_MONOTONIC, with the site's offset from UTC.
public final class SystemClock: Clock {
    private let utcOffset: @Sendable (_ unixSeconds: Int64) -> Int32
    /// Quarter of an hour since 1970 (upper 32 bits) and the offset in it (lower 32 bits). Zones change their offset at
    /// whole quarters only, and asking the zone rules costs more than everything else here.
    private let remembered = Atomic<UInt64>(.max)

    /// A clock.
    ///
    /// - Parameter utcOffset: seconds east of UTC of the site at a moment (seconds since 1970, UTC). Called about once a
    ///   quarter of an hour, from any thread.
    public init(utcOffset: @escaping @Sendable (_ unixSeconds: Int64) -> Int32 = { _ in 0 }) {
        self.utcOffset = utcOffset
    }

    /// Now. About 50 ns.
    public func now() -> Instant {
        let unix = Self.microseconds(CLOCK_REALTIME)
        return Instant(unix: unix, monotonic: Self.microseconds(CLOCK_MONOTONIC), utcOffset: offset(at: unix))
    }

    private func offset(at unix: Int64) -> Int32 {
        let seconds = unix / 1_000_000
        let quarter = UInt32(truncatingIfNeeded: seconds / 900)
        let known = remembered.load(ordering: .relaxed)
        if known != .max, UInt32(truncatingIfNeeded: known >> 32) == quarter {
            return Int32(truncatingIfNeeded: known)
        }
        let offset = utcOffset(seconds)
        remembered.store(UInt64(quarter) << 32 | UInt64(UInt32(bitPattern: offset)), ordering: .relaxed)
        return offset
    }

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }
}
