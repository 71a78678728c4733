import DICOM
import Testing

/// Text of every character set becomes UTF-8 in the cells, whatever file came before; what is not as declared is said.
@Suite("Header reader: text")
struct HeaderTextTests {
    private static func file(_ declared: String?, _ name: [UInt8], _ comment: [UInt8] = []) -> [UInt8] {
        var file = Bytes.part10()
        if let declared { file.explicit(0x0008_0005, "CS", declared.utf8.count % 2 == 0 ? declared : declared + " ") }
        file.explicit(0x0010_0010, "PN", name.count % 2 == 0 ? name : name + [0x20])
        file.explicit(0x0010_0020, "LO", "4711")
        if !comment.isEmpty { file.explicit(0x0010_4000, "LT", comment) }
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        return file.bytes
    }

    static let names: [(set: String, text: String)] = [
        ("ISO_IR 100", "Äneas^Rüdiger"), ("ISO_IR 101", "Dvořák^Žofie"), ("ISO_IR 109", "Ċensu^Ġorġ"),
        ("ISO_IR 110", "Ķīlis^Ņina"), ("ISO_IR 144", "Люкceмбypг"), ("ISO_IR 127", "قباني^لنزار"),
        ("ISO_IR 126", "Διονυσιος"), ("ISO_IR 138", "שרון^דבורה"), ("ISO_IR 148", "Çavuşoğlu^Şöhret"),
        ("ISO_IR 203", "Œuvre^Žoë€"), ("ISO_IR 166", "สมชาย^ใจดี"), ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小東"), ("GB18030", "Wang^XiaoDong=王^小东"), ("GBK", "Wang^XiaoDong=王^小东"),
        ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        ("\\ISO 2022 IR 87\\ISO 2022 IR 159", "Test^Kanji=山田^丂"),
        ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"), ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东"),
        ("ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144", "Müller^Люк"),
        ("ISO 2022 IR 100\\ISO 2022 IR 101\\ISO 2022 IR 126", "Ä^ř^Δ"),
    ]

    @Test("every character set, one file after the other, both paths")
    func sets() throws {
        let columns = try IndexColumns(["PatientName", "PatientID"])
        var fast = HeaderReader(columns: columns)
        var slow = HeaderReader(columns: try columns.adding([HeaderReading.slow]))
        for _ in 0..<2 {
            for name in Self.names {
                let set = SpecificCharacterSet(declared: name.set)
                let coded = set.encode(name.text, vr: .PN)
                #expect(coded.substituted == 0, "\(name.set)")
                let bytes = Self.file(name.set, coded.bytes)
                let quick = HeaderReading.read(bytes, &fast)
                #expect(quick.cells == [name.text, "4711"], "\(name.set)")
                #expect(quick.remark == "", "\(name.set)")
                #expect(HeaderReading.read(bytes, &slow).cells.first == name.text, "\(name.set)")
                // Plain text in between takes nothing over.
                #expect(HeaderReading.read(Self.file(nil, Array("Doe^Jane".utf8)), &fast).cells[0] == "Doe^Jane")
            }
        }
    }

    @Test(
        "GB 18030 that is not declared, or declared as Western: found, said, not in the way of `declared` and `override`"
    )
    func undeclared() throws {
        let coded = SpecificCharacterSet(terms: ["GB18030"]).encode("王^小东", vr: .PN).bytes
        let columns = try IndexColumns(["PatientName"])
        for declared in [nil, "ISO_IR 100"] {
            let bytes = Self.file(declared, coded)
            let found = HeaderReading.read(bytes, columns)
            #expect(found.cells == ["王^小东"])
            #expect(found.remark.hasPrefix("text is read as GB18030"))
            let plain = HeaderReading.read(bytes, columns, choice: .declared)
            #expect(plain.cells != ["王^小东"] && plain.remark == "")
            let chosen = HeaderReading.read(bytes, columns, choice: .override(SpecificCharacterSet(terms: ["GBK"])))
            #expect(chosen.cells == ["王^小东"])
            #expect(chosen.remark.hasPrefix("text is read as GBK (chosen)"))
        }
        let utf8 = HeaderReading.read(Self.file("ISO_IR 100", Array("Müller^Jörg".utf8)), columns)
        #expect(utf8.cells == ["Müller^Jörg"] && utf8.remark.hasPrefix("text is read as ISO_IR 192"))
    }

    @Test("a backslash that is half of a character parts nothing; in LT it parts nothing at all")
    func backslashes() throws {
        let columns = try IndexColumns(["PatientName", "PatientComments"])
        // 昞 is 95 5C in GBK.
        let reading = HeaderReading.read(
            Self.file("GBK", [0x95, 0x5C, 0x5E, 0xD0, 0xA1], [0x95, 0x5C, 0x5C, 0x41]), columns)
        #expect(reading.cells == ["昞^小", "昞\\A"])
    }

    @Test("a set that nobody knows is said; broken text becomes U+FFFD; rows stay UTF-8")
    func unknown() throws {
        let columns = try IndexColumns(["PatientName", "Modality"])
        let reading = HeaderReading.read(Self.file("KLINGON", [0x41, 0xFF, 0x42]), columns, choice: .declared)
        #expect(reading.cells == ["A\u{FFFD}B", ""])
        #expect(reading.remark.contains("unknown character set KLINGON"))
        var file = Bytes.part10()
        file.explicit(0x0008_0060, "CS", [0x43, 0xFF])
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let row = HeaderReading.row(file.bytes, .ndjson, columns)
        #expect(row.contains("\"Modality\":\"C"))
    }

    @Test("items read by their own set")
    func items() throws {
        var inner = Bytes()
        inner.explicit(0x0008_0005, "CS", "ISO_IR 192")
        inner.explicit(0x0010_0010, "PN", Array("Müller".utf8) + [0x20])
        var items = Bytes()
        items.item(inner)
        var file = Bytes.part10()
        file.explicit(0x0008_0005, "CS", "ISO_IR 100")
        file.explicit(0x0010_0010, "PN", [0x4D, 0xFC])
        file.explicit(0x0040_0275, "SQ", items.bytes)
        file.explicit(0x7FE0_0010, "OW", [0, 0])
        let columns = try IndexColumns(["PatientName", "RequestAttributesSequence/PatientName"])
        #expect(HeaderReading.read(file.bytes, columns).cells == ["Mü", "Müller"])
        let slow = HeaderReading.read(file.bytes, try columns.adding([HeaderReading.slow]))
        #expect(slow.cells == ["Mü", "Müller", ""])
    }
}
