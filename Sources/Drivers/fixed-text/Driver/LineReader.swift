import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// Reads printer text: `SAMPLE No. = 12`, a line with date and time, lines `NAME = value unit` (analysers' sheet 5.23,
/// text-report).
struct LineReader {
    let dateOrder: BlockTime.Order
    let codes: [String]

    func read(_ text: [UInt8]) -> TextContent {
        if let index = text.firstIndex(where: {
            $0 > 0x7E || $0 < 0x20 && $0 != ControlByte.cr && $0 != ControlByte.lf && $0 != 0x09
        }) {
            return .unreadable("a byte that is no character (\(text[index])): check parity and data bits", at: index)
        }
        var message = DeviceMessage(protocolName: "text report")
        var order = DeviceMessage.Order()
        var samples: Set<String> = []
        var time = ""
        var remarks: [TextContent.Remark] = []
        var at = 0
        for line in text.split(separator: ControlByte.lf, omittingEmptySubsequences: false) {
            defer { at += line.count + 1 }
            let plain = FixedColumns.trimmed(
                String(decoding: line.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self))
            if let sample = Self.sample(plain) {
                samples.insert(sample)
            } else if plain.lowercased().hasPrefix("sample:") {
                order.specimenType = FixedColumns.trimmed(plain.dropFirst("sample:".count))
            } else if plain.contains("=") {
                if let result = result(plain, at, &remarks) { message.results.append(result) }
            } else if time.isEmpty {
                time = instant(plain)
            }
        }
        guard let sample = samples.first, !sample.isEmpty else {
            return .aside("a print without a sample number: no results (calibration, maintenance)")
        }
        guard samples.count == 1 else {
            return .unreadable("a print with two sample numbers: whose results they are is not certain", at: 0)
        }
        if message.results.isEmpty { return .aside("sample \(sample): a print without results") }
        order.specimenID = sample
        message.orders.append(order)
        for index in message.results.indices {
            message.results[index].order = 0
            message.results[index].time = time
        }
        return .message(message, remarks: remarks)
    }

    /// `SAMPLE No. = 12`, `Sample No.4410`.
    private static func sample(_ line: String) -> String? {
        let lower = line.lowercased()
        guard lower.hasPrefix("sample no") else { return nil }
        let rest = line.dropFirst("sample no".count).drop { ".=: ".contains($0) }
        return FixedColumns.trimmed(rest)
    }

    private func result(_ line: String, _ at: Int, _ remarks: inout [TextContent.Remark]) -> DeviceMessage.Result? {
        let parts = line.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = FixedColumns.trimmed(parts[0])
        // Rows of = signs, and words that are no names of tests.
        guard !name.isEmpty, name.utf8.count <= 8, !name.contains(" "), name.first?.isLetter == true,
            codes.isEmpty || codes.contains(name)
        else { return nil }
        let words = parts[1].split(separator: " ").map(String.init)
        var result = DeviceMessage.Result()
        result.code = name
        if let value = words.first, let number = FixedColumns.plainNumber(value) {
            result.value = number
            result.unit = words.count > 1 ? words[1] : ""
            result.flags = Array(words.dropFirst(2))
            return result
        }
        result.isUsable = false
        result.absentReason = "the analyser gives \"\(words.joined(separator: " "))\""
        if !(words.first ?? "").allSatisfy({ "-*.:+".contains($0) }) {
            let text =
                "\(name) is \"\(words.joined(separator: " "))\", which is no number; no value was taken: look at the analyser"
            remarks.append(.init(severity: .lost, text: text, at: at))
        }
        return result
    }

    /// A line of a date and a time of day, in either order: `18MAR24  11:50`, `11:40  MAR 18/24`.
    private func instant(_ line: String) -> String {
        let words = line.split(separator: " ")
        guard let clock = words.firstIndex(where: { $0.contains(":") }), let time = BlockTime.time(words[clock]),
            clock == words.startIndex || clock == words.endIndex - 1
        else { return "" }
        var rest = words
        rest.remove(at: clock)
        return BlockTime.instant(date: BlockTime.date(rest.joined(separator: " "), order: dateOrder), time: time)
    }
}
