import CharacterSets
import Testing

@testable import HL7v2

@Suite("Writing HL7 v2")
struct HL7WriterTests {
    @Test("separators only where something follows")
    func separators() {
        var writer = HL7Writer()
        writer.begin("MSH")
        writer.field(3, "A")
        writer.field(9)
        writer.component(1, "ORU")
        writer.component(2, "R01")
        writer.component(3)
        writer.field(12, "")
        writer.begin("OBX")
        writer.field(1, "1")
        writer.field(3)
        writer.component(2, "name")
        writer.subcomponent(3)
        writer.field(5, "v")
        writer.repetition()
        writer.text("w")
        writer.repetition()
        writer.field(6)
        #expect(String(decoding: writer.finish(), as: UTF8.self) == "MSH|^~\\&|A||||||ORU^R01\rOBX|1||^name||v~w\r")
    }

    @Test(
        "escapes",
        arguments: [
            ("a|b^c~d\\e&f", "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f"), ("x\r\ny", "x\\X0D\\\\X0A\\y"), ("\u{1}", "\\X01\\"),
            ("张|伟", "张\\F\\伟"),
        ])
    func escapes(_ pair: (text: String, wire: String)) {
        var writer = HL7Writer()
        writer.begin("NTE")
        writer.field(3, pair.text)
        #expect(String(decoding: writer.finish(), as: UTF8.self) == "NTE|||\(pair.wire)\r")
    }

    @Test("formatted text has line breaks")
    func formatted() {
        var writer = HL7Writer()
        writer.begin("NTE")
        writer.field(3)
        writer.formattedText("a\r\nb\nc")
        #expect(String(decoding: writer.finish(), as: UTF8.self) == "NTE|||a\\.br\\b\\.br\\c\r")
    }

    @Test("what is written is read back, in every set and with any text")
    func roundTrip() throws {
        var random = SplitMix64(seed: 9)
        let scalars = Array("ab |^~\\&\r\n1é张䶮\u{20000}µ".unicodeScalars)
        for set in [CharacterSet.utf8, .gb18030] {
            for _ in 0..<500 {
                var values: [String] = []
                var writer = HL7Writer(characterSet: set)
                writer.begin("MSH")
                writer.begin("OBX")
                for number in 1...8 {
                    var text = "x"
                    for _ in 0..<Int.random(in: 0...6, using: &random) {
                        text.unicodeScalars.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
                    }
                    text += "y"
                    values.append(text)
                    writer.field(number)
                    writer.component(2)
                    writer.text(text)
                }
                let message = try HL7Message(parsing: writer.finish(), characterSet: .fixed(set))
                for (index, value) in values.enumerated() {
                    #expect(
                        message.value("OBX-\(index + 1).2")?.unicodeScalars.elementsEqual(value.unicodeScalars) == true)
                }
                #expect(writer.substituted == 0)
            }
        }
    }

    @Test("what the set lacks is counted")
    func substituted() {
        var writer = HL7Writer(characterSet: .iso8859(1))
        writer.begin("NTE")
        writer.field(3, "é|张")
        #expect(writer.finish() == Array("NTE|||".utf8) + [0xE9] + Array("\\F\\?\r".utf8))
        #expect(writer.substituted == 1)
    }
}

@Suite("Times")
struct HL7TimeTests {
    @Test(
        "as standard and devices write them",
        arguments: [
            ("20240318123800", "2024-03-18T12:38:00"), ("202403181238", "2024-03-18T12:38"), ("20240318", "2024-03-18"),
            ("202403", "2024-03"), ("2024", "2024"), ("2024031812", "2024-03-18T12:00"),
            ("20240318123800+0800", "2024-03-18T12:38:00+08:00"),
            ("20240318123800.1234-0500", "2024-03-18T12:38:00-05:00"),
            ("20240831 16:40.19", "2024-08-31T16:40:19"), ("20240801 18:52:19", "2024-08-01T18:52:19"),
            ("2024-03-18 12:38:00", "2024-03-18T12:38:00"), ("2024/3/8 9:05", "2024-03-08T09:05"),
            ("2024-03-18T12:38:00Z", "2024-03-18T12:38:00+00:00"), ("20240229", "2024-02-29"),
        ])
    func times(_ pair: (wire: String, iso: String)) {
        #expect(HL7Time.iso8601(Array(pair.wire.utf8)) == pair.iso)
    }

    @Test(
        "what is no time",
        arguments: ["", "0000", "00000000000000", "20241318", "20240230", "20240318250000", "x", "-", "203"])
    func noTimes(_ text: String) { #expect(HL7Time.iso8601(Array(text.utf8)) == nil) }

    @Test(
        "instants",
        arguments: [
            (Int64(0), Int32(0), "19700101000000+0000"), (1_710_736_680_000_000, 28800, "20240318123800+0800"),
            (-1, -3600, "19691231225959-0100"), (951_782_400_000_000, 0, "20000229000000+0000"),
            (Int64.max, Int32.max, "99991231235959+2359"), (Int64.min, Int32.min, "00010101000000-2359"),
        ])
    func instants(_ sample: (unix: Int64, offset: Int32, text: String)) {
        var bytes: [UInt8] = []
        HL7Time.append(unix: sample.unix, utcOffset: sample.offset, zone: true, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == sample.text)
    }

    @Test("ISO 8601 to HL7")
    func fromISO() {
        var bytes: [UInt8] = []
        HL7Time.append(iso8601: "2024-03-18T12:38:00-05:00", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "20240318123800-0500")
    }
}

@Suite("Acknowledgements")
struct HL7AcknowledgementTests {
    private func answer(
        _ header: String, _ code: HL7AcknowledgementCode = .applicationAccept,
        _ change: (inout HL7Acknowledgement) -> Void = { _ in }
    ) throws -> String {
        var acknowledgement = HL7Acknowledgement(code, unix: 1_710_736_680_000_000, utcOffset: 28800)
        change(&acknowledgement)
        return String(decoding: acknowledgement.bytes(answering: try message(header)), as: UTF8.self)
    }

    @Test("theirs comes back: ids, version, character set, sender and receiver exchanged")
    func plain() throws {
        #expect(
            try answer("MSH|^~\\&|DEV^1|LAB|LIS|H|20240318||ORU^R01|41|P|2.3.1||||||UNICODE\r")
                == "MSH|^~\\&|LIS|H|DEV^1|LAB|20240318123800+0800||ACK^R01|41|P|2.3.1||||||UNICODE\rMSA|AA|41\r")
        #expect(
            try answer("MSH|^~\\&|A||||||OUL^R22^OUL_R22|M-1|P|2.5.1\r") { $0.controlID = "H1" }
                == "MSH|^~\\&|||A||20240318123800+0800||ACK^R22^ACK|H1|P|2.5.1\rMSA|AA|M-1\r")
    }

    @Test("their delimiters are used, and text is escaped for them")
    func delimiters() throws {
        let text = try answer("MSH#@!$%#A@B####19##ORU@R01#7#P#2.3.1\r", .applicationError) { $0.reason = "a#b" }
        #expect(text.contains("#ACK@R01#7#"))
        #expect(text.hasSuffix("MSA#AE#7#a$F$b\r"))
    }

    @Test("reasons: ERR in the form of the version")
    func errors() throws {
        let old = try answer("MSH|^~\\&|||||||ORU^R01|1|P|2.3.1\r", .applicationReject) {
            $0.reason = "no"
            $0.errorCode = "201"
        }
        #expect(old.hasSuffix("MSA|AR|1|no\rERR|^^^201&no&HL70357\r"))
        let new = try answer("MSH|^~\\&|||||||ORU^R01|1|P|2.5\r", .applicationReject) {
            $0.reason = "no"
            $0.errorCode = "201"
        }
        #expect(new.hasSuffix("ERR|||201^^HL70357|E||||no\r"))
    }

    @Test("variants: event, version, sender, zone, further fields")
    func variants() throws {
        let text = try answer("MSH|^~\\&|BS|||||0|ORU^R01|1|P|2.3.1\r") {
            $0.eventStyle = .plain
            $0.version = "2.5"
            $0.sender = ("HILUM", "LAB")
            $0.hasZone = false
            $0.fields = [("MSA-6", "0"), ("MSH-16", "0"), ("MSA-3", "Message accepted")].compactMap { pair in
                HL7Path(pair.0).map { ($0, pair.1) }
            }
        }
        #expect(text == "MSH|^~\\&|HILUM|LAB|BS||20240318123800||ACK|1|P|2.5||||0\rMSA|AA|1|Message accepted|||0\r")
    }
}
