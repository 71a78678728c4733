import ArgumentParser

/// `hilum check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration and the profiles it uses.",
        discussion: """
            Prints every error and warning with file, line and what to write instead. Connects to nothing.

            EXAMPLES
              hilum check
              hilum check --config /etc/hilum/hilum.yaml --format json

            Exit status: 0 no error, 1 errors.
            """)

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let site = SiteCheck.run(file: source.config)
        Stream.output(Self.rendered(site, output.format, terminal: .output))
        if site.hasErrors { throw ExitStatus.wrong }
    }

    /// What the command prints.
    static func rendered(_ check: SiteCheck, _ format: OutputFormat, terminal: Terminal) -> String {
        let text = rendered(check.faults, format, terminal: terminal)
        return format == .json ? text : text + check.summary(terminal: terminal) + "\n"
    }

    /// Faults, one a line.
    static func rendered(_ faults: [ConfigurationFault], _ format: OutputFormat, terminal: Terminal) -> String {
        if format == .json {
            var listing = Listing(columns: [
                Column("severity", "severity"), Column("file", "file"), Column("line", "line"),
                Column("problem", "problem"), Column("cure", "cure"),
            ])
            listing.rows = faults.map { fault in
                [
                    .text(fault.severity.rawValue), .text(fault.place.file), .number(fault.place.line),
                    .text(fault.problem), .text(fault.cure),
                ]
            }
            return listing.rendered(.json, terminal: terminal)
        }
        return faults.map { $0.text(terminal: terminal) + "\n" }.joined()
    }
}

extension ConfigurationFault {
    /// One line without its end, safe for a terminal.
    func text(terminal: Terminal) -> String {
        let word = terminal.styled(severity.rawValue, severity == .error ? .bad : .warning)
        let said = problem + (cure.isEmpty ? "" : "; \(cure)")
        return "\(VisibleText.of(place.description)): \(word): \(VisibleText.of(said))"
    }
}
