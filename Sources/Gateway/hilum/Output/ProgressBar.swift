import Glibc

/// How far a long piece of work is, on standard error, and only where a person looks at it.
struct ProgressBar {
    private let title: String
    private let terminal: Terminal
    private var drawn = -1

    init(_ title: String, terminal: Terminal = .error) {
        self.title = title
        self.terminal = terminal
    }

    /// Draws the state when it differs visibly from the last one drawn.
    mutating func update(done: Int, of total: Int) {
        guard terminal.isTerminal, let text = line(done: done, of: total) else { return }
        Stream.error("\r" + text)
    }

    /// Removes the bar.
    mutating func finish() {
        guard terminal.isTerminal, drawn >= 0 else { return }
        Stream.error("\r" + String(repeating: " ", count: min(79, terminal.columns ?? 79)) + "\r")
        drawn = -1
    }

    /// The line to draw; nil when it would look like the last one.
    mutating func line(done: Int, of total: Int) -> String? {
        guard total > 0 else { return nil }
        let permille = Int((Double(min(max(done, 0), total)) / Double(total) * 1000).rounded(.down))
        guard permille != drawn else { return nil }
        drawn = permille
        let width = 30
        let filled = permille * width / 1000
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(title) \(bar) \(permille / 10) %  \(done)/\(total)"
    }
}
