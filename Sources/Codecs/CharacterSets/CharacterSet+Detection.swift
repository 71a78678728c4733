extension CharacterSet {
    /// Tells by the bytes alone what they are most likely coded in.
    ///
    /// Valid UTF-8 (ASCII included) is UTF-8. Else bytes that are valid GB 18030 and look like Chinese text are GB 18030:
    /// pairs from the GB 2312 rows of hanzi, pairs with a second byte that would be a control character in Latin-1, or
    /// four-byte codes must outweigh pairs whose second byte is ASCII, which accents and signs of Western text give
    /// (`B5 67`: µg). All else is ISO 8859-1, or Windows-1252 where bytes 80–9F occur.
    public static func detect(_ bytes: UnsafeRawBufferPointer) -> CharacterSet {
        if isValidUTF8(bytes) { return .utf8 }
        if GB18030.looksLikeText(bytes) { return .gb18030 }
        return bytes.contains { $0 >= 0x80 && $0 <= 0x9F } ? .windows(1252) : .iso8859(1)
    }

    /// Tells by the bytes alone what they are most likely coded in.
    public static func detect(_ bytes: some Collection<UInt8>) -> CharacterSet {
        let set = bytes.withContiguousStorageIfAvailable { detect(UnsafeRawBufferPointer($0)) }
        return set ?? Array(bytes).withUnsafeBytes { detect($0) }
    }

    /// True when no byte is above 7F. Eight bytes at a time.
    public static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] & 0x80 != 0 { return false }
            index &+= 1
        }
        return true
    }

    /// True when the bytes are well-formed UTF-8 (Unicode 15, table 3-7).
    public static func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            let length = utf8SequenceLength(bytes, at: index)
            if length == 0 { return false }
            index &+= length
        }
        return true
    }

    /// Length of the well-formed sequence at `index`, 0 when there is none.
    static func utf8SequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let lead = bytes[index]
        if lead < 0x80 { return 1 }
        let left = bytes.count - index
        func isTrail(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
            bytes[index + offset] >= low && bytes[index + offset] <= high
        }
        switch lead {
        case 0xC2...0xDF: return left >= 2 && isTrail(1) ? 2 : 0
        case 0xE0...0xEF:
            guard left >= 3 else { return 0 }
            let low: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = lead == 0xED ? 0x9F : 0xBF
            return isTrail(1, low, high) && isTrail(2) ? 3 : 0
        case 0xF0...0xF4:
            guard left >= 4 else { return 0 }
            let low: UInt8 = lead == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
            return isTrail(1, low, high) && isTrail(2) && isTrail(3) ? 4 : 0
        default: return 0
        }
    }

    /// Copies well-formed sequences and puts U+FFFD in place of each other byte.
    static func repairUTF8(_ bytes: UnsafeRawBufferPointer, to utf8: inout [UInt8]) -> Int {
        if isValidUTF8(bytes) {
            utf8.append(contentsOf: bytes)
            return 0
        }
        var index = 0
        var replaced = 0
        while index < bytes.count {
            let length = utf8SequenceLength(bytes, at: index)
            if length == 0 {
                utf8.appendReplacement()
                replaced &+= 1
                index &+= 1
            } else {
                utf8.append(contentsOf: bytes[index..<index + length])
                index &+= length
            }
        }
        return replaced
    }
}

extension [UInt8] {
    /// U+FFFD in UTF-8.
    mutating func appendReplacement() {
        append(0xEF)
        append(0xBF)
        append(0xBD)
    }

    /// A scalar in UTF-8; U+FFFD for what is none.
    mutating func appendUTF8(_ scalar: UInt32) {
        switch scalar {
        case 0..<0x80: append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        case 0x800..<0xD800, 0xE000..<0x10000:
            append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        case 0x10000..<0x110000:
            append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        default: appendReplacement()
        }
    }
}
