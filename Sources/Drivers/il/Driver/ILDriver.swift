import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Records of comma-separated fields between STX and ETX, as the blood gas analysers of Instrumentation Laboratory send.
///
/// Source: format descriptions of the analysers' serial interface. Options, fields and answers: README.md.
public final class ILDriver: AnsweringBlockDriver {
    /// `il`
    public static var name: String { "il" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "record" }

    let options: ILOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// What is answered.
    public var answers: BlockAnswers { options.answers }
    /// Records reported of late, without their numbers, and until when each may come again.
    private var reported: [(content: String, until: Int64)] = []
    /// More than a sample has.
    private static let mostReported = 16

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try ILOptions(json)
        link = BlockLink(ILOptions.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// No record is expected again.
    public var isAtRest: Bool { reported.isEmpty }

    /// When the first of them is forgotten.
    public var wakeAt: Int64? { reported.map(\.until).min() }

    /// It is time.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {
        reported.removeAll { now.monotonic >= $0.until }
    }

    /// The link has ended.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) { reported = [] }

    /// These analysers take no orders.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// Takes a record.
    public func take(_ received: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        // A record is one line; converters and loggers break it.
        var block = received
        block.text.removeAll { $0 == ControlByte.cr || $0 == ControlByte.lf }
        // The digits stand behind the last comma and the sum goes up to it.
        guard block.text.count > 3, block.text[block.text.count - 3] == UInt8(ascii: ","),
            HexDigits.value(block.text.suffix(2)) == UInt32(BlockCheck.twosComplement(block.text.dropLast(2)))
        else { return refuse(block, "the check of a record is wrong", events: &events) }
        if isRepeat(block, now: now, events: &events) { return }
        let columns = FixedColumns(Array(block.text.dropLast(3)))
        guard let text = columns.text(0, columns.count) else {
            let place = columns.firstUnprintable ?? 0
            return refuse(
                block, "a character that is no printable ASCII", at: block.offset(of: place, startCode: 1),
                events: &events)
        }
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map { FixedColumns.trimmed($0) }
        switch fields.first ?? "" {
        case "05": takeResults(fields, block, now: now, events: &events)
        case "06": stored(block, now: now, events: &events)
        default:
            var message = DeviceMessage(kind: .event, protocolName: "IL")
            message.others.append(DeviceMessage.Other(tag: "record \(fields.first ?? "")", raw: text))
            accept(message, block, now: now, events: &events)
        }
    }

    private func takeResults(
        _ fields: [String], _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        let record: ILRecord
        do throws(ILFault) {
            record = try ILRecord(fields)
        } catch let fault {
            return refuse(block, fault.text, events: &events)
        }
        // Sent again, a record has a new number and the same rest.
        let content = ([fields[0]] + fields.dropFirst(2)).joined(separator: ",")
        if let index = reported.firstIndex(where: { $0.content == content && now.monotonic < $0.until }) {
            reported[index].until = now.monotonic &+ options.repeatWindow
            let text = "a record of sample \(record.name) came again under a new record number; it was taken before"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            return stored(block, now: now, events: &events)
        }
        let message = record.message(options)
        if message.results.contains(where: { $0.time.isEmpty }) {
            let text = "sample \(record.name): no date in the order set (option date); it comes without a time"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
        }
        events.append(.message(message, start: block.start, end: block.end))
        if options.repeatWindow > 0 {
            if reported.count >= ILDriver.mostReported { reported.removeFirst() }
            reported.append((content, now.monotonic &+ options.repeatWindow))
        }
        stored(block, now: now, events: &events)
    }

    private func stored(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        link.remember(block.text, now: now)
        if let good = options.answers.good {
            events.append(.transmit(good, isImmediate: false))
        } else {
            events.append(.acknowledge)
        }
    }
}
