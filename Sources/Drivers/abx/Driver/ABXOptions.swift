import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// What a profile says: README.md beside this folder.
struct ABXOptions {
    /// What follows from a length or a check that is wrong.
    enum Strictness: Sendable {
        /// The packet is refused.
        case required
        /// It is told.
        case noted
        /// Nothing.
        case ignored
    }

    var dateOrder = BlockTime.Order.dmy
    var check = Strictness.required
    var length = Strictness.noted
    var answers = BlockAnswers(good: nil, bad: nil)
    /// Names of packets with results of patients, and of control material.
    var patientPackets = ["RESULT", "RES-RR"]
    var controlPackets = ["QC-RES"]
    /// Names of packets that are reruns.
    var rerunPackets = ["RES-RR"]
    /// Microseconds.
    var silence: Int64 = 10_000_000
    /// Microseconds.
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        let words: KeyValuePairs<String, Strictness> = ["required": .required, "noted": .noted, "ignored": .ignored]
        dateOrder = try reader.choice("date", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy]) ?? dateOrder
        check = try reader.choice("check", words) ?? check
        length = try reader.choice("length", words) ?? length
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        patientPackets = try reader.texts("patient_packets") ?? patientPackets
        controlPackets = try reader.texts("control_packets") ?? controlPackets
        rerunPackets = try reader.texts("rerun_packets") ?? rerunPackets
        if let seconds = try reader.count("silence_s", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_s", 0...600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
        if let name = patientPackets.first(where: { controlPackets.contains($0) }) {
            throw OptionsFault("options.control_packets: \(name) is in patient_packets too; it can be only one of them")
        }
    }
}
