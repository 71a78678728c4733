import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `miditron`. Each is described in the driver's README.
struct MiditronOptions {
    var answers = true
    var dateOrder = BlockTime.Order.dmy
    var silence: Int64 = 10_000_000
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        answers = try reader.flag("answers") ?? true
        dateOrder = try reader.choice("date", ["dmy": .dmy, "mdy": .mdy, "ymd": .ymd]) ?? .dmy
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    /// STX … ETX and two hexadecimal digits.
    static let shape = BlockShape(
        start: [ControlByte.stx], ends: [BlockShape.End([ControlByte.etx], .bytes(2))], longest: 1024)

    /// A packet of ours.
    static func packet(_ text: [UInt8]) -> [UInt8] {
        [ControlByte.stx] + text + [ControlByte.etx] + HexDigits.upper(BlockCheck.sum(text)) + [ControlByte.cr]
    }
}
