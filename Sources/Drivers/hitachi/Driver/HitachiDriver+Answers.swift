import BlockDriverKit
import DriverKit
import SerialBlocks

/// Frame characters that ask or answer.
enum HitachiAnswer {
    /// ANY of the analyser, MOR of the host: go on.
    static let more = UInt8(ascii: ">")
    /// REP: once more.
    static let again = UInt8(ascii: "?")
}

extension HitachiDriver {
    /// Sends a frame of one character; in the format packet with the ids and the number of what it answers.
    func send(
        _ character: UInt8, immediate: Bool, to block: SerialBlock?, events: inout [StreamDriverEvent]
    ) {
        guard options.answers, options.format != .line else {
            if !immediate { events.append(.acknowledge) }
            return
        }
        var text = [character]
        if options.format == .packet {
            guard let head = block.flatMap({ FixedColumns($0.text).field(0, 3) }) else { return }
            text = head + text
        }
        var bytes = options.framed(text)
        // Told by what the analyser itself does.
        if options.check == .auto, let block, !block.trailer.isEmpty {
            bytes.insert(BlockCheck.exclusiveOr(text + [0x03]), at: bytes.count - options.tail.count)
        }
        events.append(.transmit(bytes, isImmediate: immediate))
    }

    /// Not taken: said, and asked for again where the format can.
    func refuse(_ why: String, _ block: SerialBlock, _ index: Int, events: inout [StreamDriverEvent]) {
        let place = block.offset(of: index, startCode: 1)
        let cure = options.answers ? "the analyser is asked to send it again" : "send it again from the analyser"
        events.append(
            .fault(
                options.answers ? .refused : .lost, "\(why); the frame was not taken: \(cure)", start: place,
                end: block.end))
        send(HitachiAnswer.again, immediate: true, to: block, events: &events)
    }

    /// A line again.
    func repeated(_ block: SerialBlock, answer: [UInt8]?, events: inout [StreamDriverEvent]) {
        let text = "a frame came again unchanged; counted once"
        events.append(.fault(.notice, text, start: block.start, end: block.end))
        if let answer { events.append(.transmit(answer, isImmediate: false)) } else { events.append(.acknowledge) }
    }

    /// A frame again.
    func repeatedFrame(_ block: SerialBlock, events: inout [StreamDriverEvent]) {
        let text = "a frame came again unchanged; counted once"
        events.append(.fault(.notice, text, start: block.start, end: block.end))
        send(HitachiAnswer.more, immediate: false, to: block, events: &events)
    }

    /// The first frames of a sample are of no use without the last.
    func dropParts(_ what: String, events: inout [StreamDriverEvent]) {
        guard let parts else { return }
        self.parts = nil
        let text =
            "sample \(parts.number): the analyser \(what) after \(parts.rows.count) results, before the last frame: send the"
            + " sample again from the analyser"
        events.append(.fault(.lost, text, start: partsStart, end: link.received))
    }
}
