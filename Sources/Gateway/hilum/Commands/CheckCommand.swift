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
        if format == .json {
            var listing = Listing(columns: [
                Column("severity", "severity"), Column("file", "file"), Column("line", "line"),
                Column("problem", "problem"), Column("cure", "cure"),
            ])
            listing.rows = check.faults.map { fault in
                [
                    .text(fault.severity.rawValue), .text(fault.place.file), .number(fault.place.line),
                    .text(fault.problem), .text(fault.cure),
                ]
            }
            return listing.rendered(.json, terminal: terminal)
        }
        var text = ""
        for fault in check.faults {
            let style: TextStyle = fault.severity == .error ? .bad : .warning
            let cure = fault.cure.isEmpty ? "" : "; \(fault.cure)"
            text += "\(VisibleText.of(fault.place.description)): \(terminal.styled(fault.severity.rawValue, style)): "
            text += VisibleText.of(fault.problem + cure) + "\n"
        }
        return text + check.summary(terminal: terminal) + "\n"
    }
}
