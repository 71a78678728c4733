import Foundation

/// Instants as people at the site read them.
struct LocalTime: Sendable {
    /// The site's zone.
    let zone: TimeZone

    init(zone: TimeZone) { self.zone = zone }

    /// The zone with a name; the machine's where the name is empty or unknown.
    init(named name: String) { zone = name.isEmpty ? .current : TimeZone(identifier: name) ?? .current }

    /// `2026-11-23 12:01:05`.
    func text(_ unix: Int64) -> String { written(unix, separator: " ") }

    /// `12:01:05.123456`.
    func precise(_ unix: Int64) -> String {
        let micros = unix.quotientAndRemainderFloor(by: 1_000_000).1
        let digits = String(micros)
        let clock = written(unix, separator: " ").dropFirst(11)
        return "\(clock).\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }

    /// ISO 8601 with zone: `2026-11-23T12:01:05+08:00`.
    func iso(_ unix: Int64) -> String {
        let offset = offset(unix)
        let minutes = abs(offset) / 60
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        let zone = offset == 0 ? "Z" : "\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
        return written(unix, separator: "T") + zone
    }

    /// A cell: local time for people, ISO 8601 for machines.
    func cell(_ unix: Int64?, _ style: TextStyle = .plain) -> Cell {
        guard let unix else { return Cell(.null, "") }
        return Cell(.string(iso(unix)), text(unix), style)
    }

    /// Microseconds since 1970 of `2h` (ago), `2026-11-23`, `2026-11-23T10:00[:00]`; nil for anything else.
    func read(_ text: String, now: Int64) -> Int64? {
        if let span = Duration(written: text) { return now - span.microseconds }
        let digits = text.split(whereSeparator: { $0 == "-" || $0 == "T" || $0 == " " || $0 == ":" }).map { Int($0) }
        guard (3...6).contains(digits.count), !digits.contains(nil), text.utf8.count >= 8 else { return nil }
        let parts = digits.compactMap { $0 } + [0, 0, 0]
        guard (1950..<2100).contains(parts[0]), (1...12).contains(parts[1]), (1...31).contains(parts[2]),
            (0..<24).contains(parts[3]), (0..<60).contains(parts[4]), (0..<60).contains(parts[5])
        else { return nil }
        let local =
            CaptureTime.days(parts[0], parts[1], parts[2]) * 86_400 + Int64(parts[3] * 3600 + parts[4] * 60 + parts[5])
        // The offset of the instant that has this civil time: first guessed, then corrected once.
        let guess = local - Int64(offset(local * 1_000_000))
        return (local - Int64(offset(guess * 1_000_000))) * 1_000_000
    }

    private func offset(_ unix: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(unix) / 1e6))
    }

    private func written(_ unix: Int64, separator: String) -> String {
        let seconds = unix.quotientAndRemainderFloor(by: 1_000_000).0 + Int64(offset(unix))
        let digits = CaptureTime.written(seconds).map { String(UnicodeScalar($0)) }
        guard digits.count == 14 else { return "" }
        func part(_ range: Range<Int>) -> String { digits[range].joined() }
        return
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))\(separator)\(part(8..<10)):\(part(10..<12)):\(part(12..<14))"
    }

    /// Now, in microseconds since 1970.
    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }
}
