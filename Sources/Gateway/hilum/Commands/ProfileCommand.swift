import ArgumentParser
import DeviceProfile

/// `hilum profile`
struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Device profiles: list, draft, new, check, test, lint.",
        subcommands: [
            ProfileListCommand.self, ProfileCheckCommand.self, ProfileTestCommand.self, ProfileLintCommand.self,
            ProfileDraftCommand.self, ProfileNewCommand.self,
        ])
}

/// Folders in which a command looks for profiles.
struct ProfileFoldersOption: ParsableArguments {
    @Option(
        name: .customLong("profiles"),
        help: ArgumentHelp("A folder with profiles, besides those that come with the program.", valueName: "folder"),
        completion: .directory)
    var folders: [String] = []

    /// All of them, in the order searched.
    var all: [String] { Installation.profileFolders(folders) }
}

/// `hilum profile list`
struct ProfileListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show which devices there are profiles for.",
        discussion: """
            EXAMPLES
              hilum profile list
              hilum profile list --kind haematology --format json
              hilum profile list --markdown > DeviceProfiles/README.md
              hilum profile list --html > docs/devices.html
            """)

    @Option(help: "Only this kind of device.")
    var kind: String?
    @Flag(help: "Print DeviceProfiles/README.md.")
    var markdown = false
    @Flag(help: "Print docs/devices.html: the catalogue as a web page with search.")
    var html = false
    @OptionGroup var places: ProfileFoldersOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let library = ProfileLibrary(folders: places.all)
        if markdown {
            Stream.output(ProfileCatalogue.markdown(of: library))
        } else if html {
            Stream.output(ProfileCatalogue.page(of: library))
        } else {
            if let kind, DeviceKind(rawValue: kind) == nil {
                let known = DeviceKind.allCases.map(\.rawValue)
                throw CommandFailure(.wrong, "there is no kind \(kind)", cure: Spelling.cure(for: kind, among: known))
            }
            Stream.output(Self.listing(library, kind: kind).rendered(output.format, terminal: .output))
        }
        for error in library.errors { Stream.error(VisibleText.of(error.description) + "\n") }
        if !library.errors.isEmpty { throw ExitStatus.wrong }
    }

    /// A row a profile, by maker and model.
    static func listing(_ library: ProfileLibrary, kind: String?) -> Listing {
        var listing = Listing(
            columns: [
                Column("id", "PROFILE"), Column("vendor", "MAKER", flexible: true),
                Column("model", "MODEL", flexible: true),
                Column("kind", "KIND"), Column("driver", "DRIVER"), Column("variants", "VARIANTS"),
                Column("support", "SUPPORT"), Column("codes", "CODES", .right), Column("extends", ""),
                Column("folder", ""),
                Column("revision", ""),
            ], whenEmpty: "no profiles")
        let profiles = library.profiles.values.filter { kind == nil || $0.kind.rawValue == kind }
        listing.rows = profiles.sorted { ($0.vendor, $0.model, $0.id) < ($1.vendor, $1.model, $1.id) }.map { profile in
            [
                .text(profile.id), .text(profile.vendor), .text(profile.model), .text(profile.kind.rawValue),
                .text(profile.driver), .list(profile.variants.map(\.name)),
                .text(profile.support.rawValue, profile.support >= .captured ? .good : .plain),
                .number(profile.codes.count), .text(profile.extends), .text(profile.folder), .text(profile.revision),
            ]
        }
        return listing
    }
}

/// `hilum profile check`
struct ProfileCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check profile folders: every error with file, line and what to write instead.",
        discussion: """
            EXAMPLES
              hilum profile check                        all that come with the program
              hilum profile check DeviceProfiles/mine

            Exit status: 0 no error, 1 errors.
            """)

    @Argument(help: "Profile folders, or ids; none: all.", completion: .directory)
    var names: [String] = []
    @OptionGroup var places: ProfileFoldersOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let folders = try ProfileLookup.folders(names, in: places.all)
        var issues = names.isEmpty ? ProfileLibrary(folders: places.all).issues : []
        for folder in folders { issues += ProfileFolder.check(folder, searching: places.all) }
        let faults = Set(issues).sorted().map { issue in
            ConfigurationFault(
                issue.severity == .error ? .error : .warning, at: Place(file: issue.file, line: issue.line),
                issue.problem, cure: issue.cure)
        }
        let text = CheckCommand.rendered(faults, output.format, terminal: .output)
        Stream.output(text)
        let errors = faults.count { $0.severity == .error }
        if output.format == .table {
            let summary = "\(folders.count) profiles, \(errors) errors, \(faults.count - errors) warnings\n"
            Stream.output(Terminal.output.styled(summary, errors > 0 ? .bad : .good))
        }
        if errors > 0 { throw ExitStatus.wrong }
    }
}
