import DriverKit
import JSONText

/// The options of a profile for the driver `xmodem`. Each is described in the driver's README.
struct XmodemOptions {
    /// Whether blocks are answered; without, the driver listens on a line that another host answers.
    var answers = true
    /// Names of the lines that hold the specimen's id, the first that is not empty counts.
    var specimen = ["Code", "Id"]
    /// A block that falls silent is asked for again after so long, in microseconds.
    var silence: Int64 = 3_000_000
    /// A transfer whose end does not come is over after so long.
    var transferSilence: Int64 = 60_000_000
    /// A section that is the same as one before it is a repeat within so long.
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        answers = try reader.flag("answers") ?? true
        if let names = try reader.texts("specimen") {
            guard !names.isEmpty else { throw OptionsFault("options.specimen: write the names of one line or more") }
            specimen = names
        }
        if let seconds = try reader.count("silence", 1...60) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("transfer_silence", 5...3600) { transferSilence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }
}
