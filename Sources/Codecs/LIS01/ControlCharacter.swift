/// The control characters of the link (LIS01-A2 6.1, ISO 646).
public enum ControlCharacter {
    /// Start of header: opens a message of devices without frames.
    public static let soh: UInt8 = 0x01
    /// Start of text: opens a frame.
    public static let stx: UInt8 = 0x02
    /// End of text: closes the last frame of a text.
    public static let etx: UInt8 = 0x03
    /// End of transmission: ends a transfer phase.
    public static let eot: UInt8 = 0x04
    /// Enquiry: asks for the line.
    public static let enq: UInt8 = 0x05
    /// Acknowledge.
    public static let ack: UInt8 = 0x06
    /// Line feed.
    public static let lf: UInt8 = 0x0A
    /// Carriage return: ends a record.
    public static let cr: UInt8 = 0x0D
    /// Negative acknowledge.
    public static let nak: UInt8 = 0x15
    /// End of transmission block: closes a frame whose text goes on in the next.
    public static let etb: UInt8 = 0x17

    /// Characters that may not occur in the text of a message (LIS01-A2 6.3.4): SOH STX ETX EOT ENQ ACK LF DLE DC1–DC4
    /// NAK SYN ETB.
    public static func isRestricted(_ byte: UInt8) -> Bool { byte < 0x20 && (restricted >> UInt32(byte)) & 1 == 1 }

    private static let restricted: UInt32 =
        1 << 0x01 | 1 << 0x02 | 1 << 0x03 | 1 << 0x04 | 1 << 0x05 | 1 << 0x06 | 1 << 0x0A | 1 << 0x10 | 1 << 0x11 | 1
        << 0x12 | 1 << 0x13 | 1 << 0x14 | 1 << 0x15 | 1 << 0x16 | 1 << 0x17
}
