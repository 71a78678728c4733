/// GB 18030-2022, both ways, by the standard's own table and arithmetic: the C library's version is older (2005) and refuses
/// the four-byte codes whose meaning the 2022 edition exchanged.
enum GB18030 {
    /// Characters by two-byte code: index (lead − 81) × 190 + place of the trail among 40–7E, 80–FE.
    static let twoByte: [UInt32] = makeTwoByte()
    /// Characters of the BMP by the number of their four-byte code, counted from 81 30 81 30.
    static let fourByte: [UInt16] = makeFourByte()
    /// By BMP code point: a two-byte code, or `fourByteMark` + number of the four-byte code, or 0.
    static let codes: [UInt32] = makeCodes()
    static let fourByteMark: UInt32 = 0x8000_0000

    /// Number of the first code of the supplementary planes, 90 30 81 30.
    static let supplementary = 189_000

    /// Where a character took the place of a code point of the private use area in a two-byte code, which the area then got
    /// the character's four-byte code in exchange (editions 2005 and 2022).
    static let exchanged: [(character: UInt16, privateUse: UInt16)] = [
        (0x1E3F, 0xE7C7), (0xFE10, 0xE78D), (0xFE12, 0xE78E), (0xFE11, 0xE78F), (0xFE13, 0xE790), (0xFE14, 0xE791),
        (0xFE15, 0xE792), (0xFE16, 0xE793), (0xFE17, 0xE794), (0xFE18, 0xE795), (0xFE19, 0xE796), (0x9FB4, 0xE81E),
        (0x9FB5, 0xE826), (0x9FB6, 0xE82B), (0x9FB7, 0xE82C), (0x9FB8, 0xE832), (0x9FB9, 0xE843), (0x9FBA, 0xE854),
        (0x9FBB, 0xE864),
    ]

    /// Two-byte codes that stay in the private use area although the character exists: read as the character, whose own
    /// code is of four bytes; the private use code point is written as the two-byte code.
    static let superseded: [(code: UInt32, privateUse: UInt16)] = [
        (0xFE51, 0xE816), (0xFE52, 0xE817), (0xFE53, 0xE818), (0xFE6C, 0xE831), (0xFE76, 0xE83B), (0xFE91, 0xE855),
    ]

    /// Index of a two-byte code in `twoByte`; nil when a byte is out of range.
    static func index(lead: UInt8, trail: UInt8) -> Int? {
        guard lead >= 0x81, lead <= 0xFE, trail >= 0x40, trail <= 0xFE, trail != 0x7F else { return nil }
        return Int(lead &- 0x81) &* 190 &+ Int(trail) &- (trail > 0x7F ? 0x41 : 0x40)
    }

    /// Number of the four-byte code at `index`; nil when there is none.
    static func fourByteNumber(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
        guard bytes.count - index >= 4 else { return nil }
        let (first, second, third, fourth) = (bytes[index], bytes[index + 1], bytes[index + 2], bytes[index + 3])
        guard first >= 0x81, first <= 0xFE, second >= 0x30, second <= 0x39, third >= 0x81, third <= 0xFE,
            fourth >= 0x30,
            fourth <= 0x39
        else { return nil }
        return ((Int(first) - 0x81) * 10 + Int(second) - 0x30) * 1260 + (Int(third) - 0x81) * 10 + Int(fourth) - 0x30
    }

    /// The scalar with a number of a four-byte code; nil where none is assigned.
    static func scalar(fourByteNumber number: Int) -> UInt32? {
        if number < fourByte.count { return UInt32(fourByte[number]) }
        guard number >= supplementary, number - supplementary < 0x10_0000 else { return nil }
        return UInt32(0x1_0000 + number - supplementary)
    }
}

extension GB18030 {
    static func decode(_ bytes: UnsafeRawBufferPointer, to utf8: inout [UInt8]) -> Int {
        let twoByte = twoByte
        var index = 0
        var replaced = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                utf8.append(lead)
                index &+= 1
            } else if lead == 0x80 {  // Code page 936.
                utf8.appendUTF8(0x20AC)
                index &+= 1
            } else if index &+ 1 < bytes.count, let place = Self.index(lead: lead, trail: bytes[index &+ 1]) {
                utf8.appendUTF8(twoByte[place])
                index &+= 2
            } else if let number = fourByteNumber(bytes, at: index), let scalar = scalar(fourByteNumber: number) {
                utf8.appendUTF8(scalar)
                index &+= 4
            } else {
                utf8.appendReplacement()
                replaced &+= 1
                index &+= 1
            }
        }
        return replaced
    }

    static func encode(_ text: String, fourBytes: Bool, to bytes: inout [UInt8]) -> Int {
        let codes = codes
        var substituted = 0
        for scalar in text.unicodeScalars {
            if scalar.value < 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
                continue
            }
            var code = fourByteMark | UInt32(supplementary) &+ scalar.value &- 0x1_0000
            if scalar.value < 0x1_0000 { code = codes[Int(scalar.value)] }
            if code & fourByteMark == 0, code != 0 {
                bytes.append(UInt8(truncatingIfNeeded: code >> 8))
                bytes.append(UInt8(truncatingIfNeeded: code))
            } else if fourBytes, code != 0 {
                let number = code & ~fourByteMark
                bytes.append(UInt8(truncatingIfNeeded: 0x81 + number / 12600))
                bytes.append(UInt8(truncatingIfNeeded: 0x30 + number / 1260 % 10))
                bytes.append(UInt8(truncatingIfNeeded: 0x81 + number / 10 % 126))
                bytes.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
            } else {
                bytes.append(UInt8(ascii: "?"))
                substituted &+= 1
            }
        }
        return substituted
    }

    /// Valid throughout, and more like Chinese than like accented Western text (see `CharacterSet.detect`).
    static func looksLikeText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var chinese = 0
        var western = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index &+= 1
                continue
            }
            if index &+ 1 < bytes.count, Self.index(lead: lead, trail: bytes[index &+ 1]) != nil {
                let trail = bytes[index &+ 1]
                if trail >= 0xA1 {
                    // GB 2312: signs in rows A1–A9, hanzi in B0–F7. Other rows are user-defined.
                    if (0xB0...0xF7).contains(lead) || (0xA1...0xA9).contains(lead) { chinese &+= 1 }
                } else if trail >= 0x80 {
                    chinese &+= 1
                } else {
                    western &+= 1
                }
                index &+= 2
            } else if fourByteNumber(bytes, at: index) != nil {
                chinese &+= 1
                index &+= 4
            } else {
                return false
            }
        }
        return chinese > 0 && chinese >= western
    }
}

extension GB18030 {
    private static func makeTwoByte() -> [UInt32] {
        var characters = String(describing: twoByteCharacters).unicodeScalars.makeIterator()
        func next() -> UInt32 {
            while let scalar = characters.next() { if scalar != "\n" { return scalar.value } }
            return 0xFFFD
        }
        var table: [UInt32] = []
        table.reserveCapacity(126 * 190)
        for lead in 0x81...0xFE {
            for trail in 0x40...0xFE where trail != 0x7F {
                // The user-defined areas: U+E000, U+E234 and U+E4C6 onwards.
                if (0xAA...0xAF).contains(lead), trail >= 0xA1 {
                    table.append(UInt32(0xE000 + (lead - 0xAA) * 94 + trail - 0xA1))
                } else if lead >= 0xF8, trail >= 0xA1 {
                    table.append(UInt32(0xE234 + (lead - 0xF8) * 94 + trail - 0xA1))
                } else if (0xA1...0xA7).contains(lead), trail < 0xA1 {
                    table.append(UInt32(0xE4C6 + (lead - 0xA1) * 96 + trail - (trail > 0x7F ? 0x41 : 0x40)))
                } else {
                    table.append(next())
                }
            }
        }
        return table
    }

    private static func makeFourByte() -> [UInt16] {
        // The four-byte codes are the rest of the BMP in order, as it was in the first edition; then the exchanges.
        var hasTwoBytes = [Bool](repeating: false, count: 0x1_0000)
        for scalar in twoByte where scalar < 0x1_0000 { hasTwoBytes[Int(scalar)] = true }
        var exchange: [UInt16: UInt16] = [:]
        for (character, privateUse) in exchanged {
            hasTwoBytes[Int(character)] = false
            hasTwoBytes[Int(privateUse)] = true
            exchange[character] = privateUse
        }
        for (_, privateUse) in superseded { hasTwoBytes[Int(privateUse)] = true }
        var table: [UInt16] = []
        table.reserveCapacity(39420)
        for point in 0x80..<0x1_0000 where !hasTwoBytes[point] && !(0xD800..<0xE000).contains(point) {
            let point = UInt16(point)
            table.append(exchange[point] ?? point)
        }
        return table
    }

    private static func makeCodes() -> [UInt32] {
        var codes = [UInt32](repeating: 0, count: 0x1_0000)
        for (number, point) in fourByte.enumerated() { codes[Int(point)] = fourByteMark | UInt32(number) }
        for (place, scalar) in twoByte.enumerated() where scalar < 0x1_0000 {
            let trail = place % 190
            codes[Int(scalar)] = UInt32((0x81 + place / 190) << 8 | trail + (trail >= 0x3F ? 0x41 : 0x40))
        }
        for (code, privateUse) in superseded { codes[Int(privateUse)] = code }
        return codes
    }
}
