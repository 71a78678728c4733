import DICOM
import Testing

/// Names of PS3.5 annexes H, I and J and of PS3.3 C.12.1.1.2, byte by byte.
@Suite("Character sets")
struct TextTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var declared: String
        var text: String
        var bytes: [UInt8]
        var vr = VR.PN
        /// Whether writing gives these bytes.
        var isCanonical = true
        var testDescription: String { "\(declared) \(text)" }

        init(_ declared: String, _ text: String, _ bytes: [UInt8], vr: VR = .PN, isCanonical: Bool = true) {
            self.declared = declared
            self.text = text
            self.bytes = bytes
            self.vr = vr
            self.isCanonical = isCanonical
        }
    }

    private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let esc: UInt8 = 0x1B

    static let samples: [Sample] = [
        Sample("", "Doe^John", ascii("Doe^John")),
        Sample("ISO_IR 6", "Doe^John", ascii("Doe^John")),
        Sample("ISO_IR 100", "Äneas^Rüdiger", [0xC4] + ascii("neas^R") + [0xFC] + ascii("diger")),
        Sample("ISO_IR 101", "Łódź", [0xA3, 0xF3, 0x64, 0xBC]),
        Sample("ISO_IR 109", "Ĥ", [0xA6]), Sample("ISO_IR 110", "Ā", [0xC0]),
        Sample("ISO_IR 144", "Люк", [0xBB, 0xEE, 0xDA]), Sample("ISO_IR 127", "قب", [0xE2, 0xC8]),
        Sample("ISO_IR 126", "Διον", [0xC4, 0xE9, 0xEF, 0xED]), Sample("ISO_IR 138", "שר", [0xF9, 0xF8]),
        Sample("ISO_IR 148", "ğ", [0xF0]), Sample("ISO_IR 203", "€", [0xA4]), Sample("ISO_IR 166", "กข", [0xA1, 0xA2]),
        Sample("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", [0xD4, 0xCF, 0xC0, 0xDE, 0x5E, 0xC0, 0xDB, 0xB3]),
        Sample("ISO_IR 192", "Wang^XiaoDong=王^小東", Array("Wang^XiaoDong=王^小東".utf8)),
        Sample(
            "GB18030", "Wang^XiaoDong=王^小东",
            ascii("Wang^XiaoDong=") + [0xCD, 0xF5, 0x5E, 0xD0, 0xA1, 0xB6, 0xAB]),
        Sample("GBK", "王^小东", [0xCD, 0xF5, 0x5E, 0xD0, 0xA1, 0xB6, 0xAB]),
        // PS3.5 H.3.1: Japanese with ASCII at the start.
        Sample(
            "\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ascii("Yamada^Tarou=") + [esc] + ascii("$B;3ED") + [esc] + ascii("(B^") + [esc] + ascii("$BB@O:") + [esc]
                + ascii("(B=") + [esc] + ascii("$B$d$^$@") + [esc] + ascii("(B^") + [esc] + ascii("$B$?$m$&") + [esc]
                + ascii("(B")),
        // PS3.5 H.3.2: katakana at the start.
        Sample(
            "ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
            [0xD4, 0xCF, 0xC0, 0xDE, 0x5E, 0xC0, 0xDB, 0xB3, 0x3D, esc] + ascii("$B;3ED") + [esc] + ascii("(J^") + [esc]
                + ascii("$BB@O:") + [esc] + ascii("(J=") + [esc] + ascii("$B$d$^$@") + [esc] + ascii("(J^") + [esc]
                + ascii("$B$?$m$&") + [esc] + ascii("(J")),
        // PS3.5 I.2: Korean, the escape sequence in each component.
        Sample(
            "\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동",
            ascii("Hong^Gildong=") + [esc] + ascii("$)C") + [0xFB, 0xF3, 0x5E, esc] + ascii("$)C")
                + [0xD1, 0xCE, 0xD4, 0xD7, 0x3D, esc] + ascii("$)C") + [0xC8, 0xAB, 0x5E, esc] + ascii("$)C")
                + [0xB1, 0xE6, 0xB5, 0xBF]),
        // PS3.5 K.2: Chinese.
        Sample(
            "\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东=",
            ascii("Zhang^XiaoDong=") + [esc] + ascii("$)A") + [0xD5, 0xC5, 0x5E, esc] + ascii("$)A")
                + [0xD0, 0xA1, 0xB6, 0xAB, 0x3D]),
        // JIS X 0212.
        Sample("\\ISO 2022 IR 87\\ISO 2022 IR 159", "丂", [esc] + ascii("$(D0!") + [esc] + ascii("(B")),
        // Two single-byte sets.
        Sample(
            "ISO 2022 IR 100\\ISO 2022 IR 144", "Ä^Люк", [0xC4, 0x5E, esc] + ascii("-L") + [0xBB, 0xEE, 0xDA]),
        // A text with lines: G1 is to be set again in each.
        Sample(
            "\\ISO 2022 IR 149", "김\r\n희",
            [esc] + ascii("$)C") + [0xB1, 0xE8, 0x0D, 0x0A, esc] + ascii("$)C")
                + [0xC8, 0xF1], vr: .LT),
        // As met: the escape sequence not repeated behind a delimiter; no escape sequence at all; other spellings.
        Sample(
            "\\ISO 2022 IR 149", "홍^길동", [esc] + ascii("$)C") + [0xC8, 0xAB, 0x5E, 0xB1, 0xE6, 0xB5, 0xBF],
            isCanonical: false),
        Sample("\\ISO 2022 IR 58", "张^小东", [0xD5, 0xC5, 0x5E, 0xD0, 0xA1, 0xB6, 0xAB], isCanonical: false),
        Sample("ISO 2022 IR 149", "홍", [0xC8, 0xAB]),
        Sample("ISO_IR 58", "张", [0xD5, 0xC5]), Sample("GB2312", "张", [0xD5, 0xC5]),
        Sample("ISO IR 100", "Ä", [0xC4]), Sample("iso_ir_192", "Ä", [0xC3, 0x84]), Sample("UTF-8", "Ä", [0xC3, 0x84]),
        Sample("ISO 2022 IR 192", "Ä", [0xC3, 0x84]), Sample("ISO_IR 100\\ISO_IR 100", "Ä", [0xC4]),
        Sample("ISO 2022 GBK", "镕", [0xE9, 0x46]), Sample("ISO 2022 58", "张", [0xD5, 0xC5]),
        Sample("windows-1252", "€", [0x80]),
        Sample("ISO 2022 IR 6\\ISO 2022 IR 87", "山", [esc] + ascii("$B;3") + [esc] + ascii("(B")),
        // JIS C 6226-1978 and romaji.
        Sample("\\ISO 2022 IR 87", "山", [esc] + ascii("$@;3") + [esc] + ascii("(J"), isCanonical: false),
    ]

    @Test("bytes as text and back", arguments: Self.samples)
    func sample(_ sample: Sample) {
        let set = SpecificCharacterSet(declared: sample.declared)
        #expect(set.unknownTerms.isEmpty)
        #expect(set.decode(sample.bytes[...], vr: sample.vr) == sample.text)
        let coded = set.encode(sample.text, vr: sample.vr)
        #expect(coded.substituted == 0)
        #expect(set.decode(coded.bytes[...], vr: sample.vr) == sample.text)
        if sample.isCanonical { #expect(coded.bytes == sample.bytes) }
    }

    @Test("GBK and code page 949 are read under the names of the smaller sets; a delimiter is never swallowed")
    func widerSets() {
        let chinese = SpecificCharacterSet(declared: "\\ISO 2022 IR 58")
        #expect(chinese.decode([0x1B, 0x24, 0x29, 0x41, 0xE9, 0x46], vr: .PN) == "镕")
        #expect(chinese.decode([0x1B, 0x24, 0x29, 0x41, 0xE9, 0x5E, 0x41], vr: .PN) == "\u{FFFD}^A")
        let korean = SpecificCharacterSet(declared: "\\ISO 2022 IR 149")
        #expect(korean.decode([0x1B, 0x24, 0x29, 0x43, 0x8C, 0x63], vr: .PN) == "똠")
        #expect(korean.decode([0x1B, 0x24, 0x29, 0x43, 0xC8, 0x5C, 0x41], vr: .LO) == "\u{FFFD}\\A")
    }

    @Test("a backslash inside a character of two bytes parts nothing")
    func backslash() {
        // 乗 is 81 5C in GBK; ソ is 25 3D, 圭 is 37 3D, 能 is 47 3D; 5C as second byte in JIS X 0208: 充 (3D 3C) no, 构.
        var set = DataSet(characterSet: SpecificCharacterSet(declared: "GBK"))
        set[.patientComments] = Element(.patientComments, .LT, bytes: [0x81, 0x5C])
        set[Tag(0x0010, 0x1000)] = Element(Tag(0x0010, 0x1000), .LO, bytes: [0x81, 0x5C, 0x5C, 0x41])
        #expect(set.strings(Tag(0x0010, 0x1000)) == ["乗", "A"])
        // 3C 5C is 鐃 in JIS X 0208, 5E 5C 銜: found by its own table.
        var japanese = DataSet(characterSet: SpecificCharacterSet(declared: "\\ISO 2022 IR 87"))
        japanese[Tag(0x0010, 0x1000)] = Element(
            Tag(0x0010, 0x1000), .LO, bytes: [0x1B, 0x24, 0x42, 0x3C, 0x5C, 0x1B, 0x28, 0x42, 0x5C, 0x41])
        let values = japanese.strings(Tag(0x0010, 0x1000))
        #expect(values.count == 2)
        #expect(values.last == "A")
        #expect(values.first?.unicodeScalars.count == 1)
    }

    @Test("items inherit the set, or declare their own")
    func inheritance() throws {
        var own = Bytes()
        own.explicit(0x0008_0005, "CS", "ISO_IR 144")
        own.explicit(0x0010_0010, "PN", [0xBB, 0xEE])
        var heir = Bytes()
        heir.explicit(0x0010_0010, "PN", [0xC4, 0x20])
        var items = Bytes()
        items.item(own)
        items.item(heir)
        var bytes = Bytes.part10()
        bytes.explicit(0x0008_0005, "CS", "ISO_IR 100")
        bytes.explicit(0x0008_1115, "SQ", items.bytes)
        let file = try DICOMFile.read(bytes.bytes)
        #expect(file.dataSet.items(.referencedSeriesSequence).map { $0.string(.patientName) } == ["Лю", "Ä"])
    }

    @Test("nothing traps, in any set")
    func total() {
        var random = SplitMix64(1)
        for sample in Self.samples {
            let set = SpecificCharacterSet(declared: sample.declared)
            for _ in 0..<200 {
                var bytes = sample.bytes
                for _ in 0...2 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                        [0x1B, 0x24, 0x28, 0x5C, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(
                            using: &random) ?? 0
                }
                _ = set.encode(set.decode(bytes[...], vr: .PN), vr: .PN)
                _ = set.decode(bytes.dropLast(), vr: .LT)
            }
        }
    }

    @Test("setting text: UTF-8 is declared when it is needed, the set's own repertoire used as far as it goes")
    func setting() {
        var set = DataSet()
        set.set(.patientID, .LO, text: "42")
        #expect(!set.contains(.specificCharacterSet))
        set.set(.patientName, .PN, text: "张^伟")
        #expect(set.string(.specificCharacterSet) == "ISO_IR 192")
        #expect(set.string(.patientName) == "张^伟")

        var latin = DataSet(characterSet: SpecificCharacterSet(declared: "ISO_IR 100"))
        latin.set(.patientName, .PN, text: "Müller")
        #expect(latin.bytes(.patientName) == [0x4D, 0xFC, 0x6C, 0x6C, 0x65, 0x72])
        latin.set(.patientComments, .LT, text: "张")
        #expect(latin.string(.specificCharacterSet) == "ISO_IR 192")
        #expect(latin.string(.patientName) == "Müller")
        #expect(latin.string(.patientComments) == "张")

        var chinese = DataSet(characterSet: SpecificCharacterSet(declared: "GB18030"))
        chinese.set(.patientName, .PN, text: "张^伟")
        chinese.set(.contentSequence, items: [set])
        #expect(chinese.item(.contentSequence)?.bytes(.patientName) == chinese.bytes(.patientName))
        #expect(chinese.item(.contentSequence)?.contains(.specificCharacterSet) == false)
        chinese.setCharacterSet(.utf8)
        #expect(chinese.item(.contentSequence)?.string(.patientName) == "张^伟")
        #expect(chinese.item(.contentSequence)?.bytes(.patientName) == Array("张^伟 ".utf8))
    }
}
