import ArgumentParser

/// How a command prints.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Aligned columns for people.
    case table
    /// One JSON object a line for machines.
    case json
}

/// The option that every printing command has.
struct FormatOption: ParsableArguments {
    @Option(help: "table: aligned columns; json: one JSON object a line.")
    var format: OutputFormat = .table
}
