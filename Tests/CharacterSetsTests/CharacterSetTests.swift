import Testing

@testable import CharacterSets

@Suite("Character sets")
struct CharacterSetTests {
    @Test(
        "names as devices and standards write them",
        arguments: [
            ("UNICODE UTF-8", CharacterSet.utf8), ("UNICODE", .utf8), ("utf8", .utf8), ("ASCII", .ascii),
            ("GB 18030-2000", .gb18030), ("GB18030-2022", .gb18030), ("cp936", .gbk), ("GB2312", .gbk),
            ("8859/1", .iso8859(1)), ("8859/15", .iso8859(15)), ("ISO-8859-2", .iso8859(2)),
            ("iso_8859-1:1987", .iso8859(1)),
            ("latin1", .iso8859(1)), ("Latin-9", .iso8859(15)), ("ISO_IR 100", .iso8859(1)), ("ISO_IR 192", .utf8),
            ("ISO IR6", .ascii), ("windows-1252", .windows(1252)), ("CP1251", .windows(1251)), ("BIG-5", .big5),
            ("Shift_JIS", .shiftJIS), ("KS X 1001", .eucKR), ("ibm850", .dos(850)), ("KOI8-R", .koi8r),
        ])
    func names(_ pair: (name: String, set: CharacterSet)) {
        #expect(CharacterSet(name: pair.name) == pair.set)
    }

    @Test(
        "names that mean nothing",
        arguments: [
            "", "UNICODE UTF-16", "8859/12", "8859/99", "CHN", "cp99999999999999999999999", "ISO IR87", "\u{0}",
        ])
    func unknownNames(_ name: String) { #expect(CharacterSet(name: name) == nil) }

    @Test("every set reads its own name")
    func ownNames() {
        for set in allSets {
            #expect(CharacterSet(name: set.name) == set)
            if set != .gbk { #expect(CharacterSet(name: set.hl7Name) == set) }
        }
    }

    private var allSets: [CharacterSet] {
        [.utf8, .ascii, .gb18030, .gbk, .big5, .shiftJIS, .eucJP, .eucKR, .koi8r]
            + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map { .iso8859($0) }
            + ([874] + Array(1250...1258)).map { .windows($0) }
            + [437, 850, 852, 855, 857, 858, 860, 862, 863, 865, 866].map { .dos($0) }
    }

    @Test(
        "texts in their bytes",
        arguments: [
            (CharacterSet.iso8859(1), "µg Müller", [0xB5, 0x67, 0x20, 0x4D, 0xFC, 0x6C, 0x6C, 0x65, 0x72] as [UInt8]),
            (.iso8859(15), "€", [0xA4]), (.iso8859(5), "Кровь", [0xBA, 0xE0, 0xDE, 0xD2, 0xEC]),
            (.windows(1252), "€–", [0x80, 0x96]), (.windows(1251), "Кровь", [0xCA, 0xF0, 0xEE, 0xE2, 0xFC]),
            (.dos(850), "µ", [0xE6]), (.dos(866), "Да", [0x84, 0xA0]), (.koi8r, "Да", [0xE4, 0xC1]),
            (.big5, "中文", [0xA4, 0xA4, 0xA4, 0xE5]), (.big5, "功", [0xA5, 0x5C]),
            (.shiftJIS, "表", [0x95, 0x5C]), (.eucJP, "日本", [0xC6, 0xFC, 0xCB, 0xDC]),
            (.eucKR, "한국", [0xC7, 0xD1, 0xB1, 0xB9]),
        ])
    func texts(_ sample: (set: CharacterSet, text: String, bytes: [UInt8])) {
        #expect(sample.set.decode(sample.bytes) == sample.text)
        let coded = sample.set.encode(sample.text)
        #expect(coded.bytes == sample.bytes)
        #expect(coded.substituted == 0)
    }

    @Test("single-byte sets: what can be read is written back as the same byte")
    func singleBytes() {
        for set in allSets {
            guard let table = set.upperHalf else { continue }
            #expect(table.count == 128, "\(set)")
            for byte in UInt8(0)...255 {
                let text = set.decode([byte])
                if text == "\u{FFFD}" { continue }
                #expect(set.encode(text).bytes == [byte], "\(set) \(byte)")
            }
        }
    }

    @Test("no bytes trap, and ASCII among broken ones survives, in any set")
    func total() {
        var random = SplitMix64(seed: 7)
        for set in allSets + [.iso8859(99), .windows(-1), .dos(Int.max)] {
            for length in 0..<40 {
                let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let text = set.decode(bytes)
                _ = set.encode(text)
                if set.isASCIITransparent, !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                    let ascii = bytes.filter { $0 < 0x80 }
                    #expect(text.utf8.filter { $0 < 0x80 } == ascii, "\(set) \(bytes)")
                }
            }
        }
    }

    @Test("long texts go through iconv whole")
    func long() {
        let text = String(repeating: "検査結果", count: 5000)
        #expect(CharacterSet.shiftJIS.decode(CharacterSet.shiftJIS.encode(text).bytes) == text)
    }

    @Test("what cannot be written is a question mark and is counted")
    func substituted() {
        for set in allSets where set != .utf8 && set != .gb18030 {
            let coded = set.encode("a\u{20000}b")
            #expect(coded.substituted == 1, "\(set)")
            #expect(coded.bytes == Array("a?b".utf8), "\(set)")
        }
    }

    @Test("broken UTF-8: one U+FFFD a byte, ASCII kept, well-formed kept")
    func brokenUTF8() {
        var text: [UInt8] = []
        let bytes: [UInt8] = [0x41, 0xC3, 0x7C, 0xE4, 0xB8, 0x0D, 0xED, 0xA0, 0x80, 0xC3, 0xA9]
        let replaced = bytes.withUnsafeBytes { CharacterSet.utf8.transcode($0, to: &text) }
        #expect(replaced == 6)
        #expect(String(decoding: text, as: UTF8.self) == "A\u{FFFD}|\u{FFFD}\u{FFFD}\r\u{FFFD}\u{FFFD}\u{FFFD}é")
    }

    @Test(
        "detection",
        arguments: [
            (CharacterSet.utf8, CharacterSet.utf8.encode("张伟 µg/L ↑").bytes), (.utf8, Array("plain".utf8)),
            (.gb18030, CharacterSet.gbk.encode("PID|1||123||张伟^").bytes),
            (.gb18030, CharacterSet.gb18030.encode("䶮\u{20000}").bytes),
            (.gb18030, CharacterSet.gbk.encode("白细胞|10^9/L|男").bytes),
            (.iso8859(1), CharacterSet.iso8859(1).encode("µg/L|é|Müller|°C").bytes),
            (.iso8859(1), CharacterSet.iso8859(1).encode("CREA|88|µmol/L").bytes),
            (.windows(1252), CharacterSet.windows(1252).encode("Préé – à l’hôpital").bytes),
        ])
    func detection(_ sample: (set: CharacterSet, bytes: [UInt8])) {
        #expect(CharacterSet.detect(sample.bytes) == sample.set)
    }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
