/// Ids of devices and destinations: short, stable, safe in file names, URLs and HL7 fields.
enum Identifier {
    /// Letters, digits, `.`, `_`, `-`; first a letter or digit; at most 64.
    static func isValid(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// Reads an id that must be there.
    static func read(_ mapping: inout YAMLMapping, _ key: String) -> String? {
        guard let text = mapping.text(key, required: true) else { return nil }
        guard isValid(text) else {
            mapping.fault(
                key, "\"\(text)\" is no possible id",
                cure: "use letters, digits, -, _ and ., first a letter or digit, at most 64")
            return nil
        }
        return text
    }
}
