import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `synchron`. Each is described in the driver's README.
struct SynchronOptions {
    /// Which of the two sets of lines.
    enum Format {
        case stream
        case records
    }
    /// How a line is answered.
    enum Answers {
        case ack
        case dle
        case none
    }

    var format = Format.stream
    var answers = Answers.ack
    /// The device gives the line to the host by XON before it listens.
    var waitsForXON = false
    var dateOrder = BlockTime.Order.mdy
    var silence: Int64 = 10_000_000
    var sampleSilence: Int64 = 120_000_000
    var repeatWindow: Int64 = 30_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        format = try reader.choice("format", ["stream": .stream, "records": .records]) ?? .stream
        let usual: Answers = format == .stream ? .ack : .dle
        answers = try reader.choice("answers", ["ack": .ack, "dle": .dle, "none": .none]) ?? usual
        waitsForXON = try reader.flag("answer_after_xon") ?? false
        dateOrder = try reader.choice("date", ["mdy": .mdy, "dmy": .dmy, "ymd": .ymd]) ?? .mdy
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("sample_silence", 1...36_000) { sampleSilence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    /// `[` … `]` and two hexadecimal digits. XON is looked at only where it gives the line.
    var shape: BlockShape {
        var skipped: Set<UInt8> = [0x00, ControlByte.lf, ControlByte.cr, ControlByte.dc3, 0x20, 0x7F]
        var controls: Set<UInt8> = [ControlByte.enq]
        if waitsForXON { controls.insert(ControlByte.dc1) } else { skipped.insert(ControlByte.dc1) }
        return BlockShape(
            start: [UInt8(ascii: "[")], ends: [BlockShape.End([UInt8(ascii: "]")], .bytes(2))], controls: controls,
            skipped: skipped, longest: 1024)
    }

    /// Two's complement of the sum of all from `[` to `]`.
    func isRight(_ block: SerialBlock) -> Bool {
        let bytes = [UInt8(ascii: "[")] + block.checked
        return HexDigits.value(block.trailer) == UInt32(BlockCheck.twosComplement(bytes))
    }
}
