import ArgumentParser
import Store

/// `hilum queue`
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "What waits for the destinations, and what failed.",
        subcommands: [
            QueueListCommand.self, QueueImagesCommand.self, QueueCountCommand.self, QueueResendCommand.self,
            QueueDiscardCommand.self,
            QueueNotesCommand.self,
        ],
        defaultSubcommand: QueueListCommand.self)
}

/// The state of an item on the command line.
enum OutboxStateArgument: String, ExpressibleByArgument, CaseIterable {
    case waiting, delivered, failed, discarded, superseded

    /// The store's word.
    var state: OutboxState {
        switch self {
        case .waiting: .waiting
        case .delivered: .delivered
        case .failed: .dead
        case .discarded: .discarded
        case .superseded: .superseded
        }
    }
}

/// `hilum queue [list]`
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what waits or failed, newest first, with the reason.",
        discussion: """
            EXAMPLES
              hilum queue
              hilum queue --state failed --destination emr
              hilum queue --state delivered --limit 10
            """)

    @Option(help: "Only this destination.") var destination: String?
    @Option(help: "Only this state: waiting, failed, delivered, discarded, superseded.")
    var state: [OutboxStateArgument] = []
    @Option(help: "At most so many.") var limit = 100
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var filter = QueueFilter()
        filter.destination = destination
        if !state.isEmpty { filter.states = state.map(\.state) }
        filter.limit = max(0, limit)
        let query = filter
        var listing = QueueListing.listing
        listing.rows = try await asking { try await reader.queue(query) }.map {
            QueueListing.row($0, time: access.time)
        }
        // Images stand in a queue of their own, which has its own command for machines.
        var images = Listing(columns: [])
        if output.format == .table, state.isEmpty {
            images = try await QueueImages.listing(reader, destination, access.time)
        }
        if !listing.rows.isEmpty || images.rows.isEmpty {
            Stream.output(listing.rendered(output.format, terminal: .output))
        }
        if !images.rows.isEmpty {
            if !listing.rows.isEmpty { Stream.output("\n") }
            Stream.output(images.rendered(.table, terminal: .output))
        }
    }
}

/// `hilum queue images`
struct QueueImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "What waits for the archives or failed there, by study.",
        discussion: """
            EXAMPLES
              hilum queue images
              hilum queue images --destination pacs --format json
            """)

    @Option(help: "Only this destination.") var destination: String?
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let listing = try await QueueImages.listing(try access.reader(), destination, access.time)
        Stream.output(listing.rendered(output.format, terminal: .output))
    }
}

/// Studies in the queues of archives.
enum QueueImages {
    /// A row a study and archive.
    static func listing(_ reader: StoreReader, _ destination: String?, _ time: LocalTime) async throws -> Listing {
        var listing = Listing(
            columns: [
                Column("study", "STUDY", flexible: true), Column("destination", "ARCHIVE", flexible: true),
                Column("waiting", "WAITING", .right), Column("failed", "FAILED", .right),
                Column("delivered", "DELIVERED", .right), Column("committed", "COMMITTED", .right),
                Column("attempts", "TRIED", .right), Column("due", "NEXT TRY"),
                Column("note", "REASON", flexible: true),
            ], whenEmpty: "no image waits")
        let deliveries = try await asking { try await reader.imageDeliveries() }
        listing.rows = deliveries.filter { destination == nil || $0.destination == destination }.map { delivery in
            [
                .text(delivery.study), .text(delivery.destination),
                .number(delivery.waiting, delivery.waiting > 0 ? .warning : .plain),
                .number(delivery.dead, delivery.dead > 0 ? .bad : .plain), .number(delivery.delivered),
                .number(delivery.committed), .number(delivery.attempts), time.cell(delivery.due), .text(delivery.note),
            ]
        }
        return listing
    }
}

/// `hilum queue count`
struct QueueCountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Count what waits and what failed, by destination.")

    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let reader = try place.open().reader()
        var listing = Listing(
            columns: [
                Column("destination", "DESTINATION"), Column("waiting", "WAITING", .right),
                Column("failed", "FAILED", .right),
            ], whenEmpty: "nothing waits")
        listing.rows = try await asking { try await reader.queueCounts() }.map { count in
            [
                .text(count.destination), .number(count.waiting, count.waiting > 0 ? .warning : .plain),
                .number(count.dead, count.dead > 0 ? .bad : .plain),
            ]
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }
}

/// `hilum queue resend`
struct QueueResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Send an item again: one that failed, that waits for its next attempt, or that was delivered.",
        discussion: """
            An item that was delivered goes out under a new id, because the receiver would take the old one for a repetition.

            EXAMPLES
              hilum queue resend 1202432 --note "EMR back after its update"
              hilum queue --state failed --format json | jq .item | xargs -n1 -I{} hilum queue resend {} --note "EMR repaired"
            """)

    @Argument(help: "Id of the item, as `hilum queue` shows it.") var item: Int64
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let result = try await place.open().carry(.resend(item: item, person.person()))
        let sent = result["item"]?.int ?? Int(item)
        let words = sent == Int(item) ? "item \(item) is due" : "item \(item) goes out again as item \(sent)"
        Stream.output(output.said(words, ["item": .number(sent)]))
    }
}

/// `hilum queue discard`
struct QueueDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Decide that an item is never sent. The result stays in the store.",
        discussion: """
            EXAMPLES
              hilum queue discard 1202432 --note "patient merged; sent by hand under the new number"
            """)

    @Argument(help: "Id of the item.") var item: Int64
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        _ = try await place.open().carry(.discard(item: item, person.person()))
        Stream.output(output.said("item \(item) is discarded", ["item": .number(item), "state": .string("discarded")]))
    }
}

/// `hilum queue notes`
struct QueueNotesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notes", abstract: "Show what people did to items and reports, and why.")

    @Option(help: "At most so many.") var limit = 100
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var listing = Listing(
            columns: [
                Column("time", "TIME"), Column("who", "WHO", flexible: true), Column("action", "ACTION"),
                Column("subject", "WHAT"), Column("number", "NUMBER", .right), Column("note", "WHY", flexible: true),
            ], whenEmpty: "nobody has done anything")
        listing.rows = try await asking { try await reader.notes(limit: limit) }.map { note in
            [
                access.time.cell(note.unix), .text(note.who), .text(note.action), .text(note.subject),
                .number(note.number), .text(note.text),
            ]
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }
}

/// Items of the queues as rows.
enum QueueListing {
    /// Columns.
    static var listing: Listing {
        Listing(
            columns: [
                Column("item", "ITEM", .right), Column("report", "", .right), Column("created", "SINCE"),
                Column("destination", "DESTINATION", flexible: true), Column("device", "DEVICE", flexible: true),
                Column("specimen_id", "SPECIMEN", flexible: true), Column("patient_id", "PATIENT", flexible: true),
                Column("state", "STATE"), Column("attempts", "TRIED", .right), Column("due", "NEXT TRY"),
                Column("settled", ""), Column("note", "REASON", flexible: true),
            ], whenEmpty: "nothing waits")
    }

    /// An item.
    static func row(_ item: QueueRow, time: LocalTime) -> [Cell] {
        let (word, style) = word(item.state)
        let due = item.state == .waiting ? item.due : nil
        return [
            .number(item.id), .number(item.report), time.cell(item.createdAt), .text(item.destination),
            .text(item.device),
            .text(item.specimen), .text(item.patient), .text(word, style), .number(item.attempts),
            item.state == .waiting && due == nil ? Cell(.null, "at once") : time.cell(due), time.cell(item.settledAt),
            .text(item.note),
        ]
    }

    /// The state in the words of the command line.
    static func word(_ state: OutboxState) -> (String, TextStyle) {
        switch state {
        case .waiting: ("waiting", .warning)
        case .delivered: ("delivered", .good)
        case .dead: ("failed", .bad)
        case .discarded: ("discarded", .dim)
        case .superseded: ("superseded", .dim)
        }
    }
}
