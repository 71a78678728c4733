/// Numbers as text: IS and DS (PS3.5 6.2).
public enum DICOMNumber {
    /// An integer string, or a decimal string whose value is an integer. Nil for anything else, and beyond 64 bits.
    public static func integer(_ text: String) -> Int? {
        let text = trimmed(text)
        if let value = Int(text) { return value }
        guard let value = decimal(text) else { return nil }
        return Int(exactly: value)
    }

    /// A decimal string: `[+-]digits[.digits][e[+-]digits]`, blanks around it. Nil for anything else (`nan`, `0x1`, `1,5`).
    public static func decimal(_ text: String) -> Double? {
        let text = trimmed(text)
        guard isDecimal(text), let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// True for a decimal string as PS3.5 has it, without blanks, of any length.
    public static func isDecimal(_ text: String) -> Bool {
        var digits = 0
        var exponentDigits: Int?
        var hasPoint = false
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39:
                if let count = exponentDigits { exponentDigits = count + 1 } else { digits += 1 }
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard previous == 0 || previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E") else { return false }
            case UInt8(ascii: "."):
                if hasPoint || exponentDigits != nil { return false }
                hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if digits == 0 || exponentDigits != nil { return false }
                exponentDigits = 0
            default: return false
            }
            previous = byte
        }
        return digits > 0 && exponentDigits != 0
    }

    /// A number as a decimal string of at most 16 bytes, as exact as fits. Nil for infinities and what is no number.
    public static func decimalString(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        if let integer = Int(exactly: value), String(integer).utf8.count <= 16 { return String(integer) }
        let exact = value.description
        if exact.utf8.count <= 16 { return exact }
        return rounded(exact)
    }

    /// Shortens the digits of `-1.2345678901234567e-10` or `0.12345678901234567` to 16 bytes, the last one rounded.
    private static func rounded(_ text: String) -> String? {
        let parts = text.split(separator: "e", maxSplits: 1)
        guard let mantissa = parts.first else { return nil }
        let exponent = parts.count > 1 ? "e\(parts[1])" : ""
        var digits = Array(mantissa.utf8)
        let room = 16 - exponent.utf8.count
        guard room > 2, digits.count > room else { return text }
        let up = digits[room] >= UInt8(ascii: "5") && digits[room] <= UInt8(ascii: "9")
        digits.removeSubrange(room...)
        guard digits.contains(UInt8(ascii: ".")) else { return nil }
        if up {
            var place = digits.count - 1
            while place >= 0 {
                if (0x30...0x38).contains(digits[place]) {
                    digits[place] += 1
                    break
                }
                if digits[place] == 0x39 { digits[place] = 0x30 }
                place -= 1
            }
            // 9.99…: no digit took the one; cutting off is within one unit of the last place.
            if place < 0 { return String(decoding: Array(mantissa.utf8.prefix(room)), as: UTF8.self) + exponent }
        }
        return String(decoding: digits, as: UTF8.self) + exponent
    }

    static func trimmed(_ text: String) -> String {
        guard text.utf8.first == 0x20 || text.utf8.last == 0x20 || text.utf8.last == 0 else { return text }
        return DataSet.trimmed(text, .DS)
    }
}
