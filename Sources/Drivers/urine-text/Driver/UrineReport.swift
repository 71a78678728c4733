import BlockDriverKit
import DriverWire
import SerialBlocks

/// A printed report: who, when, and its lines.
struct UrineReport {
    struct Row {
        var code: String
        var value: String
        var unit: String
        var flags: [String]
    }

    /// The analyser's number of the report; restarts.
    var sequence = ""
    var id = ""
    var time = ""
    var rows: [Row] = []
    /// Lines that mean nothing.
    var strange: [String] = []

    /// Reads the lines of a report.
    init(_ bytes: [UInt8], _ options: UrineTextOptions) {
        isNumberLeftOut = options.format == .checked
        let lines = bytes.split { $0 == ControlByte.cr || $0 == ControlByte.lf }
        for line in lines {
            // Control characters and bytes of another character set are inserted by some.
            let text = FixedColumns.trimmed(String(decoding: line.filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self))
            if text.isEmpty { continue }
            switch options.format {
            case .lines, .printout: readLine(text, options)
            case .checked: readChecked(text, options)
            }
        }
    }

    /// The reports in a text: each begins with a line `Date:`.
    ///
    /// - Returns: the bytes of each, and where they begin.
    static func divided(_ bytes: [UInt8]) -> [(bytes: [UInt8], at: Int)] {
        var starts: [Int] = []
        var line = 0
        for end in bytes.indices + [bytes.count]
        where end == bytes.count || bytes[end] == ControlByte.cr || bytes[end] == ControlByte.lf {
            let text = FixedColumns.trimmed(
                String(decoding: bytes[line..<end].filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self))
            if text.lowercased().hasPrefix("date:"), line > 0 { starts.append(line) }
            line = end + 1
        }
        let places = [0] + starts + [bytes.count]
        return zip(places, places.dropFirst()).map { (Array(bytes[$0..<$1]), $0) }.filter { part in
            part.0.contains { $0 > 0x20 && $0 < 0x7F }
        }
    }

    /// `KEY: text`, or a result.
    private mutating func readLine(_ text: String, _ options: UrineTextOptions) {
        guard let colon = text.firstIndex(of: ":") else { return addResult(text, whole: false) }
        let key = FixedColumns.trimmed(text[..<colon]).uppercased()
        let rest = FixedColumns.trimmed(text[text.index(after: colon)...])
        switch key {
        case "DATE":
            let parts = rest.split(separator: " ")
            time = BlockTime.instant(
                date: parts.first.flatMap { BlockTime.date($0, order: options.dateOrder) },
                time: parts.dropFirst().first.flatMap { BlockTime.time($0) })
        case "SEQ": sequence = rest
        case "ID_N", "ID_NO", "ID_NO.":
            // Number, hyphen, id; the id may hold hyphens itself.
            guard let hyphen = rest.firstIndex(of: "-") else { return sequence = rest }
            sequence = FixedColumns.trimmed(rest[..<hyphen])
            id = FixedColumns.trimmed(rest[rest.index(after: hyphen)...])
        case "ID", "": if !rest.isEmpty { id = rest }
        default: strange.append(text)
        }
    }

    /// `#0-071 03-18-24`, `I.D. text`, `Color: text`, or a name of six characters and a value.
    private mutating func readChecked(_ text: String, _ options: UrineTextOptions) {
        if text.hasPrefix("#") {
            let parts = text.dropFirst().split(separator: " ")
            sequence = parts.first.map(String.init) ?? ""
            time = BlockTime.instant(
                date: parts.dropFirst().first.flatMap { BlockTime.date($0, order: options.dateOrder) },
                time: parts.dropFirst(2).first.flatMap { BlockTime.time($0) })
        } else if text.hasPrefix("I.D.") {
            id = FixedColumns.trimmed(text.dropFirst(4))
        } else if let colon = text.firstIndex(of: ":") {
            let key = FixedColumns.trimmed(text[..<colon]).uppercased()
            let value = FixedColumns.trimmed(text[text.index(after: colon)...])
            let code = key.hasPrefix("*") ? String(key.dropFirst()) : key
            guard ["COLOR", "COLOUR", "CLARITY"].contains(code), !value.isEmpty else { return strange.append(text) }
            rows.append(Row(code: code, value: value, unit: "", flags: key.hasPrefix("*") ? ["*"] : []))
        } else {
            addResult(text, whole: true)
        }
    }

    /// - Parameter whole: words that are not known are a value as well: `Trace-lysed`, `Ca 25 Ery/uL`.
    private mutating func addResult(_ text: String, whole: Bool) {
        if let line = ResultLine(text) {
            let flags = (line.isMarked ? ["*"] : []) + (line.grade.isEmpty ? [] : [line.grade])
            return rows.append(Row(code: line.name, value: line.value, unit: line.unit, flags: flags))
        }
        let isMarked = text.hasPrefix("*")
        let parts = text.dropFirst(isMarked ? 1 : 0).split(separator: " ")
        guard whole, let name = parts.first, name.first?.isLetter == true, name.utf8.count <= 6, parts.count > 1 else {
            return strange.append(text)
        }
        let value = parts.dropFirst().joined(separator: " ")
        rows.append(Row(code: String(name), value: value, unit: "", flags: isMarked ? ["*"] : []))
    }

    /// The format has a field for the id, and no running number stands for it: a report without id has no specimen.
    private let isNumberLeftOut: Bool

    /// Blank or zeros: nothing was entered.
    private var hasID: Bool { !id.isEmpty && !id.allSatisfy { $0 == "0" } }

    /// How faults name it.
    var name: String { hasID ? id : sequence }

    /// What is told to the host.
    func message() -> DeviceMessage {
        var message = DeviceMessage(protocolName: "urine text")
        var order = DeviceMessage.Order()
        if hasID || isNumberLeftOut {
            order.specimenID = hasID ? id : ""
            order.fillerID = sequence
        } else {
            order.specimenID = sequence
            order.specimenKind = "number"
        }
        message.orders.append(order)
        for row in rows {
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = row.code
            result.value = row.value
            result.unit = row.unit
            result.flags = row.flags
            result.time = time
            message.results.append(result)
        }
        return message
    }
}
