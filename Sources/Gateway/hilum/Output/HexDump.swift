/// Raw bytes, hexadecimal and characters side by side, 16 a line.
enum HexDump {
    /// The dump; `offset` is the number of the first byte.
    static func of(_ bytes: [UInt8], offset: Int = 0, indent: String = "") -> String {
        var result = ""
        var start = 0
        while start < bytes.count {
            let row = bytes[start..<min(start + 16, bytes.count)]
            var hex = ""
            for (index, byte) in row.enumerated() { hex += (index == 8 ? "  " : " ") + digits(byte) }
            let text = String(row.map { VisibleText.column($0) })
            result += "\(indent)\(address(offset + start)) \(hex.padded(to: 49))  |\(text)|\n"
            start += 16
        }
        return result
    }

    /// Two lower-case hexadecimal digits.
    static func digits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func address(_ offset: Int) -> String {
        let text = String(offset, radix: 16)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }
}
