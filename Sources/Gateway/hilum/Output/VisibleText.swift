/// Text from a device or a peer as it may be shown on a terminal.
///
/// Control characters never reach the terminal raw: an escape sequence in a patient's name could rewrite the screen or
/// the title, a right-to-left override could turn a result round. They are shown as `\r`, `\n`, `\t` or `<1B>`, `<U+202E>`.
enum VisibleText {
    /// The text with everything that a terminal would obey made visible.
    static func of(_ text: some StringProtocol) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(text) }
        var result = ""
        for scalar in text.unicodeScalars {
            if let name = name(scalar) { result += name } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// One byte as a character of the right-hand side of a hex dump.
    static func column(_ byte: UInt8) -> Character {
        (0x20..<0x7F).contains(byte) ? Character(Unicode.Scalar(byte)) : "."
    }

    /// Raw bytes as text: control characters by their names (`<STX>`), the rest as UTF-8 where it is valid.
    static func ofBytes(_ bytes: some Sequence<UInt8>) -> String {
        var result = ""
        var run: [UInt8] = []
        func flush() {
            guard !run.isEmpty else { return }
            result += of(String(decoding: run, as: UTF8.self))
            run.removeAll(keepingCapacity: true)
        }
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F {
                flush()
                result += controlName(byte)
            } else {
                run.append(byte)
            }
        }
        flush()
        return result
    }

    /// ASCII name of a control character in angle brackets.
    static func controlName(_ byte: UInt8) -> String {
        if byte == 0x7F { return "<DEL>" }
        return Int(byte) < controls.count ? "<\(controls[Int(byte)])>" : ""
    }

    private static let controls = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE",
        "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ]

    private static func name(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x0A: return "\\n"
        case 0x0D: return "\\r"
        case 0x09: return "\\t"
        case 0..<0x20, 0x7F: return controlName(UInt8(truncatingIfNeeded: scalar.value))
        // C1 controls, line and paragraph separators, directional overrides and isolates.
        case 0x80..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x061C, 0xFEFF:
            return "<U+\(scalar.hexadecimal)>"
        default: return nil
        }
    }
}

extension Unicode.Scalar {
    /// At least four upper-case hexadecimal digits.
    var hexadecimal: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
