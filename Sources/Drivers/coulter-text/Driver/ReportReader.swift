import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// Reads the lines of a report: `NAME value flags`, and lines that say whose it is.
struct ReportReader {
    let options: CoulterOptions

    /// What a report gives.
    enum Content {
        case results(DeviceMessage, remarks: [String])
        /// No result in it.
        case nothing
        /// Cannot be given to one specimen for certain.
        case ambiguous(String)
    }

    private static let plain: Set<String> = [
        "WBC", "RBC", "HGB", "HCT", "MCV", "MCH", "MCHC", "RDW", "PLT", "PCT", "MPV", "PDW", "LY", "MO", "GR", "NE",
        "EO",
        "BA",
    ]

    private func isResult(_ code: String) -> Bool {
        if Self.plain.contains(code) || options.moreCodes.contains(code) { return true }
        guard let last = code.last, last == "#" || last == "%" else { return false }
        return ["LY", "MO", "GR", "NE", "EO", "BA"].contains(String(code.dropLast()))
    }

    func read(_ bytes: [UInt8]) -> Content {
        var message = DeviceMessage(protocolName: options.format == .blocks ? "COULTER blocks" : "COULTER report")
        var order = DeviceMessage.Order()
        var remarks: [String] = []
        var heads: [String: String] = [:]
        for line in lines(bytes) {
            let (name, rest) = split(line)
            if isResult(name) {
                message.results.append(result(name, rest, &remarks))
                continue
            }
            let key = options.format == .report && name == "ID" ? "ID1" : name
            guard ["DATE", "TIME", "ID1", "ID2", "TEST", "CASS/POS", "CASSPOS"].contains(key) else {
                if !rest.isEmpty, name.contains(where: \.isLetter) {
                    message.others.append(.init(tag: name, raw: rest))
                }
                continue
            }
            if let earlier = heads[key], earlier != rest {
                if ["ID1", "TEST"].contains(key) {
                    return .ambiguous(
                        "a report with two lines \(name), \"\(earlier)\" and \"\(rest)\": whose results they are is not"
                            + " certain")
                }
                remarks.append("two lines \(name); the first, \"\(earlier)\", counts")
                continue
            }
            heads[key] = rest
        }
        if message.results.isEmpty { return .nothing }
        order.specimenID = identifier(heads["ID1"] ?? "")
        if options.format == .report, order.specimenID.isEmpty, let number = heads["TEST"], !number.isEmpty {
            order.specimenID = number
            order.specimenKind = "number"
        }
        order.position = heads["CASS/POS"] ?? heads["CASSPOS"] ?? ""
        if let second = heads["ID2"], !identifier(second).isEmpty {
            message.others.append(.init(tag: "ID2", raw: second))
        }
        message.orders.append(order)
        let date = heads["DATE"].flatMap { BlockTime.date($0, order: options.dateOrder) }
        if date == nil, let text = heads["DATE"], !text.isEmpty {
            remarks.append(
                "the date \"\(text)\" is none in the order \(options.dateOrder.rawValue): set option date as on the analyser"
            )
        }
        let time = BlockTime.instant(date: date, time: heads["TIME"].flatMap { BlockTime.time($0) })
        for index in message.results.indices {
            message.results[index].order = 0
            message.results[index].time = time
        }
        return .results(message, remarks: remarks)
    }

    /// A row of dashes stands where no id was read.
    private func identifier(_ text: String) -> String { text.allSatisfy { $0 == "-" } ? "" : text }

    /// Lines without the control characters that part groups; NUL and TAB are blanks.
    private func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split { $0 == ControlByte.cr || $0 == ControlByte.lf }.map { line in
            FixedColumns.trimmed(
                String(decoding: line.map { $0 < 0x20 || $0 > 0x7E ? 0x20 : $0 }, as: UTF8.self))
        }
    }

    /// The first word, with a `#` or `%` that stands apart, and what follows.
    private func split(_ line: String) -> (name: String, rest: String) {
        guard let end = line.firstIndex(of: " ") else { return (line, "") }
        var name = String(line[..<end])
        var rest = FixedColumns.trimmed(line[end...])
        if let sign = rest.first, sign == "#" || sign == "%", rest.dropFirst().first == " " {
            name.append(sign)
            rest = FixedColumns.trimmed(rest.dropFirst())
        }
        return (name, rest)
    }

    private func result(_ code: String, _ rest: String, _ remarks: inout [String]) -> DeviceMessage.Result {
        var result = DeviceMessage.Result()
        result.code = code
        let words = rest.split(separator: " ").map(String.init)
        guard var value = words.first else {
            result.isUsable = false
            result.absentReason = "the analyser gives no value"
            return result
        }
        var flags = Array(words.dropFirst())
        // A flag that stands directly behind its value.
        if let cut = value.firstIndex(where: { $0.isLetter || $0 == "*" }), cut > value.startIndex,
            value[cut...].allSatisfy({ $0.isLetter || $0 == "*" })
        {
            flags.insert(String(value[cut...]), at: 0)
            value = String(value[..<cut])
        }
        result.flags = options.splitsFlags ? flags.flatMap { $0.map { String($0) } } : flags
        // Two figures in a line: which of them is the value is not known.
        let isAlone = !flags.contains { $0.drop { "+-.".contains($0) }.first?.isNumber ?? false }
        if NumberText.isNumber(value), isAlone {
            result.value = value
            return result
        }
        result.isUsable = false
        if !isAlone { value = rest }
        result.absentReason = "the analyser gives \"\(value)\""
        if !value.allSatisfy({ "-.:+*".contains($0) }) {
            remarks.append("\(code) is \"\(value)\", which is no number; no value was taken: look at the analyser")
        }
        return result
    }
}
