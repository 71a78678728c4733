import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// What a profile says: README.md beside this folder.
struct CoulterOptions {
    enum Format: Sendable {
        /// Numbered blocks with CRC, a count before them (analysers' sheet 5.6).
        case blocks
        /// A printed report with two check digits (5.7).
        case report
    }

    /// How the CRC of a block is reckoned.
    enum CRC: Sendable {
        /// High bit first (CRC-16/GENIBUS): as the capture at hand has it.
        case plain
        /// Low bit first (CRC-16/X-25): as a description has it.
        case reflected
        /// One of the two.
        case either

        func matches(_ bytes: ArraySlice<UInt8>, _ wanted: UInt32) -> Bool {
            let plain = UInt32(BlockCheck.crc16GENIBUS(bytes)) == wanted
            return switch self {
            case .plain: plain
            case .reflected: UInt32(BlockCheck.crc16X25(bytes)) == wanted
            case .either: plain || UInt32(BlockCheck.crc16X25(bytes)) == wanted
            }
        }
    }

    var format = Format.blocks
    var crc = CRC.either
    var dateOrder = BlockTime.Order.mdy
    var answers = BlockAnswers(good: [ControlByte.ack], bad: [ControlByte.nak])
    /// Codes of results besides the usual ones.
    var moreCodes: Set<String> = []
    /// Letters behind a value: each a flag of its own, or a word.
    var splitsFlags = true
    /// Microseconds.
    var silence: Int64 = 15_000_000
    /// Microseconds.
    var repeatWindow: Int64 = 60_000_000

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        format = try reader.choice("format", ["blocks": .blocks, "report": .report]) ?? format
        if format == .report {
            dateOrder = .ymd
            splitsFlags = false
            answers = BlockAnswers(good: nil, bad: nil)
        }
        crc = try reader.choice("crc", ["plain": .plain, "reflected": .reflected, "either": .either]) ?? crc
        dateOrder = try reader.choice("date", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy]) ?? dateOrder
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        splitsFlags = try reader.choice("flags", ["letters": true, "words": false]) ?? splitsFlags
        moreCodes = Set(try reader.texts("codes") ?? [])
        if let seconds = try reader.count("silence_s", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_s", 0...600) { repeatWindow = Int64(seconds) * 1_000_000 }
        try reader.finish()
    }
}
