import DriverKit
import DriverWire
import LIS02

extension MessageReader {
    /// The results of the result record the reader is at: none if a rule leaves it out, several if the record holds several
    /// quantities.
    mutating func resultRows(isQC: Bool) -> [DeviceMessage.Result] {
        var row = DeviceMessage.Result()
        row.isQC = isQC
        let rule = rule()
        if rule.isLeftOut { return [] }
        row.order = result.orders.isEmpty ? nil : result.orders.count - 1
        row.code = text(rule.code ?? fields.code)
        row.name = text(fields.name)
        row.unit = text(fields.unit)
        row.range = text(fields.range)
        row.status = text(fields.status)
        row.time = time(fields.time)
        row.startedAt = time(fields.startedAt)
        row.operatorID = text(fields.operatorID)
        row.instrument = text(fields.instrument)
        row.method = text(fields.method)
        row.run = text(fields.run)
        row.flags = flags()
        row.role = rule.role
        row.isUsable = rule.isUsable
        row.absentReason = rule.absentReason
        row.isQC = row.isQC || rule.isQC
        row.isResent = rule.isResent
        row.contentType = rule.contentType
        if let data = rule.data {
            row.data = data.base64(text(data.selector))
        } else if fields.quantities.isEmpty || rule.value != nil || row.role == .attachment {
            row.value = text(rule.value ?? fields.value)
            if row.role == .result || row.role == .attachment,
                let data = Base64Text.data(inValue: row.value, component: message.delimiters.component)
            {
                row.role = .attachment
                row.data = data
                row.value = ""
            }
        } else {
            return quantities(row)
        }
        return [row]
    }

    private func quantities(_ row: DeviceMessage.Result) -> [DeviceMessage.Result] {
        var rows: [DeviceMessage.Result] = []
        for quantity in fields.quantities {
            let value = text(quantity.value)
            if value.isEmpty { continue }
            var part = row
            part.value = value
            part.code += quantity.codeSuffix
            if let unit = quantity.unit { part.unit = text(unit) }
            if let name = quantity.name { part.name = text(name) }
            if let role = quantity.role { part.role = role }
            rows.append(part)
        }
        return rows.isEmpty ? [row] : rows
    }

    /// The flags, one by one: repeats and components are always apart, other separators as the profile says.
    private func flags() -> [String] {
        let span = fields.flags.span(context, in: message)
        if span.isEmpty { return [] }
        var flags: [String] = []
        let count = min(message.repeatCount(span), 100)
        for number in 1...max(1, count) {
            let part = message.repeat(span, number)
            var ordinal = 1
            while ordinal <= 100 {
                let component = message.filledComponent(part, ordinal)
                if component.isEmpty { break }
                let text = message.string(component)
                if text == "\"\"" { break }
                if fields.flagSeparators.isEmpty {
                    flags.append(text)
                } else {
                    let separators = fields.flagSeparators
                    for piece in text.unicodeScalars.split(whereSeparator: { separators.contains($0) }) {
                        flags.append(String(piece))
                    }
                }
                ordinal += 1
            }
        }
        return flags
    }

    private struct Judgement {
        var role = DeviceMessage.Result.Role.result
        var isLeftOut = false
        var isUsable = true
        var absentReason = ""
        var isQC = false
        var isResent = false
        var contentType = ""
        var data: DataRule?
        var code: Selector?
        var value: Selector?
    }

    private func rule() -> Judgement {
        var judgement = Judgement()
        var isRoleSet = false
        var isUsableSet = false
        for rule in fields.rows where rule.condition.holds(context, in: message) {
            if !isRoleSet, let isLeftOut = rule.isLeftOut {
                judgement.role = rule.role ?? .result
                judgement.isLeftOut = isLeftOut
                isRoleSet = true
            }
            if !isUsableSet, let isUsable = rule.isUsable {
                judgement.isUsable = isUsable
                judgement.absentReason = rule.absentReason ?? ""
                isUsableSet = true
            }
            if let isQC = rule.isQC { judgement.isQC = isQC }
            if let isResent = rule.isResent { judgement.isResent = isResent }
            if judgement.contentType.isEmpty { judgement.contentType = rule.contentType ?? "" }
            judgement.data = judgement.data ?? rule.data
            judgement.code = judgement.code ?? rule.code
            judgement.value = judgement.value ?? rule.value
        }
        return judgement
    }
}
