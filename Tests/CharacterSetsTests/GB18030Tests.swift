import Testing

@testable import CharacterSets

@Suite("GB 18030-2022")
struct GB18030Tests {
    private func bytes(_ hex: String) -> [UInt8] {
        hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    @Test("the tables have the sizes of the standard")
    func sizes() {
        #expect(GB18030.twoByte.count == 23940)
        #expect(GB18030.fourByte.count == 39420)
        #expect(!GB18030.twoByte.contains(0xFFFD))
        #expect(Set(GB18030.twoByte).count == 23940)
    }

    @Test(
        "codes whose meaning the editions changed, rare characters of names, ends of the ranges",
        arguments: [
            ("FE 9F", "\u{4DAE}"), ("FE 59", "\u{9FB4}"), ("FE A0", "\u{9FBB}"), ("A6 D9", "\u{FE10}"),
            ("A6 DA", "\u{FE12}"), ("A6 DB", "\u{FE11}"), ("A6 F3", "\u{FE19}"), ("A8 BC", "\u{1E3F}"),
            ("81 35 F4 37", "\u{E7C7}"), ("82 35 90 37", "\u{E81E}"), ("84 31 82 36", "\u{E78D}"),
            ("84 31 82 38", "\u{E78E}"), ("95 32 90 31", "\u{20087}"), ("90 30 81 30", "\u{10000}"),
            ("E3 32 9A 35", "\u{10FFFF}"), ("81 30 81 30", "\u{80}"), ("84 31 A4 39", "\u{FFFF}"),
            ("A2 E3", "\u{20AC}"), ("D6 D0 CE C4", "中文"), ("81 40", "\u{4E02}"), ("FE FE", "\u{E4C5}"),
            ("AA A1", "\u{E000}"), ("A1 40", "\u{E4C6}"), ("95 32 82 36", "\u{20000}"), ("82 35 87 38", "\u{4DB5}"),
        ])
    func known(_ pair: (hex: String, text: String)) {
        #expect(CharacterSet.gb18030.decode(bytes(pair.hex)) == pair.text)
        let back = CharacterSet.gb18030.encode(pair.text)
        #expect(back.bytes == bytes(pair.hex))
        #expect(back.substituted == 0)
    }

    @Test("the six codes left in the private use area are read as the characters that exist")
    func superseded() {
        #expect(CharacterSet.gb18030.decode(bytes("FE 51 FE 6C FE 91")) == "\u{20087}\u{215D7}\u{241FE}")
        #expect(CharacterSet.gb18030.encode("\u{E816}").bytes == bytes("FE 51"))
    }

    @Test("every scalar of Unicode comes back, but for the six private use ones that have a character")
    func everyScalar() {
        let lost: Set<UInt32> = [0xE816, 0xE817, 0xE818, 0xE831, 0xE83B, 0xE855]
        var wrong: [UInt32] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), !lost.contains(value) else { continue }
            var coded: [UInt8] = []
            var text = ""
            text.unicodeScalars.append(scalar)
            let substituted = CharacterSet.gb18030.encode(text, to: &coded)
            var back: [UInt8] = []
            let replaced = coded.withUnsafeBytes { CharacterSet.gb18030.transcode($0, to: &back) }
            if substituted != 0 || replaced != 0 || back != Array(text.utf8) { wrong.append(value) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("a broken sequence never swallows a delimiter")
    func broken() {
        #expect(CharacterSet.gb18030.decode(bytes("D6 0D 41")) == "\u{FFFD}\rA")
        #expect(CharacterSet.gb18030.decode(bytes("41 D6")) == "A\u{FFFD}")
        #expect(CharacterSet.gb18030.decode(bytes("81 30 0D")) == "\u{FFFD}0\r")
        #expect(CharacterSet.gb18030.decode(bytes("81 30 81 41")) == "\u{FFFD}0\u{4E04}")
        #expect(CharacterSet.gb18030.decode(bytes("84 31 A5 30")) == "\u{FFFD}1\u{FFFD}0")
        #expect(CharacterSet.gb18030.decode(bytes("FF 41")) == "\u{FFFD}A")
    }

    @Test("second bytes that look like delimiters belong to their character")
    func delimiters() {
        let text = "乗乛亅"  // 81 5C, 81 5E, 81 7C … depending on the character
        for (code, scalar) in [("81 5C", "乗"), ("81 5E", "乛"), ("81 7C", "亅")] {
            #expect(CharacterSet.gbk.decode(bytes(code)).unicodeScalars.count == 1, "\(scalar)")
        }
        #expect(CharacterSet.gbk.decode(CharacterSet.gbk.encode(text).bytes) == text)
        #expect(!CharacterSet.gbk.isASCIITransparent)
    }

    @Test("GBK writes no four-byte codes and says what it could not write")
    func gbk() {
        let coded = CharacterSet.gbk.encode("李\u{20000}")
        #expect(coded.bytes == bytes("C0 EE 3F"))
        #expect(coded.substituted == 1)
        #expect(CharacterSet.gbk.decode([0x80]) == "€")
    }
}
