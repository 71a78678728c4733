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

    /// The set that has ASCII in its left half and this in its right.
    var plainSet: CharacterSet? {
        switch self {
        case .ascii: .ascii
        case .latin(let part): .iso8859(part)
        case .thai: .windows(874)
        case .chinese: .gb18030
        case .korean: .eucKR
        case .katakana: nil
        default: nil
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

    /// The element that an escape sequence designates, and the bytes after ESC. Nil for sequences that DICOM does not know.
    static func designated(_ bytes: ArraySlice<UInt8>) -> (element: CodeElement, length: Int)? {
        for element in all {
            let designation = element.designation
            if bytes.starts(with: designation) { return (element, designation.count) }
        }
        // JIS C 6226-1978 (ESC $ @) and JIS X 0208 in the four-byte form (ESC $ ( B).
        if bytes.starts(with: [0x24, 0x40]) { return (.kanji, 2) }
        if bytes.starts(with: [0x24, 0x28, 0x42]) || bytes.starts(with: [0x24, 0x28, 0x40]) { return (.kanji, 3) }
        return nil
    }

    private static let all: [CodeElement] =
        [.ascii, .romaji, .katakana, .kanji, .supplementaryKanji, .korean, .chinese, .chineseInG0, .thai]
        + latinFinals.keys.sorted().map { .latin($0) }

    /// Reads bytes of this element, escape sequences taken out, as UTF-8.
    func transcode(_ bytes: [UInt8], to utf8: inout [UInt8]) {
        func run(_ set: CharacterSet, _ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { set.transcode($0, to: &utf8) } }
        switch self {
        case .ascii: run(.ascii, bytes)
        case .latin, .thai: run(plainSet ?? .ascii, bytes)
        case .chinese: run(.gb18030, bytes)
        case .chineseInG0: run(.gb18030, bytes.map { $0 | 0x80 })
        case .korean: run(.eucKR, bytes)
        case .kanji: run(.eucJP, bytes.map { $0 | 0x80 })
        case .supplementaryKanji:
            var coded: [UInt8] = []
            for place in stride(from: 0, to: bytes.count - 1, by: 2) {
                coded += [0x8F, bytes[place] | 0x80, bytes[place + 1] | 0x80]
            }
            run(.eucJP, coded)
        case .romaji:
            for byte in bytes {
                switch byte {
                case 0x5C: utf8 += Array("¥".utf8)
                case 0x7E: utf8 += Array("‾".utf8)
                default: utf8.append(byte)
                }
            }
        case .katakana:
            for byte in bytes {
                let scalar = (0xA1...0xDF).contains(byte) ? Unicode.Scalar(0xFEC0 + UInt32(byte)) : nil
                utf8 += Array(String(Character(scalar ?? "\u{FFFD}")).utf8)
            }
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
            guard value >= 0x80, let bytes = coded(plainSet ?? .ascii), bytes.count == 1, bytes[0] >= 0xA0 else {
                return nil
            }
            return bytes
        case .korean, .chinese, .chineseInG0, .kanji, .supplementaryKanji:
            guard value >= 0x80 else { return nil }
            return twoBytes(coded(self == .korean ? .eucKR : self == .chinese || self == .chineseInG0 ? .gbk : .eucJP))
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
