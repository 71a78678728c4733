import Contracts

/// Turns attempts into outcomes: what is delivered, when to try again, what goes to a person, when the receiver as a
/// whole is down. Pure but for the jitter.
struct AttemptLedger {
    /// What an attempt means.
    struct Verdict {
        /// For the store.
        var outcome: DeliveryOutcome
        /// For the alarm list.
        var change: Change
    }

    /// A change of the receiver's state.
    enum Change: Equatable {
        /// Nothing new.
        case none
        /// The receiver stopped taking results.
        case outage(reason: String)
        /// It takes them again.
        case recovery
    }

    private(set) var circuit: Circuit
    private let policy: RetryPolicy
    /// Error answers by item.
    private var refusals: [Int64: Int] = [:]
    /// Silences by item, counted only when others were taken between them.
    private var silences: [Int64: (count: Int, deliveriesThen: Int)] = [:]
    private var deliveries = 0
    private var lastRefused: Int64?
    /// When something was taken last (microseconds, monotonic).
    private var lastDelivery = Int64.min

    /// Entries kept for items; beyond it the counts start anew, which costs further attempts and nothing else.
    private static let capacity = 10_000

    init(policy: RetryPolicy) {
        self.policy = policy
        circuit = Circuit(policy: policy)
    }

    /// Judges an attempt.
    ///
    /// - Parameters:
    ///   - item: its number.
    ///   - begun: when it began (microseconds, monotonic). A failure of an attempt that began before something else was
    ///     taken says nothing about the receiver now.
    mutating func judge(
        _ attempt: Attempt, of item: Int64, begun: Int64 = .max, now: Instant,
        jitter: Double = Double.random(in: 0...1)
    ) -> Verdict {
        if refusals.count > AttemptLedger.capacity { refusals = [:] }
        if silences.count > AttemptLedger.capacity { silences = [:] }
        switch attempt {
        case .delivered(let note):
            forget(item)
            deliveries &+= 1
            lastRefused = nil
            lastDelivery = now.monotonic
            return Verdict(outcome: .delivered(note: note), change: circuit.succeeded() ? .recovery : .none)
        case .refused(let reason):
            forget(item)
            return Verdict(outcome: .dead(reason: reason), change: refused(item, reason, now, jitter))
        case .failed(let reason, let retryAfter):
            let count = (refusals[item] ?? 0) + 1
            let change = refused(item, reason, now, jitter)
            if count >= policy.refusals {
                forget(item)
                return Verdict(outcome: .dead(reason: "\(reason) (\(count) attempts)"), change: change)
            }
            refusals[item] = count
            return Verdict(outcome: retry(after: count, retryAfter, now, jitter, reason), change: change)
        case .busy(let reason):
            return Verdict(outcome: retry(after: 1, nil, now, jitter, reason), change: .none)
        case .unreachable(let reason, let isSent, let retryAfter):
            let concernsReceiver = begun >= lastDelivery
            return unreachable(
                reason, isSent: isSent, concernsReceiver: concernsReceiver, retryAfter, item, now, jitter)
        case .interrupted(let reason):
            return unreachable(reason, isSent: true, concernsReceiver: false, nil, item, now, jitter)
        case .abandoned:
            return Verdict(
                outcome: .retry(at: now.unix, reason: "broken off: the destination was stopped"), change: .none)
        }
    }

    private mutating func unreachable(
        _ reason: String, isSent: Bool, concernsReceiver: Bool, _ retryAfter: Duration?, _ item: Int64,
        _ now: Instant, _ jitter: Double
    ) -> Verdict {
        if !concernsReceiver, !isSent {
            return Verdict(outcome: retry(after: 1, retryAfter, now, jitter, reason), change: .none)
        }
        let started =
            concernsReceiver && circuit.failed(now: now.monotonic, retryAfter: retryAfter, jitter: jitter)
        let change: Change = started ? .outage(reason: reason) : .none
        // Behind the next probe, so that another item probes and one that stops the receiver cannot block the others.
        let wait = max(0, circuit.probeAt &- now.monotonic)
        guard isSent else {
            return Verdict(outcome: .retry(at: now.unix &+ wait, reason: reason), change: change)
        }
        var count = 1
        if let before = silences[item] {
            count = before.deliveriesThen == deliveries ? before.count : before.count + 1
        }
        if count >= policy.silences {
            forget(item)
            let dead = "\(reason), \(count) times, while the receiver took other items between them"
            return Verdict(outcome: .dead(reason: dead), change: change)
        }
        silences[item] = (count, deliveries)
        let own = policy.delay(afterFailures: count, jitter: jitter)
        return Verdict(outcome: .retry(at: now.unix &+ max(wait &+ wait / 2, own), reason: reason), change: change)
    }

    private mutating func refused(_ item: Int64, _ reason: String, _ now: Instant, _ jitter: Double) -> Change {
        guard lastRefused != item else { return .none }
        lastRefused = item
        guard circuit.refused(now: now.monotonic, jitter: jitter) else { return .none }
        return .outage(reason: "refuses every item, the last one with: \(reason)")
    }

    private func retry(
        after failures: Int, _ retryAfter: Duration?, _ now: Instant, _ jitter: Double, _ reason: String
    ) -> DeliveryOutcome {
        var delay = policy.delay(afterFailures: failures, jitter: jitter)
        if let retryAfter { delay = max(delay, min(retryAfter, policy.longestRetryAfter).microseconds) }
        return .retry(at: now.unix &+ delay, reason: reason)
    }

    private mutating func forget(_ item: Int64) {
        refusals[item] = nil
        silences[item] = nil
    }
}
