extension CharacterSet {
    /// A set by one of its names: HL7 table 0211 (`UNICODE UTF-8`, `8859/1`, `GB 18030-2000`), MIME (`ISO-8859-1`), DICOM
    /// defined terms of one byte (`ISO_IR 100`), code pages (`cp936`, `windows-1252`) and usual spellings of these.
    /// Case, blanks and punctuation mean nothing. Nil for a name that is not known, and for UTF-16 and UTF-32.
    public init?(name: String) {
        var key: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): key.append(byte - 32)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): key.append(byte)
            default: break
            }
            if key.count > 32 { return nil }
        }
        let name = String(decoding: key, as: UTF8.self)
        if let known = CharacterSet.named[name] {
            self = known
            return
        }
        guard let (prefix, number) = CharacterSet.splitNumber(name) else { return nil }
        switch prefix {
        case "", "ISO", "ISOIEC", "CHARSETISO", "CSISO":
            guard name.contains("8859"), let part = CharacterSet.part8859(number) else { return nil }
            self = .iso8859(part)
        case "WINDOWS", "CP", "MS", "WIN", "IBM", "DOS", "CODEPAGE", "X":
            guard let set = CharacterSet.codePage(number) else { return nil }
            self = set
        case "LATIN":
            let parts = [1: 1, 2: 2, 3: 3, 4: 4, 5: 9, 6: 10, 7: 13, 8: 14, 9: 15, 10: 16]
            guard let part = parts[number] else { return nil }
            self = .iso8859(part)
        case "ISOIR":
            guard let set = CharacterSet.registered[number] else { return nil }
            self = set
        default: return nil
        }
    }

    /// The name that HL7 table 0211 has for it, else the MIME name.
    public var hl7Name: String {
        switch self {
        case .utf8: "UNICODE UTF-8"
        case .ascii: "ASCII"
        case .gb18030, .gbk: "GB 18030-2000"
        case .big5: "BIG-5"
        case .eucKR: "KS X 1001"
        case .iso8859(let part) where part <= 9 || part == 15: "8859/\(part)"
        default: name
        }
    }

    /// The MIME name.
    public var name: String {
        switch self {
        case .utf8: "UTF-8"
        case .ascii: "US-ASCII"
        case .gb18030: "GB18030"
        case .gbk: "GBK"
        case .big5: "Big5"
        case .shiftJIS: "Shift_JIS"
        case .eucJP: "EUC-JP"
        case .eucKR: "EUC-KR"
        case .iso8859(let part): "ISO-8859-\(part)"
        case .windows(let page): "windows-\(page)"
        case .dos(let page): "IBM\(page)"
        case .koi8r: "KOI8-R"
        }
    }

    private static let named: [String: CharacterSet] = [
        "UTF8": .utf8, "UNICODEUTF8": .utf8, "UNICODE": .utf8, "CSUTF8": .utf8, "CP65001": .utf8,
        "ASCII": .ascii, "USASCII": .ascii, "ISO646": .ascii, "ISO646US": .ascii, "ANSIX341968": .ascii,
        "GB18030": .gb18030, "GB180302000": .gb18030, "GB180302005": .gb18030, "GB180302022": .gb18030,
        "GBK": .gbk, "GB2312": .gbk, "GB231280": .gbk, "EUCCN": .gbk, "CSGB2312": .gbk, "ANSI936": .gbk,
        "BIG5": .big5, "BIG5HKSCS": .big5, "CNBIG5": .big5, "CSBIG5": .big5, "BIG5ETEN": .big5,
        "SHIFTJIS": .shiftJIS, "SJIS": .shiftJIS, "WINDOWS31J": .shiftJIS, "MSKANJI": .shiftJIS,
        "EUCJP": .eucJP, "EUCKR": .eucKR, "UHC": .eucKR, "KSX1001": .eucKR, "KSC5601": .eucKR, "KSC56011987": .eucKR,
        "KOI8R": .koi8r, "TIS620": .windows(874), "ANSI": .windows(1252), "CYRILLIC": .iso8859(5),
        "GREEK": .iso8859(7), "HEBREW": .iso8859(8), "ARABIC": .iso8859(6),
    ]

    /// Registration numbers of ISO/IEC 2375, as DICOM's defined terms have them (PS3.3 C.12.1.1.2).
    private static let registered: [Int: CharacterSet] = [
        6: .ascii, 100: .iso8859(1), 101: .iso8859(2), 109: .iso8859(3), 110: .iso8859(4), 144: .iso8859(5),
        127: .iso8859(6), 126: .iso8859(7), 138: .iso8859(8), 148: .iso8859(9), 203: .iso8859(15), 166: .windows(874),
        13: .shiftJIS, 192: .utf8,
    ]

    /// Letters before the digits at the end, and those digits as a number.
    private static func splitNumber(_ name: String) -> (prefix: String, number: Int)? {
        let digits = name.reversed().prefix { $0 >= "0" && $0 <= "9" }.count
        guard digits > 0, let number = Int(name.suffix(digits)) else { return nil }
        return (String(name.dropLast(digits)), number)
    }

    /// `88591` → 1, `885915` → 15, `885911987` → 1.
    private static func part8859(_ number: Int) -> Int? {
        let digits = String(number)
        guard digits.hasPrefix("8859") else { return nil }
        let rest = digits.dropFirst(4)
        let part = rest.count > 4 ? rest.dropLast(4) : rest
        guard let part = Int(part), (1...16).contains(part), part != 12 else { return nil }
        return part
    }

    private static func codePage(_ number: Int) -> CharacterSet? {
        switch number {
        case 936, 54936: .gbk
        case 950: .big5
        case 932: .shiftJIS
        case 949: .eucKR
        case 874, 1250...1258: .windows(number)
        case 437, 850, 852, 855, 857, 858, 860, 862, 863, 865, 866: .dos(number)
        case 20127: .ascii
        case 28591...28606 where number != 28602: .iso8859(number - 28590)
        default: nil
        }
    }
}
