import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// Reads a text by a table of columns.
struct ColumnReader {
    let table: ColumnTable
    let dateOrder: BlockTime.Order

    func read(_ received: [UInt8]) -> TextContent {
        let text =
            table.isOneLine ? received.filter { $0 != ControlByte.cr && $0 != ControlByte.lf } : received
        let columns = FixedColumns(text)
        if !table.marks.isEmpty,
            !table.marks.contains(where: { columns.text($0.at, $0.text.utf8.count) == $0.text })
        {
            return .aside("a block of another kind: no results")
        }
        guard text.count >= table.shortest, table.exactly.map({ $0 == text.count }) ?? true else {
            let due = table.exactly.map { "\($0)" } ?? "at least \(table.shortest)"
            return .unreadable("a block of \(text.count) characters where \(due) are due", at: text.count)
        }
        if table.isPrintable,
            let index = text.firstIndex(where: {
                ($0 < 0x20 || $0 > 0x7E) && $0 != ControlByte.cr && $0 != ControlByte.lf
            })
        {
            return .unreadable("a byte that is no character (\(text[index])): check parity and data bits", at: index)
        }
        guard let order = order(columns) else {
            return .unreadable("the sample id is not readable", at: table.specimen.first?.at ?? 0)
        }
        var message = DeviceMessage(protocolName: "columns")
        message.orders.append(order)
        var remarks: [TextContent.Remark] = []
        if let column = table.patient, let id = columns.trimmed(column), !id.isEmpty {
            var patient = DeviceMessage.Patient()
            patient.id = id
            message.patients.append(patient)
            message.orders[0].patient = 0
        }
        for field in table.fields {
            add(field.code, field.value, unit: field.unit ?? "", columns, &message, &remarks)
        }
        if let fault = addGroups(columns, &message, &remarks) { return fault }
        if let lists = table.lists, let fault = addLists(lists, columns, &message, &remarks) { return fault }
        finish(columns, &message, &remarks)
        if message.results.isEmpty { return .aside("sample \(order.specimenID): a block without results") }
        return .message(message, remarks: remarks)
    }

    private func order(_ columns: FixedColumns) -> DeviceMessage.Order? {
        var order = DeviceMessage.Order()
        for column in table.specimen where order.specimenID.isEmpty {
            var width = column.length
            if let end = table.specimenEnd, let found = columns.bytes.dropFirst(column.at).firstIndex(of: end) {
                width = min(width, found - column.at)
            }
            guard let id = columns.trimmed(column.at, width) else { return nil }
            order.specimenID = id
        }
        if order.specimenID.isEmpty, let column = table.number {
            guard let number = columns.trimmed(column) else { return nil }
            order.specimenID = number
            order.specimenKind = "number"
        }
        order.rack = table.rack.flatMap { columns.trimmed($0) } ?? ""
        order.position = table.position.flatMap { columns.trimmed($0) } ?? ""
        if let flag = table.controlFlag, columns.trimmed(flag.column) == flag.text { order.isQC = true }
        if let control = table.controlID {
            guard let id = columns.trimmed(control.column) else { return nil }
            order.isQC = order.isQC || control.texts.contains(id)
        }
        return order
    }

    private func finish(
        _ columns: FixedColumns, _ message: inout DeviceMessage, _ remarks: inout [TextContent.Remark]
    ) {
        let dateText = table.date.flatMap { columns.trimmed($0) } ?? ""
        let date = BlockTime.date(dateText, order: dateOrder)
        if date == nil, let place = table.date {
            let text =
                "the date \"\(dateText)\" is none in the order \(dateOrder.rawValue): set option date as on the analyser"
            remarks.append(.init(severity: .notice, text: text, at: place.at))
        }
        let time = table.time.flatMap { columns.trimmed($0) }.flatMap { BlockTime.time($0) }
        for index in message.results.indices {
            message.results[index].order = 0
            message.results[index].time = BlockTime.instant(date: date, time: time)
            message.results[index].isQC = message.orders[0].isQC
        }
    }

    /// A value at a place; blank: not measured.
    @discardableResult
    private func add(
        _ code: String, _ column: Column, unit: String, _ columns: FixedColumns, _ message: inout DeviceMessage,
        _ remarks: inout [TextContent.Remark]
    ) -> Bool {
        let raw = columns.trimmed(column)
        if raw == "" { return false }
        var result = DeviceMessage.Result()
        result.code = code
        result.unit = unit
        if let raw, let number = FixedColumns.plainNumber(raw) {
            result.value = number
        } else {
            result.isUsable = false
            result.absentReason = "the analyser gives \"\(raw ?? "?")\""
            if raw.map({ !$0.allSatisfy { "-*.:+".contains($0) } }) ?? true {
                let text = "\(code) is \"\(raw ?? "?")\", which is no number; no value was taken: look at the analyser"
                remarks.append(.init(severity: .lost, text: text, at: column.at))
            }
        }
        message.results.append(result)
        return true
    }

    private func addGroups(
        _ columns: FixedColumns, _ message: inout DeviceMessage, _ remarks: inout [TextContent.Remark]
    ) -> TextContent? {
        guard let group = table.group else { return nil }
        var start = group.at
        if let mark = table.groupStart {
            guard let found = columns.bytes.firstIndex(of: mark) else {
                return .unreadable("the results do not begin where they should", at: columns.count)
            }
            let first = columns.bytes[(found + 1)...].firstIndex { $0 != 0x20 } ?? columns.bytes.count
            start += first
        }
        let end = table.groupEnd.flatMap { columns.bytes.firstIndex(of: $0) } ?? columns.bytes.count
        for index in 0..<group.most {
            let at = start + index * group.length
            // Where something follows the groups, each has its full length; else blanks at the end may be left out.
            let needed = table.groupEnd == nil ? max(group.value.end, group.code.end) : group.length
            guard at + needed <= end else {
                if index < group.least || table.groupEnd != nil && at < end {
                    return .unreadable("the block ends within its results", at: min(at, columns.count))
                }
                return nil
            }
            guard let code = columns.trimmed(group.code.moved(by: at)) else {
                let text = "the name of a result is not readable; it was not taken: look at the analyser"
                remarks.append(.init(severity: .lost, text: text, at: at))
                continue
            }
            let value = columns.trimmed(group.value.moved(by: at))
            if code.isEmpty, value == "" {
                if group.endsAtBlank { return nil }
                continue
            }
            let unit = group.unit.flatMap { columns.trimmed($0.moved(by: at)) } ?? ""
            if code.isEmpty {
                let text = "a value \"\(value ?? "?")\" without a name; it was not taken: look at the analyser"
                remarks.append(.init(severity: .lost, text: text, at: at))
                continue
            }
            if !add(code, group.value.moved(by: at), unit: unit, columns, &message, &remarks) {
                var result = DeviceMessage.Result()
                result.code = code
                result.isUsable = false
                result.absentReason = "the analyser gives no value"
                message.results.append(result)
            }
            let last = message.results.count - 1
            let flags = group.flag.flatMap { columns.trimmed($0.moved(by: at)) } ?? ""
            message.results[last].flags = flags.filter { $0 != " " }.map { String($0) }
            message.results[last].status = group.status.flatMap { columns.trimmed($0.moved(by: at)) } ?? ""
            if let good = table.goodStatuses, !good.contains(message.results[last].status) {
                message.results[last].isUsable = false
                message.results[last].absentReason =
                    "the analyser marks it \"\(message.results[last].status)\": it does not stand"
            }
        }
        return nil
    }

    private func addLists(
        _ lists: ColumnTable.Lists, _ columns: FixedColumns, _ message: inout DeviceMessage,
        _ remarks: inout [TextContent.Remark]
    ) -> TextContent? {
        guard let count = columns.wholeNumber(lists.count.at, lists.count.length), (0...10).contains(count) else {
            return .unreadable("the number of fractions is not readable", at: lists.count.at)
        }
        for index in 0..<count {
            let place = lists.names.moved(by: index * lists.names.length)
            // Names are set in the device's language.
            let name = columns.latin(place.at, place.length)
            let value = lists.values.moved(by: index * lists.values.length)
            guard let name, !name.isEmpty else {
                let text = "fraction \(index + 1) has no readable name; it was not taken: look at the analyser"
                remarks.append(.init(severity: .lost, text: text, at: lists.names.at + index * lists.names.length))
                continue
            }
            add(name, value, unit: lists.unit, columns, &message, &remarks)
        }
        return nil
    }
}
