import Foundation
import Synchronization
import Terminology

/// A time zone of the system's database, for the normaliser and for the clock.
///
/// Civil times near each other have one offset: the last answer is remembered for its hour, because a message asks for
/// the same hour a dozen times.
final class SystemZone: ZoneRules {
    private struct Remembered {
        var hour: Int64 = .min
        var offset: Int32?
    }

    let zone: TimeZone
    private let calendar: Calendar
    private let remembered = Mutex(Remembered())

    /// UTC, which always exists.
    static let utc = SystemZone(.gmt)

    private init(_ zone: TimeZone) {
        self.zone = zone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// The zone with an IANA name; empty: the machine's. Nil when there is no such zone.
    convenience init?(_ name: String) {
        if name.isEmpty {
            self.init(TimeZone.current)
        } else if let named = TimeZone(identifier: name) {
            self.init(named)
        } else {
            return nil
        }
    }

    func utcOffset(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int32? {
        let key = ((Int64(year) * 100 + Int64(month)) * 100 + Int64(day)) * 100 + Int64(hour)
        if let known = remembered.withLock({ $0.hour == key ? $0.offset : nil }) { return known }
        let parts = DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard let date = calendar.date(from: parts) else { return nil }
        // A civil time that the spring leaves out comes back as another one.
        guard calendar.component(.hour, from: date) == hour else { return nil }
        let offset = Int32(zone.secondsFromGMT(for: date))
        let ends = Int32(zone.secondsFromGMT(for: date.addingTimeInterval(3600)))
        if offset == ends { remembered.withLock { $0 = Remembered(hour: key, offset: offset) } }
        return offset
    }

    /// Seconds east of UTC at an instant: microseconds since 1970.
    func utcOffset(at unix: Int64) -> Int32 {
        Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(unix) / 1e6)))
    }
}
