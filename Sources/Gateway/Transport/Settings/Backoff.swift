/// Pauses between attempts: doubling from `first` to `longest`, each shortened or lengthened at random by `jitter`, so that
/// devices which lost their switch together do not come back in step.
public struct Backoff: Sendable, Equatable {
    /// Seconds before the second attempt.
    public var first: Double
    /// Longest pause in seconds.
    public var longest: Double
    /// Part of the pause that is random, 0 … 1: 0.2 means ±20 %.
    public var jitter: Double

    /// Pauses from `first` to `longest` seconds.
    public init(first: Double = 1, longest: Double = 60, jitter: Double = 0.2) {
        self.first = first
        self.longest = longest
        self.jitter = jitter
    }

    /// Seconds to wait after `failures` attempts in a row that failed (1 or more). Never under 10 ms, never over
    /// `longest` × (1 + `jitter`); settings that make no sense (negative, not a number) are brought into that range.
    public func pause(after failures: Int, random: Double = Double.random(in: -1...1)) -> Double {
        let doublings = max(0, min(failures - 1, 30))
        let base = min((first.isFinite ? first : 1) * Double(1 << doublings), longest.isFinite ? longest : 60)
        let part = jitter.isFinite ? max(0, min(jitter, 1)) : 0
        return max(0.01, base * (1 + part * random))
    }
}
