import CharacterSets

/// A coded character set that ISO 2022 puts into G0 or G1, by its registration number in the ISO register (PS3.3 tables
/// C.12-2 to C.12-4).
enum CodeElement: Sendable, Hashable {
    /// ISO-IR 6, in G0.
    case ascii
    /// ISO-IR 14, JIS X 0201 romaji, in G0.
    case romaji
    /// ISO-IR 13, JIS X 0201 katakana, in G1.
    case katakana
    /// ISO-IR 87, JIS X 0208, two bytes in G0.
    case kanji
    /// ISO-IR 159, JIS X 0212, two bytes in G0.
    case supplementaryKanji
    /// ISO-IR 149, KS X 1001, two bytes in G1.
    case korean
    /// ISO-IR 58, GB 2312, two bytes in G1.
    case chinese
    /// ISO-IR 58 in G0: no defined term, met all the same.
    case chineseInG0
    /// The right half of a part of ISO 8859, in G1.
    case latin(Int)
    /// ISO-IR 166, TIS 620, in G1.
    case thai

    /// Bytes of a character.
    var width: Int {
        switch self {
        case .kanji, .supplementaryKanji, .korean, .chinese, .chineseInG0: 2
        default: 1
        }
    }

    /// True when its bytes are A0–FF.
    var isG1: Bool {
        switch self {
        case .ascii, .romaji, .kanji, .supplementaryKanji, .chineseInG0: false
        default: true
        }
    }

    /// The set in which this element's characters are read, ASCII being ASCII.
    var set: CharacterSet {
        switch self {
        case .ascii, .romaji: .ascii
        case .katakana, .kanji, .supplementaryKanji: .eucJP
        case .korean: .eucKR
        case .chinese, .chineseInG0: .gb18030
        case .latin(let part): .iso8859(part)
        case .thai: .windows(874)
        }
    }

    /// True where the bytes of `set` are this element's own, so that it needs no code extension when it stands alone.
    var isWholeSet: Bool {
        switch self {
        case .latin, .thai, .chinese, .korean: true
        default: false
        }
    }

    /// Code elements by the number in a defined term.
    static let registered: [Int: [CodeElement]] = [
        6: [.ascii], 13: [.romaji, .katakana], 14: [.romaji], 58: [.chinese], 87: [.kanji], 149: [.korean],
        159: [.supplementaryKanji], 100: [.latin(1)], 101: [.latin(2)], 109: [.latin(3)], 110: [.latin(4)],
        126: [.latin(7)], 127: [.latin(6)], 138: [.latin(8)], 144: [.latin(5)], 148: [.latin(9)], 166: [.thai],
        203: [.latin(15)],
    ]

    /// What follows ESC to put it into G0 or G1.
    var designation: [UInt8] {
        switch self {
        case .ascii: [0x28, 0x42]
        case .romaji: [0x28, 0x4A]
        case .katakana: [0x29, 0x49]
        case .kanji: [0x24, 0x42]
        case .supplementaryKanji: [0x24, 0x28, 0x44]
        case .korean: [0x24, 0x29, 0x43]
        case .chinese: [0x24, 0x29, 0x41]
        case .chineseInG0: [0x24, 0x41]
        case .thai: [0x2D, 0x54]
        case .latin(let part): [0x2D, CodeElement.latinFinals[part] ?? 0x41]
        }
    }

    private static let latinFinals: [Int: UInt8] = [
        1: 0x41, 2: 0x42, 3: 0x43, 4: 0x44, 7: 0x46, 6: 0x47, 8: 0x48, 5: 0x4C, 9: 0x4D, 15: 0x62,
    ]

    /// The element that the bytes behind an ESC designate, and how many these are. Nil for sequences that DICOM does not
    /// know.
    static func designated(_ bytes: UnsafeRawBufferPointer, at place: Int) -> (element: CodeElement, length: Int)? {
        func byte(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }
        switch (byte(0), byte(1), byte(2)) {
        case (0x28, 0x42, _): return (.ascii, 2)
        case (0x28, 0x4A, _): return (.romaji, 2)
        case (0x29, 0x49, _): return (.katakana, 2)
        // JIS C 6226-1978 (ESC $ @) is read as its successor; ESC $ ( B is the same in four bytes.
        case (0x24, 0x40, _), (0x24, 0x42, _): return (.kanji, 2)
        case (0x24, 0x28, 0x40), (0x24, 0x28, 0x42): return (.kanji, 3)
        case (0x24, 0x28, 0x44): return (.supplementaryKanji, 3)
        case (0x24, 0x29, 0x43): return (.korean, 3)
        case (0x24, 0x29, 0x41): return (.chinese, 3)
        case (0x24, 0x41, _): return (.chineseInG0, 2)
        case (0x2D, 0x54, _): return (.thai, 2)
        case (0x2D, let final, _):
            return latinFinals.first { $0.value == final }.map { (.latin($0.key), 2) }
        default: return nil
        }
    }

    /// The bytes of a character; nil when it is not in this element.
    func encode(_ scalar: Unicode.Scalar) -> [UInt8]? {
        func coded(_ set: CharacterSet) -> [UInt8]? {
            let (bytes, substituted) = set.encode(String(Character(scalar)))
            return substituted == 0 ? bytes : nil
        }
        let value = scalar.value
        switch self {
        case .ascii: return value < 0x80 ? [UInt8(truncatingIfNeeded: value)] : nil
        case .romaji:
            if value == 0xA5 { return [0x5C] }
            if value == 0x203E { return [0x7E] }
            return value < 0x80 && value != 0x5C && value != 0x7E ? [UInt8(truncatingIfNeeded: value)] : nil
        case .katakana:
            return (0xFF61...0xFF9F).contains(value) ? [UInt8(truncatingIfNeeded: value - 0xFEC0)] : nil
        case .latin, .thai:
            guard value >= 0x80, let bytes = coded(set), bytes.count == 1, bytes[0] >= 0xA0 else {
                return nil
            }
            return bytes
        case .korean, .chinese, .chineseInG0, .kanji, .supplementaryKanji:
            guard value >= 0x80 else { return nil }
            return twoBytes(coded(set == .gb18030 ? .gbk : set))
        }
    }

    /// Takes the two bytes of a code of EUC, when they are of this element.
    private func twoBytes(_ coded: [UInt8]?) -> [UInt8]? {
        guard let coded else { return nil }
        switch self {
        case .supplementaryKanji:
            guard coded.count == 3, coded[0] == 0x8F else { return nil }
            return [coded[1] & 0x7F, coded[2] & 0x7F]
        case .kanji, .chineseInG0:
            guard coded.count == 2, coded[0] >= 0xA1, coded[1] >= 0xA1 else { return nil }
            return [coded[0] & 0x7F, coded[1] & 0x7F]
        default:
            guard coded.count == 2, (0xA1...0xFD).contains(coded[0]), coded[1] >= 0xA1 else { return nil }
            return coded
        }
    }
}
