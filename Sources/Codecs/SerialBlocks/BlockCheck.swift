/// Check characters of vendors' serial formats (analysers' sheets 5.4 to 5.23): what is computed over a block. How the result is
/// written (hex digits, one byte, other forms) is the format's own affair; see `HexDigits`.
public enum BlockCheck {
    /// Sum modulo 256.
    public static func sum(_ bytes: some Sequence<UInt8>) -> UInt8 { bytes.reduce(0, &+) }

    /// Sum modulo 65,536.
    public static func longSum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { $0 &+ UInt16($1) }
    }

    /// Two's complement of the sum: bytes and check together sum to 0 modulo 256.
    public static func twosComplement(_ bytes: some Sequence<UInt8>) -> UInt8 { 0 &- sum(bytes) }

    /// Exclusive or.
    public static func exclusiveOr(_ bytes: some Sequence<UInt8>) -> UInt8 { bytes.reduce(0, ^) }

    /// CRC-16 with polynomial 1021 reflected, start FFFF, complemented (CRC-16/X-25; "123456789" gives 906E).
    public static func crc16X25(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x8408 : crc >> 1 }
        }
        return ~crc
    }

    /// CRC-16 with polynomial 1021, start 0, high bit first (CRC-16/XMODEM; "123456789" gives 31C3).
    public static func crc16XMODEM(_ bytes: some Sequence<UInt8>) -> UInt16 { highBitFirst(bytes, start: 0) }

    /// CRC-16 with polynomial 1021, start FFFF, high bit first, complemented (CRC-16/GENIBUS; "123456789" gives D64E).
    public static func crc16GENIBUS(_ bytes: some Sequence<UInt8>) -> UInt16 { ~highBitFirst(bytes, start: 0xFFFF) }

    private static func highBitFirst(_ bytes: some Sequence<UInt8>, start: UInt16) -> UInt16 {
        var crc = start
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return crc
    }
}
