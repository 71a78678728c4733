/// Base64 (RFC 4648 section 4), as the data of an attachment is told.
public enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The data in a value that is no value: a component of 512 or more characters of which all belong to base64. Devices
    /// send pictures so in fields that are meant for results; a number, a word or a sentence (it has blanks) never looks like it.
    public static func data(inValue value: String, component: UInt8) -> String? {
        guard value.utf8.count >= 512 else { return nil }
        var longest = value.utf8[value.utf8.startIndex..<value.utf8.startIndex]
        for part in value.utf8.split(separator: component) where part.count > longest.count { longest = part }
        let text = longest.filter { $0 != 0x0A && $0 != 0x0D }
        let isData = text.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
            default: false
            }
        }
        // Digits alone may be a series of numbers.
        guard isData, text.count >= 512, text.contains(where: { $0 >= 0x41 }) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes with padding, without line ends.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[index + 2]) }
            text.append(alphabet[Int(group >> 18 & 63)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(count > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(count > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
