import ArgumentParser
import Foundation
import Store

/// `hilum results`
struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "What the devices found, and what became of it.",
        subcommands: [
            ResultsListCommand.self, ResultsShowCommand.self, ResultsReleaseCommand.self, ResultsDiscardCommand.self,
        ],
        defaultSubcommand: ResultsListCommand.self)
}

/// The state of a report on the command line.
enum ReportStateArgument: String, ExpressibleByArgument, CaseIterable {
    case stored, held, repeated, qc, late, discarded, superseded

    /// The store's word.
    var state: ReportState {
        switch self {
        case .stored: .stored
        case .held: .held
        case .repeated: .repeat
        case .qc: .qc
        case .late: .late
        case .discarded: .discarded
        case .superseded: .superseded
        }
    }
}

/// `hilum results [list]`
struct ResultsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List results, newest first; or watch them arrive.",
        discussion: """
            EXAMPLES
              hilum results --specimen 000000481516
              hilum results --device xn-1 --since 2h
              hilum results --state held                 what waits for a person, and why
              hilum results --follow                     watch; Ctrl-C ends
              hilum results --since 2026-11-23 --format json
            """)

    @Option(help: "Only this device.") var device: String?
    @Option(help: "Only this specimen.") var specimen: String?
    @Option(help: "Only this patient.") var patient: String?
    @Option(help: "Only since: 2h, 7d, 2026-11-23, 2026-11-23T08:00.") var since: String?
    @Option(help: "Only this state: stored, held, repeated, qc, late, discarded, superseded.")
    var state: [ReportStateArgument] = []
    @Option(help: "At most so many reports.") var limit = 50
    @Flag(name: .shortAndLong, help: "Go on with what arrives.") var follow = false
    @Flag(help: "Signals, settings and attachments as well.") var all = false
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var filter = ReportFilter()
        (filter.device, filter.specimen, filter.patient) = (device, specimen, patient)
        filter.states = state.map(\.state)
        filter.limit = max(0, limit)
        if let since {
            guard let unix = access.time.read(since, now: LocalTime.now) else {
                throw CommandFailure(
                    .usage, "--since \(since) is no time", cure: "write 2h, 7d, 2026-11-23 or 2026-11-23T08:00")
            }
            filter.since = unix
        }
        var listing = ReportListing.listing(time: access.time)
        let terminal = Terminal.output
        if !follow {
            let rows = try await asking { try await reader.results(filter) }
            listing.rows = rows.flatMap { ReportListing.rows($0, time: access.time, all: all) }
            Stream.output(listing.rendered(output.format, terminal: terminal))
            return
        }
        if output.format == .table { Stream.output(listing.liveHeading(terminal: terminal)) }
        var last = try await asking { try await newest(reader, filter) }
        for row in last.rows.reversed() { show(row, listing, access, terminal) }
        while true {
            try await Task.sleep(for: .milliseconds(250))
            filter.after = last.id
            filter.limit = 1000
            let next = filter
            let rows = try await asking { try await reader.results(next) }
            for row in rows { show(row, listing, access, terminal) }
            last.id = rows.last?.report.id ?? last.id
        }
    }

    /// The last few reports and the highest number so far.
    private func newest(_ reader: StoreReader, _ filter: ReportFilter) async throws -> (rows: [ReportRow], id: Int64) {
        var every = ReportFilter()
        every.limit = 1
        let id = try await reader.results(every).first?.report.id ?? 0
        var some = filter
        some.limit = min(filter.limit, 5)
        return (try await reader.results(some), id)
    }

    private func show(_ row: ReportRow, _ listing: Listing, _ access: StateAccess, _ terminal: Terminal) {
        for cells in ReportListing.rows(row, time: access.time, all: all) {
            Stream.output(output.format == .json ? listing.json(cells) : listing.liveRow(cells, terminal: terminal))
        }
    }
}

/// `hilum results show`
struct ResultsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one report: its results, why it is held, where it went.",
        discussion: """
            EXAMPLES
              hilum results show 4711
              hilum results show 4711 --save pictures    graphs, images and documents as files
            """)

    @Argument(help: "Number of the report, as `hilum results` shows it.") var report: Int64
    @Option(
        help: ArgumentHelp("Write its graphs, images and documents as files into this folder.", valueName: "folder"))
    var save: String?
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        guard let row = try await asking({ try await reader.report(report) }) else {
            throw CommandFailure(.wrong, "there is no report \(report)", cure: "see hilum results")
        }
        if let save {
            let files = try AttachmentFiles.write(row.report, into: save)
            if files.isEmpty { Stream.error("report \(report) has no graph, image or document with contents\n") }
            for file in files { Stream.error("written: \(VisibleText.of(file))\n") }
        }
        let terminal = Terminal.output
        if output.format == .table { Stream.output(ReportListing.heading(row, time: access.time, terminal: terminal)) }
        var listing = ReportListing.listing(time: access.time)
        listing.rows = ReportListing.rows(row, time: access.time, all: true)
        Stream.output(listing.rendered(output.format, terminal: terminal))
        guard output.format == .table else { return }
        if !row.deliveries.isEmpty {
            var queue = QueueListing.listing
            queue.rows = row.deliveries.map { QueueListing.row($0, time: access.time) }
            Stream.output("\n" + queue.rendered(.table, terminal: terminal))
        }
        Stream.output("\nThe bytes: hilum messages show \(row.message)\n")
    }
}

/// The options of what a person does.
struct PersonOption: ParsableArguments {
    @Option(help: "Why: kept with the action.")
    var note: String

    @Option(help: "Who decides, when it is not the user of this terminal.")
    var by: String?

    /// The person, for a request.
    func person() throws -> ControlRequest.Person {
        guard !note.allSatisfy(\.isWhitespace) else {
            throw CommandFailure(.usage, "--note is empty", cure: "say why, for whoever reads this next year")
        }
        return ControlRequest.Person(who: by ?? UserName.current, note: note)
    }
}

/// `hilum results release`
struct ResultsReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Post a held report to the destinations that it would have gone to.",
        discussion: """
            EXAMPLES
              hilum results release 4711 --note "specimen checked against the request form"
            """)

    @Argument(help: "Number of the report.") var report: Int64
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        _ = try await place.open().carry(.release(report: report, person.person()))
        Stream.output(
            output.said("report \(report) is posted", ["report": .number(report), "state": .string("stored")]))
    }
}

/// `hilum results discard`
struct ResultsDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Decide that a held report is never posted. It stays in the store.",
        discussion: """
            EXAMPLES
              hilum results discard 4711 --note "tube without label, drawn again"
            """)

    @Argument(help: "Number of the report.") var report: Int64
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        _ = try await place.open().carry(.drop(report: report, person.person()))
        Stream.output(
            output.said("report \(report) is discarded", ["report": .number(report), "state": .string("discarded")]))
    }
}
