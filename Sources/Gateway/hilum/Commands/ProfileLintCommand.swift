import ArgumentParser
import DeviceProfile
import Foundation
import JSONText
import Normalization
import ProfileAuthoring

/// `hilum profile lint`
struct ProfileLintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "What a colleague would ask: units that do not fit, codes without entry, missing notes.",
        discussion: """
            Decodes the captures and looks at what check and test cannot call wrong:
              unit-property    a unit that is none of what the LOINC code measures: mmol/L with a code for mass
              unmapped-code    a result in a capture whose code has no entry
              unknown-unit     a unit in a capture that was not understood
              notes-section    NOTES.md does not say how to set the device up, what it sends, what goes wrong
              no-document      nothing says what the profile was written from
              support-level    the support level says more than the captures prove
              code-never-seen  a note: an entry whose code no capture holds (shown with --notes)

            EXAMPLES
              hilum profile lint DeviceProfiles/mine
              hilum profile lint --notes --format json sysmex-xn1000

            Exit status: 0 no warning, 1 warnings.
            """)

    @Argument(help: "Profile folders, or ids; none: all.", completion: .directory)
    var names: [String] = []
    @Flag(help: "Show notes as well.")
    var notes = false
    @OptionGroup var places: ProfileFoldersOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let folders = try ProfileLookup.folders(names, in: places.all)
        let session = try OfflineSession(timezone: "UTC")
        var found: [(profile: String, finding: LintFinding)] = []
        var progress = ProgressBar("profiles")
        for (index, path) in folders.enumerated() {
            progress.update(done: index, of: folders.count)
            found += await Self.findings(path, searching: places.all, session: session)
        }
        progress.finish()
        await session.end()
        let shown = found.filter { notes || $0.finding.severity == .warning }
        Stream.output(Self.listing(shown).rendered(output.format, terminal: .output))
        let warnings = found.count { $0.finding.severity == .warning }
        if output.format == .table {
            Stream.output("\(folders.count) profiles, \(warnings) warnings, \(found.count - warnings) notes\n")
        }
        if warnings > 0 { throw ExitStatus.wrong }
    }

    private static func findings(
        _ path: String, searching: [String], session: OfflineSession
    ) async -> [(profile: String, finding: LintFinding)] {
        let folder: ProfileFolder
        do {
            folder = try ProfileFolder.load(path, searching: searching).folder
        } catch {
            return error.issues.map {
                (path, LintFinding(.supportLevel, file: $0.file, $0.description, cure: "hilum profile check \(path)"))
            }
        }
        var captures: [ProfileLint.Capture] = []
        for item in folder.cases where !folder.profile.isImaging {
            let bytes = (try? item.bytes()) ?? []
            let profile =
                item.variant.flatMap { folder.profile.resolved(variant: $0) }
                ?? folder.profile.variant(matching: bytes)?.profile ?? folder.profile
            // What cannot be decoded is for `hilum profile test` to tell; what it must give is looked at instead.
            let reports = try? await session.decode(bytes, profile: profile, name: item.capture).reports
            let rows = reports.map { $0.flatMap { ResultRow.rows(of: $0) }.map { JSONValue.object($0) } }
            captures.append(ProfileLint.Capture(file: item.capture, rows: rows ?? item.results ?? []))
        }
        let notes = FileManager.default.contents(atPath: "\(path)/NOTES.md").map { String(decoding: $0, as: UTF8.self) }
        return ProfileLint.findings(folder, captures: captures, notes: notes).map { (folder.profile.id, $0) }
    }

    static func listing(_ found: [(profile: String, finding: LintFinding)]) -> Listing {
        var listing = Listing(
            columns: [
                Column("profile", "PROFILE"), Column("severity", ""), Column("rule", "RULE"), Column("subject", ""),
                Column("problem", "WHAT", flexible: true), Column("cure", "WHAT TO DO", flexible: true),
                Column("file", ""),
            ], whenEmpty: "nothing to remark")
        listing.rows = found.map { profile, finding in
            [
                .text(profile), .text(finding.severity.rawValue),
                .text(finding.rule.rawValue, finding.severity == .warning ? .warning : .dim),
                .text(finding.subject), .text(finding.problem), .text(finding.cure), .text(finding.file),
            ]
        }
        return listing
    }
}
