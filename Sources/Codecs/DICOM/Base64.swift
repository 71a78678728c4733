/// Base64 (RFC 4648 section 4), for InlineBinary.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let count = min(3, bytes.endIndex - place)
            var group = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[place + offset]) : 0) }
            for digit in 0..<4 {
                text.append(digit <= count ? digits[group >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
            place += count
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for other characters than digits, white space and padding at the end, and for a single digit left over.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var group: UInt32 = 0
        var count = 0
        var isPadded = false
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte + 4
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="):
                isPadded = true
                continue
            case 0x09, 0x0A, 0x0D, 0x20: continue
            default: return nil
            }
            if isPadded { return nil }
            group = group << 6 | UInt32(digit)
            count += 1
            if count == 4 {
                for shift in [UInt32(16), 8, 0] { bytes.append(UInt8(truncatingIfNeeded: group >> shift)) }
                (group, count) = (0, 0)
            }
        }
        switch count {
        case 0: break
        case 2: bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3:
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        default: return nil
        }
        return bytes
    }
}
