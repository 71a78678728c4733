import ArgumentParser
import Contracts
import Foundation
import ImagingModel
import JSONText
import Store

/// `hilum studies`
struct StudiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studies",
        abstract: "The imaging studies: what is held, where it went, why something waits.",
        subcommands: [
            StudiesListCommand.self, StudiesShowCommand.self, StudiesReleaseCommand.self, StudiesResendCommand.self,
            StudiesDiscardCommand.self, StudiesAsideCommand.self,
        ],
        defaultSubcommand: StudiesListCommand.self)
}

/// The state of a study on the command line.
enum StudyStateArgument: String, ExpressibleByArgument, CaseIterable {
    case receiving, complete, held

    /// The store's word.
    var state: StudyState {
        switch self {
        case .receiving: .receiving
        case .complete: .complete
        case .held: .held
        }
    }
}

/// `hilum studies [list]`
struct StudiesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List studies, the newest first.",
        discussion: """
            EXAMPLES
              hilum studies
              hilum studies --patient 0012345 --modality CT
              hilum studies --state held                 what waits for a person, and why
              hilum studies --from 2026-11-01 --to 2026-11-23 --format json
            """)

    @Option(help: "Only this Patient ID.") var patient: String?
    @Option(help: "Only this accession number.") var accession: String?
    @Option(help: "Only studies with this modality: CT.") var modality: String?
    @Option(help: "Only studies that this device sent first.") var device: String?
    @Option(help: "Only this state: receiving, complete, held.") var state: [StudyStateArgument] = []
    @Option(help: "Only with a Study Date from: 2026-11-01.") var from: String?
    @Option(help: "Only with a Study Date to: 2026-11-23.") var to: String?
    @Option(help: "Only what came in since: 2h, 7d, 2026-11-23.") var since: String?
    @Flag(help: "Studies whose images retention has deleted as well.") var all = false
    @Option(help: "At most so many.") var limit = 50
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var filter = StudyFilter()
        (filter.patient, filter.accession, filter.modality) = (patient, accession, modality)
        filter.device = device
        filter.states = state.map(\.state)
        filter.from = try Self.date(from, "--from")
        filter.to = try Self.date(to, "--to")
        filter.includesFreed = all
        filter.limit = max(0, limit)
        if let since {
            guard let unix = access.time.read(since, now: LocalTime.now) else {
                throw CommandFailure(.usage, "--since \(since) is no time", cure: "write 2h, 7d or 2026-11-23")
            }
            filter.since = unix
        }
        let query = filter
        let studies = try await asking { try await reader.studies(query) }
        let waiting = try await asking { try await reader.imageDeliveries() }
        var listing = StudyListing.listing
        listing.rows = studies.map { study in
            StudyListing.row(study, deliveries: waiting.filter { $0.study == study.study.uid }, time: access.time)
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }

    /// `2026-11-01` or `20261101` as DICOM writes it.
    static func date(_ text: String?, _ option: String) throws -> String? {
        guard let text else { return nil }
        let digits = text.filter { $0 != "-" }
        guard digits.utf8.count == 8, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw CommandFailure(.usage, "\(option) \(text) is no date", cure: "write 2026-11-23")
        }
        return digits
    }
}

/// `hilum studies show`
struct StudiesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one study: series, where it went, why it is held, performed steps, duplicates.",
        discussion: """
            EXAMPLES
              hilum studies show 1.2.840.113619.2.55.3.1
              hilum studies show A4711                   an accession number
            """)

    @Argument(help: "Study Instance UID or accession number.") var study: String
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        let uids = try await Self.uids(study, reader)
        for uid in uids {
            guard let row = try await asking({ try await reader.study(uid) }) else { continue }
            if output.format == .json {
                Stream.output(JSONValue.object(StudyListing.object(row, time: access.time)).text() + "\n")
            } else {
                Stream.output(StudyListing.tree(row, time: access.time, terminal: .output))
            }
        }
    }

    /// The studies that a UID or an accession number names.
    static func uids(_ name: String, _ reader: StoreReader) async throws -> [String] {
        for byAccession in [false, true] {
            var filter = StudyFilter()
            filter.includesFreed = true
            filter.limit = 20
            if byAccession { filter.accession = name } else { filter.study = name }
            let query = filter
            let found = try await asking { try await reader.studies(query) }
            if !found.isEmpty { return found.map(\.study.uid) }
        }
        throw CommandFailure(.wrong, "there is no study \(name)", cure: "see hilum studies")
    }
}

/// `hilum studies release`
struct StudiesReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let a held study go to the EMR.",
        discussion: """
            EXAMPLES
              hilum studies release 1.2.840.113619.2.55.3.1 --note "same patient, number corrected at the console"
            """)

    @Argument(help: "Study Instance UID.") var study: String
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        _ = try await place.open().carry(.releaseStudy(study: study, person.person()))
        Stream.output(output.said("study \(study) goes to the EMR", ["study": .string(study)]))
    }
}

/// `hilum studies resend`
struct StudiesResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Send the images of a study to an archive again: those that failed, or all.",
        discussion: """
            EXAMPLES
              hilum studies resend 1.2.840.113619.2.55.3.1 --to pacs --note "PACS knows the patient now"
              hilum studies resend 1.2.840.113619.2.55.3.1 --to pacs --all --note "PACS lost its disk"
            """)

    @Argument(help: "Study Instance UID.") var study: String
    @Option(name: .customLong("to"), help: "Id of the destination.") var destination: String
    @Flag(help: "What was delivered as well.") var all = false
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let result = try await place.open().carry(
            .resendImages(study: study, destination: destination, onlyFailed: !all, person.person()))
        let count = result["images"]?.int ?? 0
        Stream.output(output.said("\(count) images go to \(destination) again", ["images": .number(count)]))
    }
}

/// `hilum studies discard`
struct StudiesDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Decide that what failed of a study is never sent to an archive. The images stay here.",
        discussion: """
            EXAMPLES
              hilum studies discard 1.2.840.113619.2.55.3.1 --to pacs --note "test pictures, not wanted there"
            """)

    @Argument(help: "Study Instance UID.") var study: String
    @Option(name: .customLong("to"), help: "Id of the destination.") var destination: String
    @OptionGroup var person: PersonOption
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let result = try await place.open().carry(
            .discardImages(study: study, destination: destination, person.person()))
        let count = result["images"]?.int ?? 0
        Stream.output(
            output.said("\(count) images are not sent to \(destination) any more", ["images": .number(count)]))
    }
}

/// `hilum studies aside`
struct StudiesAsideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aside",
        abstract: "List the files set aside: instances that were refused, and duplicates with other bytes.",
        discussion: """
            EXAMPLES
              hilum studies aside
              hilum studies aside --format json | jq -r .path
            """)

    @Option(help: "At most so many.") var limit = 50
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var listing = Listing(
            columns: [
                Column("received", "RECEIVED"), Column("kind", "WHAT"), Column("device", "DEVICE", flexible: true),
                Column("calling", "CALLING", flexible: true), Column("address", ""), Column("status", "ANSWERED"),
                Column("sop_instance", "INSTANCE", flexible: true), Column("study", ""),
                Column("bytes", "SIZE", .right),
                Column("reason", "WHY", flexible: true), Column("path", "FILE", flexible: true),
            ], whenEmpty: "nothing was set aside")
        listing.rows = try await asking { try await reader.setAside(limit: limit) }.map { entry in
            let isDuplicate = entry.kind == .duplicate
            return [
                access.time.cell(entry.receivedAt),
                .text(isDuplicate ? "duplicate" : "refused", isDuplicate ? .warning : .bad), .text(entry.device),
                .text(entry.callingAE), .text(entry.address), .text(entry.status), .text(entry.sopInstance),
                .text(entry.study), Cell(.number(entry.size), ByteCount.readable(entry.size)), .text(entry.reason),
                .text(entry.path),
            ]
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }
}
