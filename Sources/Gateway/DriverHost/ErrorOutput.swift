import CPlatform

/// Lines that a process writes to its standard error, no more than a log can bear.
struct ErrorOutput {
    private let descriptor: Int32
    private var splitter = LineSplitter()
    /// Lines that it may still write to the log in this second, and those that were left out.
    private var budget = ErrorOutput.linesPerSecond
    private var left = 0
    private static let linesPerSecond = 100.0

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Lines that have come.
    mutating func read() -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<16 {
            let count = hilum_read_some(descriptor, &buffer, UInt64(buffer.count))
            guard count > 0 else { break }
            for line in splitter.take(buffer.prefix(Int(count))) {
                if budget >= 1 {
                    budget -= 1
                    lines.append(line)
                } else {
                    left += 1
                }
            }
        }
        return lines
    }

    /// What was left out since the last time, in words; nil: nothing.
    mutating func leftOut(after elapsed: Int64) -> String? {
        budget = min(ErrorOutput.linesPerSecond, budget + ErrorOutput.linesPerSecond * Double(elapsed) / 1e6)
        guard left > 0, budget >= ErrorOutput.linesPerSecond else { return nil }
        defer { left = 0 }
        return "\(left) more lines, left out"
    }
}
