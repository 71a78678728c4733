import DriverKit

/// A driver of a format of serial blocks. It says what a block means; receiving in any pieces, silence, noise, the end of
/// the link and deadlines are the same for all and stand in the extension.
public protocol BlockDriver: StreamDriver {
    /// Framer, times, repeats.
    var link: BlockLink { get set }
    /// A block up to its end code and what followed it.
    func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent])
    /// A control character outside of blocks.
    func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent])
    /// A block that was broken off. Told already; the driver says what it answers.
    func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent])
    /// How a block is called in faults: `block`, `line`, `packet`.
    static var unitName: String { get }
    /// The device repeats what is not acknowledged: a broken block is refused, not lost.
    var isRepeatedByDevice: Bool { get }
    /// When the driver itself wants to be woken, on the monotonic clock.
    var wakeAt: Int64? { get }
    /// It is time, or later.
    func wake(now: DriverTime, events: inout [StreamDriverEvent])
    /// The link has ended: what was waiting is told.
    func closed(now: DriverTime, events: inout [StreamDriverEvent])
    /// The driver itself holds nothing.
    var isAtRest: Bool { get }
}

extension BlockDriver {
    /// No control characters.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {}
    /// No answer.
    public func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent]) {}
    /// `block`.
    public static var unitName: String { "block" }
    /// No times of its own.
    public var wakeAt: Int64? { nil }
    /// Nothing to do.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {}
    /// Nothing to tell.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {}
    /// Nothing is held.
    public var isAtRest: Bool { true }

    /// Bytes in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var outputs: [ConversationOutput] = []
        for byte in bytes {
            link.framer.take(byte, outputs: &outputs)
            if outputs.isEmpty { continue }
            handle(outputs, now: now, events: &events)
            outputs.removeAll(keepingCapacity: true)
        }
        if !bytes.isEmpty { link.heard(at: now) }
        askForDeadline(events: &events)
    }

    /// The deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        link.deadlineCame()
        var outputs: [ConversationOutput] = []
        link.wake(now: now, outputs: &outputs)
        handle(outputs, now: now, events: &events)
        if let time = wakeAt, now.monotonic >= time { wake(now: now, events: &events) }
        askForDeadline(events: &events)
    }

    /// The end of the link.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        var outputs: [ConversationOutput] = []
        link.framer.settle(.closed, outputs: &outputs)
        handle(outputs, now: now, events: &events)
        closed(now: now, events: &events)
        link.forget()
        link.ask(nil, events: &events)
    }

    /// Nothing received is still needed.
    public var isIdle: Bool { link.isAtRest && isAtRest }

    /// Asks for the earlier of the link's and the driver's own deadline. To be called at the end of `submit`.
    public func askForDeadline(events: inout [StreamDriverEvent]) {
        let times = [link.wakeAt, wakeAt].compactMap { $0 }
        link.ask(times.min(), events: &events)
    }

    private func handle(_ outputs: [ConversationOutput], now: DriverTime, events: inout [StreamDriverEvent]) {
        for output in outputs {
            switch output {
            case .block(let block): take(block, now: now, events: &events)
            case .control(let byte, let offset): take(control: byte, at: offset, now: now, events: &events)
            case .broken(let reason, let start, let end):
                tell(reason, start: start, end: end, events: &events)
                brokenOff(reason, now: now, events: &events)
            case .noise(let count, let start, let end):
                let text =
                    "\(count) bytes between \(Self.unitName)s mean nothing. If they come often: check speed, data bits and"
                    + " parity of the line, and whether the device speaks this format"
                events.append(.fault(.notice, text, start: start, end: end))
            }
        }
    }

    private func tell(_ reason: BrokenBlock, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]) {
        let unit = Self.unitName
        let severity: FaultSeverity = isRepeatedByDevice && reason != .closed ? .refused : .lost
        let cure =
            isRepeatedByDevice && reason != .closed
            ? "the device sends it again" : "send the sample again from the device"
        let text =
            switch reason {
            case .restarted: "a \(unit) broke off after \(end &- start) bytes and another began; \(cure)"
            case .silent: "the device fell silent after \(end &- start) bytes of a \(unit); \(cure)"
            case .closed: "the link ended after \(end &- start) bytes of a \(unit); \(cure)"
            case .tooLong:
                "a \(unit) without end: \(end &- start) bytes were dropped; check the start and end codes set on the device"
            }
        events.append(.fault(severity, text, start: start, end: end))
    }
}
