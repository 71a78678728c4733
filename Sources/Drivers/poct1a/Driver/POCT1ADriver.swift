import DriverKit
import DriverWire
import JSONText
import POCT1A

/// Point-of-care devices that speak POCT1-A (CLSI POCT01, device messaging layer): the device dials, says hello and its
/// status, is asked for observations, and gets an acknowledgement for each once it is stored.
public final class POCT1ADriver: StreamDriver {
    /// Name of the module.
    public static let name = "poct1a"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: POCT1AOptions
    private var framer: DocumentFramer
    /// Where the conversation is.
    var phase = Phase.quiet
    /// What the device said about itself and is of use until the conversation ends.
    var device = DeviceWords()
    /// The last observations that were taken in this conversation, as a fingerprint; 0: none.
    var lastTaken: UInt64 = 0
    /// When an unfinished document is given up.
    private var silenceEnd: Int64?
    /// When a conversation without a word is over.
    private var conversationEnd: Int64?
    private var toldDeadline: Int64?

    /// Opens an instance with the `options` of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try POCT1AOptions(options)
        framer = DocumentFramer(limit: self.options.longestDocument)
    }

    /// Bytes from the device, in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var found: [DocumentFramer.Event] = []
        framer.receive(bytes) { found.append($0) }
        for event in found { handle(event, now: now, events: &events) }
        silenceEnd = framer.isIdle ? nil : now.monotonic &+ options.silence
        tellDeadline(&events)
    }

    /// The last deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        if let end = silenceEnd, end <= now.monotonic { flush(now: now, events: &events) }
        if let end = conversationEnd, end <= now.monotonic {
            let text =
                "the device has said nothing for \((end &- startOfSilence) / 1_000_000) s in the middle of a conversation "
                + "(\(phase.words)): the conversation is over; it begins again with the device's next hello"
            events.append(.fault(.notice, text, start: 0, end: 0))
            enter(.quiet, now)
        }
        tellDeadline(&events)
    }

    /// The protocol has no orders: devices are asked for results.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// The other side has closed, or the file ends.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        flush(now: now, events: &events)
        enter(.quiet, now)
        events.append(.acknowledge)
        tellDeadline(&events)
    }

    /// Nothing received so far is still needed: no document is half read, and no conversation is on in which what was
    /// said before matters. In continuous mode each document stands for itself.
    public var isIdle: Bool { framer.isIdle && phase == .quiet }

    private func flush(now: DriverTime, events: inout [StreamDriverEvent]) {
        var found: [DocumentFramer.Event] = []
        framer.flush { found.append($0) }
        for event in found { handle(event, now: now, events: &events) }
        silenceEnd = nil
    }

    private var startOfSilence: Int64 = 0

    /// A step of the conversation; the time of silence begins anew.
    func enter(_ phase: Phase, _ now: DriverTime) {
        self.phase = phase
        startOfSilence = now.monotonic
        guard phase != .quiet else {
            conversationEnd = nil
            lastTaken = 0
            device = DeviceWords()
            return
        }
        conversationEnd = now.monotonic &+ (device.applicationTimeout ?? options.applicationTimeout)
    }

    private func tellDeadline(_ events: inout [StreamDriverEvent]) {
        let deadline = [silenceEnd, conversationEnd].compactMap { $0 }.min()
        guard deadline != toldDeadline else { return }
        toldDeadline = deadline
        events.append(.deadline(deadline))
    }

    private func handle(_ event: DocumentFramer.Event, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch event {
        case .document(let bytes, let start, let end, let isWrapped):
            let arrival = Arrival(start: start, end: end, isWrapped: options.isWrapped ?? isWrapped, now: now)
            read(bytes, arrival, events: &events)
        case .noise(let count, let start, let end):
            let text = "\(count) bytes belong to no document and were skipped; look at the device's protocol setting"
            events.append(.fault(.notice, text, start: start, end: end))
        case .broken(let reason, let root, let start, let end):
            let name = root.isEmpty ? "a document" : "a document \(root)"
            let why =
                switch reason {
                case .interrupted:
                    "was broken off by the beginning of another one, or by a sign that XML does not allow"
                case .ended: "has no end: the device fell silent or the link closed"
                case .tooLong: "is longer or deeper than is taken (max_document in the profile's options)"
                }
            let text = "\(name) \(why); it has not been acknowledged: look whether the device sent it again"
            events.append(.fault(.lost, text, start: start, end: end))
        }
    }
}

/// Where a conversation is (POCT01, device messaging layer, basic profile).
enum Phase: Sendable, Equatable {
    /// None is on, or the device sends by itself.
    case quiet
    /// The hello has come, the status not yet.
    case greeted
    /// Observations have been asked for.
    case observations
    /// Events have been asked for.
    case deviceEvents
    /// Continuous mode or the end has been told; the device's word on it is awaited.
    case closing

    /// For people.
    var words: String {
        switch self {
        case .quiet: "none"
        case .greeted: "after its hello"
        case .observations: "asked for observations"
        case .deviceEvents: "asked for events"
        case .closing: "at its end"
        }
    }
}

/// What the device said of itself.
struct DeviceWords {
    /// DCP.application_timeout: microseconds.
    var applicationTimeout: Int64?
    var knowsContinuousMode = false
    var hasNewEvents = false
}

/// Where, when and how a document came.
struct Arrival {
    var start: UInt64
    var end: UInt64
    var isWrapped: Bool
    var now: DriverTime
}
