import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The driver `coulter-text`: reports of Coulter blood counters, as numbered blocks with CRC or as one printed text with check
/// digits.
public final class CoulterTextDriver: AnsweringBlockDriver {
    /// `coulter-text`
    public static let name = "coulter-text"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: CoulterOptions
    /// Framer, times, repeats.
    public var link: BlockLink
    /// What it answers.
    public var answers: BlockAnswers { options.answers }
    var transmission = Transmission()

    /// Opens an instance with the options of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try CoulterOptions(options)
        // Outside of numbered blocks stand the count of blocks and SYN.
        var controls: Set<UInt8> = []
        if self.options.format == .blocks { controls = Set(0x21...0x7E).union([ControlByte.syn]) }
        let shape = BlockShape(
            start: [ControlByte.stx], ends: [.init([ControlByte.etx])], controls: controls,
            longest: self.options.format == .blocks ? 4102 : 8192)
        link = BlockLink(shape, silence: self.options.silence, repeatWindow: self.options.repeatWindow)
    }

    /// A block.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch options.format {
        case .report: takeReport(block, now: now, events: &events)
        case .blocks: takeBlock(block, now: now, events: &events)
        }
    }

    private func takeReport(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if isRepeat(block, now: now, events: &events) { return }
        let text = block.text
        guard text.count > 2, let wanted = HexDigits.value(text.suffix(2)) else {
            return refuse(block, "a report without its two check digits", events: &events)
        }
        let body = Array(text.dropLast(2))
        if UInt32(BlockCheck.twosComplement(body)) != wanted {
            // Converters change line ends; the analyser sums them as CR LF.
            guard UInt32(BlockCheck.twosComplement(Self.withLineEnds(body))) == wanted else {
                return refuse(block, "a report whose check digits are wrong: it is damaged", events: &events)
            }
            let text = "the line ends of a report were changed on the way; its check digits are right with CR LF"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
        }
        hand(on: body, block, now: now, events: &events)
    }

    /// Every line end, however written, as CR LF.
    static func withLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        var whole: [UInt8] = []
        whole.reserveCapacity(bytes.count + 64)
        for byte in bytes where byte != ControlByte.cr {
            if byte == ControlByte.lf { whole.append(ControlByte.cr) }
            whole.append(byte)
        }
        return whole
    }

    /// A whole report that passed its checks.
    func hand(on text: [UInt8], _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch ReportReader(options: options).read(text) {
        case .results(let message, let remarks):
            accept(message, block, now: now, events: &events)
            let specimen = message.orders.first?.specimenID ?? ""
            for remark in remarks {
                events.append(
                    .fault(
                        remark.contains("no number") ? .lost : .notice, "sample \(specimen): \(remark)",
                        start: block.start, end: block.end))
            }
        case .nothing: setAside(block, "a report without results", now: now, events: &events)
        case .ambiguous(let why):
            // Sent again it would be the same: it is answered, and a person is told.
            events.append(.fault(.lost, why, start: block.start, end: block.end))
            setAside(block, "kept in the journal only", now: now, events: &events)
        }
    }

    /// When what was begun is given up.
    public var wakeAt: Int64? { transmission.isAtRest ? nil : transmission.lastEvent &+ options.silence }

    /// Silence.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {
        guard !transmission.isAtRest, now.monotonic >= transmission.lastEvent &+ options.silence else { return }
        giveUp("the device fell silent", events: &events)
    }

    /// The end of the link.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {
        giveUp("the link ended", events: &events)
    }

    /// Nothing is held.
    public var isAtRest: Bool { transmission.isAtRest }

    /// No format of orders is known.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }
}
