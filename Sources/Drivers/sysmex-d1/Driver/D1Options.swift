import BlockDriverKit
import DriverKit
import JSONText
import SerialBlocks

/// What a profile says: README.md beside this folder.
struct D1Options {
    /// The format of the blocks.
    enum Format: Sendable, Equatable {
        /// Blood count, 119 characters of text (analysers' sheet 5.1).
        case short
        /// Blood count, 234 characters of text (5.2).
        case long
        /// Coagulation (5.3).
        case coagulation(CoagulationLayout)
    }

    var format = Format.short
    var dateOrder = BlockTime.Order.ymd
    var populations = D1Layout.Populations.cells
    /// Decimals of haemoglobin and MCHC: the digits are the same for g/L and g/dL.
    var haemoglobinDecimals = 0
    var answers = BlockAnswers(good: [ControlByte.ack], bad: [ControlByte.nak])
    /// Microseconds.
    var silence: Int64 = 10_000_000
    /// Microseconds.
    var repeatWindow: Int64 = 60_000_000
    /// Sample kinds (5.3, offset 9) that are patients' samples; every other one is control material.
    var patientKinds: [String] = ["U"]
    /// Decimals by item code, before the rule of the format.
    var decimals: [String: Int] = [:]
    /// Whether inquiries are answered with orders.
    var takesOrders = true

    init(_ json: JSONValue) throws(OptionsFault) {
        var reader = try OptionReader(json, name: "options")
        format =
            try reader.choice(
                "format",
                ["d1u": .short, "d1u-long": .long, "ca": .coagulation(.wide), "ca-narrow": .coagulation(.narrow)])
            ?? format
        dateOrder = try reader.choice("date", ["ymd": .ymd, "dmy": .dmy, "mdy": .mdy]) ?? dateOrder
        populations =
            try reader.choice("differential", ["cells": .cells, "sizes": .sizes, "five": .five]) ?? populations
        haemoglobinDecimals = try reader.choice("haemoglobin", ["g/L": 0, "g/dL": 1]) ?? haemoglobinDecimals
        answers = try reader.choice("answers", BlockAnswers.words) ?? answers
        if let seconds = try reader.count("silence_s", 1...600) { silence = Int64(seconds) * 1_000_000 }
        if let seconds = try reader.count("repeat_s", 0...600) { repeatWindow = Int64(seconds) * 1_000_000 }
        patientKinds = try reader.texts("patient_kinds") ?? patientKinds
        takesOrders = try reader.flag("orders") ?? takesOrders
        if let map = reader.value("decimals") {
            var maps = try OptionReader(map, name: "options.decimals")
            for member in maps.members {
                decimals[member.key] = try maps.count(member.key, 0...4)
            }
        }
        try reader.finish()
        if populations == .five, format != .long {
            throw OptionsFault("options.differential: five belongs to format d1u-long; write cells or sizes")
        }
    }
}
