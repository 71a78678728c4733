extension CharacterSet {
    /// Code points of the bytes 80–FF; nil for an unknown part or page: ASCII only.
    var upperHalf: [UInt16]? {
        switch self {
        case .iso8859(let part): SingleByteSet.iso8859[part]
        case .windows(let page): SingleByteSet.windows[page]
        case .dos(let page): SingleByteSet.dos[page]
        case .koi8r: SingleByteSet.koi8r
        default: nil
        }
    }

    func decodeSingleBytes(_ bytes: UnsafeRawBufferPointer, to utf8: inout [UInt8]) -> Int {
        let table = upperHalf ?? []
        var replaced = 0
        for byte in bytes {
            if byte < 0x80 {
                utf8.append(byte)
                continue
            }
            let index = Int(byte & 0x7F)
            let scalar = index < table.count ? table[index] : 0xFFFD
            if scalar == 0xFFFD { replaced &+= 1 }
            utf8.appendUTF8(UInt32(scalar))
        }
        return replaced
    }

    func encodeSingleBytes(_ text: String, to bytes: inout [UInt8]) -> Int {
        let table = upperHalf ?? []
        var substituted = 0
        for scalar in text.unicodeScalars {
            if scalar.value < 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if scalar.value != 0xFFFD, let index = table.firstIndex(where: { UInt32($0) == scalar.value }) {
                bytes.append(UInt8(truncatingIfNeeded: 0x80 + index))
            } else {
                bytes.append(UInt8(ascii: "?"))
                substituted &+= 1
            }
        }
        return substituted
    }
}

/// The tables of `SingleByteTables`, each read once.
private enum SingleByteSet {
    static let iso8859: [Int: [UInt16]] = [
        1: Array(0x80...0xFF), 2: half(SingleByteTables.iso8859_2), 3: half(SingleByteTables.iso8859_3),
        4: half(SingleByteTables.iso8859_4), 5: half(SingleByteTables.iso8859_5), 6: half(SingleByteTables.iso8859_6),
        7: half(SingleByteTables.iso8859_7), 8: half(SingleByteTables.iso8859_8), 9: half(SingleByteTables.iso8859_9),
        10: half(SingleByteTables.iso8859_10), 11: half(SingleByteTables.iso8859_11),
        13: half(SingleByteTables.iso8859_13), 14: half(SingleByteTables.iso8859_14),
        15: half(SingleByteTables.iso8859_15), 16: half(SingleByteTables.iso8859_16),
    ]
    static let windows: [Int: [UInt16]] = [
        874: half(SingleByteTables.windows874), 1250: half(SingleByteTables.windows1250),
        1251: half(SingleByteTables.windows1251), 1252: half(SingleByteTables.windows1252),
        1253: half(SingleByteTables.windows1253), 1254: half(SingleByteTables.windows1254),
        1255: half(SingleByteTables.windows1255), 1256: half(SingleByteTables.windows1256),
        1257: half(SingleByteTables.windows1257), 1258: half(SingleByteTables.windows1258),
    ]
    static let dos: [Int: [UInt16]] = [
        437: half(SingleByteTables.dos437), 850: half(SingleByteTables.dos850), 852: half(SingleByteTables.dos852),
        855: half(SingleByteTables.dos855), 857: half(SingleByteTables.dos857), 858: half(SingleByteTables.dos858),
        860: half(SingleByteTables.dos860), 862: half(SingleByteTables.dos862), 863: half(SingleByteTables.dos863),
        865: half(SingleByteTables.dos865), 866: half(SingleByteTables.dos866),
    ]
    static let koi8r = half(SingleByteTables.koi8r)

    /// 128 code points; a table that begins at A0 has the C1 controls before it.
    private static func half(_ text: StaticString) -> [UInt16] {
        let scalars = String(describing: text).unicodeScalars.lazy.filter { $0 != "\n" }
        let points = scalars.map { UInt16(truncatingIfNeeded: $0.value) }
        return points.count == 96 ? Array(0x80...0x9F) + points : Array(points)
    }
}
