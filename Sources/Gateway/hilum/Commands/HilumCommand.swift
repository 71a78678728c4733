import ArgumentParser

/// `hilum`: all commands. Exit status: 0 well, 1 the thing asked about is wrong, 2 usage, 3 a fault of ours.
struct HilumCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hilum",
        abstract: "Gateway between a hospital's devices and its records.",
        discussion: """
            EXAMPLES
              hilum check --config hilum.yaml        is the configuration right?
              hilum serve --config hilum.yaml        the gateway
              hilum results --follow                 watch results arrive
              hilum studies                          imaging studies, and where they went
              hilum queue list                       what still waits for the EMR
              hilum decode --profile generic-lis capture.bin
              hilum index /archive --output archive.ndjson     a row for each image file

            Every printing command takes --format json: one JSON object a line.
            Exit status: 0 well, 1 the thing asked about is wrong, 2 usage, 3 a fault of ours.
            Shell completion: hilum --generate-completion-script bash|zsh|fish
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, CheckCommand.self, DecodeCommand.self, IndexCommand.self, SimulateCommand.self,
            CaptureCommand.self, ReplayCommand.self, ProfileCommand.self,
            ResultsCommand.self, StudiesCommand.self, OrdersCommand.self,
            MessagesCommand.self, QueueCommand.self, DevicesCommand.self, AssociationsCommand.self, AlarmsCommand.self,
            QuarantineCommand.self,
            BackupCommand.self, VerifyCommand.self,
            DemoCommand.self,
        ])

    /// Runs a command line.
    ///
    /// - Returns: the exit status.
    static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitStatus.well.rawValue
        } catch let failure as CommandFailure {
            Stream.error(failure.text(terminal: .error))
            return failure.status.rawValue
        } catch let status as ExitStatus {
            return status.rawValue
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        switch exitCode(for: error) {
        case .success:
            // Help, version, completion script.
            Stream.output(fullMessage(for: error) + "\n")
            return ExitStatus.well.rawValue
        case .validationFailure:
            Stream.error(fullMessage(for: error) + "\n")
            return ExitStatus.usage.rawValue
        default:
            let failure = CommandFailure(.ours, "\(error)", cure: "run the command again; if it stays, report it")
            Stream.error(failure.text(terminal: .error))
            return ExitStatus.ours.rawValue
        }
    }
}
