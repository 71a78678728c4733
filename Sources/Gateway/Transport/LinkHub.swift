import Contracts
import Logging
import Synchronization

/// What every kind of link needs: where events go, what time it is, and a memory of what has been said already, so that a
/// trouble that lasts is told once and not at each attempt.
final class LinkHub: Sendable {
    let sink: any LinkEventSink
    let clock: any Clock
    /// Where to log; nil: nowhere.
    let log: Logger?
    private let told = Mutex<[String: LinkTrouble]>([:])

    init(sink: any LinkEventSink, clock: any Clock, log: Logger?) {
        self.sink = sink
        self.clock = clock
        self.log = log
    }

    /// Tells of a trouble, unless the same was the last thing told about the device.
    func report(_ trouble: LinkTrouble, device: String) {
        let isNew = told.withLock { told in
            guard told[device] != trouble else { return false }
            told[device] = trouble
            return true
        }
        guard isNew else { return }
        log?.warning(
            "link trouble",
            metadata: ["device": "\(device)", "problem": "\(trouble.problem)", "cure": "\(trouble.cure)"])
        sink.handle(.trouble(device: device, problem: trouble.problem, cure: trouble.cure))
    }

    /// The link of the device is well: the next trouble is news again.
    func well(_ device: String) {
        told.withLock { _ = $0.removeValue(forKey: device) }
    }

    /// The trouble last told of a device whose link is not well yet.
    func trouble(of device: String) -> LinkTrouble? { told.withLock { $0[device] } }
}
