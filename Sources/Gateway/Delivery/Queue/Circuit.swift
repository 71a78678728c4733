/// Whether a receiver is worth trying. Open after failures that concern the receiver and not one item: then one probe at
/// a time, later and later, until something is taken. Pure: time is an argument.
struct Circuit {
    /// State.
    private(set) var isOpen = false
    /// Failures in a row.
    private(set) var failures = 0
    /// When the next probe may go (microseconds, monotonic).
    private(set) var probeAt: Int64 = 0
    /// Refusals in a row of different items: a receiver that refuses everything is not configured for us.
    private var refusals = 0
    private let policy: RetryPolicy

    /// Different items refused in a row that open the circuit.
    static let refusalsToOpen = 5

    init(policy: RetryPolicy) { self.policy = policy }

    /// Something was taken.
    ///
    /// - Returns: true when that ends an outage.
    mutating func succeeded() -> Bool {
        defer { self = Circuit(policy: policy) }
        return isOpen
    }

    /// The receiver failed.
    ///
    /// - Returns: true when that starts an outage.
    mutating func failed(now: Int64, retryAfter: Duration?, jitter: Double) -> Bool {
        let started = !isOpen
        // Lanes that fail together because of one outage count once.
        if started || now >= probeAt { failures = min(failures + 1, 1000) }
        isOpen = true
        var delay = policy.delay(afterFailures: failures, jitter: jitter)
        if let retryAfter { delay = max(delay, min(retryAfter, policy.longestRetryAfter).microseconds) }
        probeAt = max(probeAt, now &+ delay)
        return started
    }

    /// The receiver answered, but refused an item.
    ///
    /// - Returns: true when that starts an outage.
    mutating func refused(now: Int64, jitter: Double) -> Bool {
        refusals = min(refusals + 1, 1_000_000)
        guard refusals >= Circuit.refusalsToOpen else {
            // An answer to a probe: the receiver is there again, even though it wants something else.
            return false
        }
        return failed(now: now, retryAfter: nil, jitter: jitter)
    }
}
