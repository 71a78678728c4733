/// Exit status of the program.
enum ExitStatus: Int32, Error, Sendable {
    /// Done.
    case well = 0
    /// What was asked about is wrong, or is not there.
    case wrong = 1
    /// The command line makes no sense.
    case usage = 2
    /// A fault of ours, or of the machine.
    case ours = 3
    /// Stopped by SIGHUP: 128 and the signal, as shells have it, so that what was to follow does not.
    case hungUp = 129
    /// Stopped by SIGINT, Ctrl-C.
    case interrupted = 130
    /// Stopped by SIGTERM.
    case terminated = 143
}

/// Why a command failed, in words for whoever typed it.
struct CommandFailure: Error, Sendable, CustomStringConvertible {
    /// Exit status.
    var status: ExitStatus
    /// What is wrong.
    var problem: String
    /// What to do.
    var cure: String

    init(_ status: ExitStatus, _ problem: String, cure: String = "") {
        self.status = status
        self.problem = problem
        self.cure = cure
    }

    /// One line.
    var description: String { problem + (cure.isEmpty ? "" : "; \(cure)") }

    /// As it goes to standard error.
    func text(terminal: Terminal) -> String {
        terminal.styled("error: ", .bad) + VisibleText.of(description) + "\n"
    }
}
