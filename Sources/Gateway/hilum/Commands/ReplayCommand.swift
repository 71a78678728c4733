import ArgumentParser
import DriverHost
import ProfileAuthoring
import Store

/// `hilum replay`
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract:
            "Read stored conversations again, through the present or a changed profile, and show what would change.",
        discussion: """
            Every conversation is kept byte by byte with its times. This feeds it to the driver as it came
            then and compares the results with those that are stored: what would have another owner (moved),
            say something else (changed), not be there (gone) or be there as well (added), and faults that
            would come or go. Devices are read with their settings in the configuration; --profile puts
            another profile in the place of theirs. Nothing is written and nothing is sent, unless --send
            says so. A gateway may run meanwhile.

            Bytes that retention has freed cannot be read again; they are counted. What was answered to a
            device that asks for orders is not said again, so faults of such stretches are not compared.

            --send posts corrections once the changed profile is the device's own: reports that were given
            out, whose owner and codes are the same and of which only values, units, flags or status differ.
            It asks first. They go through the running gateway under the names that receivers know, as
            corrected results. Whatever would move, come or go is listed for a person, never sent.

            EXAMPLES
              hilum replay --since 7d                          after an update: is all still read the same?
              hilum replay --device xn-1 --profile profiles/sysmex-xn-1000 --since 30d
              hilum replay --message 815 --profile ./draft --format json
              hilum replay --device xn-1 --since 3d --send --note "unit of CRP was mg/dL"
              hilum replay --state-folder /backup/state --device xn-1 --profile sysmex-xn1000

            Exit status: 0 the same, 1 something differs or nothing could be compared.
            """)

    @Option(help: "Only this device; may be repeated.") var device: [String] = []
    @Option(help: "Only what was received since: 2h, 7d, 2026-11-23, 2026-11-23T08:00.") var since: String?
    @Option(help: "Only what was received before.") var until: String?
    @Option(help: "Only this message, as hilum messages numbers it; may be repeated.") var message: [Int64] = []
    @Option(help: "Only this conversation, as hilum messages --format json numbers it; may be repeated.")
    var conversation: [Int64] = []
    @Option(
        help: ArgumentHelp("Profile by id, alias or folder, in the place of the present one.", valueName: "id|folder"))
    var profile: String?
    @Option(help: "Variant of the profile; without it the device's own.") var variant: String?
    @Option(help: "Time zone of the site where no configuration says it.") var timezone: String?
    @Option(help: "Differences shown one by one in a table; all are counted.") var limit = 200
    @Flag(help: "Post corrections of what was given out, after a confirmation.") var send = false
    @Flag(help: "With --send: do not ask.") var yes = false
    @Option(help: "With --send: why; kept with each correction.") var note: String?
    @Option(help: "With --send: who decides, when it is not the user of this terminal.") var by: String?
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        if !message.isEmpty || !conversation.isEmpty, since != nil || until != nil || !device.isEmpty {
            throw ValidationError("--message and --conversation stand alone: without --device, --since and --until")
        }
        if send {
            guard profile == nil else {
                throw ValidationError(
                    "--send is with the device's own profile: install the changed one first, then leave --profile out")
            }
            guard let note, !note.allSatisfy(\.isWhitespace) else {
                throw ValidationError("--send needs --note: say why, for whoever reads this next year")
            }
        } else if yes || note != nil || by != nil {
            throw ValidationError("--yes, --note and --by are for --send")
        }
        if variant != nil, profile == nil { throw ValidationError("--variant is one of --profile") }
    }

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        let site = try ReplaySite(
            config: place.source.config, profile: profile, variant: variant, timezone: timezone, devices: device)
        let work = try await ReplaySelection(
            since: try time(since, "--since", access.time), until: try time(until, "--until", access.time),
            messages: message, conversations: conversation
        ).work(reader, site)
        guard work.asked > 0 || !work.items.isEmpty else {
            throw CommandFailure(.wrong, "nothing that is stored was asked for", cure: "see hilum messages")
        }
        let report = ReplayReport(format: output.format, time: access.time, most: max(0, limit), terminal: .output)
        let (totals, proposals) = try await replay(work, site, reader, report)
        Stream.output(report.end(totals, isSending: send))
        if totals.replayed == 0, totals.asked > 0 {
            throw CommandFailure(
                .wrong, "none of the \(totals.asked) messages could be read again",
                cure: "retention: raw says how long bytes are kept")
        }
        var isDone = false
        if send, report.hasDifferences { isDone = try await send(proposals, access) && report.hasChangesOnly }
        if (report.hasDifferences && !isDone) || !totals.crashes.isEmpty { throw ExitStatus.wrong }
    }

    /// Sends what may be sent, after asking.
    ///
    /// - Returns: true when nothing is left for a person.
    private func send(_ proposals: ReplayProposals, _ access: StateAccess) async throws -> Bool {
        Stream.output(ReplaySending.preview(proposals, output.format))
        let count = proposals.corrections.count
        guard count > 0 else { return false }
        if !yes, try !ReplaySending.confirm(count) {
            Stream.error("nothing is sent\n")
            return false
        }
        let person = ControlRequest.Person(who: by ?? UserName.current, note: note ?? "")
        let outcome = try await ReplaySending(access: access, person: person, format: output.format).send(proposals)
        return outcome.refused == 0 && proposals.refused.isEmpty
    }

    private func replay(
        _ work: ReplaySelection.Work, _ site: ReplaySite, _ reader: StoreReader, _ report: ReplayReport
    ) async throws -> (ReplayTotals, ReplayProposals) {
        var settings = DriverHostSettings(
            moduleFolders: Installation.driverFolders(site.drivers?.folders.map(\.path) ?? []),
            executable: Installation.driverHost)
        if let own = site.drivers {
            settings.largestData = UInt64(own.memory)
            settings.answerLimit = Int(own.answerWithin / .milliseconds(1))
        }
        let drivers: DriverHost
        do { drivers = try DriverHost(settings: settings) } catch {
            throw CommandFailure(.ours, "drivers cannot be run: \(error)", cure: "install the program whole")
        }
        var bar = ProgressBar("replay")
        let run = try await ReplayRun(
            drivers: drivers, reader: reader, asked: work.asked,
            found: { finding in
                bar.finish()
                Stream.output(report.add(finding))
            }, progressed: { bar.update(done: $0.replayed, of: max(1, $0.asked)) })
        do {
            for item in work.items {
                try await run.replay(item.conversation, part: item.part, reading: item.reading)
            }
        } catch {
            await drivers.stop()
            throw error
        }
        bar.finish()
        await drivers.stop()
        return (run.totals, run.proposals)
    }

    private func time(_ text: String?, _ option: String, _ zone: LocalTime) throws -> Int64? {
        guard let text else { return nil }
        guard let unix = zone.read(text, now: LocalTime.now) else {
            throw CommandFailure(
                .usage, "\(option) \(text) is no time", cure: "write 2h, 7d, 2026-11-23 or 2026-11-23T08:00")
        }
        return unix
    }
}
