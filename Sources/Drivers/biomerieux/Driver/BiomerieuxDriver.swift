import BlockDriverKit
import CharacterSets
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Messages of tagged fields, as the computer interface of bioMérieux's analysers sends them.
///
/// Source: format descriptions of the analysers' computer interface. Options, tags and answers: README.md.
public final class BiomerieuxDriver: AnsweringBlockDriver {
    /// `biomerieux`
    public static var name: String { "biomerieux" }
    /// Version of the module.
    public static var version: String { "1.0.0" }
    /// In faults.
    public static var unitName: String { "message" }

    let options: BiomerieuxOptions
    /// Framer, silence, repeats.
    public var link: BlockLink
    /// What is answered.
    public var answers: BlockAnswers { options.answers }

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) {
        options = try BiomerieuxOptions(json)
        link = BlockLink(BiomerieuxOptions.shape, silence: options.silence, repeatWindow: options.repeatWindow)
    }

    /// The requests of these analysers' hosts are not described well enough in public.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// ENQ: the device wants to send.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        if let good = answers.good { events.append(.transmit(good, isImmediate: true)) }
    }

    /// Takes a message.
    public func take(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if block.endCode == [ControlByte.gs] {
            // Lines of a message may end in CR, which counts; converters and loggers put LF, or both, where nothing was.
            let withoutLF = block.checked.filter { $0 != ControlByte.lf }
            let plain = withoutLF.filter { $0 != ControlByte.cr }
            let sums = [block.checked, withoutLF, plain].map { UInt32(BlockCheck.sum($0)) }
            guard let wanted = HexDigits.value(block.trailer), sums.contains(wanted) else {
                return refuse(block, "the check of a message is wrong", events: &events)
            }
        } else if options.needsCheck {
            return refuse(
                block, "a message without check (GS and two digits), which the profile requires", events: &events)
        }
        if isRepeat(block, now: now, events: &events) { return }
        // Bytes become text before they are split: the second byte of a Chinese character may look like the separator.
        let charset = options.charset ?? CharacterSet.detect(block.text)
        let tagged = TaggedMessage(charset.decode(block.text))
        guard !tagged.kind.isEmpty else {
            return refuse(block, "a message that does not begin with its kind (mt…)", events: &events)
        }
        guard tagged.kind == "rsl" else {
            var message = DeviceMessage(kind: .event, protocolName: "bioMérieux")
            let raw = tagged.fields.map { "\($0.tag)\($0.text)" }.joined(separator: "|")
            message.others.append(DeviceMessage.Other(tag: "mt\(tagged.kind)", raw: raw))
            return accept(message, block, now: now, events: &events)
        }
        let reader = ResultReader(tagged, options)
        if reader.message.results.isEmpty {
            return setAside(block, "a message of results without a test (rt)", now: now, events: &events)
        }
        for date in reader.wrongDates {
            let text = "\"\(date)\" is no date in the order set (option date); the result comes without a time"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
        }
        accept(reader.message, block, now: now, events: &events)
    }
}
