/// A place in a configuration file.
struct Place: Sendable, Hashable, CustomStringConvertible {
    /// Path as given.
    var file: String
    /// Counted from 1; 0: the file as a whole.
    var line: Int

    /// `hilum.yaml:12`.
    var description: String { line > 0 ? "\(file):\(line)" : file }
}

/// Something wrong in a configuration file: where, what, and what to write instead.
struct ConfigurationFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whether the gateway can start with it.
    enum Severity: String, Sendable {
        /// It cannot.
        case error
        /// It can, but somebody should look.
        case warning
    }

    /// Severity.
    var severity: Severity
    /// Where.
    var place: Place
    /// What is wrong.
    var problem: String
    /// What to do.
    var cure: String

    init(_ severity: Severity = .error, at place: Place, _ problem: String, cure: String) {
        self.severity = severity
        self.place = place
        self.problem = problem
        self.cure = cure
    }

    /// `hilum.yaml:12: error: what is wrong; what to do`.
    var description: String {
        "\(place): \(severity.rawValue): \(problem)" + (cure.isEmpty ? "" : "; \(cure)")
    }
}

/// All that is wrong with a configuration.
struct ConfigurationFaults: Error, Sendable, CustomStringConvertible {
    /// In the order of the lines.
    var faults: [ConfigurationFault]
    /// A line each.
    var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// The likeliest meaning of a misspelt word.
enum Spelling {
    /// `did you mean “x”?` where one candidate is close enough, else the list of them.
    static func cure(for word: String, among candidates: [String]) -> String {
        if let best = closest(to: word, among: candidates) { return "did you mean \"\(best)\"?" }
        let listed = candidates.sorted().joined(separator: ", ")
        return candidates.isEmpty ? "remove it" : "known here: \(listed)"
    }

    /// The candidate that differs by at most a third of its letters.
    static func closest(to word: String, among candidates: [String]) -> String? {
        let word = Array(word.lowercased().utf8.prefix(64))
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let distance = distance(word, Array(candidate.lowercased().utf8.prefix(64)))
            if distance <= max(1, candidate.utf8.count / 3), distance < (best?.distance ?? .max) {
                best = (distance, candidate)
            }
        }
        return best?.candidate
    }

    /// Edit distance where exchanging two neighbours counts once (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a == b ? 0 : 1))
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            before = last
            last = row
        }
        return last[right.count]
    }
}
