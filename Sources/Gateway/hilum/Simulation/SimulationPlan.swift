/// What a simulated device does.
struct SimulationPlan: Sendable {
    /// Name in the log and in messages.
    var name = "device"
    /// What it sends.
    var capture: Capture
    /// Where it is connected.
    var address: LineAddress
    /// Serial line settings.
    var form = DeviceLine.SerialForm()
    /// How often the capture is played; nil: until stopped.
    var count: Int? = 1
    /// Pause between messages.
    var interval = Duration.zero
    /// Fresh identifiers and times.
    var rewriter: IdentityRewriter?
    /// Times moved to now, only with a rewriter.
    var movesTimes = false
    /// Each unit goes out in pieces of 1 … `pieces` bytes; nil: whole.
    var pieces: Int?
    /// Seed of the pieces.
    var seed: UInt64 = 1
    /// LIS01-A2 6.5.2: 15 s for each answer. HL7 devices differ.
    var answerLimit = Duration.seconds(15)
    /// LIS01-A2 6.2.6: 10 s after a NAK to ENQ. Shorter in tests.
    var refusedPause = Duration.seconds(10)
    /// Pause before a connection is tried again, or a message that was broken off is sent again.
    var retryPause = Duration.milliseconds(500)
    /// Sends of one message before the device gives it up; nil: never.
    var attempts: Int? = 6
    /// HL7: the device does not wait for acknowledgements.
    var isOneWay = false
}

/// What happens to a simulated device.
enum SimulationEvent: Sendable, Equatable {
    /// The line is there.
    case connected
    /// No line, and why; it is tried again.
    case disconnected(String)
    /// The gateway has taken a message.
    case acknowledged(SimulatedMessage, after: Duration)
    /// The gateway refused it for good (AE, AR, CE, CR), or the device gave it up.
    case refused(SimulatedMessage, String)
    /// It goes out once more.
    case repeated(SimulatedMessage, String)
}

/// A message as a simulated device knows it.
struct SimulatedMessage: Sendable, Hashable {
    /// Round, from 0.
    var repetition: Int
    /// Number in the capture, from 0.
    var index: Int
    /// Specimens in it.
    var specimens: [String]
    /// MSH-10; empty in LIS01.
    var controlID: String
}

/// What a simulated device did in all.
struct SimulationTotals: Sendable, Equatable {
    /// Messages taken by the gateway.
    var acknowledged = 0
    /// Messages refused or given up.
    var refused = 0
    /// Sends beyond the first.
    var repeated = 0
    /// From the first byte of a message to its last acknowledgement, in microseconds.
    var latencies: [Int64] = []

    /// A quantile of the latencies in microseconds; nil where there are none.
    func latency(_ quantile: Double) -> Int64? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, max(0, Int(Double(sorted.count) * quantile)))]
    }
}
