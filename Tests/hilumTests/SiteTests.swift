import Contracts
import DeviceProfile
import Foundation
import ResultModel
import Synchronization
import Testing

@testable import hilum

@Suite struct SiteTests {
    private static let checkout = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hilum-site-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private func check(_ text: String, profiles: URL) -> [String] {
        let (configuration, faults) = GatewayConfiguration.read(text: text, file: "hilum.yaml")
        return SiteCheck(configuration, faults: faults, profiles: [profiles.path]).faults.map(\.description)
    }

    @Test func profilesAreCheckedWithTheSite() throws {
        let place = try folder()
        defer { try? FileManager.default.removeItem(at: place) }
        for (name, text) in [
            ("good", "id: good\nkind: generic\ndriver: lis\nvariants: {other: {driver: hl7-analyser}}\n"),
            ("broken", "id: broken\ndriver: lis\ncodess: {}\n"),
        ] {
            let folder = place.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appending(path: "profile.yaml"))
        }
        let lines = check(
            """
            state: /tmp
            devices:
              - {id: a, profile: good, link: {tcp: {listen: 1}}}
              - {id: b, profile: god, link: {tcp: {listen: 2}}}
              - {id: c, profile: broken, link: {tcp: {listen: 3}}}
              - {id: d, profile: good, variant: othr, link: {tcp: {listen: 4}}}
            destinations: [{id: e, hl7: {host: h, port: 1}}]
            routes: [{kinds: [chemystry], to: [e]}]
            """, profiles: place)
        #expect(lines.contains { $0.hasPrefix("hilum.yaml:4: error: there is no profile \"god\"") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("hilum.yaml:5: error: the profile \"broken\" cannot be used") })
        #expect(
            lines.contains {
                $0.hasPrefix("hilum.yaml:6: error: profile \"good\" has no variant \"othr\"") && $0.contains("other")
            })
        #expect(lines.contains { $0.contains("chemystry") && $0.contains("chemistry") })
        #expect(lines.contains { $0.contains("broken/profile.yaml:3") && $0.contains("codess") })
        #expect(!lines.contains { $0.contains("hilum.yaml:3") })
    }

    @Test func theStateFolderMustBePossible() throws {
        let place = try folder()
        defer { try? FileManager.default.removeItem(at: place) }
        try Data().write(to: place.appending(path: "file"))
        func fault(_ path: String) -> String? {
            var configuration = GatewayConfiguration(file: "hilum.yaml")
            configuration.state = path
            return StateFolder.fault(configuration)?.problem
        }
        #expect(fault(place.path) == nil)
        #expect(fault(place.appending(path: "to/be/made").path) == nil)
        #expect(fault(place.appending(path: "file").path)?.contains("is no folder") == true)
        #expect(fault("/proc/hilum")?.contains("cannot be made") == true || getuid() == 0)
    }

    @Test func theExampleSiteIsRight() throws {
        let text = try String(contentsOf: Self.checkout.appending(path: "hilum.example.yaml"), encoding: .utf8)
        let (configuration, faults) = GatewayConfiguration.read(text: text, file: "hilum.example.yaml")
        #expect(faults.map(\.description) == [])
        let check = SiteCheck(
            configuration, faults: [], profiles: [Self.checkout.appending(path: "DeviceProfiles").path])
        #expect(check.faults.filter { !$0.problem.hasPrefix("state:") }.map(\.description) == [])
        #expect(configuration?.devices.count == 6)
    }

    /// What the manuals show must be what the program takes.
    @Test(arguments: ["docs/links.md", "docs/destinations.md", "docs/operations.md", "README.md"])
    func manualsShowWhatIsTaken(_ name: String) throws {
        let text = try String(contentsOf: Self.checkout.appending(path: name), encoding: .utf8)
        var blocks: [String] = []
        var block: [Substring] = []
        var isFenced = false
        let all: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false) + [""]
        for line in all {
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            let isInside = isFenced || line.hasPrefix("    ") || (line.isEmpty && block.last?.isEmpty == false)
            if isInside, !isFence {
                block.append(line)
            } else {
                blocks.append(Self.dedented(block))
                block = []
                if isFence { isFenced.toggle() }
            }
        }
        var seen = 0
        for block in blocks {
            let whole: String
            if ["devices:", "destinations:", "dicom:"].contains(where: { block.hasPrefix($0) }) {
                whole = "state: s\n" + block
            } else if block.hasPrefix("site:") {
                whole = block
            } else if block.hasPrefix("link:") {
                let inner = block.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
                whole = "state: s\ndevices:\n  - id: a\n    profile: p\n\(inner)\n"
            } else {
                continue
            }
            seen += 1
            let lines = read(whole).lines.filter {
                !$0.contains("cannot be read") && !$0.contains("there is no folder")
            }
            let errors = lines.filter { $0.contains(": error:") }
            #expect(errors == [], "\(name): \(whole)")
        }
        #expect(seen > 0)
    }

    private static func dedented(_ lines: [Substring]) -> String {
        let indent = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(indent)) }.joined(separator: "\n")
    }

    // MARK: Parts

    final class Alarms: AlarmSink {
        let said = Mutex<[String]>([])
        func raise(subject: String, kind: String, text: String) { said.withLock { $0.append("raise \(kind)") } }
        func clear(subject: String, kind: String, text: String) { said.withLock { $0.append("clear \(kind)") } }
    }

    @Test func aDiskThatFillsIsToldOnce() throws {
        let alarms = Alarms()
        var low = FreeDiskWatch(folder: "/tmp", least: .max / 2)
        low.check(alarms)
        low.check(alarms)
        var high = FreeDiskWatch(folder: "/tmp", least: 1)
        high.check(alarms)
        var nowhere = FreeDiskWatch(folder: "/nonexistent", least: 1)
        nowhere.check(alarms)
        #expect(alarms.said.withLock { $0 } == ["raise disk-low"])
    }

    @Test func noticesAreForTheCurious() {
        let faults = [
            DriverFault(.notice, "noise\u{1B}", start: 3), DriverFault(.refused, "checksum", start: 7),
        ]
        let plain = DecodeCommand.faults(faults, file: "a.bin", verbose: false)
        #expect(plain.text == "a.bin: byte 7: refused: checksum\n" && plain.isFaulty)
        let verbose = DecodeCommand.faults([faults[0]], file: "a.bin", verbose: true)
        #expect(verbose.text == "a.bin: byte 3: notice: noise<ESC>\n" && !verbose.isFaulty)
    }

    /// A profile begun by the program is one that the program takes.
    @Test func aNewProfileCanBeLoaded() throws {
        var command = try ProfileNewCommand.parse([
            "acme-1", "--vendor", "A: \"c\" {me}", "--model", "1", "--kind", "poct",
        ])
        command.extends = "base"
        let text = ProfileNewCommand.profile(command, codes: [("GLU", "mmol/L"), ("a: b #", "")])
        let parents = ["base": Array("id: base\nkind: generic\ndriver: lis\n".utf8)]
        let (profile, _) = try ProfileLibrary.parse(Array(text.utf8), path: "acme-1/profile.yaml", parents: parents)
        #expect(profile.vendor == "A: \"c\" {me}" && profile.kind == .poct && profile.codes.count == 2)
    }

    @Test(arguments: [("lisen", "listen"), ("tiemout", "timeout"), ("hl77", "hl7")]) func spellings(
        _ word: String, _ meant: String
    ) {
        #expect(Spelling.closest(to: word, among: ["listen", "timeout", "hl7", "folder"]) == meant)
        #expect(Spelling.closest(to: "completely-else", among: ["listen", "hl7"]) == nil)
    }

    @Test(arguments: [
        ("xn-*", "xn-1", true), ("*", "", true), ("x?", "xn", true), ("x?", "x", false), ("*a*b", "xxaxxb", true),
        ("*a*b", "xxaxx", false), ("", "a", false),
    ])
    func wildcards(_ pattern: String, _ text: String, _ isMatch: Bool) {
        #expect(Wildcard.matches(pattern, text) == isMatch)
    }

    @Test func wildcardsTakeNoTimeForEver() {
        let start = ContinuousClock.now
        #expect(!Wildcard.matches(String(repeating: "*a", count: 100), String(repeating: "a", count: 5000) + "b"))
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
