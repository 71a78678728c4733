import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `vitros`. Each is described in the driver's README.
struct VitrosOptions {
    var answers = true
    var dateOrder = BlockTime.Order.ymd
    var silence: Int64 = 10_000_000
    var reportSilence: Int64 = 60_000_000
    var repeatWindow: Int64 = 30_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        answers = try reader.flag("answers") ?? true
        dateOrder = try reader.choice("date", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy]) ?? .ymd
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("report_silence", 1...3600) { reportSilence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    /// `!` to the end of the line. A sample id may hold `!`, so it begins nothing within a line.
    static let shape = BlockShape(
        start: [UInt8(ascii: "!")], ends: [BlockShape.End([ControlByte.cr]), BlockShape.End([ControlByte.lf])],
        restarts: false, longest: 512)
}
