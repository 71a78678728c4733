import ArgumentParser
import DeviceProfile
import Normalization

/// `hilum profile test`
struct ProfileTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Play the captures of profile folders and compare with what must come out.",
        discussion: """
            Each capture is delivered whole, byte by byte and in random pieces, through the real driver and normaliser.

            EXAMPLES
              hilum profile test                         all that come with the program
              hilum profile test DeviceProfiles/mine

            Exit status: 0 no difference, 1 differences.
            """)

    @Argument(help: "Profile folders, or ids; none: all.", completion: .directory)
    var names: [String] = []
    @OptionGroup var places: ProfileFoldersOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let folders = try ProfileLookup.folders(names, in: places.all)
        let session = try OfflineSession(timezone: "UTC")
        var outcomes: [Outcome] = []
        var progress = ProgressBar("profiles")
        for (index, path) in folders.enumerated() {
            progress.update(done: index, of: folders.count)
            outcomes += await Self.test(path, searching: places.all, session: session)
        }
        progress.finish()
        await session.end()
        Stream.output(Self.listing(outcomes).rendered(output.format, terminal: .output))
        if output.format == .table { Stream.output(Self.differences(outcomes, terminal: .output)) }
        if outcomes.contains(where: { !$0.differences.isEmpty }) { throw ExitStatus.wrong }
    }

    /// What became of one capture, over all manners of delivery.
    struct Outcome {
        var profile: String
        var capture: String
        var rows: Int
        /// Lines that say what differs, with the manner of delivery.
        var differences: [String]
    }

    private static func test(_ path: String, searching: [String], session: OfflineSession) async -> [Outcome] {
        let folder: ProfileFolder
        do {
            let loaded = try ProfileFolder.load(path, searching: searching)
            let errors = loaded.issues.filter { $0.severity == .error }
            folder = loaded.folder
            if !errors.isEmpty {
                return [
                    Outcome(profile: folder.profile.id, capture: "", rows: 0, differences: errors.map(\.description))
                ]
            }
        } catch {
            return [Outcome(profile: path, capture: "", rows: 0, differences: error.issues.map(\.description))]
        }
        if folder.profile.isImaging { return testInstances(folder) }
        let tested = await ProfileTest.run(folder) { pieces, profile in
            let bytes = pieces.flatMap { $0 }
            let decoded = try await session.decode(bytes, profile: profile, sizes: pieces.map(\.count), name: path)
            let faults = decoded.faults.map {
                ProfileDecode.Fault(text: "byte \($0.start): \($0.text)", isNotice: $0.severity == .notice)
            }
            return ProfileDecode(reports: decoded.reports, faults: faults)
        }
        var outcomes: [Outcome] = []
        for run in tested {
            let lines = run.differences.map { "\(run.delivery): \($0)" }
            if let index = outcomes.firstIndex(where: { $0.capture == run.name }) {
                outcomes[index].differences += lines
            } else {
                outcomes.append(
                    Outcome(profile: folder.profile.id, capture: run.name, rows: run.rows, differences: lines))
            }
        }
        if outcomes.isEmpty {
            outcomes = [Outcome(profile: folder.profile.id, capture: "(no captures)", rows: 0, differences: [])]
        }
        return outcomes
    }

    /// The files of a modality's profile: read once each, since how they arrive in pieces is the driver's affair.
    static func testInstances(_ folder: ProfileFolder) -> [Outcome] {
        let decoder = InstanceDecoder(folder.profile)
        let outcomes = folder.cases.map { item -> Outcome in
            var outcome = Outcome(profile: folder.profile.id, capture: item.name, rows: 0, differences: [])
            do {
                let decoded = try decoder.decode(try item.bytes(), name: item.name)
                outcome.rows = 1 + decoded.report.observations.count
                outcome.differences = InstanceExpectation.differences(item, decoded)
                outcome.differences += ProfileTest.faultDifferences(
                    item.faults, decoded.faults.map { ProfileDecode.Fault(text: "\($0)", isNotice: false) })
            } catch {
                outcome.differences = ProfileTest.faultDifferences(
                    item.faults, [ProfileDecode.Fault(text: "\(error)", isNotice: false)])
            }
            return outcome
        }
        return outcomes.isEmpty
            ? [Outcome(profile: folder.profile.id, capture: "(no captures)", rows: 0, differences: [])] : outcomes
    }

    private static func listing(_ outcomes: [Outcome]) -> Listing {
        var listing = Listing(
            columns: [
                Column("profile", "PROFILE"), Column("capture", "CAPTURE", flexible: true),
                Column("rows", "ROWS", .right),
                Column("passed", "OUTCOME"), Column("differences", ""),
            ], whenEmpty: "no profiles")
        listing.rows = outcomes.map { outcome in
            let isPassed = outcome.differences.isEmpty
            return [
                .text(outcome.profile), .text(outcome.capture), .number(outcome.rows),
                Cell(.bool(isPassed), isPassed ? "passed" : "differs", isPassed ? .good : .bad),
                .list(outcome.differences),
            ]
        }
        return listing
    }

    private static func differences(_ outcomes: [Outcome], terminal: Terminal) -> String {
        var text = ""
        for outcome in outcomes where !outcome.differences.isEmpty {
            text += "\n" + terminal.styled("\(outcome.profile) \(outcome.capture)", .heading) + "\n"
            for line in outcome.differences.prefix(40) { text += "  \(VisibleText.of(line))\n" }
            if outcome.differences.count > 40 { text += "  and \(outcome.differences.count - 40) more\n" }
        }
        return text
    }
}
