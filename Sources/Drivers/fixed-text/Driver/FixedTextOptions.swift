import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// What a profile says: README.md beside this folder.
struct FixedTextOptions {
    enum Layout: Sendable {
        case columns(ColumnTable)
        /// Lines `NAME = value unit`.
        case lines
        /// Printed pages: organism, then drugs.
        case susceptibility
    }

    var layout: Layout
    /// Nil: a block begins with its first character.
    var start: UInt8? = ControlByte.stx
    var ends: [UInt8] = [ControlByte.etx]
    var check = TextCheck.none
    var dateOrder = BlockTime.Order.ymd
    var answers = BlockAnswers(good: nil, bad: nil)
    /// Codes that lines may have; empty: any name of letters.
    var codes: [String] = []
    /// Microseconds.
    var silence: Int64 = 10_000_000
    /// Microseconds.
    var repeatWindow: Int64 = 60_000_000
    /// Longest text, bytes.
    var longest = 16_384

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        guard let format = try reader.text("format") else {
            throw OptionsFault(
                "options.format: write orders, electrolytes, counter, fractions, lines, susceptibility or columns")
        }
        let columns = reader.value("columns")
        switch format {
        case "orders":
            layout = .columns(.orders)
            answers = BlockAnswers(good: [ControlByte.ack], bad: [ControlByte.nak])
        case "electrolytes": layout = .columns(.electrolytes)
        case "counter":
            layout = .columns(.counter)
            (check, dateOrder) = (.nibbles, .mdy)
        case "fractions":
            layout = .columns(.fractions)
            (dateOrder, ends) = (.dmy, [ControlByte.etx, ControlByte.eot])
            answers = BlockAnswers(good: [0x02, 0x06, 0x03], bad: [0x02, 0x15, 0x03])
        case "lines":
            layout = .lines
            dateOrder = .dmy
        case "susceptibility":
            layout = .susceptibility
            (start, ends) = (nil, [ControlByte.ff])
        case "columns":
            guard let columns else {
                throw OptionsFault("options.columns: describe them; see the README of fixed-text")
            }
            layout = .columns(try ColumnTable(options: columns))
        default:
            throw OptionsFault(
                "options.format: write orders, electrolytes, counter, fractions, lines, susceptibility or columns, not"
                    + " \"\(format)\"")
        }
        if columns != nil, format != "columns" {
            throw OptionsFault("options.columns: belongs to format columns alone")
        }
        try readLink(&reader)
        try reader.finish()
    }

    private mutating func readLink(_ reader: inout OptionReader) throws(OptionsFault) {
        if let name = try reader.text("start") { start = try FixedTextOptions.code(name, "start") }
        if let names = try reader.texts("ends") {
            ends = []
            for name in names { ends.append(try FixedTextOptions.code(name, "ends")) }
            if ends.isEmpty || ends.contains(where: { $0 == start }) {
                throw OptionsFault("options.ends: write one or more codes, none of which is the start code")
            }
        }
        check =
            try reader.choice(
                "check",
                [
                    "none": .none, "sum": .sum, "twos-complement": .twosComplement, "xor": .exclusiveOr,
                    "nibbles": .nibbles,
                ]) ?? check
        dateOrder = try reader.choice("date", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy]) ?? dateOrder
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        codes = try reader.texts("codes") ?? []
        if let seconds = try reader.count("silence_s", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_s", 0...600) { repeatWindow = Int64(seconds) * 1_000_000 }
        longest = try reader.count("longest", 16...1_000_000) ?? longest
    }

    /// How blocks begin and end. A printed page ends with a form feed, or when nothing more comes.
    var shape: BlockShape {
        let ends = ends.map { BlockShape.End([$0]) }
        guard let start else {
            var shape = BlockShape(
                start: [], ends: ends, skipped: Set(0...0x1A).union(0x1C...0x20), restarts: false, longest: longest)
            shape.endsInSilence = true
            return shape
        }
        return BlockShape(start: [start], ends: ends, longest: longest)
    }

    private static func code(_ name: String, _ key: String) throws(OptionsFault) -> UInt8 {
        guard let byte = ControlByte.named(name) else {
            throw OptionsFault("options.\(key): write a name like STX or two hex digits, not \"\(name)\"")
        }
        return byte
    }
}
