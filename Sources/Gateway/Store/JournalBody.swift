import Contracts

/// The bytes of one commit as one row: for each entry its length and direction in one number, the microseconds since the
/// entry before, and the bytes. Some three bytes more than what was on the wire.
enum JournalBody {
    static func encode(_ entries: [JournalEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + $1.bytes.count + 8 })
        var previous = entries.first?.unix ?? 0
        for entry in entries {
            number(UInt64(entry.bytes.count) << 1 | UInt64(entry.direction.rawValue), &bytes)
            let step = entry.unix &- previous
            number(UInt64(bitPattern: (step << 1) ^ (step >> 63)), &bytes)
            bytes.append(contentsOf: entry.bytes)
            previous = entry.unix
        }
        return bytes
    }

    /// - Returns: nil when the bytes are no such row.
    static func decode(_ bytes: [UInt8], unix: Int64) -> [JournalEntry]? {
        var (entries, position, time) = ([JournalEntry](), 0, unix)
        while position < bytes.count {
            guard let head = number(bytes, &position), let step = number(bytes, &position),
                head >> 1 <= UInt64(bytes.count - position),
                let direction = JournalEntry.Direction(rawValue: UInt8(head & 1))
            else { return nil }
            let length = Int(head >> 1)
            time = time &+ (Int64(bitPattern: step >> 1) ^ -Int64(bitPattern: step & 1))
            entries.append(JournalEntry(direction, unix: time, bytes: Array(bytes[position..<position + length])))
            position += length
        }
        return entries
    }

    static func received(_ entries: [JournalEntry]) -> UInt64 {
        entries.reduce(0) { $1.direction == .received ? $0 &+ UInt64($1.bytes.count) : $0 }
    }

    private static func number(_ value: UInt64, _ bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func number(_ bytes: [UInt8], _ position: inout Int) -> UInt64? {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }
}
