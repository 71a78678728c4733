/// Control characters of serial formats (ISO 646).
public enum ControlByte {
    /// Start of header.
    public static let soh: UInt8 = 0x01
    /// Start of text.
    public static let stx: UInt8 = 0x02
    /// End of text.
    public static let etx: UInt8 = 0x03
    /// End of transmission.
    public static let eot: UInt8 = 0x04
    /// Enquiry.
    public static let enq: UInt8 = 0x05
    /// Acknowledge.
    public static let ack: UInt8 = 0x06
    /// Line feed.
    public static let lf: UInt8 = 0x0A
    /// Form feed.
    public static let ff: UInt8 = 0x0C
    /// Carriage return.
    public static let cr: UInt8 = 0x0D
    /// Data link escape.
    public static let dle: UInt8 = 0x10
    /// XON, device control 1.
    public static let dc1: UInt8 = 0x11
    /// Device control 2.
    public static let dc2: UInt8 = 0x12
    /// XOFF, device control 3.
    public static let dc3: UInt8 = 0x13
    /// Negative acknowledge.
    public static let nak: UInt8 = 0x15
    /// Synchronous idle.
    public static let syn: UInt8 = 0x16
    /// End of transmission block.
    public static let etb: UInt8 = 0x17
    /// Cancel.
    public static let can: UInt8 = 0x18
    /// Substitute: pads the last block of XMODEM.
    public static let sub: UInt8 = 0x1A
    /// File separator.
    public static let fs: UInt8 = 0x1C
    /// Group separator.
    public static let gs: UInt8 = 0x1D
    /// Record separator.
    public static let rs: UInt8 = 0x1E

    /// The byte that a profile names: `STX`, `etx`, or two hex digits (`1C`); nil: neither.
    public static func named(_ name: String) -> UInt8? {
        let names: [String: UInt8] = [
            "SOH": soh, "STX": stx, "ETX": etx, "EOT": eot, "ENQ": enq, "ACK": ack, "LF": lf, "VT": 0x0B, "FF": ff,
            "CR": cr, "DLE": dle, "DC1": dc1, "DC2": dc2, "DC3": dc3, "DC4": 0x14, "NAK": nak, "SYN": syn, "ETB": etb,
            "CAN": can, "SUB": sub, "ESC": 0x1B, "FS": fs, "GS": gs, "RS": rs, "US": 0x1F, "NUL": 0,
        ]
        if let byte = names[name.uppercased()] { return byte }
        guard name.utf8.count == 2, let value = HexDigits.value(Array(name.utf8)) else { return nil }
        return UInt8(truncatingIfNeeded: value)
    }
}
