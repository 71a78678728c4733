import ArgumentParser
import DeviceProfile
import JSONText
import Normalization

/// `hilum profile test`
struct ProfileTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Play the captures of profile folders and compare with what must come out.",
        discussion: """
            Each capture is delivered whole, byte by byte and in random pieces, through the real driver and normaliser. What
            differs is shown beside what must come: - expected, + got. With --update what comes now is written to expected/,
            after which somebody must compare it with the device's own screen or print.

            EXAMPLES
              hilum profile test                         all that come with the program
              hilum profile test DeviceProfiles/mine
              hilum profile test --update DeviceProfiles/mine
              hilum profile test --format json DeviceProfiles/mine | jq .row_differences

            Exit status: 0 no difference, 1 differences.
            """)

    @Argument(help: "Profile folders, or ids; none: all.", completion: .directory)
    var names: [String] = []
    @Flag(help: "Write what comes now to expected/ of the folders named, where it differs.")
    var update = false
    @OptionGroup var places: ProfileFoldersOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        if update, names.isEmpty {
            throw ValidationError("--update needs the profiles by name, so that none is changed unseen")
        }
    }

    func run() async throws {
        let folders = try ProfileLookup.folders(names, in: places.all)
        let session = try OfflineSession(timezone: "UTC")
        var outcomes: [Outcome] = []
        var progress = ProgressBar("profiles")
        for (index, path) in folders.enumerated() {
            progress.update(done: index, of: folders.count)
            let tested = await Self.test(path, searching: places.all, session: session)
            outcomes += update ? try ExpectationUpdate.applied(to: tested) : tested
        }
        progress.finish()
        await session.end()
        Stream.output(Self.listing(outcomes).rendered(output.format, terminal: .output))
        if output.format == .table { Stream.output(DifferenceText.of(outcomes, terminal: .output)) }
        if outcomes.contains(where: { !$0.differences.isEmpty }) { throw ExitStatus.wrong }
    }

    /// What became of one capture, over all manners of delivery.
    struct Outcome {
        var profile: String
        var capture: String
        var rows: Int
        /// Lines that say what differs, with the manner of delivery.
        var differences: [String]
        /// Rows that differ, with the manners of delivery in which they do.
        var rowDifferences: [Grouped<RowDifference>] = []
        /// What differs besides.
        var otherDifferences: [Grouped<String>] = []
        /// The capture with its expectations; nil: there is none.
        var item: ProfileCase?
        /// The rows that came when it was delivered whole.
        var actual: [JSONObject] = []
        /// `expected/*.json` was written anew.
        var isUpdated = false
    }

    /// One difference and all manners of delivery in which it is there.
    struct Grouped<Difference: Equatable> {
        var difference: Difference
        var deliveries: [String]

        static func add(_ differences: [Difference], _ delivery: String, to groups: inout [Self]) {
            for difference in differences {
                if let index = groups.firstIndex(where: { $0.difference == difference }) {
                    if !groups[index].deliveries.contains(delivery) { groups[index].deliveries.append(delivery) }
                } else {
                    groups.append(Grouped(difference: difference, deliveries: [delivery]))
                }
            }
        }
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
            let index: Int
            if let known = outcomes.firstIndex(where: { $0.capture == run.name }) {
                index = known
            } else {
                index = outcomes.count
                var outcome = Outcome(profile: folder.profile.id, capture: run.name, rows: run.rows, differences: [])
                outcome.item = folder.cases.first { $0.name == run.name }
                outcome.actual = run.actual
                outcomes.append(outcome)
            }
            outcomes[index].differences += run.differences.map { "\(run.delivery): \($0)" }
            Grouped.add(run.rowDifferences, run.delivery, to: &outcomes[index].rowDifferences)
            Grouped.add(run.otherDifferences, run.delivery, to: &outcomes[index].otherDifferences)
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
            Grouped.add(outcome.differences, "whole", to: &outcome.otherDifferences)
            return outcome
        }
        return outcomes.isEmpty
            ? [Outcome(profile: folder.profile.id, capture: "(no captures)", rows: 0, differences: [])] : outcomes
    }

    static func listing(_ outcomes: [Outcome]) -> Listing {
        var listing = Listing(
            columns: [
                Column("profile", "PROFILE"), Column("capture", "CAPTURE", flexible: true),
                Column("rows", "ROWS", .right),
                Column("passed", "OUTCOME"), Column("differences", ""), Column("row_differences", ""),
            ], whenEmpty: "no profiles")
        listing.rows = outcomes.map { outcome in
            let isPassed = outcome.differences.isEmpty
            let word = isPassed ? (outcome.isUpdated ? "updated" : "passed") : "differs"
            return [
                .text(outcome.profile), .text(outcome.capture), .number(outcome.rows),
                Cell(.bool(isPassed), word, isPassed ? (outcome.isUpdated ? .warning : .good) : .bad),
                .list(outcome.differences), Cell(DifferenceText.json(outcome), ""),
            ]
        }
        return listing
    }
}
