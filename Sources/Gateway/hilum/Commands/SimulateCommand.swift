import ArgumentParser

/// `hilum simulate`
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play a device, a modality, or an EMR.",
        subcommands: [SimulateDeviceCommand.self, SimulateModalityCommand.self, SimulateEMRCommand.self],
        defaultSubcommand: SimulateDeviceCommand.self)
}

extension LineAddress: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

/// A span of time on the command line: `500ms`, `30s`.
struct DurationArgument: ExpressibleByArgument, Sendable {
    /// The span.
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Duration(written: argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { duration.written }
}
