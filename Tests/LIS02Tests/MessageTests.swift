import CharacterSets
import LIS02
import Testing

struct MessageTests {
    static func parse(_ text: String) -> LIS02Message { LIS02Message(utf8: Array(text.utf8)) }

    @Test("fields are counted with H.1 = H, repeats and components from 1")
    func fields() throws {
        let message = MessageTests.parse("H|\\^&|ID||Name^Model|||||||P\rO|1|a^b\\c^d||^^^WBC^1\\^^^RBC\rL|1\r")
        #expect(message.records.map(\.type) == Array("HOL".utf8))
        let cases: [(String, String)] = [
            ("H.1", "H"), ("H.2", "\\^&"), ("H.3", "ID"), ("H.5", "Name^Model"), ("H.5.2", "Model"), ("H.12", "P"),
            ("H.99", ""), ("O.3", "a^b\\c^d"), ("O.3.2", "b"), ("O.3[2]", "c^d"), ("O.3[2].1", "c"), ("O.3[3]", ""),
            ("O.5.*", "WBC"), ("O.5.*2", "1"), ("O.5.$", "1"), ("O.5[2].*", "RBC"), ("O.5.9", ""), ("O.4", ""),
            ("L.2", "1"),
        ]
        for (path, text) in cases {
            let path = try #require(LIS02Path(path), "\(path)")
            let record = try #require(message.records.first { $0.type == path.type })
            #expect(message.string(message.span(path, in: record)) == text, "\(path)")
        }
        let tests = message.field(message.records[1], 5)
        #expect(message.repeatCount(tests) == 2)
    }

    @Test(
        "what is no path",
        arguments: [
            "", "O", "O.", "O.0", "o.3", "O.3.", "O.3[0]", "O.3[1", "O.3.x", "O.3.1.1", "O-3", "OO.3", "O.99999",
        ])
    func paths(_ text: String) { #expect(LIS02Path(text) == nil) }

    @Test("delimiters are what the header says")
    func delimiters() throws {
        let message = MessageTests.parse("H|@^\\|X\rO|1|24||^^^A@^^^B\rR|1|^A^^B|x\\F\\y^\rL|1\r")
        #expect(message.delimiters == LIS02Delimiters(repeat: UInt8(ascii: "@"), escape: UInt8(ascii: "\\")))
        #expect(message.repeatCount(message.field(message.records[1], 5)) == 2)
        #expect(message.string(message.component(message.field(message.records[2], 4), 1)) == "x|y")
        #expect(MessageTests.parse("H|\\^\r").deviations.map(\.kind).contains(.delimiters))
        #expect(MessageTests.parse("H|\\^\r").delimiters == .usual)
        // A backslash doubled by a program that kept the message as source text.
        let doubled = MessageTests.parse("H|\\\\^&|||X\rP|1\rO|1|S\rR|1|^^^GLU|5\rL|1\r")
        #expect(doubled.delimiters == .usual && doubled.deviations.isEmpty)
    }

    @Test("escapes of 5.4.2")
    func escapes() {
        let cases: [(String, String)] = [
            ("a&F&b", "a|b"), ("&S&&R&&E&", "^\\&"), ("one&X0A&two", "one\ntwo"), ("&XC3A4&", "ä"), ("&XE4&", "ä"),
            ("&H&bold&N&", "bold"), ("&Zlocal&x", "x"), ("A&B", "A&B"), ("A & B & C", "A & B & C"), ("&F", "&F"),
            ("&", "&"),
            ("&X0&", "&X0&"), ("&XG0&", "&XG0&"), ("&Q&", "&Q&"), ("&&", "&&"), ("&X&", "&X&"),
            ("2024&R&PNG", "2024\\PNG"),
        ]
        for (sent, text) in cases {
            let message = MessageTests.parse("H|\\^&\rC|1|I|\(sent)\rL|1\r")
            #expect(message.string(message.field(message.records[1], 4)) == text, "\(sent)")
        }
    }

    @Test("deviations are told and read all the same")
    func deviations() {
        let cases: [(String, [LIS02Deviation.Kind])] = [
            ("H|\\^&\rP|1\rO|1\rR|1\rL|1\r", []),
            ("H|\\^&\rP|1\rO|1\rR|1\r", [.noTerminator]),
            ("H|\\^&\rR|1\rL|1\r", [.resultWithoutOrder]),
            ("H|\\^&\rO|1\rL|1\r", [.orderWithoutPatient]),
            ("H|\\^&\rP|1\rZ|1\rhello\rL|1\r", [.unknownType(UInt8(ascii: "Z")), .notARecord]),
            ("P|1\rL|1\r", [.noHeader]),
        ]
        for (text, kinds) in cases {
            let message = MessageTests.parse(text)
            #expect(message.deviations.map(\.kind) == kinds, "\(text)")
            #expect(message.records.count == text.split(separator: "\r").count)
            #expect(message.deviations.allSatisfy { !$0.description.isEmpty })
        }
    }

    @Test("GB18030 text whose second bytes are delimiters: converted first, split afterwards")
    func gb18030() {
        // 鍆 is E57C in GBK: its second byte is the field delimiter.
        let text = "H|\\^&\rP|1||誸鍆乗|\rL|1\r"
        let (bytes, substituted) = CharacterSet.gb18030.encode(text)
        #expect(substituted == 0)
        #expect(bytes.contains { $0 >= 0x80 })
        let message = MessageTests.parse(CharacterSet.gb18030.decode(bytes))
        #expect(message.string(message.field(message.records[1], 4)) == "誸鍆乗")
    }

    @Test("what the writer writes the parser reads back, for any text and delimiters")
    func roundTrip() {
        var generator = SplitMix64(state: 11)
        let alphabet = Array("aB7 |\\^&@!~\r\n\u{1}\u{7F}é漢😀X0&F&")
        for round in 0..<300 {
            let delimiters: LIS02Delimiters =
                round % 3 == 0
                ? LIS02Delimiters(repeat: UInt8(ascii: "@"), escape: UInt8(ascii: "\\"))
                : round % 3 == 1 ? LIS02Delimiters(field: UInt8(ascii: "!"), component: UInt8(ascii: "~")) : .usual
            var writer = LIS02Writer(delimiters: delimiters)
            writer.header(controlID: "1", sender: "S", time: "20240318120000")
            var fields: [Int: [[String]]] = [:]
            writer.begin("O", sequence: 1)
            for number in 3...Int.random(in: 3...9, using: &generator) {
                let repeats = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                        String(
                            (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                                alphabet.randomElement(using: &generator) ?? "x"
                            })
                    }
                }
                fields[number] = repeats
                writer.set(number, repeats: repeats)
            }
            writer.terminator()
            let message = LIS02Message(utf8: writer.text)
            #expect(message.delimiters == delimiters)
            #expect(message.records.map(\.type) == Array("HOL".utf8))
            for (number, repeats) in fields {
                let field = message.field(message.records[1], number)
                for (index, components) in repeats.enumerated() {
                    let part = message.repeat(field, index + 1)
                    for (position, text) in components.enumerated() {
                        #expect(message.string(message.component(part, position + 1)) == text)
                    }
                }
            }
        }
    }

    @Test("the writer leaves out empty fields at the end and refuses absurd field numbers")
    func writer() {
        var writer = LIS02Writer()
        writer.header(sender: "HILUM", processing: "P", version: "LIS2-A2", time: "20240318120000")
        writer.begin("P", sequence: 1)
        writer.set(4, "")
        writer.set(100_000, "x")
        writer.begin("O", sequence: 1)
        writer.set(3, "S1")
        writer.set(5, repeats: [["", "", "", "WBC"], ["", "", "", "RBC"]])
        writer.terminator(code: "F")
        let text = "H|\\^&|||HILUM|||||||P|LIS2-A2|20240318120000\rP|1\rO|1|S1||^^^WBC\\^^^RBC\rL|1|F\r"
        #expect(String(decoding: writer.text, as: UTF8.self) == text)
    }

    @Test("no text traps, any path gives something")
    func garbage() {
        var generator = SplitMix64(state: 5)
        let likely = Array("HPORCLQM|\\^&\r\n 1FXZ\u{0}".utf8) + [0xFF, 0xE5]
        let paths = ["H.5.2", "O.3.1", "R.3.*", "R.3.$", "R.4", "R.4[2].*2", "C.4", "P.3.1", "Q.3.2"].compactMap {
            LIS02Path($0)
        }
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                likely.randomElement(using: &generator) ?? 0
            }
            let message = LIS02Message(utf8: bytes)
            for record in message.records {
                for path in paths { _ = message.string(message.span(path, in: record)) }
                _ = message.field(record, -1)
                _ = message.repeat(LIS02Span(-5, 5000), 3)
                _ = message.string(LIS02Span(-5, 5000))
            }
        }
    }
}
