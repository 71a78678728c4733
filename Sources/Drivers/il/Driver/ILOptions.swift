import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `il`. Each is described in the driver's README.
struct ILOptions {
    var answers = BlockAnswers(good: [0x06], bad: [ControlByte.nak])
    var dateOrder = BlockTime.Order.dmy
    /// Kinds of sample (field 5) that are control material.
    var controlKinds: Set<String> = []
    /// Codes that are settings or conditions, not results.
    var infoCodes: Set<String> = ["250", "251"]
    var silence: Int64 = 10_000_000
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        dateOrder = try reader.choice("date", ["dmy": .dmy, "mdy": .mdy, "ymd": .ymd]) ?? .dmy
        controlKinds = Set(try reader.texts("control_kinds") ?? [])
        if let codes = try reader.texts("info_codes") { infoCodes = Set(codes) }
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    /// STX … ETX; the check stands before ETX.
    static let shape = BlockShape(start: [ControlByte.stx], ends: [BlockShape.End([ControlByte.etx])], longest: 2048)
}
