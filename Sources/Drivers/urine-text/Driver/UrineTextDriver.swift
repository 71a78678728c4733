import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// Printed reports of urine strip readers: lines of name, grade, value and unit.
///
/// Source: format descriptions of the readers' serial output. Options, lines and answers: README.md.
public final class UrineTextDriver: AnsweringBlockDriver {
    /// `urine-text`
    public static var name: String { "urine-text" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "report" }

    let options: UrineTextOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// What is answered.
    public var answers: BlockAnswers { options.answers }

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try UrineTextOptions(json)
        link = BlockLink(options.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// These readers take no orders.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// Takes a report.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        var text = block.text
        if options.format == .checked {
            // The digits stand before ETX; the sum is of all before them.
            guard text.count > 2, HexDigits.value(text.suffix(2)) == UInt32(BlockCheck.sum(text.dropLast(2))) else {
                return refuse(block, "the check of a report is wrong", events: &events)
            }
            text.removeLast(2)
        }
        if isRepeat(block, now: now, events: &events) { return }
        let report = UrineReport(text, options)
        if report.rows.isEmpty {
            let foreign = text.count { $0 > 0x7F }
            let why =
                foreign > 8
                ? "a report in characters of the maker's own: set the language of the reader to English"
                : "a report without a result line; check that the reader sends the format of the profile"
            return refuse(block, why, events: &events)
        }
        for line in report.strange {
            let why = "report \(report.name): a line is not understood and not taken: \"\(line)\""
            events.append(.fault(.notice, why, start: block.start, end: block.end))
        }
        accept(report.message(), block, now: now, events: &events)
    }
}
