import DriverKit
import DriverWire
import HL7v2
import JSONText
import MLLP

/// Analysers that speak HL7 v2 over MLLP or in files: results (ORU, OUL), control and calibration messages, queries for
/// orders. What differs between devices is in the options (README.md).
public final class HL7AnalyserDriver: StreamDriver {
    /// Name of the module.
    public static let name = "hl7-analyser"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: HL7Options
    private var decoder: MLLPDecoder
    /// When an unframed message is taken for complete; nil: there is none.
    private var unframedEnd: Int64?
    /// The deadline the host was told.
    private var toldDeadline: Int64?
    /// Queries that wait for `submit`, oldest first.
    var queries: [PendingQuery] = []
    /// Orders sent, by our MSH-10, that the device has not answered.
    var sentOrders: [SentOrder] = []
    /// Tokens of queries whose orders go out on another connection.
    var toldElsewhere: [String] = []
    /// Samples of a group that wait for the device's word on the one before, whose MSH-10 is `displayedID`.
    var displays: [WaitingDisplay] = []
    var displayedID = ""
    var displayDeadline: Int64?
    /// Number of our next message, for MSH-10.
    var messageNumber: UInt32 = 0

    /// Opens an instance with the `options` of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try HL7Options(options)
        decoder = MLLPDecoder(framing: self.options.framing, limit: self.options.longestMessage)
    }

    /// Bytes from the device, in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var decoder = take()
        decoder.receive(bytes) { handle($0, now: now, events: &events) }
        self.decoder = decoder
        unframedEnd = decoder.isInUnframedMessage ? now.monotonic &+ options.unframedEnd : nil
        tellDeadline(&events)
    }

    /// The last deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        if let end = unframedEnd, end <= now.monotonic { flush(now: now, events: &events) }
        expireQueries(now: now, events: &events)
        expireDisplay(now: now, events: &events)
        tellDeadline(&events)
    }

    /// An order for the device: the answer to a query, or one to download.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        let outcome = answer(order, now: now, events: &events)
        tellDeadline(&events)
        return outcome
    }

    /// The other side has closed, or the file ends.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        flush(now: now, events: &events)
        queries.removeAll()
        sentOrders.removeAll()
        dropDisplays("the link was closed", events: &events)
        displayDeadline = nil
        events.append(.acknowledge)
        tellDeadline(&events)
    }

    /// Nothing received so far is still needed. Orders that the device has not acknowledged do not count: after a restart
    /// its word on them is passed over, nothing else is lost.
    public var isIdle: Bool { decoder.isIdle && queries.isEmpty && displays.isEmpty }

    private func flush(now: DriverTime, events: inout [StreamDriverEvent]) {
        var decoder = take()
        decoder.flush { handle($0, now: now, events: &events) }
        self.decoder = decoder
        unframedEnd = nil
    }

    /// The decoder without a second reference to its buffer, so that it grows in place.
    private func take() -> MLLPDecoder {
        let decoder = decoder
        self.decoder = MLLPDecoder()
        return decoder
    }

    private func tellDeadline(_ events: inout [StreamDriverEvent]) {
        let deadline = [unframedEnd, queries.map(\.expiry).min(), displayDeadline].compactMap { $0 }.min()
        guard deadline != toldDeadline else { return }
        toldDeadline = deadline
        events.append(.deadline(deadline))
    }

    private static func noise(_ count: UInt64) -> String {
        "\(count) bytes between messages mean nothing and were skipped; "
            + "if they are results, the device does not frame its messages (VT … FS CR) and does not begin them with MSH"
    }

    private func handle(_ event: MLLPDecoder.Event, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch event {
        case .message(let bytes, let start, let end, let isFramed):
            read(bytes, at: Arrival(start: start, end: end, isFramed: isFramed, now: now), events: &events)
        case .noise(let count, let start, let end):
            events.append(.fault(.notice, Self.noise(count), start: start, end: end))
        case .brokenOff(let bytes, let start, let end) where bytes.count < 8 && bytes.first != UInt8(ascii: "M"):
            // A VT among the bytes of a length that some devices put before the message.
            events.append(.fault(.notice, Self.noise(UInt64(bytes.count)), start: start, end: end))
        case .brokenOff(let bytes, let start, let end):
            let text =
                "the device broke off a message of \(bytes.count) bytes before its end mark (FS); it has not been "
                + "acknowledged: look whether the device sent it again"
            events.append(.fault(.lost, text, start: start, end: end))
        case .tooLong(let start, let end):
            let text =
                "a message has no end after \(options.longestMessage) bytes and was given up; if it is a real one, "
                + "raise max_message in the profile's options"
            events.append(.fault(.lost, text, start: start, end: end))
        }
    }
}

/// Where and when a message came.
struct Arrival {
    var start: UInt64
    var end: UInt64
    var isFramed: Bool
    var now: DriverTime
}
