/// The file of a recorded line: text, one line an event, so that whatever was written before a power cut is whole.
///
///     hilum-capture 1
///     0.000000 1 ! connected
///     0.001204 1 > \x02H|\\^&|||ACME\x0D
///     0.015877 1 < \x06
///
/// Seconds since the first event, number of the connection, who speaks (`>` the device, `<` the host, `!` what happened), and the
/// bytes: printable ASCII as it is, a backslash doubled, everything else as `\xNN`.
public enum CaptureRecord {
    /// First line of every such file.
    public static let signature = "hilum-capture 1\n"

    /// Who speaks.
    public enum Direction: UInt8, Sendable {
        /// The device.
        case device = 0x3E
        /// Its host.
        case host = 0x3C
        /// Nobody: something happened.
        case event = 0x21
    }

    /// One line of the file.
    public static func line(
        microseconds: Int64, connection: Int, _ direction: Direction, _ bytes: some Sequence<UInt8>
    ) -> [UInt8] {
        let fraction = String(microseconds % 1_000_000)
        let padded = String(repeating: "0", count: max(0, 6 - fraction.count)) + fraction
        var line = Array("\(microseconds / 1_000_000).\(padded) \(connection) ".utf8)
        line += [direction.rawValue, 0x20]
        for byte in bytes {
            switch byte {
            case 0x5C: line += [0x5C, 0x5C]
            case 0x20..<0x7F: line.append(byte)
            default: line += [0x5C, 0x78, hexadecimal(byte >> 4), hexadecimal(byte & 15)]
            }
        }
        return line + [0x0A]
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }

    /// One line as it is read.
    public struct Event: Sendable, Equatable {
        /// Since the first event.
        public var microseconds: Int64
        /// Number of the connection.
        public var connection: Int
        /// Who speaks.
        public var direction: Direction
        /// What is said; of an event, what happened.
        public var bytes: [UInt8]
    }

    /// What was recorded, in order; nil: the bytes are no such file.
    ///
    /// A last line that was cut is left out; so is one that cannot be read.
    public static func events(of file: [UInt8]) -> [Event]? {
        guard file.starts(with: signature.utf8) else { return nil }
        var events: [Event] = []
        var rest = file.dropFirst(signature.utf8.count)
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            // Time, connection, direction, then all the rest.
            let parts = line.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, parts[2].count == 1, let direction = parts[2].first.flatMap(Direction.init),
                let bytes = unescaped(parts[3])
            else { continue }
            events.append(
                Event(
                    microseconds: time(parts[0]), connection: Int(String(decoding: parts[1], as: UTF8.self)) ?? 0,
                    direction: direction, bytes: bytes))
        }
        return events
    }

    /// What the device sent, in the order recorded; nil: the bytes are no such file.
    public static func deviceBytes(of file: [UInt8]) -> [UInt8]? {
        events(of: file)?.filter { $0.direction == .device }.flatMap(\.bytes)
    }

    /// Microseconds of `12.000345`; 0 for anything else.
    private static func time(_ text: ArraySlice<UInt8>) -> Int64 {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 6, parts[0].count <= 12,
            let seconds = Int64(String(decoding: parts[0], as: UTF8.self)), seconds >= 0,
            let fraction = Int64(String(decoding: parts[1], as: UTF8.self)), fraction >= 0
        else { return 0 }
        return seconds * 1_000_000 + fraction
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == 0x5C else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case 0x5C: bytes.append(0x5C)
            case 0x78:
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: return nil
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
