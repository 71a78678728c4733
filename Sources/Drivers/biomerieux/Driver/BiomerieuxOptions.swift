import BlockDriverKit
import CharacterSets
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `biomerieux`. Each is described in the driver's README.
struct BiomerieuxOptions {
    /// Which tags hold what is not the same on all devices.
    struct Tags {
        var specimen = "ci"
        var specimenType = ""
        var patient = "pi"
        var patientName = "pn"
        var birthDate = ""
        var sex = ""
        var location = ""
        var isolate = "c0"
    }

    var answers = BlockAnswers(good: [0x06], bad: [ControlByte.nak])
    /// A message without GS and check is refused.
    var needsCheck = false
    var dateOrder = BlockTime.Order.mdy
    /// Nil: told from the bytes of each message.
    var charset: CharacterSet?
    var tags = Tags()
    var silence: Int64 = 15_000_000
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        needsCheck = try reader.choice("check", ["auto": false, "required": true]) ?? false
        dateOrder = try reader.choice("date", ["mdy": .mdy, "dmy": .dmy, "ymd": .ymd]) ?? .mdy
        if let name = try reader.text("charset"), name != "auto" {
            guard let set = CharacterSet(name: name) else {
                throw OptionsFault(
                    "options.charset: \"\(name)\" is not known; write auto, UTF-8, ISO-8859-1, GB18030 …")
            }
            charset = set
        }
        if let value = reader.value("tags") { tags = try BiomerieuxOptions.tags(value) }
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }

    private static func tags(_ json: JSONValue) throws(OptionsFault) -> Tags {
        var reader = try OptionReader(json, name: "options.tags")
        var tags = Tags()
        func tag(_ key: String) throws(OptionsFault) -> String? {
            guard let text = try reader.text(key) else { return nil }
            guard text.isEmpty || text.utf8.count == 2 else {
                throw OptionsFault("options.tags.\(key): a tag has two characters, like ci")
            }
            return text
        }
        tags.specimen = try tag("specimen") ?? tags.specimen
        tags.specimenType = try tag("specimen_type") ?? tags.specimenType
        tags.patient = try tag("patient") ?? tags.patient
        tags.patientName = try tag("patient_name") ?? tags.patientName
        tags.birthDate = try tag("birth_date") ?? tags.birthDate
        tags.sex = try tag("sex") ?? tags.sex
        tags.location = try tag("location") ?? tags.location
        tags.isolate = try tag("isolate") ?? tags.isolate
        try reader.finish()
        return tags
    }

    /// STX … GS and two digits, ETX behind them or not; or STX … ETX.
    static let shape = BlockShape(
        start: [ControlByte.stx],
        ends: [BlockShape.End([ControlByte.gs], .bytes(2)), BlockShape.End([ControlByte.etx])],
        controls: [ControlByte.enq],
        skipped: [
            0x00, ControlByte.etx, ControlByte.eot, 0x06, ControlByte.nak, ControlByte.lf, ControlByte.cr,
            ControlByte.dc1, ControlByte.dc3, 0x20, 0x7F,
        ], longest: 65_536)
}
