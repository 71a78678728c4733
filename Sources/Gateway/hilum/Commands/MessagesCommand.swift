import ArgumentParser
import Contracts
import JSONText
import Store

/// `hilum messages`
struct MessagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages",
        abstract: "What the devices said, byte by byte.",
        subcommands: [MessagesListCommand.self, MessagesShowCommand.self],
        defaultSubcommand: MessagesListCommand.self)
}

/// `hilum messages [list]`
struct MessagesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List messages, newest first.",
        discussion: """
            EXAMPLES
              hilum messages --device xn-1 --since 1h
              hilum messages show 815
            """)

    @Option(help: "Only this device.") var device: String?
    @Option(help: "Only since: 2h, 7d, 2026-11-23, 2026-11-23T08:00.") var since: String?
    @Option(help: "At most so many.") var limit = 50
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var filter = MessageFilter()
        filter.device = device
        filter.limit = max(0, limit)
        if let since {
            guard let unix = access.time.read(since, now: LocalTime.now) else {
                throw CommandFailure(
                    .usage, "--since \(since) is no time", cure: "write 2h, 7d, 2026-11-23 or 2026-11-23T08:00")
            }
            filter.since = unix
        }
        let query = filter
        var listing = MessageListing.listing
        listing.rows = try await asking { try await reader.messages(query) }.map {
            MessageListing.row($0, time: access.time)
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }
}

/// `hilum messages show`
struct MessagesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one message: its bytes both ways with their times, and what was made of them.",
        discussion: """
            EXAMPLES
              hilum messages show 815
              hilum messages show 815 --raw > capture.bin       what the device sent, unchanged
            """)

    @Argument(help: "Number of the message, as `hilum messages` shows it.") var message: Int64
    @Flag(help: "Write the bytes that the device sent to standard output, and nothing else.") var raw = false
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        guard let detail = try await asking({ try await reader.message(message) }) else {
            throw CommandFailure(.wrong, "there is no message \(message)", cure: "see hilum messages")
        }
        if raw {
            Stream.output(bytes: detail.entries.filter { $0.direction == .received }.flatMap(\.bytes))
        } else if output.format == .json {
            Stream.output(MessageListing.json(detail, time: access.time).text() + "\n")
        } else {
            Stream.output(MessageListing.page(detail, time: access.time, terminal: .output))
        }
    }
}

/// Messages as rows and as a page.
enum MessageListing {
    /// Columns.
    static var listing: Listing {
        Listing(
            columns: [
                Column("message", "MESSAGE", .right), Column("received", "RECEIVED"),
                Column("device", "DEVICE", flexible: true), Column("peer", "FROM", flexible: true),
                Column("kind", "KIND"),
                Column("protocol", "PROTOCOL", flexible: true), Column("control_id", "ID", flexible: true),
                Column("bytes", "BYTES", .right), Column("complete", "WHOLE"), Column("report", "REPORT", .right),
                Column("reports", "REPORTS", .right),
                Column("conversation", ""), Column("start", ""),
            ], whenEmpty: "no messages")
    }

    /// A message.
    static func row(_ message: MessageRow, time: LocalTime) -> [Cell] {
        [
            .number(message.id), time.cell(message.receivedAt), .text(message.device), .text(message.peer),
            .text(message.kind), .text(message.protocolName), .text(message.controlID), .number(message.length),
            Cell(
                .bool(message.isComplete), message.isComplete ? "yes" : "broken off", message.isComplete ? .plain : .bad
            ),
            message.reportCount > 0 ? .number(message.firstReport) : Cell(.null, ""), .number(message.reportCount),
            .number(message.conversation), .number(message.start),
        ]
    }

    /// Everything about a message, for machines; bytes in hexadecimal.
    static func json(_ detail: MessageDetail, time: LocalTime) -> JSONValue {
        var object = JSONObject()
        for (column, cell) in zip(listing.columns, row(detail.message, time: time)) {
            object.append(column.key, cell.json)
        }
        object["entries"] = .array(
            detail.entries.map { entry in
                .object([
                    "direction": .string(entry.direction == .received ? "received" : "sent"),
                    "time": .string(time.iso(entry.unix)), "unix_us": .number(entry.unix),
                    "hex": .string(entry.bytes.map(HexDump.digits).joined()),
                ])
            })
        object["faults"] = .array(
            detail.faults.map { fault in
                .object([
                    "severity": .string("\(fault.severity)"), "start": .number(fault.start), "end": .number(fault.end),
                    "text": .string(fault.text),
                ])
            })
        object["results"] = .array(
            detail.reports.flatMap { report in
                ReportListing.rows(report, time: time, all: true).map { cells in
                    var result = JSONObject()
                    for (column, cell) in zip(ReportListing.listing(time: time).columns, cells) {
                        result.append(column.key, cell.json)
                    }
                    return JSONValue.object(result)
                }
            })
        return .object(object)
    }

    /// The page about a message: the conversation, then what was made of it.
    static func page(_ detail: MessageDetail, time: LocalTime, terminal: Terminal) -> String {
        let message = detail.message
        var text =
            VisibleText.of(
                "message \(message.id) from \(message.device) (\(message.peer)), \(time.text(message.receivedAt)), "
                    + "\(message.protocolName) \(message.kind) \(message.controlID), \(message.length) bytes"
                    + (message.isComplete ? "" : ", broken off")) + "\n"
        if detail.entries.isEmpty {
            text += terminal.styled("\nits bytes are no longer kept (retention: raw)\n", .dim)
        }
        for entry in detail.entries { text += conversation(entry, time: time, terminal: terminal) }
        for fault in detail.faults {
            let style: TextStyle = fault.severity == .notice ? .dim : .bad
            let place = "bytes \(fault.start) to \(fault.end)"
            text +=
                "\n" + terminal.styled("\(fault.severity)", style) + " \(VisibleText.of("\(place): \(fault.text)"))\n"
        }
        for report in detail.reports {
            text += "\n" + ReportListing.heading(report, time: time, terminal: terminal)
            var listing = DecodedListing.listing
            listing.rows = report.report.observations.map { DecodedListing.row($0, of: report.report) }
            text += listing.rendered(.table, terminal: terminal)
        }
        return text
    }

    /// One piece of the conversation: direction and time, then hex and characters side by side, then its text by lines.
    private static func conversation(_ entry: JournalEntry, time: LocalTime, terminal: Terminal) -> String {
        let isReceived = entry.direction == .received
        let arrow = isReceived ? "device → gateway" : "gateway → device"
        let title =
            "\(time.precise(entry.unix))  \(arrow)  \(entry.bytes.count) \(entry.bytes.count == 1 ? "byte" : "bytes")"
        var text = "\n" + terminal.styled(title, isReceived ? .heading : .dim) + "\n"
        text += HexDump.of(entry.bytes, indent: "  ")
        for line in lines(entry.bytes) { text += terminal.styled("  \(VisibleText.ofBytes(line))", .dim) + "\n" }
        return text
    }

    /// The bytes cut after CR, LF or CR LF.
    static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            line.append(byte)
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0x0A || (byte == 0x0D && next != 0x0A) {
                lines.append(line)
                line = []
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
