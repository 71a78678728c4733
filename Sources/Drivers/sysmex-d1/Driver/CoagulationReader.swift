import DriverKit
import DriverWire
import SerialBlocks

/// Columns of the coagulation blocks, counted from 0 behind STX (analysers' sheet 5.3).
struct CoagulationLayout: Sendable, Equatable {
    /// Rack, position, sample id, kind of id and name stand behind each other in these widths.
    var rack: Int
    var specimen: Int
    var name: Int

    /// CA-1500 class: rack 6, id 15, name 15.
    static let wide = CoagulationLayout(rack: 6, specimen: 15, name: 15)
    /// CA-500 and CA-1000 class: rack 4, id 13, name 11.
    static let narrow = CoagulationLayout(rack: 4, specimen: 13, name: 11)

    static let rackOffset = 19
    static let positionWidth = 2
    var positionOffset: Int { Self.rackOffset + rack }
    var specimenOffset: Int { positionOffset + Self.positionWidth }
    var kindOffset: Int { specimenOffset + specimen }
    var nameOffset: Int { kindOffset + 1 }
    /// Item code (3), value (5), flag (1), repeated.
    var dataOffset: Int { nameOffset + name }
    static let item = 9
}

/// Reads results and order inquiries of coagulation analysers.
struct CoagulationReader {
    let layout: CoagulationLayout
    let dateOrder: BlockTime.Order
    let patientKinds: [String]
    let decimals: [String: Int]

    init(_ layout: CoagulationLayout, _ options: D1Options) {
        self.layout = layout
        dateOrder = options.dateOrder
        patientKinds = options.patientKinds
        decimals = options.decimals
    }

    func isWhole(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, first == UInt8(ascii: "D") || first == UInt8(ascii: "R") else { return false }
        let items = text.count - layout.dataOffset
        return items > 0 && items % CoagulationLayout.item == 0
            && text.dropFirst(2).prefix(6).allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    func read(_ text: [UInt8]) -> BlockContent {
        if let index = text.firstIndex(where: { $0 < 0x20 || $0 > 0x7E }) {
            return .unreadable("a byte that is no character (\(text[index])): check parity and data bits", at: index)
        }
        let columns = FixedColumns(text)
        guard let kind = columns.text(0, 1), kind == "D" || kind == "R" else {
            return .unreadable("a block that begins with neither D (result) nor R (inquiry)", at: 0)
        }
        let rest = text.count - layout.dataOffset
        guard rest >= 0, rest % CoagulationLayout.item == 0 else {
            return .unreadable(
                "a block of \(text.count) characters, which is no head of \(layout.dataOffset) and items of 9 each: option format"
                    + " is ca for wide, ca-narrow for narrow columns", at: text.count)
        }
        return kind == "D" ? results(columns) : inquiry(columns)
    }

    private func order(_ columns: FixedColumns) -> DeviceMessage.Order {
        var order = DeviceMessage.Order()
        order.specimenID = columns.trimmed(layout.specimenOffset, layout.specimen) ?? ""
        // M typed, B read from a bar code, A numbered by the analyser.
        if columns.text(layout.kindOffset, 1) == "A" { order.specimenKind = "number" }
        order.rack = columns.trimmed(CoagulationLayout.rackOffset, layout.rack) ?? ""
        order.position = columns.trimmed(layout.positionOffset, CoagulationLayout.positionWidth) ?? ""
        return order
    }

    private func items(_ columns: FixedColumns) -> [Int] {
        Array(stride(from: layout.dataOffset, to: columns.bytes.count, by: CoagulationLayout.item))
    }

    private func results(_ columns: FixedColumns) -> BlockContent {
        var remarks: [BlockContent.Remark] = []
        var message = DeviceMessage(protocolName: "CA")
        var order = order(columns)
        let kind = columns.text(8, 1) ?? ""
        order.isQC = !patientKinds.contains(kind)
        if order.isQC {
            let text =
                "sample \(order.specimenID) has the kind \"\(kind)\": taken for control material, not for a patient's. If patients'"
                + " samples have it, add it to option patient_kinds"
            remarks.append(.init(severity: .notice, text: text, range: 8..<9))
        }
        let name = columns.trimmed(layout.nameOffset, layout.name) ?? ""
        if !name.isEmpty {
            var patient = DeviceMessage.Patient()
            patient.name = name
            message.patients.append(patient)
            order.patient = 0
        }
        message.orders.append(order)
        let dateText = columns.text(9, 6) ?? ""
        let date = BlockTime.date(dateText, order: dateOrder)
        if date == nil {
            let text =
                "the date \"\(dateText)\" is none in the order \(dateOrder.rawValue): set option date as on the analyser"
            remarks.append(.init(severity: .notice, text: text, range: 9..<15))
        }
        let time = BlockTime.instant(date: date, time: columns.text(15, 4).flatMap { BlockTime.time($0) })
        for offset in items(columns) {
            guard let code = columns.trimmed(offset, 3), let value = columns.trimmed(offset + 3, 5) else { continue }
            if code.isEmpty, value.isEmpty { continue }
            let flag = columns.trimmed(offset + 8, 1) ?? ""
            guard let decimals = decimals(of: code) else {
                message.others.append(.init(tag: code, raw: value + (flag.isEmpty ? "" : " " + flag)))
                continue
            }
            var result = DeviceMessage.Result()
            result.order = 0
            result.code = code
            result.time = time
            result.isQC = order.isQC
            if !flag.isEmpty { result.flags = [flag] }
            read(value, decimals, into: &result, order.specimenID, at: offset + 3, &remarks)
            message.results.append(result)
        }
        return .message(message, remarks: remarks)
    }

    /// Decimals by kind, the last figure of the code: 1 time, 2 activity or concentration, 3 ratio, 4 INR. Nil: no result (5, 6,
    /// 7: derived fibrinogen, curve data).
    private func decimals(of code: String) -> Int? {
        if let decimals = decimals[code] { return decimals }
        guard code.utf8.count == 3 else { return nil }
        switch code.last {
        case "1", "2": return 1
        case "3", "4": return 2
        default: return nil
        }
    }

    private func read(
        _ value: String, _ decimals: Int, into result: inout DeviceMessage.Result, _ specimen: String, at offset: Int,
        _ remarks: inout [BlockContent.Remark]
    ) {
        if let number = FixedColumns.number(value, decimals: decimals) {
            result.value = number
            return
        }
        // A point that is written needs no rule.
        if value.contains("."), let number = FixedColumns.plainNumber(value) {
            result.value = number
            return
        }
        result.isUsable = false
        result.absentReason = value.isEmpty ? "the analyser gives no value" : "the analyser gives \"\(value)\""
        if value.allSatisfy({ "-*+.".contains($0) }) { return }
        let text =
            "sample \(specimen): item \(result.code) is \"\(value)\", which is no number; no value was taken: look at the analyser"
        remarks.append(.init(severity: .lost, text: text, range: offset..<offset + 5))
    }

    private func inquiry(_ columns: FixedColumns) -> BlockContent {
        let order = order(columns)
        var message = DeviceMessage(kind: .query, protocolName: "CA")
        var query = DeviceMessage.Query()
        query.specimenID = order.specimenID
        query.tests = items(columns).compactMap { columns.trimmed($0, 3) }.filter { !$0.isEmpty }
        // What the answer repeats: all up to the name.
        let header = Array(columns.bytes.prefix(layout.nameOffset))
        query.token = String(decoding: header, as: UTF8.self)
        message.queries.append(query)
        return .query(message, header: header)
    }
}
