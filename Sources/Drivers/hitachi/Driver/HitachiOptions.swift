import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `hitachi`. Each is described in the driver's README.
struct HitachiOptions {
    /// Which of the three formats.
    enum Format {
        case frame
        case line
        case packet
    }
    /// What follows the end of a block.
    enum Check {
        case auto
        case none
        case xor
        case sum
    }
    /// When the id field names the specimen.
    enum IDUse {
        case function
        case always
        case never
    }

    var format = Format.frame
    var check = Check.auto
    var idUse = IDUse.function
    var dateOrder = BlockTime.Order.mdy
    var answers = true
    /// What stands behind the check of what we send.
    var tail: [UInt8] = []
    /// What stands before the ETX of what we send.
    var beforeEnd: [UInt8] = []
    var silence: Int64 = 10_000_000
    var repeatWindow: Int64 = 30_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        format = try reader.choice("format", ["frame": .frame, "line": .line, "packet": .packet]) ?? .frame
        let usual: Check =
            switch format {
            case .frame: .auto
            case .line: .none
            case .packet: .sum
            }
        check = try reader.choice("check", ["auto": .auto, "none": .none, "xor": .xor, "sum": .sum]) ?? usual
        idUse =
            try reader.choice("id", ["function": .function, "always": .always, "never": .never])
            ?? (format == .line ? .never : .function)
        dateOrder = try reader.choice("date", ["ymd": .ymd, "mdy": .mdy, "dmy": .dmy]) ?? .mdy
        answers = try reader.flag("answers") ?? true
        tail =
            try reader.choice(
                "tail", ["none": [], "cr": [0x0D], "crlf": [0x0D, 0x0A]] as KeyValuePairs<String, [UInt8]>)
            ?? (format == .packet ? [0x0D] : [])
        beforeEnd = try reader.flag("crlf_before_etx") == true ? [ControlByte.cr, ControlByte.lf] : []
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
        if format == .line, check != .none {
            throw OptionsFault("options.check: the format line has no check; write none or leave it out")
        }
    }

    /// How blocks begin and end.
    var shape: BlockShape {
        let trailer: BlockShape.Trailer =
            switch check {
            case .auto: .optionalXOR
            case .none: .bytes(0)
            case .xor: .bytes(1)
            case .sum: .bytes(2)
            }
        return BlockShape(start: [0x02], ends: [BlockShape.End([0x03], trailer)], longest: 2048)
    }

    /// Whether the check of a block is right; nil: there is none.
    func isRight(_ block: SerialBlock) -> Bool? {
        switch check {
        case .none: return nil
        case .auto where block.trailer.isEmpty: return nil
        // On a line of seven data bits bit 7 is not there.
        case .auto, .xor:
            return block.trailer.first.map { ($0 ^ BlockCheck.exclusiveOr(block.checked)) & 0x7F == 0 } ?? false
        case .sum: return HexDigits.value(block.trailer) == UInt32(BlockCheck.sum(block.text))
        }
    }

    /// A block of ours with its check.
    func framed(_ contents: [UInt8]) -> [UInt8] {
        let text = contents + beforeEnd
        let etx: UInt8 = 0x03
        let check: [UInt8] =
            switch self.check {
            case .none, .auto: []
            case .xor: [BlockCheck.exclusiveOr(text + [etx])]
            case .sum: HexDigits.upper(BlockCheck.sum(text))
            }
        return [0x02] + text + [etx] + check + tail
    }
}
