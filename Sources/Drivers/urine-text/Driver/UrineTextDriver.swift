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
            guard let body = UrineTextDriver.checked(text) else {
                return refuse(block, "the check of a report is wrong", events: &events)
            }
            text = body
        }
        if isRepeat(block, now: now, events: &events) { return }
        guard options.format == .printout else {
            take(text, block, now: now, events: &events)
            return
        }
        var isTaken = true
        // Where the FF between two reports was lost, the head of the second one ends the first.
        for (bytes, at) in UrineReport.divided(text) {
            let start = block.start &+ UInt64(at)
            let part = SerialBlock(text: bytes, start: start, end: start &+ UInt64(bytes.count))
            isTaken = take(bytes, part, now: now, events: &events) && isTaken
        }
        if isTaken { link.remember(block.text, now: now) } else { link.forget() }
    }

    /// One report; false: it was refused.
    @discardableResult
    private func take(
        _ text: [UInt8], _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]
    ) -> Bool {
        let report = UrineReport(text, options)
        if report.rows.isEmpty {
            let foreign = text.count { $0 > 0x7F }
            let why =
                foreign > 8
                ? "a report in characters of the maker's own: set the language of the reader to English"
                : "a report without a result line; check that the reader sends the format of the profile"
            refuse(block, why, events: &events)
            return false
        }
        if options.format == .printout, report.name.isEmpty {
            refuse(block, "a report without its number: its beginning was lost", events: &events)
            return false
        }
        for line in report.strange {
            let why = "report \(report.name): a line is not understood and not taken: \"\(line)\""
            events.append(.fault(.notice, why, start: block.start, end: block.end))
        }
        accept(report.message(), block, now: now, events: &events)
        return true
    }

    /// A report without its check; nil: that is wrong. The digits stand before ETX; the sum is of all before them, with the
    /// line ends of the reader, CR LF, also where a converter or logger has left LF alone.
    private static func checked(_ text: [UInt8]) -> [UInt8]? {
        guard text.count > 2, let wanted = HexDigits.value(text.suffix(2)) else { return nil }
        let body = Array(text.dropLast(2))
        if wanted == UInt32(BlockCheck.sum(body)) { return body }
        guard !body.contains(ControlByte.cr) else { return nil }
        let sent = body.flatMap { $0 == ControlByte.lf ? [ControlByte.cr, ControlByte.lf] : [$0] }
        return wanted == UInt32(BlockCheck.sum(sent)) ? body : nil
    }
}
