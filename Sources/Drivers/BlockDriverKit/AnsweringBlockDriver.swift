import DriverKit
import DriverWire

/// What a host says to a block. Which of them a device expects is *set* on it.
public struct BlockAnswers: Sendable, Equatable {
    /// The block is stored; nil: the device expects nothing.
    public var good: [UInt8]?
    /// The block is refused, the device sends it again; nil: the format has no such answer.
    public var bad: [UInt8]?

    /// Answers from their bytes.
    public init(good: [UInt8]?, bad: [UInt8]?) {
        self.good = good
        self.bad = bad
    }

    /// Words for the option `answers`.
    public static let words: KeyValuePairs<String, BlockAnswers> = [
        "ack-nak": BlockAnswers(good: [0x06], bad: [0x15]),
        "ack": BlockAnswers(good: [0x06], bad: nil),
        "framed": BlockAnswers(good: [0x02, 0x06, 0x03], bad: [0x02, 0x15, 0x03]),
        "none": BlockAnswers(good: nil, bad: nil),
    ]
}

/// A driver of blocks that are answered one by one.
public protocol AnsweringBlockDriver: BlockDriver {
    /// What it answers.
    var answers: BlockAnswers { get }
}

extension AnsweringBlockDriver {
    /// Where refusing is possible, the device sends again what was refused.
    public var isRepeatedByDevice: Bool { answers.bad != nil }

    /// A block that was broken off is refused at once, unless another one has begun already: its answer would be taken for
    /// that of the next.
    public func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let bad = answers.bad, reason == .silent || reason == .tooLong else { return }
        events.append(.transmit(bad, isImmediate: true))
    }

    /// Whether a block is the one taken before, sent again because our answer was lost. It is answered again.
    public func isRepeat(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) -> Bool {
        guard link.isRepeat(block.text, now: now) else { return false }
        let text = "the device sent the same \(Self.unitName) again; it was taken before"
        events.append(.fault(.notice, text, start: block.start, end: block.end))
        acknowledge(events: &events)
        return true
    }

    /// Hands on a message and answers its block once that is stored.
    public func accept(
        _ message: DeviceMessage, _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        events.append(.message(message, start: block.start, end: block.end))
        link.remember(block.text, now: now)
        acknowledge(events: &events)
    }

    /// A whole block that holds nothing to hand on: told, and answered, so that the device goes on.
    public func setAside(
        _ block: SerialBlock, _ why: String, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        events.append(.fault(.notice, why, start: block.start, end: block.end))
        link.remember(block.text, now: now)
        acknowledge(events: &events)
    }

    /// Refuses a block of which nothing is handed on.
    ///
    /// - Parameter at: offset of the byte that is wrong, counted from `open`; nil: the whole block.
    public func refuse(
        _ block: SerialBlock, _ why: String, at: UInt64? = nil, events: inout [StreamDriverEvent]
    ) {
        link.forget()
        let cure =
            isRepeatedByDevice
            ? "refused, the device sends it again" : "nothing of it was taken: send the sample again from the device"
        let start = at ?? block.start
        events.append(
            .fault(
                isRepeatedByDevice ? .refused : .lost, "\(why); \(cure)", start: start, end: max(start, block.end)))
        if let bad = answers.bad { events.append(.transmit(bad, isImmediate: true)) }
    }

    private func acknowledge(events: inout [StreamDriverEvent]) {
        if let good = answers.good {
            events.append(.transmit(good, isImmediate: false))
        } else {
            events.append(.acknowledge)
        }
    }
}

extension SerialBlock {
    /// A block that was put together by the driver: one that lost its start code, or that came in several parts.
    public init(text: [UInt8], start: UInt64, end: UInt64) {
        self.init(text: text, endCode: [], trailer: [], start: start, end: end)
    }
}
