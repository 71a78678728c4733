import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Lines in brackets of the Synchron family of Beckman: each a record of its own with a check, answered one by one.
///
/// Source: format descriptions of the analysers' host interface. Options, lines and answers: README.md.
public final class SynchronDriver: BlockDriver {
    /// `synchron`
    public static var name: String { "synchron" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "line" }

    let options: SynchronOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// Samples whose end has not come, by id.
    var samples: [(key: String, sample: SynchronSample)] = []
    /// When the transmission began by the analyser's clock.
    var sentAt = ""
    /// The next answer is DLE 1 (true) or DLE 0.
    var isOdd = true
    var lastAnswer: [UInt8] = []
    /// The line being taken is the last of a transmission.
    var endsTransmission = false
    /// A damaged line came that may have been the head of a sample: whose results follow is not known before the next head.
    var isHeadLost = false
    /// An answer that waits for XON.
    var held: (bytes: [UInt8], until: Int64)?

    /// More samples than any of these analysers holds at once.
    static let mostSamples = 64
    /// An answer waits no longer than a second for XON.
    static let turnaround: Int64 = 1_000_000

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try SynchronOptions(json)
        link = BlockLink(options.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// What is not answered comes again.
    public var isRepeatedByDevice: Bool { options.answers != .none }
    /// No sample is open, no answer waits, and the next transmission would be answered alike.
    public var isAtRest: Bool {
        samples.isEmpty && held == nil && isOdd && !isHeadLost && sentAt.isEmpty
    }

    /// When a sample, an answer or a transmission is given up.
    public var wakeAt: Int64? {
        var times = samples.map { $0.sample.since &+ options.sampleSilence }
        if let held { times.append(held.until) }
        if samples.isEmpty, !isOdd || isHeadLost || !sentAt.isEmpty {
            times.append(link.lastByte &+ options.sampleSilence)
        }
        return times.min()
    }

    /// It is time.
    public func wake(now: DriverTime, events: inout [StreamDriverEvent]) {
        if let held, now.monotonic >= held.until { release(events: &events) }
        dropSamples("no more of it came for \(options.sampleSilence / 1_000_000) s", events: &events) {
            now.monotonic >= $0.since &+ self.options.sampleSilence
        }
        if samples.isEmpty, now.monotonic >= link.lastByte &+ options.sampleSilence { rest() }
    }

    /// The link has ended.
    public func closed(now: DriverTime, events: inout [StreamDriverEvent]) {
        release(events: &events)
        dropSamples("the link ended", events: &events) { _ in true }
        rest()
    }

    /// Orders are not described in public for these lines.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// ENQ asks whether the host is there; XON gives it the line.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        if control == ControlByte.dc1 { return release(events: &events) }
        switch options.answers {
        case .none: break
        case .ack: events.append(.transmit([0x06], isImmediate: true))
        case .dle:
            isOdd = true
            events.append(.transmit([ControlByte.dle, UInt8(ascii: "0")], isImmediate: true))
        }
    }

    /// Takes a line.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        release(events: &events)
        guard options.isRight(block) else {
            // In the format records, a damaged line may have been the head of another sample.
            let isWithin = block.text.starts(with: "22,".utf8) || block.text.starts(with: "25,".utf8)
            if options.format == .records, !isWithin { isHeadLost = true }
            return refuse(block, "the check of a line is wrong", events: &events)
        }
        if link.isRepeat(block.text, now: now) {
            let text = "the device sent the same line again; it was taken before"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            return answer(lastAnswer, now: now, events: &events)
        }
        guard let line = SynchronLine(block.text) else {
            return refuse(block, "a line with a character that is no printable ASCII", events: &events)
        }
        switch options.format {
        case .stream: takeStream(line, block, now: now, events: &events)
        case .records: takeRecord(line, block, now: now, events: &events)
        }
        link.remember(block.text, now: now)
        accepted(now: now, events: &events)
    }

    /// A sample and the samples that are open: the one of this line.
    func update(
        _ key: String, _ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent],
        _ change: (inout SynchronSample) -> Void
    ) {
        if let index = samples.firstIndex(where: { $0.key == key }) {
            change(&samples[index].sample)
            samples[index].sample.since = now.monotonic
            return
        }
        if samples.count >= SynchronDriver.mostSamples {
            let oldest = samples[0].key
            dropSamples("\(samples.count) others began before its end", events: &events) { $0.id == oldest }
        }
        var sample = SynchronSample(start: block.start, since: now.monotonic)
        change(&sample)
        samples.append((key, sample))
    }

    /// The end of a sample: it is reported.
    func report(_ key: String, _ block: SerialBlock, time: String, events: inout [StreamDriverEvent]) {
        guard let index = samples.firstIndex(where: { $0.key == key }) else {
            let text = "the end of a sample \(key) that has no lines"
            return events.append(.fault(.notice, text, start: block.start, end: block.end))
        }
        var sample = samples.remove(at: index).sample
        if !time.isEmpty { sample.time = time }
        if sample.rows.isEmpty {
            let text = "sample \(sample.name) came without results"
            return events.append(.fault(.notice, text, start: sample.start, end: block.end))
        }
        events.append(.message(sample.message(sentAt: sentAt), start: sample.start, end: block.end))
    }

    /// Samples without an end: each of their lines is whole by itself and says or follows whose it is, but what is missing
    /// is not known. They are kept as incomplete and wait for a person.
    func dropSamples(
        _ why: String, events: inout [StreamDriverEvent], where isDropped: (SynchronSample) -> Bool
    ) {
        for (_, sample) in samples where isDropped(sample) {
            let kept = sample.rows.isEmpty ? "" : " are kept as incomplete and wait for a person"
            let text =
                "sample \(sample.name): \(why); \(sample.rows.count) results\(kept): send the sample again from the analyser"
            events.append(.fault(.lost, text, start: sample.start, end: link.received))
            if sample.rows.isEmpty { continue }
            var message = sample.message(sentAt: sentAt)
            message.isComplete = false
            events.append(.message(message, start: sample.start, end: link.received))
        }
        samples.removeAll { isDropped($0.sample) }
    }

    /// As a fresh instance.
    func rest() {
        isOdd = true
        isHeadLost = false
        sentAt = ""
        lastAnswer = []
    }
}
