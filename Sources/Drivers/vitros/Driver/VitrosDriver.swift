import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// Reports of numbered, checked lines, as the VITROS chemistry analysers send.
///
/// Source: format descriptions of the analysers' serial interface. Options, lines and answers: README.md.
public final class VitrosDriver: BlockDriver {
    /// `vitros`
    public static var name: String { "vitros" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "line" }

    let options: VitrosOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// A report whose end line has not come.
    private var report: VitrosReport?

    private static let good = UInt8(ascii: "+")
    private static let again = UInt8(ascii: "-")

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try VitrosOptions(json)
        link = BlockLink(VitrosOptions.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// A line that is answered `-` comes again.
    public var isRepeatedByDevice: Bool { options.answers }
    /// No report is open.
    public var isAtRest: Bool { report == nil }
    /// When an open report is given up.
    public var wakeAt: Int64? { report.map { $0.since &+ options.reportSilence } }

    /// The rest of a report did not come.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) { drop("fell silent", events: &events) }

    /// The link has ended.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) { drop("closed the link", events: &events) }

    /// Orders need Kermit on these analysers.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// A line that broke off is asked for again.
    public func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if options.answers, reason == .silent || reason == .tooLong {
            events.append(.transmit([VitrosDriver.again], isImmediate: true))
        }
    }

    /// Takes a line.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let line = VitrosLine(block.text) else { return refuse(block, events: &events) }
        if link.isRepeat(block.text, now: now) {
            let text = "line \(line.number) came again unchanged; counted once"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            return taken(events: &events)
        }
        link.remember(block.text, now: now)
        if line.kind == UInt8(ascii: "a") {
            drop("began another report", events: &events)
            report = VitrosReport(line, order: options.dateOrder, start: block.start, since: now.monotonic)
            return taken(events: &events)
        }
        guard var open = report else {
            let text = "a line \(UnicodeScalar(line.kind)) without the head of its report (a); not taken"
            events.append(.fault(.lost, text, start: block.start, end: block.end))
            return taken(events: &events)
        }
        open.since = now.monotonic
        if line.number != open.next, open.fault == nil {
            open.fault = "line \(open.next) is missing"
        }
        open.next = (line.number + 1) % 1000
        switch line.kind {
        case UInt8(ascii: "f"), UInt8(ascii: "g"):
            if !open.add(line, isDerived: line.kind == UInt8(ascii: "g")), open.fault == nil {
                open.fault = "line \(line.number) holds no result"
            }
        case UInt8(ascii: "h"):
            if line.text(5, 4) != open.number, open.fault == nil {
                open.fault = "it ends with the number of report \(line.text(5, 4))"
            }
            report = nil
            finish(open, block, events: &events)
            return taken(events: &events)
        default: break
        }
        report = open
        taken(events: &events)
    }

    /// The end line has come: results count.
    private func finish(_ done: VitrosReport, _ block: SerialBlock, events: inout [StreamDriverEvent]) {
        if let fault = done.fault {
            let text =
                "sample \(done.name): \(fault); \(done.rows.count) results are kept as incomplete and wait for a person: send the"
                + " report again from the analyser"
            events.append(.fault(.lost, text, start: done.start, end: block.end))
        }
        if done.rows.isEmpty {
            let text = "sample \(done.name) came without results"
            return events.append(.fault(.notice, text, start: done.start, end: block.end))
        }
        if done.time.isEmpty {
            let text = "sample \(done.name): no date in the order set (option date); it comes without a time"
            events.append(.fault(.notice, text, start: done.start, end: block.end))
        }
        events.append(.message(done.message(), start: done.start, end: block.end))
    }

    private func taken(events: inout [StreamDriverEvent]) {
        events.append(options.answers ? .transmit([VitrosDriver.good], isImmediate: false) : .acknowledge)
    }

    private func refuse(_ block: SerialBlock, events: inout [StreamDriverEvent]) {
        link.forget()
        let text =
            options.answers
            ? "the check of a line is wrong; the analyser is asked to send it again"
            : "the check of a line is wrong: its report cannot be taken; send it again from the analyser"
        events.append(.fault(options.answers ? .refused : .lost, text, start: block.start, end: block.end))
        if options.answers { events.append(.transmit([VitrosDriver.again], isImmediate: true)) }
    }

    private func drop(_ what: String, events: inout [StreamDriverEvent]) {
        guard let open = report else { return }
        report = nil
        let text =
            "sample \(open.name): the analyser \(what) after \(open.rows.count) results, before the end of the report: send it"
            + " again from the analyser"
        events.append(.fault(.lost, text, start: open.start, end: link.received))
    }
}
