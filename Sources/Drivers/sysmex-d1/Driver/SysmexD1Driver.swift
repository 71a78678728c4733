import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The driver `sysmex-d1`: blocks of fixed columns of Sysmex blood counters (D1U) and coagulation analysers (D1, R1, S1), STX … ETX
/// without check characters, acknowledged with ACK.
public final class SysmexD1Driver: AnsweringBlockDriver {
    /// `sysmex-d1`
    public static let name = "sysmex-d1"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: D1Options
    /// Framer, times, repeats.
    public var link: BlockLink
    /// What it answers.
    public var answers: BlockAnswers { options.answers }
    var headless = HeadlessText()
    var headlessAt: Int64 = 0
    var orders = OrderQueue()

    /// Opens an instance with the options of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try D1Options(options)
        // Every character outside of blocks is looked at here: a block may have lost its STX.
        var controls = Set<UInt8>(0x20...0x7E)
        controls.formUnion([ControlByte.etx, ControlByte.ack, ControlByte.nak])
        let shape = BlockShape(
            start: [ControlByte.stx], ends: [.init([ControlByte.etx])], controls: controls, longest: 2048)
        link = BlockLink(shape, silence: self.options.silence, repeatWindow: self.options.repeatWindow)
    }

    /// A block.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        tellHeadless(events: &events)
        if isRepeat(block, now: now, events: &events) { return }
        // Loggers and converters put line ends into blocks: they are none of the text. Places in faults count without them.
        let text = block.text.filter { $0 != ControlByte.cr && $0 != ControlByte.lf }
        let content: BlockContent
        switch options.format {
        case .short, .long: content = BloodCountReader(options).read(text)
        case .coagulation(let layout): content = CoagulationReader(layout, options).read(text)
        }
        let textStart = block.end &- 1 &- UInt64(block.text.count)
        switch content {
        case .unreadable(let why, let index):
            refuse(block, why, at: min(textStart &+ UInt64(max(0, index)), block.end), events: &events)
        case .message(let message, let remarks):
            accept(message, block, now: now, events: &events)
            for remark in remarks {
                events.append(
                    .fault(
                        remark.severity, remark.text, start: textStart &+ UInt64(remark.range.lowerBound),
                        end: textStart &+ UInt64(remark.range.upperBound)))
            }
        case .query(let message, let header): take(query: message, header, block, now: now, events: &events)
        }
    }

    /// Characters outside of blocks.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch control {
        case ControlByte.ack, ControlByte.nak: answered(control, at: offset, now: now, events: &events)
        case ControlByte.etx: endWithoutStart(at: offset, now: now, events: &events)
        default:
            headless.append(control, at: offset)
            headlessAt = now.monotonic
        }
    }

    /// ETX outside of a block: its STX was lost. It is read all the same if it is a block to the byte.
    private func endWithoutStart(at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        let kept = headless.text
        let start: Int?
        switch options.format {
        case .short, .long:
            let reader = BloodCountReader(options)
            let candidate = kept.count - reader.layout.length
            start = candidate >= 0 && reader.isWhole(kept[candidate...]) ? candidate : nil
        case .coagulation(let layout):
            let reader = CoagulationReader(layout, options)
            start = kept.indices.first { reader.isWhole(kept[$0...]) }
        }
        guard let start else {
            let missing = headless.isEmpty ? offset : headless.start
            let lost = SerialBlock(text: kept, start: missing, end: offset &+ 1)
            headless.clear()
            return refuse(lost, "the end of a block whose beginning was lost", events: &events)
        }
        let length = UInt64(kept.count - start)
        let block = SerialBlock(text: Array(kept[start...]), start: offset &- length, end: offset &+ 1)
        headless.clear()
        let text = "a block without STX was read: it is whole to the byte"
        events.append(.fault(.notice, text, start: block.start, end: block.end))
        take(block, now: now, events: &events)
    }

    private func tellHeadless(events: inout [StreamDriverEvent]) {
        guard !headless.isEmpty else { return }
        let text =
            "\(headless.end &- headless.start) bytes between blocks mean nothing. If they come often: check speed, data bits and"
            + " parity of the line, and whether the device speaks this format"
        events.append(.fault(.notice, text, start: headless.start, end: headless.end))
        headless.clear()
    }

    /// When characters outside of blocks are given up, or an order is sent again.
    public var wakeAt: Int64? {
        let noise = headless.isEmpty ? nil : headlessAt &+ options.silence
        return [noise, orders.deadline].compactMap { $0 }.min()
    }

    /// Silence.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {
        if !headless.isEmpty, now.monotonic >= headlessAt &+ options.silence { tellHeadless(events: &events) }
        ordersWaited(now: now, events: &events)
    }

    /// The end of the link.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {
        tellHeadless(events: &events)
        giveUpOrders(events: &events)
    }

    /// Nothing is held.
    public var isAtRest: Bool { headless.isEmpty && orders.isEmpty }

    /// The answer to an inquiry of a coagulation analyser.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        let outcome = accept(order: order, now: now, events: &events)
        askForDeadline(events: &events)
        return outcome
    }
}
