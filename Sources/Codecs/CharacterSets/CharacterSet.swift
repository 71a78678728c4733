/// How text is coded in bytes on a device's or a receiver's wire.
///
/// Decoding is total: what means nothing becomes U+FFFD, one for each byte or broken sequence, and an ASCII byte is never
/// swallowed by a broken sequence before it, so that delimiters survive. Encoding replaces what cannot be said by `?` and
/// counts it. Nothing traps.
///
/// UTF-8, ASCII, GB 18030, GBK and the single-byte sets are the project's own code and tables; Big5, Shift JIS, EUC-JP and
/// EUC-KR go through the C library's iconv, and give only their ASCII part where it lacks the module.
public enum CharacterSet: Sendable, Hashable {
    /// UTF-8.
    case utf8
    /// ISO 646, seven bits.
    case ascii
    /// GB 18030-2022: one, two and four bytes; every character of Unicode.
    case gb18030
    /// GBK (code page 936). Reads as GB 18030 does, writes one and two bytes only.
    case gbk
    /// Big5 with the ETEN extensions.
    case big5
    /// Shift JIS (code page 932).
    case shiftJIS
    /// EUC-JP.
    case eucJP
    /// EUC-KR with the extensions of code page 949.
    case eucKR
    /// ISO 8859 part 1…11, 13…16. Other numbers read and write ASCII only.
    case iso8859(Int)
    /// Windows code page 874, 1250…1258. Other numbers read and write ASCII only.
    case windows(Int)
    /// DOS code page 437, 850, 852, 855, 857, 858, 860, 862, 863, 865, 866. Other numbers read and write ASCII only.
    case dos(Int)
    /// KOI8-R.
    case koi8r

    /// Reads bytes as text. Never fails.
    public func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        if self == .utf8 || CharacterSet.isASCII(bytes) { return String(decoding: bytes, as: UTF8.self) }
        var text: [UInt8] = []
        _ = transcode(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads bytes as text. Never fails.
    public func decode(_ bytes: some Collection<UInt8>) -> String {
        let text = bytes.withContiguousStorageIfAvailable { decode(UnsafeRawBufferPointer($0)) }
        return text ?? Array(bytes).withUnsafeBytes { decode($0) }
    }

    /// Reads bytes and appends the text as valid UTF-8.
    ///
    /// - Returns: how many U+FFFD were put in for what could not be read.
    public func transcode(_ bytes: UnsafeRawBufferPointer, to utf8: inout [UInt8]) -> Int {
        utf8.reserveCapacity(utf8.count + bytes.count)
        if self != .utf8, CharacterSet.isASCII(bytes) {
            utf8.append(contentsOf: bytes)
            return 0
        }
        switch self {
        case .utf8: return CharacterSet.repairUTF8(bytes, to: &utf8)
        case .gb18030, .gbk: return GB18030.decode(bytes, to: &utf8)
        case .big5, .shiftJIS, .eucJP, .eucKR: return IconvConversion.decode(bytes, from: iconvName, to: &utf8)
        case .ascii, .iso8859, .windows, .dos, .koi8r: return decodeSingleBytes(bytes, to: &utf8)
        }
    }

    /// Writes text as bytes.
    ///
    /// - Returns: the bytes, and how many characters (scalars) had to be replaced by `?`.
    public func encode(_ text: String) -> (bytes: [UInt8], substituted: Int) {
        var bytes: [UInt8] = []
        let substituted = encode(text, to: &bytes)
        return (bytes, substituted)
    }

    /// Writes text and appends its bytes.
    ///
    /// - Returns: how many characters (scalars) had to be replaced by `?`.
    public func encode(_ text: String, to bytes: inout [UInt8]) -> Int {
        let utf8 = text.utf8
        let isSimple =
            utf8.withContiguousStorageIfAvailable { CharacterSet.isASCII(UnsafeRawBufferPointer($0)) } ?? false
        if isSimple || self == .utf8 {
            bytes.append(contentsOf: utf8)
            return 0
        }
        switch self {
        case .utf8: return 0
        case .gb18030: return GB18030.encode(text, fourBytes: true, to: &bytes)
        case .gbk: return GB18030.encode(text, fourBytes: false, to: &bytes)
        case .big5, .shiftJIS, .eucJP, .eucKR: return IconvConversion.encode(text, as: iconvName, to: &bytes)
        case .ascii, .iso8859, .windows, .dos, .koi8r: return encodeSingleBytes(text, to: &bytes)
        }
    }

    /// True when a byte below 80 always is the ASCII character and never part of a longer one, so that delimiters may be
    /// looked for in the bytes.
    public var isASCIITransparent: Bool {
        switch self {
        case .gb18030, .gbk, .big5, .shiftJIS: false
        default: true
        }
    }

    private var iconvName: String {
        switch self {
        case .big5: "BIG5"
        case .shiftJIS: "CP932"
        case .eucJP: "EUC-JP"
        case .eucKR: "UHC"
        default: "ASCII"
        }
    }
}
