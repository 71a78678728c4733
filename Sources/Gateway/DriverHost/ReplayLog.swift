import Contracts
import DriverWire

/// The calls on one instance that may have to be made again: all since the last point at which the driver needed nothing
/// of what it had received, and those it has not been handed yet.
///
/// Numbers count from 1. `answered` ≤ `sent` < `next`; after a restart the first two go back to the start of the log, and
/// what was handed out before is not handed out again.
struct ReplayLog {
    /// One call.
    struct Call {
        var number: UInt64
        var kind: CallFrame.Kind
        var bytes: [UInt8]
        var time: Instant
    }

    /// What became of an answer.
    enum Answer: Equatable {
        /// Its events are to be handed out.
        case new
        /// They were handed out before the restart.
        case repeated
        /// No such answer was awaited.
        case unexpected
    }

    private var calls: [Call] = []
    /// Calls before this index are no longer needed; they are removed in bulk.
    private var first = 0
    /// Index of the next call to be sent.
    private var unsent = 0
    /// Index of the next call to be answered.
    private var unanswered = 0
    /// Number that the next call gets.
    private(set) var next: UInt64 = 1
    /// Last call whose events were handed out.
    private(set) var handedOut: UInt64 = 0
    /// Bytes received from the device in calls that were dropped: where a reopened instance begins to count.
    private(set) var droppedBytes: UInt64 = 0
    /// Time of the last call dropped: when a reopened instance is opened.
    private(set) var droppedTime: Instant
    /// Bytes held.
    private(set) var heldBytes = 0
    /// Bytes sent and not answered.
    private(set) var waitingBytes = 0
    /// False: calls that the driver still needs were dropped for their size.
    private(set) var isComplete = true
    private let limit: Int

    init(limit: Int, openedAt: Instant) {
        self.limit = limit
        droppedTime = openedAt
    }

    /// All calls made so far were answered, and their events handed out.
    var isSettled: Bool { unanswered == calls.count && handedOut + 1 == next }
    /// The driver has caught up with what was handed out before a restart.
    var hasCaughtUp: Bool { (unanswered < calls.count ? calls[unanswered].number : next) == handedOut + 1 }

    mutating func append(_ kind: CallFrame.Kind, _ bytes: [UInt8], _ time: Instant) {
        calls.append(Call(number: next, kind: kind, bytes: bytes, time: time))
        next += 1
        heldBytes += bytes.count
        shorten()
    }

    /// The next call to be sent, if no more than `window` bytes wait for their answers.
    mutating func nextToSend(window: Int) -> Call? {
        guard unsent < calls.count, waitingBytes <= window else { return nil }
        let call = calls[unsent]
        unsent += 1
        waitingBytes += call.bytes.count
        return call
    }

    /// The kind of the call that is answered next.
    var awaitedKind: CallFrame.Kind? { unanswered < unsent ? calls[unanswered].kind : nil }

    mutating func answer(_ number: UInt64, isIdle: Bool) -> Answer {
        guard unanswered < unsent, calls[unanswered].number == number else { return .unexpected }
        waitingBytes -= calls[unanswered].bytes.count
        unanswered += 1
        let isNew = number > handedOut
        if isNew { handedOut = number }
        // While the driver catches up an idle point counts as well: it is the same one it was before.
        if isIdle {
            isComplete = true
            drop(through: unanswered)
        }
        return isNew ? .new : .repeated
    }

    /// A new process: everything held is to be sent again.
    mutating func restart() {
        unsent = first
        unanswered = first
        waitingBytes = 0
    }

    /// Bytes from the device that are held, for the quarantine.
    var receivedBytes: [UInt8] {
        var bytes: [UInt8] = []
        for call in calls[first...] where call.kind == .receive { bytes.append(contentsOf: call.bytes) }
        return bytes
    }

    /// Forgets everything (the instance has ended).
    mutating func removeAll() {
        calls = []
        first = 0
        unsent = 0
        unanswered = 0
        heldBytes = 0
        waitingBytes = 0
    }

    private mutating func drop(through index: Int) {
        for position in first..<index {
            if calls[position].kind == .receive { droppedBytes += UInt64(calls[position].bytes.count) }
            heldBytes -= calls[position].bytes.count
            droppedTime = calls[position].time
            calls[position].bytes = []
        }
        first = index
        if first == calls.count {
            calls.removeAll(keepingCapacity: calls.capacity <= 64)
        } else if first >= 64, first * 2 >= calls.count {
            calls.removeFirst(first)
        } else {
            return
        }
        unsent -= first
        unanswered -= first
        first = 0
    }

    /// Keeps the log within its limit: what the driver has been handed and answered goes, oldest first.
    private mutating func shorten() {
        guard heldBytes > limit, unanswered > first else { return }
        isComplete = false
        var index = first
        var bytes = heldBytes
        while index < unanswered, bytes > limit {
            bytes -= calls[index].bytes.count
            index += 1
        }
        drop(through: index)
    }
}
