import ArgumentParser
import Store

/// `hilum alarms`
struct AlarmsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms",
        abstract: "What is wrong now, and since when; or what was.",
        discussion: """
            EXAMPLES
              hilum alarms
              hilum alarms --all --limit 20

            Exit status: 0 nothing is wrong, 1 an alarm is open (0 with --all).
            """)

    @Flag(help: "Those that are over as well.") var all = false
    @Option(help: "At most so many.") var limit = 100
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        let rows = try await asking { try await reader.alarms(limit: limit, openOnly: !all) }
        Stream.output(Self.listing(rows, time: access.time).rendered(output.format, terminal: .output))
        if !all, !rows.isEmpty { throw ExitStatus.wrong }
    }

    /// A row an alarm.
    static func listing(_ rows: [AlarmRow], time: LocalTime) -> Listing {
        var listing = Listing(
            columns: [
                Column("alarm", "ALARM", .right), Column("started", "SINCE"), Column("ended", "UNTIL"),
                Column("subject", "WHERE"), Column("kind", "KIND"), Column("count", "TIMES", .right),
                Column("text", "WHAT", flexible: true), Column("recovery", ""), Column("last", ""),
            ], whenEmpty: "nothing is wrong")
        listing.rows = rows.map { alarm in
            [
                .number(alarm.id), time.cell(alarm.started),
                alarm.ended.map { time.cell($0) } ?? Cell(.null, "open", .bad), .text(alarm.subject), .text(alarm.kind),
                .number(alarm.count),
                Cell(.string(alarm.text), alarm.ended == nil ? alarm.text : "\(alarm.text) — \(alarm.recovery)"),
                .text(alarm.recovery), time.cell(alarm.last),
            ]
        }
        return listing
    }
}

/// `hilum quarantine`
struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Bytes that crashed a driver three times and were put aside.",
        discussion: """
            EXAMPLES
              hilum quarantine
              hilum quarantine --show 3
              hilum quarantine --show 3 --raw > crash.bin
            """)

    @Option(help: "Show the bytes of one.") var show: Int64?
    @Flag(help: "With --show: write the bytes and nothing else.") var raw = false
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        let rows = try await asking { try await reader.quarantine(limit: show == nil ? 100 : 100_000) }
        if let show {
            guard let row = rows.first(where: { $0.id == show }) else {
                throw CommandFailure(.wrong, "there is no entry \(show)", cure: "see hilum quarantine")
            }
            if raw { return Stream.output(bytes: row.bytes) }
            if output.format == .table {
                Stream.output(VisibleText.of("\(row.device), \(access.time.text(row.unix)): \(row.reason)") + "\n\n")
                Stream.output(HexDump.of(row.bytes))
                return
            }
            Stream.output(Self.listing([row], time: access.time).rendered(.json, terminal: .output))
            return
        }
        Stream.output(Self.listing(rows, time: access.time).rendered(output.format, terminal: .output))
    }

    /// A row an entry; the bytes only for machines.
    static func listing(_ rows: [QuarantineRow], time: LocalTime) -> Listing {
        var listing = Listing(
            columns: [
                Column("entry", "ENTRY", .right), Column("time", "TIME"), Column("device", "DEVICE"),
                Column("conversation", ""), Column("bytes", "BYTES", .right), Column("reason", "WHY", flexible: true),
                Column("hex", ""),
            ], whenEmpty: "nothing was put aside")
        listing.rows = rows.map { row in
            [
                .number(row.id), time.cell(row.unix), .text(row.device), .number(row.conversation),
                .number(row.bytes.count), .text(row.reason), .text(row.bytes.map(HexDump.digits).joined()),
            ]
        }
        return listing
    }
}
