import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The driver `fixed-text`: formats of single blocks of text, read by tables of columns or line by line.
public final class FixedTextDriver: AnsweringBlockDriver {
    /// `fixed-text`
    public static let name = "fixed-text"
    /// Version of the module.
    public static let version = "1.0.0"

    let options: FixedTextOptions
    /// Framer, times, repeats.
    public var link: BlockLink
    /// What it answers.
    public var answers: BlockAnswers { options.answers }

    /// Opens an instance with the options of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        let read = try FixedTextOptions(options)
        self.options = read
        link = BlockLink(read.shape, silence: read.silence, repeatWindow: read.repeatWindow)
    }

    /// A block.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if isRepeat(block, now: now, events: &events) { return }
        guard let text = options.check.body(block.text) else {
            return refuse(block, "a block whose check is wrong: it is damaged", events: &events)
        }
        let content: TextContent
        switch options.layout {
        case .columns(let table): content = ColumnReader(table: table, dateOrder: options.dateOrder).read(text)
        case .susceptibility: content = SusceptibilityReader().read(text, isEnded: !block.endCode.isEmpty)
        case .lines: content = LineReader(dateOrder: options.dateOrder, codes: options.codes).read(text)
        }
        switch content {
        case .unreadable(let why, let index):
            refuse(block, why, at: min(block.offset(of: index, startCode: 1), block.end), events: &events)
        case .aside(let why): setAside(block, why, now: now, events: &events)
        case .message(let message, let remarks):
            accept(message, block, now: now, events: &events)
            let specimen = message.orders.first?.specimenID ?? ""
            for remark in remarks {
                let start = min(block.offset(of: remark.at, startCode: 1), block.end)
                events.append(
                    .fault(remark.severity, "sample \(specimen): \(remark.text)", start: start, end: block.end))
            }
        }
    }

    /// No format of orders is known.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }
}
