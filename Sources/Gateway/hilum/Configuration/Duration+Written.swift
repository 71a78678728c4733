extension Duration {
    /// Read from `500ms`, `30s`, `5m`, `2h`, `7d`; nil for anything else and for more than a century.
    init?(written text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), !digits.isEmpty else { return nil }
        let unit: Int64
        switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
        case "ms": unit = 1
        case "s": unit = 1000
        case "m", "min": unit = 60_000
        case "h": unit = 3_600_000
        case "d": unit = 86_400_000
        default: return nil
        }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, milliseconds <= 36_525 * 86_400_000 else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// Milliseconds, whole.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }

    /// Microseconds, whole.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    }

    /// In the largest unit that leaves no remainder: `7d`, `90s`.
    var written: String {
        let count = milliseconds
        for (name, unit) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where count >= unit && count % unit == 0 {
            return "\(count / unit)\(name)"
        }
        return "\(count)ms"
    }
}

/// Numbers of bytes as people write them.
enum ByteCount {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000),
        ("kB", 1000), ("KB", 1000), ("B", 1), ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10),
    ]

    /// Bytes of `64KiB`, `10 MB`; a number without unit is bytes.
    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits) else { return nil }
        guard let unit = name.isEmpty ? 1 : units.first(where: { $0.name == name })?.bytes else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : value
    }

    /// In the largest binary unit that leaves no remainder.
    static func written(_ count: Int) -> String {
        for unit in units.prefix(3) where count >= unit.bytes && count % unit.bytes == 0 {
            return "\(count / unit.bytes) \(unit.name)"
        }
        return "\(count) B"
    }

    /// For people: three significant digits.
    static func readable(_ count: Int64) -> String {
        var value = Double(count)
        for name in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1000 || name == "TiB" {
                if name == "B" { return "\(count) B" }
                let digits = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
                let rounded = (value * digits).rounded() / digits
                return (digits == 1 ? "\(Int(rounded))" : "\(rounded)") + " \(name)"
            }
            value /= 1024
        }
        return "\(count) B"
    }
}
