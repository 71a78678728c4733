import ArgumentParser
import DeviceProfile
import Foundation
import JSONText
import Normalization
import ProfileAuthoring

/// `hilum profile draft`
struct ProfileDraftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draft",
        abstract: "Write a profile from captures of an unknown analyser, with its open questions.",
        discussion: """
            Recognises the protocol, tries every driver with the options of every known profile, and takes the one that reads
            most and refuses least. Then it looks where identifiers are, which codes, units, flags and controls there are, and
            writes a folder: profile.yaml with reasons and numbered questions, NOTES.md, captures, and expected as decoded.
            LOINC is written only where name, unit and material leave one code. What is drafted was checked by nobody: answer
            the questions, compare expected with the device's own print, then hilum profile lint.

            EXAMPLES
              hilum profile draft first-run.bin
              hilum profile draft day1.bin day2.bin --id acme-300 --vendor Acme --model 300 --output DeviceProfiles

            Exit status: 0 drafted, 1 nothing could be read.
            """)

    @Argument(help: "Captures: what the device sends.", completion: .file())
    var captures: [String]
    @Option(help: "Id: small letters, digits, hyphens; by custom maker-model.")
    var id = "new-device"
    @Option(help: "Maker, as on the device.")
    var vendor = ""
    @Option(help: "Model, as on the device.")
    var model = ""
    @Option(help: "Kind of device; without it from the tests.")
    var kind: String?
    @Option(
        help: ArgumentHelp("Folder in which the profile's folder is made.", valueName: "folder"), completion: .directory
    )
    var output = "."
    @OptionGroup var places: ProfileFoldersOption
    // The format option of other commands, by its own name: --output is the folder here.
    @Option(help: "table: aligned columns; json: one JSON object a line.")
    var format = OutputFormat.table

    func validate() throws {
        guard !captures.isEmpty else { throw ValidationError("give at least one capture") }
        guard Identifier.isValid(id), id == id.lowercased() else {
            throw ValidationError("\"\(id)\" is no possible id: small letters, digits and hyphens")
        }
        if let kind, DeviceKind(rawValue: kind) == nil {
            let known = DeviceKind.allCases.map(\.rawValue)
            throw ValidationError("there is no kind \(kind); \(Spelling.cure(for: kind, among: known))")
        }
    }

    func run() async throws {
        let folder = "\(output)/\(id)"
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw CommandFailure(.wrong, "\(folder) is there already", cure: "remove it, or choose another --id")
        }
        let files = try captures.map { (name: Self.stem($0), bytes: try CaptureFile.bytes($0)) }
        guard Set(files.map(\.name)).count == files.count else {
            throw CommandFailure(.wrong, "two captures have the same name", cure: "rename one")
        }
        let survey = WireSurvey(files.flatMap(\.bytes))
        let session = try OfflineSession(timezone: "UTC")
        let library = ProfileLibrary(folders: places.all)
        let tried = await Self.candidates(files, survey, library, session: session)
        guard let best = tried.first else {
            await session.end()
            throw CommandFailure(
                .wrong, "no driver found a result in \(captures.joined(separator: ", "))",
                cure: survey.asks
                    ? "the device asks for orders in it: capture some results as well"
                    : "is it what the device sends, from its first byte? See docs/writing-a-driver.md")
        }
        var draft = ProfileDraft(id: id, survey: survey, candidates: tried, captures: files.map(\.name))
        draft.vendor = vendor
        draft.model = model
        draft.kind = kind.flatMap { DeviceKind(rawValue: $0) }
        let text = draft.profile()
        try Self.write(Array(text.utf8), "\(folder)/profile.yaml")
        try Self.write(Array(draft.notes().utf8), "\(folder)/NOTES.md")
        let profile = try ProfileLookup.profile(folder, folders: places.folders)
        for file in files {
            try Self.write(file.bytes, "\(folder)/captures/\(file.name).bin")
            let decoded = try await session.decode(file.bytes, profile: profile, name: file.name)
            let rows = decoded.reports.flatMap { ResultRow.rows(of: $0) }.map { JSONValue.object($0) }
            try Self.write(
                ProfileDraft.expected(rows).serialized(pretty: true) + [0x0A], "\(folder)/expected/\(file.name).json")
            // A fault is part of what the capture gives; the question about it is in profile.yaml.
            let faults = decoded.faults.filter { $0.severity != .notice }.map { "byte \($0.start): \($0.text)" }
            if !faults.isEmpty {
                let patterns = faults.map { Self.pattern($0) + "\n" }.joined()
                try Self.write(Array(patterns.utf8), "\(folder)/expected/\(file.name).err")
            }
        }
        await session.end()
        let issues = ProfileFolder.check(folder, searching: places.all).filter { $0.severity == .error }
        Stream.output(Self.listing(draft, folder: folder, best: best).rendered(format, terminal: .output))
        if format == .table {
            for (index, question) in draft.questions.enumerated() {
                Stream.output("  Q\(index + 1). \(VisibleText.of(question))\n")
            }
            Stream.output("answer them in \(folder)/profile.yaml, then hilum profile test \(folder)\n")
        }
        for issue in issues { Stream.error(VisibleText.of(issue.description) + "\n") }
        if !issues.isEmpty { throw ExitStatus.wrong }
    }

    /// Every way of reading the captures that gave a result, the best first.
    private static func candidates(
        _ files: [(name: String, bytes: [UInt8])], _ survey: WireSurvey, _ library: ProfileLibrary,
        session: OfflineSession
    ) async -> [DraftCandidate] {
        let profiles = DraftCandidate.profiles(of: library, for: survey)
        var found: [DraftCandidate] = []
        var progress = ProgressBar("ways of reading")
        for (index, profile) in profiles.enumerated() {
            progress.update(done: index, of: profiles.count)
            // Codes of another device mean nothing here: its words are read by nothing but the driver.
            var bare = DeviceProfile()
            bare.id = profile.id
            bare.driver = profile.driver
            bare.options = profile.options
            bare.kind = profile.kind
            // A variant cannot be extended by its own name.
            let isNamed =
                DraftCandidate.isNamed(profile, by: survey.sender) && library.profiles[profile.id] == profile
            if profile.kind == .generic || isNamed { bare = profile }
            var candidate = DraftCandidate(profile: bare, rows: [], faults: 0, isNamed: isNamed)
            var isReadable = true
            for file in files {
                // A driver that is not installed, or that refuses the options, is no candidate.
                guard let decoded = try? await session.decode(file.bytes, profile: bare, name: file.name) else {
                    isReadable = false
                    break
                }
                candidate.rows += decoded.reports.flatMap { ResultRow.rows(of: $0) }.map { .object($0) }
                candidate.faults += decoded.faults.count { $0.severity != .notice }
            }
            if isReadable { found.append(candidate) }
        }
        progress.finish()
        return DraftCandidate.best(of: found)
    }

    private static func listing(_ draft: ProfileDraft, folder: String, best: DraftCandidate) -> Listing {
        var listing = Listing(
            columns: [
                Column("folder", "FOLDER", flexible: true), Column("protocol", "PROTOCOL", flexible: true),
                Column("driver", "DRIVER"), Column("results", "RESULTS", .right), Column("faults", "FAULTS", .right),
                Column("codes", "CODES", .right), Column("loinc", "LOINC", .right),
                Column("open", "QUESTIONS", .right), Column("questions", ""),
            ])
        listing.rows = [
            [
                .text(folder), .text(draft.survey.format), .text(best.profile.driver), .number(best.results),
                .number(best.faults, best.faults > 0 ? .warning : .plain), .number(draft.codeCounts.codes),
                .number(draft.codeCounts.loinc), .number(draft.questions.count), .list(draft.questions),
            ]
        ]
        return listing
    }

    /// A fault's text as a pattern that matches it alone.
    static func pattern(_ text: String) -> String {
        text.map { "*?\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func stem(_ file: String) -> String {
        let name = (file as NSString).lastPathComponent
        return name == "-" ? "capture" : (name as NSString).deletingPathExtension
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.wrong, "\(path) cannot be written", cure: "check the folder's permissions and space")
        }
    }
}
