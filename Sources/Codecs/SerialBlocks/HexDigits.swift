/// Hexadecimal digits as formats write check characters and lengths.
public enum HexDigits {
    /// Two upper-case digits.
    public static func upper(_ value: UInt8) -> [UInt8] { [digit(value >> 4, 0x37), digit(value & 15, 0x37)] }

    /// Two lower-case digits.
    public static func lower(_ value: UInt8) -> [UInt8] { [digit(value >> 4, 0x57), digit(value & 15, 0x57)] }

    /// Four upper-case digits, high byte first.
    public static func upper(_ value: UInt16) -> [UInt8] {
        upper(UInt8(truncatingIfNeeded: value >> 8)) + upper(UInt8(truncatingIfNeeded: value))
    }

    /// The number that one to eight digits of either case write; nil for anything else.
    public static func value(_ digits: some Collection<UInt8>) -> UInt32? {
        guard (1...8).contains(digits.count) else { return nil }
        var value: UInt32 = 0
        for byte in digits {
            guard let digit = self.value(byte) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The value of one digit of either case; nil for anything else.
    public static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    private static func digit(_ value: UInt8, _ letters: UInt8) -> UInt8 { value < 10 ? 0x30 + value : letters + value }
}
