import CharacterSets
import Contracts
import HL7v2
import ResultModel
import Testing

@testable import Delivery

@Suite("ORU^R01")
struct ORUBuilderTests {
    static func lines(_ profile: ReceiverProfile = ReceiverProfile(), _ item: OutboxItem = Fixtures.item()) throws
        -> [String]
    {
        let builder = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
        let bytes = try builder.messages(for: item).flatMap(\.bytes)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r").map(String.init)
    }

    @Test("A report of every form of value, segment by segment")
    func whole() throws {
        let lines = try Self.lines()
        let expected = [
            #"MSH|^~\&|HILUM||||20260318183320.123+0800||ORU^R01^ORU_R01|AB12YA|P|2.5.1||||||UNICODE UTF-8"#,
            "PID|1||000771-0175^^^^PI||Muster^Erika^Maria||19700228|F",
            "PV1|1|U|W3^12^A",
            "ORC|RE|PL-9|0012345678",
            "OBR|1|PL-9|0012345678|11502-2^Laboratory report^LN||20260318080000+0800|202603180915+0800|||||||20260318094000+0800||||||||20260318183320.123+0800||LAB|F||^^^^^S",
            "NTE|1|L|checked by hand",
            "OBX|1|NM|6690-2^WBC long name^LN^WBC^WBC name^L||5.40|10*9/L^10\\S\\9/L^UCUM||N|||F|||20260318183000+0800||||haematology-1",
            "OBX|2|SN|1988-5^CRP long name^LN^CRP^CRP name^L||<^0.01|10*9/L^10\\S\\9/L^UCUM|0-5|L|||F|||20260318183000+0800||OP7|^nephelometry|haematology-1",
            #"NTE|1|L|first line\.br\second \F\ line"#,
            "OBX|3|SN|ANA^ANA^L||>^1^:^1280||||||F|||20260318183000+0800||||haematology-1",
            "OBX|4|SN|RANGE^RANGE^L||^3^-^5||||||F|||20260318183000+0800||||haematology-1",
            "OBX|5|CWE|GLU^GLU^L||^+++|||A|||F|||20260318183000+0800||||haematology-1",
            #"OBX|6|ST|COM^COM^L||see note \T\ call||||||F|||20260318183000+0800||||haematology-1"#,
            "OBX|7||LYM^LYM^L||||||||X|||20260318183000+0800||||haematology-1",
            "NTE|1|L|No result (error): ----",
            "OBX|8|NM|WBC^WBC^L|2|5.6|10*9/L^10\\S\\9/L^UCUM|||||F|||20260318183000+0800||||haematology-1",
            "SPM|1|0012345678||BLD^whole blood^HL70487|||||||||||||202603180915+0800|20260318094000+0800",
        ]
        #expect(lines.count == expected.count)
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
    }

    @Test("The same item gives the same bytes at every attempt")
    func sameBytes() throws {
        var later = Fixtures.item()
        later.attempts = 9
        #expect(try Self.lines() == Self.lines(ReceiverProfile(), later))
    }

    @Test("MSH-10: 20 characters at most, distinct for items and parts")
    func controlID() {
        var seen: Set<String> = []
        for id in [0, 1, 35, 36, 46_655, 1_000_000, Int64.max] {
            for part in [nil, 0, 1, 35, 36] as [Int?] {
                let text = ORUBuilder.controlID(Fixtures.item(Report(), id: id), part: part)
                #expect(text.utf8.count <= 20)
                #expect(seen.insert(text).inserted, "\(id) \(String(describing: part))")
            }
        }
    }

    @Test("OBX-11 and OBR-25 of each state (tables 0085, 0123)")
    func states() throws {
        let cases: [(Observation.Status, Bool, String, String)] = [
            (.registered, false, "I", "I"), (.preliminary, false, "P", "P"), (.final, false, "F", "F"),
            (.final, true, "C", "C"), (.corrected, false, "C", "C"), (.amended, false, "C", "C"),
            (.cancelled, false, "X", "X"), (.enteredInError, false, "W", "C"),
        ]
        for (status, replaces, obx, obr) in cases {
            var report = Fixtures.small(id: 1).report
            report.observations[0].status = status
            report.observations[0].replacesEarlier = replaces
            let lines = try Self.lines(ReceiverProfile(), Fixtures.item(report))
            #expect(Self.field(lines, "OBX", 11) == obx, "\(status)")
            #expect(Self.field(lines, "OBR", 25) == obr, "\(status)")
        }
    }

    @Test("No value: X, whatever the state, unless one is still to come")
    func absentStates() throws {
        let cases: [(Observation.Status, ObservationValue.AbsentReason, String)] = [
            (.final, .error, "X"), (.corrected, .notANumber, "X"), (.preliminary, .error, "X"),
            (.preliminary, .temporarilyUnknown, "P"), (.registered, .unknown, "I"),
        ]
        for (status, reason, expected) in cases {
            var report = Fixtures.small(id: 1).report
            report.observations[0].status = status
            report.observations[0].value = .absent(reason: reason, text: "")
            #expect(try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "OBX", 11) == expected)
        }
    }

    @Test("A report is not final before all its results are")
    func leastFinal() throws {
        var report = Fixtures.report()
        report.observations[2].status = .preliminary
        #expect(try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "OBR", 25) == "P")
        report = Fixtures.report()
        report.status = .preliminary
        #expect(try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "OBR", 25) == "P")
    }

    @Test("A correction names the same order and row, with C and a newer OBR-22")
    func correction() throws {
        var corrected = Fixtures.report()
        corrected.id = 99
        corrected.controlID = "43"
        corrected.observations[0].value = Fixtures.number("5.9")
        corrected.observations[0].replacesEarlier = true
        var item = Fixtures.item(corrected, id: 2000)
        item.createdAt += 60_000_000
        let before = try Self.lines()
        let after = try Self.lines(ReceiverProfile(), item)
        for (segment, field) in [("OBR", 3), ("OBX", 3), ("OBX", 4)] {
            #expect(Self.field(before, segment, field) == Self.field(after, segment, field))
        }
        #expect(Self.field(after, "OBX", 11) == "C")
        #expect(Self.field(after, "OBR", 22) > Self.field(before, "OBR", 22))
        #expect(Self.field(after, "MSH", 10) != Self.field(before, "MSH", 10))
    }

    @Test("Flattened: values as ST, units as text")
    func flattened() throws {
        var profile = ReceiverProfile()
        profile.numbers = .text
        profile.codes = .text
        profile.units = .text
        profile.segments = [.pid, .orc, .nte]
        profile.sendsZones = false
        let lines = try Self.lines(profile)
        #expect(!lines.contains { $0.hasPrefix("SPM") || $0.hasPrefix("PV1") })
        let values = lines.filter { $0.hasPrefix("OBX") }.map { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            return fields[2] + " " + fields[5] + " " + fields[6]
        }
        #expect(
            values == [
                #"NM 5.40 10\S\9/L"#, #"ST <0.01 10\S\9/L"#, "ST >1:1280 ", "ST 3-5 ", "ST +++ ",
                #"ST see note \T\ call "#, "  ", #"NM 5.6 10\S\9/L"#,
            ])
        #expect(!lines.joined().contains("+0800"))
    }

    @Test("Version 2.3.1 and 2.4: CE, no SPM, material in OBR-15")
    func olderVersions() throws {
        for version in [ReceiverProfile.Version.v231, .v24] {
            var profile = ReceiverProfile()
            profile.version = version
            let lines = try Self.lines(profile)
            #expect(Self.field(lines, "MSH", 12) == version.rawValue)
            #expect(!lines.contains { $0.hasPrefix("SPM") })
            #expect(Self.field(lines, "OBR", 15) == "BLD")
            #expect(lines.contains { $0.hasPrefix("OBX|5|CE|") })
        }
    }

    @Test("One observation a message: own MSH-10, the same OBR-3")
    func oneEach() throws {
        var profile = ReceiverProfile()
        profile.isOneObservationAMessage = true
        let builder = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
        let messages = try builder.messages(for: Fixtures.item())
        #expect(messages.count == 8)
        #expect(Set(messages.map(\.controlID)).count == 8)
        for message in messages {
            let lines = String(decoding: message.bytes, as: UTF8.self).split(separator: "\r").map(String.init)
            #expect(lines.count { $0.hasPrefix("OBX") } == 1)
            #expect(Self.field(lines, "OBR", 3) == "0012345678")
            #expect(Self.field(lines, "MSH", 10) == message.controlID)
        }
    }

    @Test("Control material and reports without results are refused")
    func refused() throws {
        let builder = try ORUBuilder(profile: ReceiverProfile(), utcOffset: Fixtures.shanghai)
        var report = Fixtures.report()
        report.isQC = true
        #expect(throws: ORUFault.self) { try builder.messages(for: Fixtures.item(report)) }
        report = Fixtures.report()
        for index in report.observations.indices { report.observations[index].role = .info }
        #expect(throws: ORUFault.self) { try builder.messages(for: Fixtures.item(report)) }
    }

    @Test("Fields the site sets: constants, placeholders, left out")
    func overrides() throws {
        var profile = ReceiverProfile()
        profile.overrides = [
            .init(path: "OBR-4", value: "CBC^Blood count^L"), .init(path: "OBR-2", value: "{specimen}"),
            .init(path: "OBX-18", value: ""), .init(path: "PV1-19", value: "V{patient}"),
            .init(path: "MSH-21", value: "X^Y"), .init(path: "MSH-5", value: "EMR"),
        ]
        let lines = try Self.lines(profile)
        #expect(Self.field(lines, "OBR", 4) == "CBC^Blood count^L")
        #expect(Self.field(lines, "OBR", 2) == "0012345678")
        #expect(Self.field(lines, "OBX", 18).isEmpty)
        #expect(Self.field(lines, "OBX", 14) == "20260318183000+0800")
        #expect(lines.filter { $0.hasPrefix("OBX") }.allSatisfy { !$0.hasSuffix("|") })
        #expect(Self.field(lines, "PV1", 19) == "V000771-0175")
        #expect(Self.field(lines, "MSH", 21) == "X^Y")
        #expect(Self.field(lines, "MSH", 5) == "EMR")
        #expect(Self.field(lines, "OBR", 25) == "F")
        for path in ["OBX", "OBX-0", "ZZZ-1", "OBX-x", "MSH-10", "OBX-5"] {
            profile.overrides = [.init(path: path, value: "x")]
            #expect(throws: ORUFault.self, "\(path)") { try ORUBuilder(profile: profile, utcOffset: { _ in 0 }) }
        }
        profile.overrides = [.init(path: "OBR-2", value: "{nothing}")]
        #expect(throws: ORUFault.self) { try ORUBuilder(profile: profile, utcOffset: { _ in 0 }) }
    }

    @Test("Character sets: MSH-18 says what the bytes are, rare names round-trip, what cannot be written is refused")
    func characterSets() throws {
        var report = Fixtures.report()
        report.patient?.name = "䶮𠀀^张|三"
        let item = Fixtures.item(report)
        for set in [CharacterSet.utf8, .gb18030] {
            var profile = ReceiverProfile()
            profile.characterSet = set
            let builder = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
            let message = try builder.messages(for: item)[0]
            let read = try HL7Message(parsing: message.bytes)
            #expect(read.characterSet == set)
            let pid = try #require(read.firstSegment(.pid))
            #expect(read.string(HL7Path(.pid, field: 5, component: 1), in: pid) == "䶮𠀀")
            #expect(read.string(HL7Path(.pid, field: 5, component: 2), in: pid) == "张|三")
        }
        var profile = ReceiverProfile()
        profile.characterSet = .iso8859(1)
        let strict = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
        #expect(throws: ORUFault.self) { try strict.messages(for: item) }
        profile.unencodable = .replace
        let lenient = try ORUBuilder(profile: profile, utcOffset: Fixtures.shanghai)
        #expect(try String(decoding: lenient.messages(for: item)[0].bytes, as: UTF8.self).contains("??^"))
    }

    @Test("No text of a device can add a segment, a field or a control character")
    func hostileText() throws {
        let hostile = "a\rPID|9||X^Y~Z\\&\u{0}\u{1C}\u{B}\u{7F}\u{85}é\n\r\nb"
        var report = Fixtures.report()
        report.specimen.id = hostile
        report.patient?.id = hostile
        report.patient?.sex = hostile
        report.order.placerID = hostile
        report.device = hostile
        report.observations = [Fixtures.observation(hostile, .text(hostile), flags: [hostile])]
        report.observations[0].run = hostile
        report.observations[0].operatorID = hostile
        report.observations[0].comments = [hostile]
        report.comments = [hostile]
        let builder = try ORUBuilder(profile: ReceiverProfile(), utcOffset: Fixtures.shanghai)
        let bytes = try builder.messages(for: Fixtures.item(report))[0].bytes
        let bad = bytes.filter { ($0 < 0x20 && $0 != 0x0D) || $0 == 0x7F }
        #expect(bad.isEmpty)
        let read = try HL7Message(parsing: bytes)
        #expect(
            read.segments.map { $0.name.description } == [
                "MSH", "PID", "PV1", "ORC", "OBR", "NTE", "OBX", "NTE", "SPM",
            ])
        let pid = try #require(read.firstSegment(.pid))
        #expect(read.string(HL7Path(.pid, field: 3, component: 1), in: pid).contains("PID|9||X^Y~Z\\&"))
    }

    @Test("Text of any bytes survives the writer and the reader", arguments: 0..<200)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let alphabet = Array("ab|^~\\&1. é张𠀀FSRTE")
        let text = String(
            (0..<Int.random(in: 1...30, using: &random)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &random)]
            })
        var writer = SegmentWriter(capacity: 64)
        writer.begin("MSH", overrides: [])
        writer.writeDelimiters()
        writer.field(18, "UNICODE UTF-8")
        writer.end()
        writer.begin("OBX", overrides: [])
        writer.field(5)
        writer.component(3, text)
        writer.end()
        let read = try HL7Message(parsing: writer.bytes)
        #expect(read.string(HL7Path(HL7SegmentName("OBX"), field: 5, component: 3), in: 1).trimmed == text.trimmed)
    }

    @Test("A patient without identifier is left out unless the site says otherwise")
    func patientWithoutID() throws {
        var report = Fixtures.report()
        report.patient?.id = ""
        #expect(try !Self.lines(ReceiverProfile(), Fixtures.item(report)).contains { $0.hasPrefix("PID") })
        var profile = ReceiverProfile()
        profile.sendsPatientWithoutID = true
        #expect(try Self.lines(profile, Fixtures.item(report)).contains { $0.hasPrefix("PID|1||||Muster^Erika^Maria") })
        report = Fixtures.report()
        report.patient?.name = ""
        #expect(try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "PID", 5) == "^^^^^^U")
    }

    @Test("Long text: lines as repetitions, none over 199 bytes, no word lost", arguments: 0..<60)
    func longText(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let pieces = ["word", " ", " ", "张", "|", "\n", "\r\n", "&^", String(repeating: "x", count: 250), "\u{1}"]
        let count = Int.random(in: 1...200, using: &random)
        let text = (0..<count).map { _ in pieces[Int.random(in: pieces.indices, using: &random)] }.joined()
        let lines = ValueForm.lines(text)
        for line in lines {
            var escaped: [UInt8] = []
            SegmentWriter.escape(line, into: &escaped)
            #expect(escaped.count <= 199 && !escaped.isEmpty)
        }
        func letters(_ text: String) -> String { text.filter { !$0.isNewline && $0 != " " } }
        #expect(letters(lines.joined()) == letters(text))
    }

    @Test("Attachments as ED")
    func attachments() throws {
        var report = Fixtures.report()
        let picture = Attachment(contentType: "image/png", title: "histogram", data: [1, 2, 3, 4])
        report.observations = [Fixtures.observation("HIST", .attachment(picture))]
        report.observations[0].role = .attachment
        #expect(
            try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "OBX", 5) == "^IM^PNG^Base64^AQIDBA==")
        #expect(try Self.field(Self.lines(ReceiverProfile(), Fixtures.item(report)), "OBX", 2) == "ED")
    }

    @Test(
        "Times keep the digits that are known",
        arguments: [
            ("2026", 28_800, "2026"), ("2026-03", nil, "202603"), ("2026-03-18", 28_800, "20260318"),
            ("2026-03-18T09:15", 28_800, "202603180915+0800"), ("2026-03-18T09:15:01", nil, "20260318091501"),
            ("2026-03-18T09:15:01.25", -12_600, "20260318091501.25-0330"), ("18.3.2026", 0, ""), ("", 0, ""),
            ("2026-03-18T", 0, "20260318"), ("2026-3-18", 0, ""), ("20260318", 0, "20260318"),
        ] as [(String, Int32?, String)])
    func times(local: String, offset: Int32?, expected: String) {
        var writer = SegmentWriter(capacity: 64)
        writer.begin("OBX", overrides: [])
        writer.field(1)
        writer.time(ClinicalTime(local: local, utcOffset: offset), withZone: true)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "OBX" + (expected.isEmpty ? "" : "|" + expected))
    }

    static func field(_ lines: [String], _ segment: String, _ number: Int) -> String {
        guard let line = lines.first(where: { $0.hasPrefix(segment) }) else { return "" }
        let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        let index = segment == "MSH" ? number - 1 : number
        return index < fields.count ? fields[index] : ""
    }
}

/// A generator that gives the same numbers from the same seed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
