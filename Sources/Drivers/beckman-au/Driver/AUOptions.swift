import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// The options of a profile for the driver `beckman-au`. Each is described in the driver's README.
struct AUOptions {
    /// Whether a check character (exclusive or) follows a block.
    enum Check {
        case auto
        case required
        case none
    }
    /// What is told about a sample nobody has ordered anything for.
    enum Unknown {
        case header
        case end
        case silence
    }

    var start: [UInt8] = [ControlByte.stx]
    var end: [UInt8] = [ControlByte.etx]
    /// Start and end codes of one byte that are taken as well: the analyser's own setting tells itself.
    var alsoCodes: [(start: UInt8, end: UInt8)] = []
    var check = Check.auto
    var answers = true
    var layout = AULayout()
    /// A block of other widths is read if all usual widths that fit it give the same.
    var detects = false
    var silence: Int64 = 10_000_000
    var repeatWindow: Int64 = 30_000_000
    var takesOrders = true
    /// Where the laboratory orders by sample number: an inquiry without id asks for that.
    var asksByNumber = false
    var unknown = Unknown.header
    var sendsName = false
    var answerTimeout: Int64 = 3_000_000
    var attempts = 3

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        start = try AUOptions.code(&reader, "start") ?? start
        end = try AUOptions.code(&reader, "end") ?? end
        for pair in try reader.texts("also") ?? [] {
            let names = pair.split(separator: " ").map(String.init)
            guard names.count == 2, let first = ControlByte.named(names[0]), let last = ControlByte.named(names[1]),
                first != last, ![first, last].contains(ControlByte.etb)
            else {
                throw OptionsFault("options.also: write start and end code, like \"STX ETX\", not \"\(pair)\"")
            }
            alsoCodes.append((first, last))
        }
        check = try reader.choice("bcc", ["auto": .auto, "required": .required, "none": .none]) ?? .auto
        answers = try reader.flag("answers") ?? true
        if let value = reader.value("widths") { layout = try AULayout(value, name: "options.widths") }
        detects = try reader.flag("detect") ?? false
        if let seconds = try reader.count("silence", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_window", 0...3600) { repeatWindow = Int64(seconds) * 1_000_000 }
        takesOrders = try reader.flag("orders") ?? true
        asksByNumber = try reader.flag("ask_by_number") ?? false
        unknown = try reader.choice("unknown", ["header": .header, "end": .end, "none": .silence]) ?? .header
        sendsName = try reader.flag("send_name") ?? false
        if let seconds = try reader.count("answer_timeout", 1...60) { answerTimeout = Int64(seconds) * 1_000_000 }
        attempts = try reader.count("attempts", 1...20) ?? attempts
        try reader.finish()
        if start == end { throw OptionsFault("options.end: the end code is the same as the start code") }
        if start == [ControlByte.etb] || end == [ControlByte.etb] {
            throw OptionsFault("options: ETB divides blocks and cannot be the start or end code")
        }
    }

    /// One or two control characters by name or hexadecimal number.
    private static func code(_ reader: inout OptionReader, _ key: String) throws(OptionsFault) -> [UInt8]? {
        guard let texts = try reader.texts(key) else { return nil }
        var code: [UInt8] = []
        for text in texts {
            guard let byte = ControlByte.named(text), (1..<0x20).contains(byte) else {
                throw OptionsFault("\(reader.name).\(key): write STX, ENQ … or 01 to 1F, not \"\(text)\"")
            }
            code.append(byte)
        }
        guard (1...2).contains(code.count) else {
            throw OptionsFault("\(reader.name).\(key): write one or two control characters")
        }
        return code
    }

    /// How blocks begin and end.
    var shape: BlockShape { shape(start, end) }

    /// How they may begin and end as well.
    var otherShapes: [BlockShape] { alsoCodes.map { shape([$0.start], [$0.end]) } }

    private func shape(_ start: [UInt8], _ end: [UInt8]) -> BlockShape {
        let trailer: BlockShape.Trailer =
            switch check {
            case .auto: .optionalXOR
            case .required: .bytes(1)
            case .none: .bytes(0)
            }
        var controls: Set<UInt8> = [ControlByte.nak, 0x06]
        controls.subtract(start + end)
        return BlockShape(
            start: start, ends: [BlockShape.End(end, trailer), BlockShape.End([ControlByte.etb], trailer)],
            controls: controls, longest: 4096)
    }

    /// Whether the check of a block is right. On a line of seven data bits bit 7 is not there.
    func isRight(_ block: SerialBlock) -> Bool {
        guard check != .none, let sent = block.trailer.first else { return check != .required }
        return (sent ^ BlockCheck.exclusiveOr(block.checked)) & 0x7F == 0
    }
}
