import ArgumentParser
import ImagingModel
import Store

/// `hilum associations`
struct AssociationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "associations",
        abstract: "DICOM associations that were refused or failed: who, what, why, one line each.",
        discussion: """
            EXAMPLES
              hilum associations                         the newest first
              hilum associations --device ct-1 --limit 5
              hilum associations --format json
            """)

    @Option(help: "Only this device.") var device: String?
    @Option(help: "At most so many.") var limit = 50
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let access = try place.open()
        let reader = try access.reader()
        var listing = Self.listing
        listing.rows = try await asking { try await reader.associationFailures(device: device, limit: limit) }.map {
            Self.row($0, time: access.time)
        }
        Stream.output(listing.rendered(output.format, terminal: .output))
    }

    static var listing: Listing {
        Listing(
            columns: [
                Column("time", "TIME"), Column("kind", "WHAT"), Column("calling", "CALLING", flexible: true),
                Column("called", "CALLED", flexible: true), Column("address", "FROM", flexible: true),
                Column("device", "DEVICE", flexible: true), Column("reason", "WHY", flexible: true),
                Column("cure", "WHAT TO DO", flexible: true),
            ], whenEmpty: "no association has failed")
    }

    static func row(_ failure: AssociationFailure, time: LocalTime) -> [Cell] {
        [
            time.cell(failure.at), .text(failure.kind, failure.kind == "refused" ? .bad : .warning),
            .text(failure.calling), .text(failure.called), .text(failure.address), .text(failure.device),
            .text(failure.reason), .text(failure.cure),
        ]
    }
}
