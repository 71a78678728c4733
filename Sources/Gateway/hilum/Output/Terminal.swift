import Glibc
import Synchronization

/// What is known about the place that output goes to.
struct Terminal: Sendable {
    /// True when a person looks at it.
    var isTerminal: Bool
    /// Columns; nil where there is no terminal.
    var columns: Int?
    /// True when colours may be used: a terminal, no `NO_COLOR` (https://no-color.org), `TERM` not `dumb`.
    var hasColour: Bool

    /// Standard output.
    static var output: Terminal { Terminal(descriptor: STDOUT_FILENO) }
    /// Standard error.
    static var error: Terminal { Terminal(descriptor: STDERR_FILENO) }
    /// A file or pipe.
    static let file = Terminal(isTerminal: false, columns: nil, hasColour: false)

    init(isTerminal: Bool, columns: Int?, hasColour: Bool) {
        self.isTerminal = isTerminal
        self.columns = columns
        self.hasColour = hasColour
    }

    private init(descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        columns = nil
        if isTerminal {
            var size = winsize()
            if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { columns = Int(size.ws_col) }
        }
        let term = getenv("TERM").map { String(cString: $0) } ?? ""
        let refused = getenv("NO_COLOR").map { String(cString: $0) } ?? ""
        hasColour = isTerminal && refused.isEmpty && term != "dumb" && !term.isEmpty
    }

    /// The text in a style, or plain where there are no colours.
    func styled(_ text: String, _ style: TextStyle) -> String {
        hasColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Meaning of a text, as SGR parameters (ECMA-48 8.3.117).
enum TextStyle: String, Sendable {
    /// Nothing special.
    case plain = "0"
    /// Headings.
    case heading = "1"
    /// Of little weight.
    case dim = "2"
    /// Well.
    case good = "32"
    /// Look at it.
    case warning = "33"
    /// Wrong.
    case bad = "31"
}

/// Writing whole texts to standard output and error.
enum Stream {
    /// Takes what would be written, in the task that sets it: for tests of whole command lines.
    @TaskLocal static var captured: CapturedOutput?

    /// Writes to standard output.
    static func output(_ text: String) { output(bytes: Array(text.utf8)) }
    /// Writes bytes to standard output.
    static func output(bytes: [UInt8]) {
        if let captured { return captured.append(bytes, isError: false) }
        write(STDOUT_FILENO, bytes)
    }
    /// Writes to standard error.
    static func error(_ text: String) {
        let bytes = Array(text.utf8)
        if let captured { return captured.append(bytes, isError: true) }
        write(STDERR_FILENO, bytes)
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno == EPIPE {
                // The reader (`head`, a closed pager) has seen enough: not our fault and not an error.
                exit(0)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }
}

/// What a command wrote.
final class CapturedOutput: Sendable {
    private let written = Mutex<(output: [UInt8], error: [UInt8])>(([], []))

    /// To standard output.
    var output: String { written.withLock { String(decoding: $0.output, as: UTF8.self) } }
    /// To standard error.
    var error: String { written.withLock { String(decoding: $0.error, as: UTF8.self) } }

    func append(_ bytes: [UInt8], isError: Bool) {
        written.withLock { written in
            if isError { written.error += bytes } else { written.output += bytes }
        }
    }
}
