extension DeviceProfile {
    /// What the first bytes of a conversation look like.
    enum Wire: Sendable, Equatable {
        /// MLLP or HL7 text.
        case hl7
        /// LIS01, bare STX … ETX, SOH … EOT, or LIS02 records as text.
        case lis
        /// A document of XML: POCT1-A.
        case xml
        /// Text that is nothing of the above: a file of rows.
        case text
    }

    /// How many bytes are looked at.
    static let bytesToSniff = 512

    /// The variant that reads what begins like this: nil when the profile itself does, or none does.
    public func variant(matching firstBytes: some Collection<UInt8>) -> Variant? {
        guard let wire = DeviceProfile.wire(of: Array(firstBytes.prefix(DeviceProfile.bytesToSniff))) else {
            return nil
        }
        if DeviceProfile.wire(ofDriver: driver) == wire { return nil }
        return variants.first { DeviceProfile.wire(ofDriver: $0.profile.driver) == wire }
    }

    private static func wire(ofDriver driver: String) -> Wire? {
        switch driver {
        case "hl7-analyser": .hl7
        case "lis": .lis
        case "poct1a": .xml
        case "delimited": .text
        default: nil
        }
    }

    /// VT before MSH, or MSH at the start of a line, is HL7; a control character of LIS01 or `H|` is LIS02. Some devices send
    /// 02 as noise before VT, so HL7 is looked for first.
    static func wire(of bytes: [UInt8]) -> Wire? {
        let header = Array("MSH".utf8)
        for start in bytes.indices where bytes[start...].starts(with: header) {
            let before = start == 0 ? 0x0A : bytes[start - 1]
            if before == 0x0B || before == 0x0A || before == 0x0D || before == 0xBF || before == 0x02 { return .hl7 }
        }
        if bytes.contains(where: { $0 == 0x05 || $0 == 0x02 || $0 == 0x01 }) { return .lis }
        var isLineStart = true
        for index in bytes.indices {
            if isLineStart, bytes[index] == UInt8(ascii: "H"), index + 1 < bytes.count {
                let delimiter = bytes[index + 1]
                let isLetterOrDigit =
                    delimiter >= 0x30 && delimiter <= 0x39 || delimiter >= 0x41 && delimiter <= 0x5A
                    || delimiter >= 0x61 && delimiter <= 0x7A
                if delimiter > 0x20, !isLetterOrDigit { return .lis }
            }
            isLineStart = bytes[index] == 0x0A || bytes[index] == 0x0D || (isLineStart && bytes[index] == 0x20)
        }
        if isXML(bytes) { return .xml }
        return isText(bytes) ? .text : nil
    }

    /// `<` before anything else, a byte order mark, blanks or the VT of a block apart.
    private static func isXML(_ bytes: [UInt8]) -> Bool {
        let rest = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        guard rest.first == UInt8(ascii: "<"), let second = rest.dropFirst().first else { return false }
        return second == UInt8(ascii: "?") || second >= 0x41 && second <= 0x7A
    }

    /// No control character but those of lines and tables; UTF-16 by its mark.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return true }
        return !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
