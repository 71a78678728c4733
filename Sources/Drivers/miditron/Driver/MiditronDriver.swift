import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Packets of the urine strip readers of Boehringer Mannheim and Roche: a start, results, an end, each answered.
///
/// Source: format descriptions of the readers' serial interface. Options, columns and answers: README.md.
public final class MiditronDriver: BlockDriver {
    /// `miditron`
    public static var name: String { "miditron" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "packet" }

    let options: MiditronOptions
    /// Framer, silence, repeats.
    public var link: BlockLink

    private static let goOn = [UInt8(ascii: ">")]
    private static let again = [UInt8(ascii: "?")]

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try MiditronOptions(json)
        link = BlockLink(MiditronOptions.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// The reader repeats what is not answered, four times.
    public var isRepeatedByDevice: Bool { options.answers }

    /// These readers take no orders.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// A packet that broke off is asked for again.
    public func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if reason == .silent || reason == .tooLong { askAgain(events: &events) }
    }

    /// Takes a packet.
    public func take(_ received: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        // A packet is one line; converters and loggers break it.
        var block = received
        block.text.removeAll { $0 == ControlByte.cr || $0 == ControlByte.lf }
        guard HexDigits.value(block.trailer) == UInt32(BlockCheck.sum(block.text)) else {
            return refuse("the check of a packet is wrong", block, 0, events: &events)
        }
        switch block.text.first {
        case UInt8(ascii: "<"), UInt8(ascii: ":"), UInt8(ascii: "?"):
            // Start, end, or our answer was not understood: all we ever say is "go on".
            goOn(events: &events)
        case UInt8(ascii: ";"): takeResults(block, now: now, events: &events)
        default: refuse("a packet of a kind that is not known", block, 0, events: &events)
        }
    }

    private func takeResults(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if link.isRepeat(block.text, now: now) {
            let text = "a packet came again unchanged; counted once"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            return goOn(events: &events)
        }
        guard block.text.dropFirst().first == UInt8(ascii: "E") else {
            var message = DeviceMessage(kind: .event, protocolName: "Miditron")
            message.others.append(DeviceMessage.Other(tag: "packet", raw: LatinText.string(block.text)))
            events.append(.message(message, start: block.start, end: block.end))
            link.remember(block.text, now: now)
            return goOn(events: &events)
        }
        do throws(MiditronFault) {
            let report = try MiditronReport(block.text, options.dateOrder)
            let name = report.id.isEmpty ? report.sequence : report.id
            if report.rows.isEmpty {
                let text = "sample \(name) came without results"
                events.append(.fault(.notice, text, start: block.start, end: block.end))
            } else {
                if report.time.isEmpty {
                    let text = "sample \(name): no date in the order set (option date); it comes without a time"
                    events.append(.fault(.notice, text, start: block.start, end: block.end))
                }
                events.append(.message(report.message(), start: block.start, end: block.end))
            }
            link.remember(block.text, now: now)
            goOn(events: &events)
        } catch let fault {
            refuse(fault.text, block, fault.index, events: &events)
        }
    }

    private func goOn(events: inout [StreamDriverEvent]) {
        events.append(
            options.answers
                ? .transmit(MiditronOptions.packet(MiditronDriver.goOn), isImmediate: false) : .acknowledge)
    }

    private func askAgain(events: inout [StreamDriverEvent]) {
        if options.answers {
            events.append(.transmit(MiditronOptions.packet(MiditronDriver.again), isImmediate: true))
        }
    }

    private func refuse(_ why: String, _ block: SerialBlock, _ index: Int, events: inout [StreamDriverEvent]) {
        link.forget()
        let cure = options.answers ? "the reader is asked to send it again" : "send the sample again from the reader"
        events.append(
            .fault(
                options.answers ? .refused : .lost, "\(why); \(cure)", start: block.offset(of: index, startCode: 1),
                end: block.end))
        askAgain(events: &events)
    }
}
