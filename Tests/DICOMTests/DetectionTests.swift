import CharacterSets
import DICOM
import Testing

/// What is declared, what the bytes are, and what is found.
@Suite("Detection of the character set")
struct DetectionTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var declared: String
        var names: [String]
        var actual: CharacterSet
        var used: String?
        var confidence: CharacterSetFinding.Confidence?
        var testDescription: String { "\(declared.isEmpty ? "nothing" : declared), is \(actual.name): \(names)" }
    }

    private static func sample(
        _ declared: String, _ actual: CharacterSet, _ names: String..., used: String? = nil,
        _ confidence: CharacterSetFinding.Confidence? = nil
    ) -> Sample {
        Sample(declared: declared, names: names, actual: actual, used: used, confidence: confidence)
    }

    static let samples: [Sample] = [
        // As declared.
        sample("", .ascii, "Doe^John"), sample("ISO_IR 100", .iso8859(1), "Müller^Jörg", "Größe"),
        sample("ISO_IR 100", .iso8859(1), "Ñuñez^José", "João Conceição", "Bøås"), sample("ISO_IR 192", .utf8, "张^伟"),
        sample("GB18030", .gb18030, "张^伟", "头部平扫"), sample("GBK", .gbk, "张^伟", "欧阳^娜娜", "胸部正位"),
        sample("ISO_IR 144", .iso8859(5), "Иванов^Иван", "Грудная клетка"),
        sample("ISO_IR 126", .iso8859(7), "Διονυσιος"),
        sample("ISO_IR 138", .iso8859(8), "שרון^דבורה"), sample("ISO_IR 101", .iso8859(2), "Łukasz^Żółć", "Dvořák"),
        sample("ISO_IR 166", .windows(874), "สมชาย"), sample("ISO_IR 148", .iso8859(9), "Çağlar^Şükrü"),
        sample("ISO_IR 100", .iso8859(1), "MÄÖSER^ÅØ", "GRÖSSE 5 µ², ±²"),
        sample("ISO_IR 100", .iso8859(1), "François^Zoë", "Gñ"),
        // Nothing declared.
        sample("", .utf8, "Müller", used: "ISO_IR 192", .high), sample("", .utf8, "张^伟", used: "ISO_IR 192", .high),
        sample("", .gbk, "张^伟", used: "GB18030", .high),
        sample("", .iso8859(1), "Müller^Jörg", used: "ISO_IR 100", .low),
        sample("NONSENSE", .gbk, "王^小东", used: "GB18030", .high),
        sample("", .gbk, "朱^镕基", used: "GB18030", .high),
        // Wrongly declared.
        sample("ISO_IR 100", .gbk, "朱^镕基", used: "GB18030", .high),
        sample("ISO_IR 100", .gbk, "张^伟", used: "GB18030", .high),
        sample("ISO_IR 100", .gbk, "欧阳^娜娜", "胸部正位", used: "GB18030", .high),
        sample("ISO_IR 100", .utf8, "张^伟", used: "ISO_IR 192", .high),
        sample("ISO_IR 100", .utf8, "Müller^Jörg", used: "ISO_IR 192", .high),
        sample("ISO_IR 144", .utf8, "Иванов", used: "ISO_IR 192", .high),
        sample("ISO_IR 192", .gbk, "张^伟", used: "GB18030", .high),
        sample("ISO_IR 192", .iso8859(1), "Müller", used: "ISO_IR 100", .low),
        sample("GB18030", .utf8, "张^伟", used: "ISO_IR 192", .high),
        sample("\\ISO 2022 IR 87", .utf8, "山田^太郎", used: "ISO_IR 192", .high),
    ]

    private func file(_ sample: Sample) -> [UInt8] {
        var bytes = Bytes.part10()
        if !sample.declared.isEmpty {
            bytes.explicit(
                0x0008_0005, "CS", sample.declared.utf8.count % 2 == 0 ? sample.declared : sample.declared + " ")
        }
        for (place, name) in sample.names.enumerated() {
            let coded = sample.actual.encode(name).bytes
            let padded = coded.count % 2 == 0 ? coded : coded + [0x20]
            bytes.explicit([0x0010_0010, 0x0018_1030, 0x0020_4000][place % 3], ["PN", "LO", "LT"][place % 3], padded)
        }
        return bytes.bytes
    }

    @Test("found and used", arguments: Self.samples)
    func found(_ sample: Sample) throws {
        let file = try DICOMFile.read(file(sample))
        #expect(file.characterSetFinding?.used.declaration == sample.used)
        #expect(file.characterSetFinding?.confidence == sample.confidence)
        #expect(file.dataSet.string(.patientName) == sample.names.first)
        if let finding = file.characterSetFinding { #expect(!finding.reason.isEmpty) }
    }

    @Test("a value of UTF-8 that was cut in a character stays UTF-8")
    func cut() throws {
        var bytes = Bytes.part10()
        bytes.explicit(0x0008_0005, "CS", "ISO_IR 192")
        bytes.explicit(0x0018_1030, "LO", Array("胸部".utf8.dropLast()) + [0x20])
        let file = try DICOMFile.read(bytes.bytes)
        #expect(file.characterSetFinding == nil)
        #expect(file.dataSet.string(.protocolName)?.hasPrefix("胸") == true)
    }

    @Test("a character set that nobody knows is said, and what is used instead")
    func unknown() throws {
        let file = try DICOMFile.read(file(Self.sample("ISO_IR 999", .utf8, "张^伟")))
        let fault = try #require(file.faults.first)
        #expect(fault.code == .characterSet)
        #expect(fault.tag == .specificCharacterSet)
        #expect(fault.description.contains("unknown character set ISO_IR 999; text is read as ISO_IR 192"))
        #expect(file.dataSet.string(.patientName) == "张^伟")
    }

    @Test("an override is used whatever is declared, and said")
    func override() throws {
        let sample = Self.sample("ISO_IR 100", .gbk, "李^四")
        var options = DICOMFile.ReadOptions()
        options.characterSet = .override(SpecificCharacterSet(declared: "GBK"))
        let file = try DICOMFile.read(file(sample), options: options)
        #expect(file.dataSet.string(.patientName) == "李^四")
        #expect(file.characterSetFinding?.confidence == .chosen)
        options.characterSet = .declared
        #expect(try DICOMFile.read(self.file(sample), options: options).dataSet.string(.patientName) != "李^四")
    }

    @Test("many names: none of Western Europe is taken for Chinese, hardly a Chinese one is missed")
    func many() throws {
        let western = """
            Müller Jörg Größe Çelik François Zoë Noël Hélène Łuk José Ñuñez Muñoz Peña João Conceição Gonçalves Åse Bjørn Sørensen
            Æbelø Þór Guðrún Sigurðsson Jürgen Günther Käthe Röntgen Schädel Oberkörper Fuß Hüfte überkopf MÜLLER GRÖSSE JOSÉ
            Mäkinen Hämäläinen Väinö Élodie Benoît Île Cœur André Agnès Àlex Núria Iñaki Ángel Úrsula Óscar Ólafur Ýmir Düşünce
            São Antônio Luís Inês thoraco-abdominé épaule tête réf. n°5 5µg 37°C ½ ±2 ©2024
            """.split { $0 == " " || $0 == "\n" }.map(String.init)
        let surnames = Array("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
        let given = Array("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文华玉建国红梅云龙飞凤鹏宇浩然子轩梓涵欣怡")
        let parts = ["头部平扫", "胸部正位", "腹部增强", "左膝关节", "腰椎MR平扫", "心脏彩超", ""]
        var random = SplitMix64(2024)
        var missed = 0
        for _ in 0..<400 {
            let names = (0..<3).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in western.randomElement(using: &random) }
                    .joined(separator: "^")
            }
            let latin = Sample(declared: "ISO_IR 100", names: names, actual: .windows(1252))
            #expect(try DICOMFile.read(file(latin)).characterSetFinding == nil, "\(names)")

            var name = "\(surnames.randomElement(using: &random) ?? "王")^"
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                name.append(given.randomElement(using: &random) ?? "伟")
            }
            if Bool.random(using: &random) { name = "Wang^XiaoDong=" + name }
            let chinese = Sample(
                declared: ["ISO_IR 100", "", "ISO_IR 6"].randomElement(using: &random) ?? "",
                names: [name, parts.randomElement(using: &random) ?? ""], actual: .gbk)
            let read = try DICOMFile.read(file(chinese))
            if read.characterSetFinding?.used.declaration != "GB18030" { missed += 1 }
        }
        #expect(missed <= 4)
    }
}
