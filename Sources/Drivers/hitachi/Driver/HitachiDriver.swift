import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Online protocol of Hitachi chemistry analysers: frames with a sample and its results, answered one by one.
///
/// Source: format descriptions of the analysers' online interface. Options, columns and answers: README.md.
public final class HitachiDriver: BlockDriver {
    /// `hitachi`
    public static var name: String { "hitachi" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "frame" }

    let options: HitachiOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// The first frames of a sample, acknowledged, its last one still to come.
    var parts: HitachiSample?
    var partsStart: UInt64 = 0
    var partsSince: Int64 = 0

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try HitachiOptions(json)
        link = BlockLink(options.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// The analyser asks again, or repeats, whatever is not answered.
    public var isRepeatedByDevice: Bool { options.answers }
    /// Nothing but a sample of several frames is held.
    public var isAtRest: Bool { parts == nil }
    /// A sample of several frames is given up after the analyser's longest cycle, several times.
    public var wakeAt: Int64? { parts.map { _ in partsSince &+ 6 &* options.silence } }

    /// Takes a frame.
    public func take(_ received: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        // One of the end codes that can be set is CR LF ETX; converters and loggers put line ends within a frame as well.
        var block = received
        block.text.removeAll { $0 == ControlByte.cr || $0 == ControlByte.lf }
        if options.isRight(received) == false, options.isRight(block) == false {
            return refuse("the check of a frame is wrong", received, 0, events: &events)
        }
        if options.format == .line {
            takeLine(block, now: now, events: &events)
        } else {
            takeFrame(block, now: now, events: &events)
        }
    }

    /// A block that broke off is asked for again.
    public func brokenOff(_ reason: BrokenBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard reason == .silent || reason == .tooLong, options.format == .frame else { return }
        send(HitachiAnswer.again, immediate: true, to: nil, events: &events)
    }

    /// The rest of a sample did not come.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) { dropParts("fell silent", events: &events) }

    /// The link has ended.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {
        dropParts("closed the link", events: &events)
    }

    /// Order frames are not described well enough to be written: see README.md.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    private func takeLine(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        let text = FixedColumns(block.text)
        guard let number = text.wholeNumber(0, 2) else {
            return refuse("a line without function number", block, 0, events: &events)
        }
        guard [2, 3, 52, 53].contains(number) else {
            let why = "function \(number) is no result; it is kept in the raw bytes only"
            events.append(.fault(.notice, why, start: block.start, end: block.end))
            return
        }
        guard let function = text.byte(2).flatMap({ HitachiFunction(lineKind: $0) }) else {
            return refuse("a line of a kind that is not known (N, E, C are)", block, 2, events: &events)
        }
        // Above 50 the analyser wants an answer, and repeats the line until it comes.
        let wantsAnswer = number > 50 && options.answers
        if link.isRepeat(block.text, now: now) {
            return repeated(block, answer: wantsAnswer ? [0x06] : nil, events: &events)
        }
        guard let sample = read(block, .lineFormat, function, events: &events) else { return }
        report(sample, start: block.start, end: block.end, events: &events)
        link.remember(block.text, now: now)
        events.append(wantsAnswer ? .transmit([0x06], isImmediate: false) : .acknowledge)
    }

    private func takeFrame(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        let layout: HitachiLayout = options.format == .packet ? .packetFormat : .frameFormat
        let text = FixedColumns(block.text)
        guard let character = text.byte(layout.frame) else {
            return refuse("a frame without frame character", block, 0, events: &events)
        }
        switch character {
        case HitachiAnswer.more: send(HitachiAnswer.more, immediate: false, to: block, events: &events)
        case HitachiAnswer.again:
            // The analyser did not understand our answer; all we ever say is "go on".
            send(HitachiAnswer.more, immediate: false, to: block, events: &events)
        case UInt8(ascii: ";"):
            let id = text.latin(layout.id.lowerBound, layout.id.count) ?? ""
            let why =
                "the analyser asks for the tests of sample \(id.isEmpty ? "without id" : id): this driver sends no orders;"
                + " request the tests at the analyser"
            events.append(.fault(.notice, why, start: block.start, end: block.end))
            send(HitachiAnswer.more, immediate: false, to: block, events: &events)
        case UInt8(ascii: ":"), UInt8(ascii: "1")...UInt8(ascii: "5"):
            let part = character == UInt8(ascii: ":") ? nil : Int(character) - 0x30
            takeResults(block, layout, part: part, now: now, events: &events)
        default: refuse("a frame of a kind that is not known", block, layout.frame, events: &events)
        }
    }

    private func takeResults(
        _ block: SerialBlock, _ layout: HitachiLayout, part: Int?, now: DriverTime,
        events: inout [StreamDriverEvent]
    ) {
        if link.isRepeat(block.text, now: now) { return repeatedFrame(block, events: &events) }
        let text = FixedColumns(block.text)
        guard let letter = text.byte(layout.function), let sampleClass = text.byte(layout.function + 1),
            let function = HitachiFunction(letter: letter, sampleClass: sampleClass)
        else { return refuse("a function that is not known", block, layout.function, events: &events) }
        guard var sample = read(block, layout, function, events: &events) else { return }
        var start = block.start
        sample.part = part ?? 0
        if let parts {
            if parts.isSame(as: sample) {
                sample.rows = parts.rows + sample.rows
                sample.promised = sample.promised.map { promised in
                    // A count of each frame adds up; one of the whole sample stands in each.
                    promised == sample.rows.count ? promised : promised &+ (parts.promised ?? 0)
                }
                start = partsStart
                sample.isComplete = parts.isComplete && (part.map { $0 == parts.part + 1 } ?? true)
            } else {
                dropParts("went on with another sample", events: &events)
                sample.isComplete = (part ?? 1) == 1
            }
        } else {
            sample.isComplete = (part ?? 1) == 1
        }
        if part != nil {
            if parts == nil { partsStart = block.start }
            parts = sample
            partsSince = now.monotonic
            link.remember(block.text, now: now)
            return send(HitachiAnswer.more, immediate: false, to: block, events: &events)
        }
        parts = nil
        if !sample.isComplete {
            let why =
                "sample \(sample.number): a frame before those that came is missing; \(sample.rows.count) results are kept as"
                + " incomplete and wait for a person: send the sample again from the analyser"
            events.append(.fault(.lost, why, start: start, end: block.end))
        } else if let promised = sample.promised, promised != sample.rows.count {
            let why = "sample \(sample.number): \(promised) results promised, \(sample.rows.count) sent"
            return refuse(why, block, layout.count ?? 0, events: &events)
        }
        report(sample, start: start, end: block.end, events: &events)
        link.remember(block.text, now: now)
        send(HitachiAnswer.more, immediate: false, to: block, events: &events)
    }

    private func read(
        _ block: SerialBlock, _ layout: HitachiLayout, _ function: HitachiFunction, events: inout [StreamDriverEvent]
    ) -> HitachiSample? {
        do throws(HitachiFault) {
            return try HitachiSample(
                block.text, layout: layout, function: function, order: options.dateOrder,
                isVerified: !block.trailer.isEmpty && options.check != .none)
        } catch let fault {
            refuse(fault.text, block, fault.index, events: &events)
            return nil
        }
    }

    private func report(
        _ sample: HitachiSample, start: UInt64, end: UInt64, events: inout [StreamDriverEvent]
    ) {
        if sample.function.material == .calibration {
            var message = DeviceMessage(kind: .event, protocolName: "Hitachi")
            let raw = sample.rows.map { "\($0.test)=\($0.value)\($0.alarm)" }.joined(separator: " ")
            message.others.append(DeviceMessage.Other(tag: "calibration", raw: raw))
            return events.append(.message(message, start: start, end: end))
        }
        let usesID =
            switch options.idUse {
            case .always: true
            case .never: false
            case .function: sample.function.hasID
            }
        if usesID, sample.id.isEmpty, sample.function.material == .patient {
            let why = "sample \(sample.number) has an id function and a blank id: reported under its number"
            events.append(.fault(.notice, why, start: start, end: end))
        }
        if sample.time.isEmpty, options.format != .line {
            let why =
                "sample \(sample.number) has no date in the order set (option date); its results come without a time"
            events.append(.fault(.notice, why, start: start, end: end))
        }
        events.append(.message(sample.message(usesID: usesID), start: start, end: end))
    }
}
