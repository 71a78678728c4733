import DriverKit

/// What every driver of serial blocks keeps about its link: the framer, times of silence, the deadline told last, and the
/// block taken last, so that a repeat is known.
public struct BlockLink {
    /// Cuts the stream.
    public var framer: ConversationFramer
    /// A block that falls silent is given up after so long, in microseconds.
    public var silence: Int64
    /// A check that may follow is waited for so long, in microseconds.
    public static let decision: Int64 = 200_000
    /// Bytes that came last, on the monotonic clock.
    public private(set) var lastByte: Int64 = 0
    private var told: Int64?

    /// The block taken last, for as long as a repeat of it is expected.
    private var taken: [UInt8]?
    private var takenUntil: Int64 = 0
    /// A block that is the same as the one before it is a repeat within so long, in microseconds; 0: never.
    public var repeatWindow: Int64

    /// A link at its start.
    public init(_ shape: BlockShape, others: [BlockShape] = [], silence: Int64, repeatWindow: Int64) {
        framer = ConversationFramer(shape, others: others)
        self.silence = silence
        self.repeatWindow = repeatWindow
    }

    /// Bytes received since `open`.
    public var received: UInt64 { framer.received }

    /// Nothing is held, and no repeat is expected.
    public var isAtRest: Bool { !framer.isPartial && !framer.hasNoise && taken == nil }

    /// Whether `bytes` are those of the block taken last; if so, one more repeat is expected.
    public mutating func isRepeat(_ bytes: [UInt8], now: DriverTime) -> Bool {
        guard let taken, now.monotonic < takenUntil, taken == bytes else { return false }
        takenUntil = now.monotonic &+ repeatWindow
        return true
    }

    /// Remembers a block that was taken.
    public mutating func remember(_ bytes: [UInt8], now: DriverTime) {
        guard repeatWindow > 0 else { return }
        taken = bytes
        takenUntil = now.monotonic &+ repeatWindow
    }

    /// A repeat is no longer expected.
    public mutating func forget() { taken = nil }

    mutating func heard(at now: DriverTime) { lastByte = now.monotonic }

    /// When the link itself wants to be woken.
    var wakeAt: Int64? {
        var times: [Int64] = []
        if framer.isDeciding {
            times.append(lastByte &+ BlockLink.decision)
        } else if framer.isPartial || framer.hasNoise {
            times.append(lastByte &+ silence)
        }
        if taken != nil { times.append(takenUntil) }
        return times.min()
    }

    mutating func wake(now: DriverTime, outputs: inout [ConversationOutput]) {
        if taken != nil, now.monotonic >= takenUntil { taken = nil }
        let wait = framer.isDeciding ? BlockLink.decision : silence
        if framer.isPartial || framer.hasNoise, now.monotonic >= lastByte &+ wait {
            framer.settle(.silent, outputs: &outputs)
        }
    }

    /// Asks for a deadline if it is another one than the last.
    mutating func ask(_ time: Int64?, events: inout [StreamDriverEvent]) {
        if time == told { return }
        told = time
        events.append(.deadline(time))
    }

    /// The deadline told is over.
    mutating func deadlineCame() { told = nil }
}
