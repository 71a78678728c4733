import DeviceProfile
import JSONText
import Testing

@testable import ProfileAuthoring

@Suite("hilum profile draft")
struct DraftTests {
    private func rows(_ text: String) throws -> [JSONValue] { try #require(try JSONValue(parsing: text).array) }

    private func candidate(_ id: String, _ rows: [JSONValue], faults: Int = 0, kind: DeviceKind = .other)
        -> DraftCandidate
    {
        var profile = DeviceProfile()
        profile.id = id
        profile.driver = "lis"
        profile.kind = kind
        profile.options = ["specimen": .string("O.4")]
        return DraftCandidate(profile: profile, rows: rows, faults: faults)
    }

    private func row(_ code: String, _ unit: String, _ ucum: String, value: String = "5", more: String = "") -> String {
        """
        {"specimen_id": "0071", "test_code": "\(code)", "value": "\(value)", "unit": "\(unit)", "ucum": "\(ucum)",
         "form": "quantity", "role": "result", "usable": true\(more)}
        """
    }

    private func draft(_ rows: [JSONValue]) -> (ProfileDraft, String) {
        var draft = ProfileDraft(
            id: "acme-one", survey: WireSurvey([]), candidates: [candidate("generic-lis", rows, kind: .generic)],
            captures: ["one"])
        let text = draft.profile()
        return (draft, text)
    }

    @Test("Bytes tell protocol, sender, kinds and queries")
    func survey() {
        let frames = Array("\u{05}\u{02}1H|\\^&|||ACME^1\rP|1\rO|1|0071\rQ|1|^0071\r\u{03}A7\r\n\u{04}".utf8)
        let lis = WireSurvey(frames)
        #expect(lis.format.contains("LIS01 frames") && lis.drivers == ["lis"])
        #expect(lis.sender == "ACME^1")
        #expect(lis.kinds == ["H", "P", "O", "Q"] && lis.asks)
        #expect(lis.place(of: "0071") == "O.3")
        let hl7 = WireSurvey(Array("\u{0B}MSH|^~\\&|ACME|LAB|||2024||ORU^R01|1|P|2.3.1\rPID|1||P9\r\u{1C}\r".utf8))
        #expect(hl7.format == "HL7 v2.3.1, MLLP" && hl7.kinds == ["ORU^R01"] && !hl7.asks)
        #expect(hl7.sender == "ACME LAB" && hl7.place(of: "P9") == "PID-3")
        #expect(WireSurvey(Array("<HEL.R01></HEL.R01>".utf8)).drivers == ["poct1a"])
        #expect(WireSurvey([0xD5, 0xC5]).characters == .other)
        #expect(WireSurvey(Array("张".utf8)).characters == .utf8)
        #expect(WireSurvey(Array("D1U0071".utf8)).drivers.isEmpty)
    }

    @Test("Any bytes can be looked at", arguments: [[], [0x02], [0x0B], Array("MSH|".utf8), Array("H|".utf8), [0x3C]])
    func odd(bytes: [UInt8]) {
        let survey = WireSurvey(bytes)
        #expect(survey.place(of: "x").isEmpty)
    }

    @Test("Most results, fewest faults; of equals the standard's profile")
    func best() throws {
        let one = try rows("[\(row("A", "", ""))]")
        let two = try rows("[\(row("A", "", "")), \(row("B", "", ""))]")
        let found = DraftCandidate.best(of: [
            candidate("faulty", two, faults: 3), candidate("vendor", two), candidate("few", one),
            candidate("standard", two, kind: .generic), candidate("none", []),
        ])
        #expect(found.map(\.profile.id) == ["standard", "vendor", "few", "faulty"])
    }

    @Test(
        "A sender's words name a model as a whole part only",
        arguments: [
            ("    XN-1000^00-27^11001", "XN-1000", true), ("XN-10^1", "XN-1000", false), ("XN-1000", "XN-10", false),
            ("ACME XN1000", "XN-1000", true), ("", "XN-1000", false), ("ACME^^", "", false), ("One^1", "One", false),
        ])
    func named(sender: String, model: String, isNamed: Bool) {
        var profile = DeviceProfile()
        profile.model = model
        #expect(DraftCandidate.isNamed(profile, by: sender) == isNamed)
        profile.model = "Other"
        profile.models = [model]
        #expect(DraftCandidate.isNamed(profile, by: sender) == isNamed)
    }

    @Test(
        "The profile of the model that the device says it is goes before ways that read more, unless it reads with faults"
    )
    func namedFirst() throws {
        let one = try rows("[\(row("A", "", ""))]")
        let two = try rows("[\(row("A", "", "")), \(row("B", "", ""))]")
        var named = candidate("acme-one", one)
        named.isNamed = true
        named.profile.vendor = "Acme"
        named.profile.codes.exact["A"] = CodeRule()
        let first = DraftCandidate.best(of: [candidate("more", two, kind: .generic), named])
        #expect(first.map(\.profile.id) == ["acme-one", "more"])
        var draft = ProfileDraft(id: "mine", survey: WireSurvey([]), candidates: first, captures: ["one"])
        let text = draft.profile()
        #expect(text.contains("extends: acme-one") && text.contains("vendor: \"Acme\""))
        #expect(!text.contains("codes:"), "what the model's own profile says stands")
        #expect(draft.questions.contains { $0.contains("acme-one is the profile of that model") })
        named.faults = 1
        #expect(DraftCandidate.best(of: [candidate("more", two), named]).map(\.profile.id) == ["more", "acme-one"])
    }

    @Test("LOINC only where name, unit and material leave one code")
    func certain() throws {
        let count = try rows(
            "["
                + [
                    row("WBC", "10*9/L", "10*9/L"), row("RBC", "10*12/L", "10*12/L"), row("HGB", "g/L", "g/L"),
                    row("PLT", "10*9/L", "10*9/L"), row("MCV", "g/L", "g/L"), row("PCT", "%", "%"),
                ].joined(separator: ",") + "]")
        let (_, blood) = draft(count)
        #expect(blood.contains("\"HGB\": {loinc: 718-7"))
        #expect(blood.contains("\"PCT\": {loinc: 51637-7"))
        #expect(blood.contains("kind: haematology"))
        // A volume that comes in g/L is not what its name says.
        #expect(blood.contains("\"MCV\": {name"))
        let (chemistry, text) = draft(try rows("[\(row("GLU", "mmol/L", "mmol/L")), \(row("GLU2", "x", ""))]"))
        #expect(text.contains("\"GLU\": {name"))
        #expect(chemistry.questions.contains { $0.contains("14749-6") && $0.contains("serum or plasma") })
        let (_, serum) = draft(
            try rows("[\(row("GLU", "mmol/L", "mmol/L", more: ", \"specimen_type\": \"SER\""))]"))
        #expect(serum.contains("\"GLU\": {loinc: 14749-6"))
    }

    @Test("Equal ways that read different numbers are a question")
    func disagreement() throws {
        let left = candidate("left", try rows("[\(row("HGB", "g/L", "g/L", value: "139"))]"))
        let right = candidate("right", try rows("[\(row("HGB", "g/L", "g/L", value: "13.9"))]"))
        var draft = ProfileDraft(id: "acme", survey: WireSurvey([]), candidates: [left, right], captures: ["one"])
        _ = draft.profile()
        #expect(draft.questions.contains { $0.contains("0071 HGB 139") && $0.contains("13.9") })
    }

    @Test(
        "What is written can be read, whatever the device calls its tests, and every question is numbered where it stands"
    )
    func readable() throws {
        let strange =
            #"{"specimen_id": "QC-1", "test_code": "A*B?: \"x\" # é\t", "value": "1", "unit": "zz\n", "role": "result", "flags": ["?!"]}"#
        var (draft, text) = draft(try rows("[\(strange)]"))
        let parent = "id: generic-lis\ndriver: lis\nkind: generic\n"
        let profile = try ProfileLibrary.parse(Array(text.utf8), parents: ["generic-lis": Array(parent.utf8)]).profile
        #expect(profile.codes.count == 1 && profile.extends == "generic-lis" && profile.support == .claimed)
        for number in 1...draft.questions.count { #expect(text.contains("#   Q\(number). ")) }
        #expect(draft.questions.contains { $0.contains("QC-1") })
        #expect(draft.notes().contains("## Known to go wrong"))
        // Without a standard's profile the driver's own options are written.
        draft.candidates = [candidate("vendor", try rows("[\(strange)]"))]
        text = draft.profile()
        let own = try ProfileLibrary.parse(Array(text.utf8)).profile
        #expect(own.driver == "lis" && own.options["specimen"] == .string("O.4"))
    }
}

@Suite("hilum profile draft: which way of reading is best")
struct CandidateTests {
    private func candidate(_ id: String, _ rows: [(code: String, value: String)], specimen: String = "1")
        -> DraftCandidate
    {
        var profile = DeviceProfile()
        profile.id = id
        profile.driver = "lis"
        return DraftCandidate(
            profile: profile,
            rows: rows.map { code, value in
                .object([
                    "specimen_id": .string(specimen), "test_code": .string(code), "value": .string(value),
                    "unit": .string(""), "role": .string("result"),
                ])
            }, faults: 0)
    }

    private func best(_ candidates: DraftCandidate...) -> String? {
        DraftCandidate.best(of: candidates).first?.profile.id
    }

    @Test func testsWithNamesOfTheirOwnBeatOnesThatAllHaveThePanels() {
        let panel = candidate("a", [("FLUVID", "POSITIVE"), ("FLUVID", "NEGATIVE"), ("FLUVID", "NEGATIVE")])
        #expect(best(panel, candidate("b", [("SARS", "POSITIVE"), ("FLUA", "NEGATIVE"), ("FLUB", "NEGATIVE")])) == "b")
    }

    @Test func aDelimiterThatIsLeftCountsAgainstIt() {
        #expect(best(candidate("a", [("798/", "5")]), candidate("b", [("798", "5")])) == "b")
        #expect(best(candidate("a", [("A^B", "5")]), candidate("b", [("B", "5")])) == "b")
        #expect(best(candidate("a", [("A", "^27.4")]), candidate("b", [("A", "27.4")])) == "b")
        // But two values in one field may be meant: the first of the alphabet stays the best.
        #expect(best(candidate("a", [("A", "neg^5")]), candidate("b", [("A", "neg")])) == "a")
    }

    @Test func anImageIsNoResult() {
        let image = String(repeating: "Qk0", count: 100)
        #expect(best(candidate("a", [("W", "5"), ("HIST", image)]), candidate("b", [("W", "5"), ("R", "4")])) == "b")
        #expect(candidate("a", [("HIST", image)]).results == 0)
    }

    @Test func aBlockThatBeginsLikeAnElementIsNoXML() {
        #expect(WireSurvey(Array("\u{2}<C3\r\u{2};E 2403180042    42".utf8)).drivers.isEmpty)
        #expect(WireSurvey(Array("<HEL.R01><HDR/></HEL.R01>".utf8)).drivers == ["poct1a"])
    }
}
