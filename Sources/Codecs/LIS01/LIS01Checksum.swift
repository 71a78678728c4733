/// LIS01-A2 6.3.3: the sum of the bytes from the frame number to ETB or ETX, modulo 256, as two upper-case digits.
public enum LIS01Checksum {
    /// The sum of some bytes, modulo 256.
    public static func sum(_ bytes: some Sequence<UInt8>) -> UInt8 { bytes.reduce(0, &+) }

    /// The two hexadecimal digits of a sum.
    public static func digits(of sum: UInt8) -> (UInt8, UInt8) { (digit(sum >> 4), digit(sum & 15)) }

    /// The value of a hexadecimal digit of either case; nil for anything else.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
