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
                guard previous == 0 || previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E") else {
                    return false
                }
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
        let (digits, exponent) = digits(exact)
        for count in stride(from: min(digits.count, 16), through: 1, by: -1) {
            let (rounded, carried) = round(digits, to: count)
            for text in [
                fixed(rounded, exponent + carried), scientific(rounded, exponent + carried),
            ] {
                let text = (value < 0 ? "-" : "") + text
                if text.utf8.count <= 16 { return text }
            }
        }
        return nil
    }

    /// Significant digits of a description (`-1.25e-07`), and the exponent that makes the number 0.digits × 10^exponent.
    private static func digits(_ text: String) -> (digits: [UInt8], exponent: Int) {
        let parts = text.split(separator: "e", maxSplits: 1)
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        var digits: [UInt8] = []
        var isFraction = false
        for byte in (parts.first ?? "").utf8 {
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if (0x30...0x39).contains(byte) {
                if digits.isEmpty, byte == 0x30 {
                    if isFraction { exponent -= 1 }
                    continue
                }
                digits.append(byte & 15)
                if !isFraction { exponent += 1 }
            }
        }
        while digits.last == 0 { digits.removeLast() }
        return (digits, exponent)
    }

    /// The first digits, the last one rounded; and 1 when the number got one digit more (9.99 to 10.0).
    private static func round(_ digits: [UInt8], to count: Int) -> (digits: [UInt8], carried: Int) {
        guard count < digits.count else { return (digits, 0) }
        var rounded = Array(digits.prefix(count))
        var carried = 0
        if digits[count] >= 5 {
            while let last = rounded.last, last == 9 { rounded.removeLast() }
            if let last = rounded.popLast() {
                rounded.append(last + 1)
            } else {
                rounded = [1]
                carried = 1
            }
        }
        while rounded.last == 0 { rounded.removeLast() }
        return (rounded, carried)
    }

    private static func text(_ digits: some Sequence<UInt8>) -> String {
        String(decoding: digits.map { $0 | 0x30 }, as: UTF8.self)
    }

    private static func fixed(_ digits: [UInt8], _ exponent: Int) -> String {
        // Anything longer is too long in any case.
        let zeros = [UInt8](repeating: 0, count: min(20, max(0, exponent <= 0 ? -exponent : exponent - digits.count)))
        if exponent <= 0 { return "0." + text(zeros + digits) }
        if exponent >= digits.count { return text(digits + zeros) }
        return text(digits[..<exponent]) + "." + text(digits[exponent...])
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        text(digits.prefix(1)) + (digits.count > 1 ? "." + text(digits.dropFirst()) : "") + "e\(exponent - 1)"
    }

    static func trimmed(_ text: String) -> String {
        guard text.utf8.first == 0x20 || text.utf8.last == 0x20 || text.utf8.last == 0 else { return text }
        return DataSet.trimmed(text, .DS)
    }
}
