import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `urine-text`. Each is described in the driver's README.
struct UrineTextOptions {
    /// How a report begins, ends and is checked, and where its ids are.
    enum Format {
        case lines
        case checked
        case printout
    }

    var format = Format.lines
    var answers = BlockAnswers(good: nil, bad: nil)
    var dateOrder = BlockTime.Order.ymd
    var silence: Int64 = 15_000_000
    var repeatWindow: Int64 = 60_000_000

    private static let answerWords: KeyValuePairs<String, BlockAnswers> = [
        "none": BlockAnswers(good: nil, bad: nil), "ack": BlockAnswers(good: [0x06], bad: nil),
        "ack-nak": BlockAnswers(good: [0x06], bad: [ControlByte.nak]),
        "ack-dc2": BlockAnswers(good: [0x06], bad: [ControlByte.dc2]),
    ]

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        format = try reader.choice("format", ["lines": .lines, "checked": .checked, "printout": .printout]) ?? .lines
        if format == .checked {
            answers = BlockAnswers(good: [0x06], bad: [ControlByte.dc2])
            dateOrder = .mdy
        }
        answers = try reader.choice("answers", UrineTextOptions.answerWords) ?? answers
        dateOrder = try reader.choice("date", ["ymd": .ymd, "mdy": .mdy, "dmy": .dmy]) ?? dateOrder
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    /// STX … ETX; a printout begins with its first character and ends with FF, control characters may follow.
    var shape: BlockShape {
        if format != .printout {
            return BlockShape(start: [ControlByte.stx], ends: [BlockShape.End([ControlByte.etx])], longest: 8192)
        }
        return BlockShape(
            start: [], ends: [BlockShape.End([ControlByte.ff])], skipped: Set(0...0x20).union(0x7F...0xFF),
            restarts: false, longest: 8192)
    }
}
