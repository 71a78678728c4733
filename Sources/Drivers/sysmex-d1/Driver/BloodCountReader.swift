import DriverKit
import DriverWire
import SerialBlocks

/// Reads the text of a blood-count block (analysers' sheets 5.1, 5.2).
struct BloodCountReader {
    let layout: D1Layout
    let dateOrder: BlockTime.Order

    init(_ options: D1Options) {
        dateOrder = options.dateOrder
        layout =
            options.format == .long
            ? .long(options.populations, haemoglobinDecimals: options.haemoglobinDecimals)
            : .short(options.populations, haemoglobinDecimals: options.haemoglobinDecimals)
    }

    /// Whether a text without its STX is one of these blocks all the same.
    func isWhole(_ text: ArraySlice<UInt8>) -> Bool {
        text.count == layout.length && text.starts(with: Array("D1U".utf8))
    }

    func read(_ text: [UInt8]) -> BlockContent {
        if let index = text.firstIndex(where: { $0 < 0x20 || $0 > 0x7E }) {
            return .unreadable("a byte that is no character (\(text[index])): check parity and data bits", at: index)
        }
        let columns = FixedColumns(text)
        guard let kind = columns.text(0, 3), kind.hasPrefix("D1"), kind.last?.isLetter == true else {
            return .unreadable("a block that does not begin with D1 and a letter", at: 0)
        }
        guard kind == "D1U" else { return control(kind, text) }
        guard text.count == layout.length else {
            let other =
                text.count == 234 ? " (format d1u-long has 234)" : text.count == 119 ? " (format d1u has 119)" : ""
            return .unreadable(
                "a sample block of \(text.count) characters where \(layout.length) are due\(other)",
                at: min(text.count, layout.length))
        }
        return sample(columns)
    }

    private func sample(_ columns: FixedColumns) -> BlockContent {
        var remarks: [BlockContent.Remark] = []
        var message = DeviceMessage(protocolName: "D1U")
        var order = DeviceMessage.Order()
        order.specimenID = columns.trimmed(layout.specimen.offset, layout.specimen.length) ?? ""
        message.orders.append(order)
        let dateText = columns.text(3, 6) ?? ""
        let date = BlockTime.date(dateText, order: dateOrder)
        if date == nil {
            let text =
                "the date \"\(dateText)\" is none in the order \(dateOrder.rawValue): set option date as on the analyser"
            remarks.append(.init(severity: .notice, text: text, range: 3..<9))
        }
        for field in layout.fields {
            var code = field.code
            if code == D1Layout.undecidedWidth, let place = layout.widthKind {
                switch columns.byte(place) {
                case UInt8(ascii: "S"): code = "RDW-SD"
                case UInt8(ascii: "C"): code = "RDW-CV"
                default:
                    let text =
                        "sample \(order.specimenID): the letter before the values is neither S nor C, so RDW is not known to be"
                        + " SD or CV and was left out"
                    remarks.append(.init(severity: .lost, text: text, range: place..<place + 1))
                    continue
                }
            }
            guard var result = result(field, code, columns, order.specimenID, &remarks) else { continue }
            result.order = 0
            result.time = date ?? ""
            message.results.append(result)
        }
        for field in layout.unused where !isZero(field, columns) {
            let text =
                "\(field.code) is not zero: if the analyser counts five populations, set option differential: five"
            remarks.append(
                .init(severity: .notice, text: text, range: field.offset..<field.offset + field.digits + 1))
        }
        if let place = layout.distribution, let text = columns.text(place.offset, place.length),
            text.contains(where: { $0 != "0" && $0 != " " })
        {
            message.others.append(.init(tag: "PDA", raw: text))
        }
        return .message(message, remarks: remarks)
    }

    private func result(
        _ field: D1Layout.Field, _ code: String, _ columns: FixedColumns, _ specimen: String,
        _ remarks: inout [BlockContent.Remark]
    ) -> DeviceMessage.Result? {
        guard let digits = columns.text(field.offset, field.digits),
            let flag = columns.text(field.offset + field.digits, 1)
        else { return nil }
        // Five blanks: this model does not measure it.
        if (digits + flag).allSatisfy({ $0 == " " }) { return nil }
        var result = DeviceMessage.Result()
        result.code = code
        switch flag {
        case "0", " ": break
        case "1": result.flags = ["H"]
        case "2": result.flags = ["L"]
        default: result.flags = [flag]
        }
        if let number = FixedColumns.number(digits, decimals: field.decimals) {
            result.value = number
            return result
        }
        result.isUsable = false
        if digits.hasPrefix("*") {
            result.absentReason = "masked by the analyser: not reliable"
            return result
        }
        result.absentReason = "not readable: \"\(digits)\""
        let text =
            "sample \(specimen): \(code) is \"\(digits)\", which is no number; no value was taken: look at the analyser"
        remarks.append(.init(severity: .lost, text: text, range: field.offset..<field.offset + field.digits))
        return result
    }

    private func isZero(_ field: D1Layout.Field, _ columns: FixedColumns) -> Bool {
        columns.text(field.offset, field.digits)?.allSatisfy { $0 == "0" || $0 == " " || $0 == "*" } ?? true
    }

    /// D1 with another letter: control material, whose columns are not known for certain. Kept as it came.
    private func control(_ kind: String, _ text: [UInt8]) -> BlockContent {
        var message = DeviceMessage(kind: .event, protocolName: kind)
        let raw = String(decoding: text.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        message.others.append(.init(tag: kind, raw: raw))
        let remark = "a block of control material (\(kind)): kept as it came, not read; see it on the analyser"
        return .message(message, remarks: [.init(severity: .notice, text: remark, range: 0..<text.count)])
    }
}
