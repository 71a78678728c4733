import ArgumentParser
import Foundation
import Store

/// `hilum backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store to a file while the gateway goes on.",
        discussion: """
            The copy is one consistent state and is on the disk when the command ends.

            EXAMPLES
              hilum backup --to /backup/hilum-2026-11-23.sqlite
              hilum verify --file /backup/hilum-2026-11-23.sqlite
            """)

    @Option(help: ArgumentHelp("The file to make; one that exists is never written over.", valueName: "file"))
    var to: String
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let reader = try place.open().reader()
        try await asking { try await reader.backup(to: to) }
        let attributes = try? FileManager.default.attributesOfItem(atPath: to)
        let size = (attributes?[.size] as? Int) ?? 0
        Stream.output(
            output.said("\(to): \(ByteCount.readable(Int64(size)))", ["file": .string(to), "bytes": .number(size)]))
    }
}

/// `hilum verify`
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the store, or a backup of it, row by row.",
        discussion: """
            EXAMPLES
              hilum verify
              hilum verify --file /backup/hilum-2026-11-23.sqlite

            Exit status: 0 nothing is wrong, 1 something is.
            """)

    @Option(help: "A backup to check instead of the store.", completion: .file()) var file: String?
    @OptionGroup var place: StateOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let verification: StoreVerification
        if let file {
            verification = try await Self.verify(backup: file)
        } else {
            let reader = try place.open().reader()
            verification = try await asking { try await reader.verify() }
        }
        var listing = Listing(columns: [Column("table", "TABLE"), Column("rows", "ROWS", .right)])
        listing.rows = verification.counts.map { [.text($0.table), .number($0.rows)] }
        Stream.output(listing.rendered(output.format, terminal: .output))
        for problem in verification.problems { Stream.error(VisibleText.of(problem) + "\n") }
        if !verification.problems.isEmpty { throw ExitStatus.wrong }
        if output.format == .table { Stream.output("gateway \(verification.gateway): nothing is wrong\n") }
    }

    /// A reader takes a state folder: one is made in which the backup stands under the store's name.
    private static func verify(backup: String) async throws -> StoreVerification {
        let manager = FileManager.default
        guard manager.isReadableFile(atPath: backup) else {
            throw CommandFailure(.wrong, "\(backup) cannot be read", cure: "check the path and its permissions")
        }
        let folder = manager.temporaryDirectory.appending(path: "hilum-verify-\(UUID().uuidString)").path
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        let source = URL(filePath: backup).standardizedFileURL.path
        try manager.createSymbolicLink(
            atPath: StoreConfiguration.database(in: folder), withDestinationPath: source)
        return try await asking { try await StoreReader(folder: folder).verify() }
    }
}
