import DeviceProfile
import Foundation
import JSONText
import ProfileAuthoring
import Testing

@Suite("hilum profile lint")
struct LintTests {
    private static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("DeviceProfiles").path

    /// Rows from JSON text.
    private func rows(_ text: String) throws -> [JSONValue] {
        try #require(try JSONValue(parsing: Array(text.utf8)).array)
    }

    private func findings(_ yaml: String, rows: [JSONValue], notes: String = "") throws -> [LintFinding] {
        let profile = try ProfileLibrary.parse(Array(yaml.utf8)).profile
        let folder = ProfileFolder(path: "acme", profile: profile, cases: [])
        return ProfileLint.findings(
            folder, captures: [.init(file: "captures/one.bin", rows: rows)], notes: notes)
    }

    private let head = "id: acme\ndriver: lis\nvendor: Acme\nmodel: One\nkind: chemistry\nsupport: claimed\n"

    @Test("A molar unit with a code for mass, and the code that would fit")
    func property() throws {
        let found = try findings(
            head + "codes: {GLU: {loinc: 2345-7, unit: mmol/L}, CREA: {loinc: 2160-0, unit: mg/dL}}", rows: []
        ).filter { $0.rule == .unitProperty }
        #expect(found.map(\.subject) == ["GLU"])
        #expect(found.first?.cure.hasPrefix("14749-6") == true)
        #expect(found.first?.severity == .warning)
    }

    @Test("A unit that was sent counts as one that is written")
    func sent() throws {
        let yaml = head + "codes: {GLU: {loinc: 2345-7}}"
        func row(_ unit: String, _ ucum: String) throws -> [JSONValue] {
            try rows(
                """
                [{"test_code": "GLU", "loinc": "2345-7", "form": "quantity", "unit": "\(unit)", "ucum": "\(ucum)",
                  "mapped": true}]
                """)
        }
        let found = try findings(yaml, rows: row("mmol/L", "mmol/L"))
        #expect(found.contains { $0.rule == .unitProperty && $0.file == "captures/one.bin" })
        #expect(try !findings(yaml, rows: row("mg/dl", "mg/dL")).contains { $0.rule == .unitProperty })
    }

    @Test("Codes without an entry, entries without a result, units not understood")
    func codes() throws {
        let rows = try rows(
            """
            [{"test_code": "NEW", "value": "1"},
             {"test_code": "OLD", "form": "quantity", "unit": "zz", "ucum": ""},
             {"test_code": "RAW", "role": "raw"}, {"test_code": "NONE", "usable": false}]
            """)
        let found = try findings(head + "codes: {OLD: {name: Old}, NEVER: {name: Never}}", rows: rows)
        #expect(found.filter { $0.rule == .unmappedCode }.map(\.subject) == ["NEW"])
        #expect(found.filter { $0.rule == .codeNeverSeen }.map(\.subject) == ["NEVER"])
        #expect(found.filter { $0.rule == .unknownUnit }.map(\.subject) == ["zz"])
    }

    @Test("Notes, documents and support level")
    func texts() throws {
        let notes = "# Acme\n\n## Set up\n\n## What it sends\n"
        let found = try findings(head, rows: [], notes: notes)
        #expect(found.filter { $0.rule == .notesSection }.map(\.subject) == ["Known to go wrong"])
        #expect(found.contains { $0.rule == .noDocument })
        let captured = try findings(
            head.replacing("claimed", with: "captured") + "documents: [{title: Manual}]\n", rows: [], notes: notes)
        #expect(!captured.contains { $0.rule == .noDocument })
        #expect(captured.contains { $0.rule == .supportLevel })
    }

    @Test("The profiles that come with the gateway: every unit fits its code; the other findings are counted")
    func shipped() throws {
        let library = ProfileLibrary(folders: [Self.repository])
        var counts: [LintFinding.Rule: Int] = [:]
        var misfits: [String] = []
        var undocumented: [String] = []
        for profile in library.profiles.values {
            let (folder, _) = try ProfileFolder.load(profile.folder, searching: [Self.repository])
            let notes = try? String(contentsOfFile: folder.path + "/NOTES.md", encoding: .utf8)
            for finding in ProfileLint.findings(
                folder, captures: ProfileLint.expectations(of: folder), notes: notes)
            {
                counts[finding.rule, default: 0] += 1
                if finding.rule == .unitProperty { misfits.append(finding.problem + "; " + finding.file) }
                if finding.rule == .noDocument { undocumented.append(finding.file) }
                if finding.severity == .warning {
                    print("\(finding.rule.rawValue) \(finding.file): \(finding.problem)")
                }
            }
        }
        #expect(library.profiles.count > 50)
        #expect(misfits == [])
        print("lint:", counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" })
        // A profile without NOTES.md section or document is not ready to be shipped; unmapped codes may be.
        #expect(undocumented == [])
    }
}
