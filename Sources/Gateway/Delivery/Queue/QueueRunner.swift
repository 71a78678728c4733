import Contracts
import Logging

/// Works off the queue of one destination.
protocol QueueRunner: Sendable {
    /// Starts to work.
    func start() async
    /// Lets attempts under way end, for a few seconds at most, and records the outcomes.
    func stop() async
}

/// Tells people what the ledger found out about a destination: once when it goes down, once when it is up again.
struct DestinationNews {
    let destination: String
    let alarms: any AlarmSink
    let logger: Logger
    /// Something was delivered since the start.
    private var hasDelivered = false

    init(destination: String, alarms: any AlarmSink, logger: Logger) {
        self.destination = destination
        self.alarms = alarms
        self.logger = logger
    }

    mutating func tell(_ verdict: AttemptLedger.Verdict, item: Int64, what: String) {
        switch verdict.change {
        case .outage(let reason):
            logger.warning("destination down", metadata: ["destination": "\(destination)", "reason": "\(reason)"])
            alarms.raise(subject: destination, kind: AlarmKind.destinationDown, text: reason)
        case .recovery:
            logger.notice("destination up", metadata: ["destination": "\(destination)"])
            alarms.clear(subject: destination, kind: AlarmKind.destinationDown, text: "takes \(what) again")
        case .none:
            // An outage that was told before the gateway was restarted ends with the first success after it.
            if case .delivered = verdict.outcome, !hasDelivered {
                alarms.clear(subject: destination, kind: AlarmKind.destinationDown, text: "takes \(what) again")
            }
        }
        if case .delivered = verdict.outcome { hasDelivered = true }
        if case .dead(let reason) = verdict.outcome {
            alarms.raise(subject: destination, kind: AlarmKind.deadLetter, text: "item \(item): \(reason)")
        }
    }
}
