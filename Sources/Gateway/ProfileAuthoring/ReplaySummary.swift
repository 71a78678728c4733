/// Counts of what a replay found.
public struct ReplaySummary: Sendable, Equatable {
    /// Counts of one test code.
    public struct Test: Sendable, Equatable {
        /// The device's code, as stored where it is stored.
        public var code: String
        /// Results by kind of difference.
        public var counts: [ReplayDifference.Kind: Int] = [:]
        /// Changes and moves by what they are about.
        public var aspects: [ReplayDifference.Aspect: Int] = [:]
    }

    /// Results by kind of difference.
    public private(set) var counts: [ReplayDifference.Kind: Int] = [:]
    /// Changes and moves by what they are about.
    public private(set) var aspects: [ReplayDifference.Aspect: Int] = [:]
    private var tests: [String: Test] = [:]

    /// Nothing.
    public init() {}

    /// True when nothing was found.
    public var isEmpty: Bool { counts.isEmpty }

    /// Counts a difference.
    public mutating func add(_ difference: ReplayDifference) {
        let code = (difference.stored ?? difference.replayed)?.code ?? ""
        counts[difference.kind, default: 0] += 1
        tests[code, default: Test(code: code)].counts[difference.kind, default: 0] += 1
        for aspect in difference.aspects {
            aspects[aspect, default: 0] += 1
            tests[code, default: Test(code: code)].aspects[aspect, default: 0] += 1
        }
    }

    /// Counts by test code: those with most differences first.
    public var byTest: [Test] {
        func total(_ test: Test) -> Int { test.counts.values.reduce(0, +) }
        return tests.values.sorted { (-total($0), $0.code) < (-total($1), $1.code) }
    }
}
