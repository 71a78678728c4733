/// What a simulated modality does.
struct ModalityPlan: Sendable {
    /// Where the gateway is, and who calls.
    var peer: SimulatedAssociation.Peer
    /// What studies look like.
    var form = SyntheticForm()
    /// Given files instead of made-up studies; each round sends them all.
    var files: [ModalityFile] = []
    /// Documents sent at the end of each made-up study under its patient: a dose report.
    var documents: [ModalityFile] = []
    /// Fresh UIDs for given files, so that they can be sent again and again.
    var renamesFiles = true
    /// Studies (rounds of given files); nil: until stopped.
    var studies: Int? = 1
    /// Associations at a time; each sends whole studies.
    var associations = 1
    /// Pause between studies of one association.
    var interval = Duration.zero
    /// Instances a second in all, at most; nil: as fast as they are taken.
    var rate: Double?
    /// Patients and steps come from the gateway's worklist.
    var usesWorklist = false
    /// The performed procedure step is told.
    var tellsStep = false
    /// Storage commitment is asked for.
    var asksCommitment = false
    /// Longest wait for a commitment report on the association.
    var commitmentLimit = Duration.seconds(10)
    /// Sends of one instance before it is given up; nil: never.
    var attempts: Int? = 3
    /// Seed of everything that is by chance.
    var seed: UInt64 = 1
    /// Wall clock, local: `YYYYMMDDHHMMSS`.
    var now: @Sendable () -> String
}

/// A given file.
struct ModalityFile: Sendable {
    /// As given.
    var path: String
    /// SOP Class, SOP Instance, Series and Study Instance UID.
    var instance: OutgoingInstance
}

/// What happens to a simulated modality.
enum ModalityEvent: Sendable {
    /// A study begins, of so many instances.
    case began(study: String, patient: String, instances: Int)
    /// C-STORE was answered with 0000 or a warning (Bxxx).
    case stored(study: String, sopInstance: String, status: UInt16, after: Duration)
    /// C-STORE failed for good, or the instance was given up.
    case failed(study: String, sopInstance: String, status: UInt16, reason: String)
    /// Something else was done: verified, step told, committed.
    case did(String)
    /// Something else went wrong; it is tried again, or goes without.
    case trouble(String)
    /// All of a study was sent.
    case ended(study: String)
}

/// What a simulated modality did in all.
struct ModalityTotals: Sendable {
    /// Studies sent whole.
    var studies = 0
    /// Instances taken.
    var stored = 0
    /// Instances refused or given up.
    var failed = 0
    /// Bytes of their data sets.
    var bytes = 0
    /// Instances that the gateway has committed.
    var committed = 0
    /// Associations that failed.
    var troubles = 0
    /// From request to response, in microseconds.
    var latencies: [Int64] = []
    /// From start to end.
    var span = Duration.zero

    /// A quantile of the latencies in microseconds; nil where there are none.
    func latency(_ quantile: Double) -> Int64? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, max(0, Int(Double(sorted.count) * quantile)))]
    }
}
