import Glibc

/// How far a long piece of work is, on standard error, and only where a person looks at it.
struct ProgressBar {
    private let title: String
    private let terminal: Terminal
    private var drawn = -1
    private var pace = Pace()

    init(_ title: String, terminal: Terminal = .error) {
        self.title = title
        self.terminal = terminal
    }

    /// Draws the state when it differs visibly from the last one drawn.
    mutating func update(done: Int, of total: Int) {
        guard terminal.isTerminal, let text = line(done: done, of: total) else { return }
        Stream.error("\r" + text)
    }

    /// Draws the state with how many are done a second and how long the rest takes.
    ///
    /// - Parameters:
    ///   - total: nil while it is not known: then there is no bar.
    ///   - seconds: since the work began.
    mutating func update(done: Int, of total: Int?, seconds: Double) {
        guard terminal.isTerminal, let text = line(done: done, of: total, seconds: seconds) else { return }
        drawn = 0
        Stream.error("\r" + text)
    }

    /// Removes the bar.
    mutating func finish() {
        guard terminal.isTerminal, drawn >= 0 else { return }
        Stream.error("\r" + String(repeating: " ", count: Self.width(terminal)) + "\r")
        drawn = -1
    }

    /// The line to draw; nil when it would look like the last one.
    mutating func line(done: Int, of total: Int) -> String? {
        guard total > 0 else { return nil }
        let permille = Self.permille(done, total)
        guard permille != drawn else { return nil }
        drawn = permille
        return "\(title) \(Self.bar(permille, width: 30)) \(permille / 10) %  \(done)/\(total)"
    }

    /// The line with pace and time left, as wide as the terminal; nil when it would show what the last one did.
    mutating func line(done: Int, of total: Int?, seconds: Double) -> String? {
        guard pace.take(done: done, seconds: seconds) else { return nil }
        let width = Self.width(terminal)
        let perSecond = pace.perSecond
        let rate = perSecond > 0 ? "\(GroupedNumber.of(Int(perSecond.rounded())))/s" : ""
        guard let total, total > 0 else {
            return "\(title)  \(GroupedNumber.of(done))  \(rate)".clipped(to: width).padded(to: width)
        }
        let permille = Self.permille(done, total)
        let rest = max(0, total - done)
        let left = perSecond > 0 ? Self.span(Double(rest) / perSecond) + " left" : ""
        let words = "\(permille / 10) %  \(GroupedNumber.of(done)) of \(GroupedNumber.of(total))  \(rate)  \(left)"
        let room = width - DisplayWidth.of(title) - DisplayWidth.of(words) - 2
        let bar = room >= 8 ? Self.bar(permille, width: min(30, room)) + " " : ""
        return "\(title) \(bar)\(words)".clipped(to: width).padded(to: width)
    }

    /// `0:07`, `12:30`, `3:05:00`.
    static func span(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e7 else { return "long" }
        let whole = Int(seconds.rounded(.up))
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        let hours = whole / 3600
        return (hours > 0 ? "\(hours):\(two(whole / 60 % 60))" : "\(whole / 60)") + ":\(two(whole % 60))"
    }

    // The last column stays free: some terminals wrap there.
    private static func width(_ terminal: Terminal) -> Int { min(100, max(20, (terminal.columns ?? 80) - 1)) }

    private static func permille(_ done: Int, _ total: Int) -> Int {
        Int((Double(min(max(done, 0), total)) / Double(total) * 1000).rounded(.down))
    }

    private static func bar(_ permille: Int, width: Int) -> String {
        let filled = permille * width / 1000
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    /// How many are done a second lately: what changes (a slow disk, files that need no reading) shows within seconds, what
    /// flickers does not.
    private struct Pace {
        private var last: (done: Int, seconds: Double) = (-1, 0)
        private(set) var perSecond = 0.0

        /// False when nothing is new.
        mutating func take(done: Int, seconds: Double) -> Bool {
            let span = seconds - last.seconds
            guard last.done < 0 || done != last.done || span >= 1 else { return false }
            if last.done < 0 || span <= 0 {
                perSecond = seconds > 0 ? Double(done) / seconds : 0
            } else {
                let lately = Double(done - last.done) / span
                // Weighs the last three seconds most.
                let weight = perSecond == 0 ? 1 : min(1, span / 3)
                perSecond += (lately - perSecond) * weight
            }
            last = (done, seconds)
            return true
        }
    }
}

/// Numbers for people.
enum GroupedNumber {
    /// With a comma every three digits: `1,234,567`.
    static func of(_ number: some BinaryInteger) -> String {
        let digits = String(number)
        var text = ""
        for (place, digit) in digits.enumerated() {
            let rest = digits.count - place
            if place > 0, rest % 3 == 0, text != "-" { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
