import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// The online format of the AU chemistry analysers: blocks of fixed columns whose widths are set on the analyser.
///
/// Source: AU online specification as described in public documents. Options, columns and answers: README.md.
public final class BeckmanAUDriver: AnsweringBlockDriver {
    /// `beckman-au`
    public static var name: String { "beckman-au" }
    /// Version of the module.
    public static var version: String { "1.0.0" }

    let options: AUOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// ACK and NAK, or nothing (class A, class B: set on the analyser).
    public let answers: BlockAnswers
    /// The first blocks of a sample, acknowledged, its last one still to come.
    var parts: AUSample?
    var partsStart: UInt64 = 0
    var partsSince: Int64 = 0
    /// An answer to an inquiry on its way.
    var sending: AUOutgoing?

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try AUOptions(json)
        link = BlockLink(
            options.shape, others: options.otherShapes, silence: options.silence, repeatWindow: options.repeatWindow)
        answers =
            options.answers ? BlockAnswers(good: [0x06], bad: [ControlByte.nak]) : BlockAnswers(good: nil, bad: nil)
    }

    /// Neither a sample of several blocks nor an answer is held.
    public var isAtRest: Bool { parts == nil && sending == nil }

    /// The rest of a sample is waited for six times as long as the rest of a block; an answer to an order for its time.
    public var wakeAt: Int64? {
        let times = [
            parts.map { _ in partsSince &+ 6 &* options.silence }, sending.map { $0.sentAt &+ options.answerTimeout },
        ]
        return times.compactMap { $0 }.min()
    }

    /// Takes a block.
    public func take(_ received: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        // A block is one line; converters and loggers break it.
        var block = received
        block.text.removeAll { $0 == ControlByte.cr || $0 == ControlByte.lf }
        guard options.isRight(received) || options.isRight(block) else {
            return refuse(block, "the check character of a block is wrong", events: &events)
        }
        if isRepeat(block, now: now, events: &events) { return }
        let columns = FixedColumns(block.text)
        guard let kind = columns.text(0, 2) else {
            return refuse(block, "a block without distinction code", events: &events)
        }
        switch kind {
        case "DB", "DE", "RB", "RE": mark(block, now: now, events: &events)
        case "D ", "DH", "d ", "dH": takeResults(block, kind, now: now, events: &events)
        case "DQ", "DR", "DA": takeOther(block, kind, now: now, events: &events)
        case "R ", "RH", "Rh": takeInquiry(block, columns, now: now, events: &events)
        default: refuse(block, "a block of kind \"\(kind)\", which is not known", events: &events)
        }
    }

    /// Whether and how the analyser took our answer.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        if control == ControlByte.nak {
            sendAgain("refused by the analyser", now: now, events: &events)
        } else {
            sent(events: &events)
        }
    }

    /// The rest of a sample, or an answer, did not come.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {
        if parts != nil, now.monotonic >= partsSince &+ 6 &* options.silence {
            dropParts("fell silent", events: &events)
        }
        if let sending, now.monotonic >= sending.sentAt &+ options.answerTimeout {
            sendAgain("not answered", now: now, events: &events)
        }
    }

    /// The link has ended.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {
        dropParts("closed the link", events: &events)
        giveUp("the link was closed", events: &events)
    }

    /// The answer to an inquiry.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        defer { askForDeadline(events: &events) }
        return answer(order, now: now, events: &events)
    }

    /// Start and end of a transmission: no contents.
    private func mark(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if let good = answers.good {
            events.append(.transmit(good, isImmediate: false))
        } else {
            events.append(.acknowledge)
        }
    }

    private func takeResults(
        _ block: SerialBlock, _ kind: String, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        guard var sample = read(block, kind, now: now, events: &events) else { return }
        var start = block.start
        if let parts {
            if parts.identity == sample.identity, parts.kind == sample.kind {
                sample.rows = parts.rows + sample.rows
                start = partsStart
            } else {
                dropParts("went on with another sample", events: &events)
            }
        }
        guard sample.isLast else {
            if parts == nil { partsStart = block.start }
            parts = sample
            partsSince = now.monotonic
            link.remember(block.text, now: now)
            return mark(block, now: now, events: &events)
        }
        parts = nil
        if sample.rows.isEmpty {
            return setAside(block, "sample \(sample.identity.name) came without results", now: now, events: &events)
        }
        events.append(.message(sample.message(), start: start, end: block.end))
        link.remember(block.text, now: now)
        mark(block, now: now, events: &events)
    }

    /// A block by the widths set, or, where the profile allows it, by those that it fits. Nil: refused.
    private func read(
        _ block: SerialBlock, _ kind: String, now: DriverTime, events: inout [StreamDriverEvent]
    ) -> AUSample? {
        do throws(AUFault) {
            return try AUSample(block.text, kind: kind, options.layout, isVerified: !block.trailer.isEmpty)
        } catch let fault {
            if options.detects, let told = AULayout.told(by: block.text, kind: kind) {
                let widths = told.layout
                let text =
                    "sample \(told.sample.identity.name): the block fits other widths than those set (\(fault.text)); it was read"
                    + " with system \(widths.system), id \(widths.id), test \(widths.test), value \(widths.value), rest"
                    + " \(widths.rest), age \(widths.years), information \(widths.information): correct options.widths"
                events.append(.fault(.notice, text, start: block.start, end: block.end))
                return told.sample
            }
            let place = block.offset(of: fault.index, startCode: link.framer.shape.start.count)
            refuse(block, fault.text, at: place, events: &events)
            return nil
        }
    }

    /// Controls where they stand in the columns of samples; reagent blanks, calibration and other layouts as an event.
    private func takeOther(_ block: SerialBlock, _ kind: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        if kind == "DQ",
            let sample = try? AUSample(block.text, kind: kind, options.layout, isVerified: !block.trailer.isEmpty),
            !sample.rows.isEmpty,
            sample.isLast
        {
            return accept(sample.message(), block, now: now, events: &events)
        }
        var message = DeviceMessage(kind: .event, protocolName: "AU online")
        message.others.append(DeviceMessage.Other(tag: kind, raw: LatinText.string(block.text)))
        accept(message, block, now: now, events: &events)
    }

    private func dropParts(_ what: String, events: inout [StreamDriverEvent]) {
        guard let parts else { return }
        self.parts = nil
        let text =
            "sample \(parts.identity.name): the analyser \(what) after \(parts.rows.count) results, before the last block: send"
            + " the sample again from the analyser"
        events.append(.fault(.lost, text, start: partsStart, end: link.received))
    }
}
