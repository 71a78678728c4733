import CharacterSets
import Testing

@testable import HL7v2

@Suite("Reading HL7 v2")
struct HL7MessageTests {
    @Test("fields, repetitions, components, subcomponents as the standard counts them")
    func places() throws {
        let message = try message(
            "MSH|^~\\&|A^B|C\rPID|1||P1^^^H~P2||Müller^Eva\rOBX|1|NM|718-7^HGB&x&y^LN||12.9|g/dL|11.0-16.0|~N|||F\r")
        #expect(message.value("MSH-1") == "|")
        #expect(message.value("MSH-2") == "^~\\&")
        #expect(message.value("MSH-3.2") == "B")
        #expect(message.value("PID-3") == "P1^^^H~P2")
        #expect(message.value("PID-3.1") == "P1")
        #expect(message.value("PID-3[2].1") == "P2")
        #expect(message.value("PID-3[3].1") == "")
        #expect(message.value("OBX-3.2.3") == "y")
        #expect(message.value("OBX-3.*") == "718-7")
        #expect(message.value("OBX-8[2]") == "N")
        #expect(message.value("OBX-99") == "")
        #expect(message.value("PID-5.1") == "Müller")
        #expect(message.segments.count == 3)
        #expect(message.deviations.isEmpty)
    }

    @Test("first component that holds anything: ^^^WBC^White blood cell")
    func firstFilled() throws {
        let message = try message("MSH|^~\\&|\rOBX|1|NM|^^^WBC^White blood cell||^ ^0.399^\r")
        #expect(message.value("OBX-3.*") == "WBC")
        #expect(message.value("OBX-5.*") == "0.399")
    }

    @Test(
        "segments end in CR, LF or CR LF, with blank lines and indentation", arguments: ["\r", "\n", "\r\n", "\r\r\n"])
    func lineEnds(_ end: String) throws {
        let message = try message(["MSH|^~\\&|A", "  PID|1", "OBX|1|ST|C||v", ""].joined(separator: end))
        #expect(message.segments.map(\.name.description) == ["MSH", "PID", "OBX"])
        #expect(message.value("OBX-5") == "v")
    }

    @Test("a line end inside a field belongs to the field, and is told")
    func lineFeedInField() throws {
        let message = try message("MSH|^~\\&|A\rNTE|1||first\nsecond line|L\rOBX|1\r")
        #expect(message.value("NTE-3") == "first\nsecond line")
        #expect(message.value("NTE-4") == "L")
        #expect(message.segments.count == 3)
        #expect(message.deviations.count == 1)
    }

    @Test("other delimiters, doubled and missing ones")
    func delimiters() throws {
        let other = try message("MSH#@!$%#A@B#\rPID#1##X!Y\r")
        #expect(other.value("MSH-3.2") == "B")
        #expect(other.value("PID-3[2]") == "Y")
        let doubled = try message("MSH|^~\\\\&|A\rOBX|1|ST|a&b\r")
        #expect(doubled.delimiters == .standard)
        let none = try message("MSH||A^B\r")
        #expect(none.delimiters == .standard)
        #expect(none.value("MSH-3.2") == "B")
    }

    @Test(
        "escapes",
        arguments: [
            ("a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f", "a|b^c~d\\e&f"), ("\\X41\\\\XC3A9\\", "Aé"), ("x\\.br\\y", "x\ny"),
            ("\\.sp2\\z", "z"), ("\\H\\bold\\N\\", "bold"), ("C:\\temp", "C:\\temp"), ("\\Zq\\", "\\Zq\\"),
            ("a\\\\b", "a\\\\b"), ("\\X4\\", "\\X4\\"), ("\\", "\\"), ("\"\"", ""), ("  v ", "v"), ("50\\T\\", "50&"),
        ])
    func escapes(_ pair: (wire: String, text: String)) throws {
        let message = try message("MSH|^~\\&|A\rOBX|1|ST|C||\(pair.wire)\r")
        let expected = pair.wire == "\\.sp2\\z" ? "\n\nz" : pair.text
        #expect(message.value("OBX-5") == expected)
    }

    @Test(
        "character sets: declared, mistaken, absent",
        arguments: [
            ("UNICODE UTF-8", CharacterSet.utf8), ("ASCII", .utf8), ("", .utf8), ("UNICODE", .utf8), ("UTF8", .utf8),
            ("GB 18030-2000", .gb18030), ("", .gb18030), ("ASCII", .gb18030), ("8859/1", .iso8859(1)),
            ("", .iso8859(1)),
        ])
    func characterSets(_ sample: (declared: String, actual: CharacterSet)) throws {
        let name = sample.actual == .iso8859(1) ? "Müller^Zoë" : "张伟"
        let text = "MSH|^~\\&|A||||||||||||||||\(sample.declared)\rPID|1||7||\(name)\r"
        let message = try HL7Message(parsing: sample.actual.encode(text).bytes)
        #expect(message.value("PID-5") == name)
        #expect(message.unreadable == 0)
    }

    @Test("second bytes of GBK that look like delimiters do not cut a name")
    func delimitersInGBK() throws {
        let name = "乗乛亅亊"
        let bytes = CharacterSet.gbk.encode("MSH|^~\\&|A\rPID|1||7||张\(name)|x\r").bytes
        #expect(bytes.contains(0x5C) && bytes.contains(0x7C))
        let message = try HL7Message(parsing: bytes, characterSet: .fixed(.gbk))
        #expect(message.value("PID-5") == "张\(name)")
        #expect(message.value("PID-6") == "x")
    }

    @Test("what is no message says where and why", arguments: ["", "PID|1", "MSH", "MSHA", "\u{FEFF} x"])
    func noMessage(_ text: String) {
        #expect(throws: HL7Fault.self) { try message(text) }
    }

    @Test("several messages in one block")
    func several() {
        let bytes = Array("FHS|^~\\&\rBHS|\rMSH|^~\\&|1\rPID|\nMSH|^~\\&|2\r\n MSH|3".utf8)
        let ranges = bytes.withUnsafeBytes { HL7Message.messages(in: $0) }
        #expect(
            ranges.map { String(decoding: bytes[$0].prefix(10), as: UTF8.self) } == [
                "MSH|^~\\&|1", "MSH|^~\\&|2", "MSH|3",
            ])
    }

    @Test("paths", arguments: ["OBX-5", "PID-3.1", "SPM-2.1.1", "OBX-8[2]", "OBX-3.*", "OBX-3.*.2", "PV1-3[1].4"])
    func paths(_ text: String) { #expect(HL7Path(text)?.description == text) }

    @Test(
        "no paths",
        arguments: [
            "", "OBX", "OBX-", "OBX-0", "obx-5", "OBX-5.", "OBX-5.x", "OBX-5[2", "OBX-5.1.2.3", "O.3", "OBX-99999",
        ])
    func noPaths(_ text: String) { #expect(HL7Path(text) == nil) }

    @Test("any bytes: no trap, every span inside the text")
    func anyBytes() throws {
        var random = SplitMix64(seed: 5)
        let alphabet = Array("MSHPIDOBX|^~\\&\r\n 1.XF".utf8) + [0xC3, 0x81, 0xFE, 0x00]
        let paths = ["MSH-9.2", "MSH-1", "PID-3[2].1.1", "OBX-5.*.*", "OBX-3.2"].compactMap { HL7Path($0) }
        for _ in 0..<3000 {
            let bytes =
                Array("MSH|".utf8)
                + (0..<Int.random(in: 0...90, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }
            guard let message = try? HL7Message(parsing: bytes) else { continue }
            for segment in message.segments.indices {
                for path in paths {
                    let span = message.span(path, in: segment)
                    #expect(span.lowerBound >= 0 && span.upperBound <= message.text.count)
                    _ = message.string(span)
                }
            }
        }
    }
}
