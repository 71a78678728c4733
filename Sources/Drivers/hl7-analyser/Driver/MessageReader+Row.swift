import DriverKit
import DriverWire
import HL7v2

extension MessageReader {
    /// Adds what the present OBX holds: one result, several (`split`), or an attachment.
    func addResult() {
        let meaning = RowMeaning(options.rows, context, in: message)
        if meaning.isLeftOut { return }
        var row = DeviceMessage.Result()
        row.order = order
        row.code = text(meaning.code ?? options.code)
        row.name = text(meaning.name ?? options.name)
        if row.name == row.code { row.name = "" }
        let type = message.field(2, of: current)
        row.valueType = message.string(type)
        row.unit = unit(text(meaning.unit ?? options.unit))
        row.range = text(options.range)
        row.status = text(options.status)
        row.time = rowTime(options.time)
        if let startedAt = options.startedAt { row.startedAt = rowTime(startedAt) }
        row.operatorID = text(options.operatorID)
        row.instrument = text(options.instrument)
        row.method = text(options.method)
        if let run = options.run { row.run = text(run) }
        row.subID = text(options.subID)
        row.role = meaning.role ?? .result
        row.isResent = meaning.isResent
        if let order { row.isQC = result.orders[order].isQC }
        if meaning.isQC || options.rowQC.contains(where: { $0.holds(context, in: message) }) { row.isQC = true }
        addFlags(to: &row, text(options.flags))
        if let isUsable = meaning.isUsable {
            row.isUsable = isUsable
            row.absentReason = isUsable ? "" : meaning.absentReason ?? ""
        }
        if message.equals(message.trimmed(type), "ED") || message.equals(message.trimmed(type), "RP") {
            if meaning.role == nil { row.role = .attachment }
            readAttachment(&row, contentType: meaning.contentType)
            result.results.append(row)
            return
        }
        if let split = options.split, addParts(split, row) { return }
        readValue(&row, meaning.value ?? options.value)
        if row.role == .result || row.role == .attachment,
            let data = Base64Text.data(inValue: row.value, component: message.delimiters.component)
        {
            row.role = .attachment
            row.contentType = meaning.contentType ?? ""
            row.data = data
            row.value = ""
        }
        result.results.append(row)
    }

    private func text(_ selector: Selector) -> String { selector.text(context, in: message) }

    /// `10^9/L` without an escape comes as two components, and the first alone would be a number without a power.
    private func unit(_ found: String) -> String {
        guard found.hasSuffix("10") else { return found }
        let field = message.field(6, of: current)
        guard message.string(message.trimmed(message.component(1, of: field))) == found else { return found }
        let power = message.string(message.trimmed(message.component(2, of: field)))
        guard let first = power.utf8.first, 0x30...0x39 ~= first || first == UInt8(ascii: "-") else { return found }
        return found + "^" + power
    }

    private func rowTime(_ selector: Selector) -> String {
        var odd: [HL7Message.Span] = []
        let time = selector.time(context, in: message) { odd.append($0) }
        for span in odd where notices.count < 8 {
            notices.append(
                "OBX-1 \(message.string(message.field(1, of: current))): "
                    + "\"\(message.string(span))\" is no time")
        }
        return time
    }

    private func addFlags(to row: inout DeviceMessage.Result, _ text: String) {
        guard !text.isEmpty else { return }
        let delimiters = message.delimiters
        for flag in text.utf8.split(whereSeparator: {
            $0 == delimiters.repetition || options.flagSeparators.contains($0)
        }) {
            let first = flag.prefix { $0 != delimiters.component }
            let word = first.drop { $0 <= 0x20 }
            guard let end = word.lastIndex(where: { $0 > 0x20 }) else { continue }
            let text = String(decoding: word[word.startIndex...end], as: UTF8.self)
            if text != HL7Text.null { row.flags.append(text) }
        }
    }

    private func readValue(_ row: inout DeviceMessage.Result, _ selector: Selector?) {
        row.value = selector.map { text($0) } ?? typedValue(row.valueType)
        takeMarks(&row)
        guard options.noValues.contains(where: { $0.matches(row.value) }) else { return }
        let instead = options.valueInstead.map { text($0) } ?? ""
        if !instead.isEmpty {
            row.value = instead
        } else {
            row.isUsable = false
            if row.absentReason.isEmpty { row.absentReason = "the device sends \(row.value) for no result" }
        }
    }

    /// Marks at the end of a value (arrows) become flags.
    private func takeMarks(_ row: inout DeviceMessage.Result) {
        for (mark, flag) in options.valueFlags where row.value.hasSuffix(mark) {
            row.value.removeLast(mark.count)
            while row.value.utf8.last == 0x20 { row.value.removeLast() }
            if !flag.isEmpty { row.flags.append(flag) }
        }
    }

    /// OBX-5 as its type asks (HL7 v2.5.1, 2.A): the number with comparator of SN, the words of a coded value, the first
    /// component that holds anything of all others; repetitions as sent.
    private func typedValue(_ type: String) -> String {
        let field = message.field(5, of: current)
        let delimiters = message.delimiters
        guard message.text[field].contains(delimiters.repetition) else { return typedValue(type, of: field) }
        var parts: [String] = []
        message.forEachPart(of: field, by: delimiters.repetition) { parts.append(typedValue(type, of: $0)) }
        // `41765^4.17~`: a repetition that holds nothing is no second value.
        while let last = parts.last, last.isEmpty { parts.removeLast() }
        return parts.joined(separator: String(Character(Unicode.Scalar(delimiters.repetition))))
    }

    private func typedValue(_ type: String, of span: HL7Message.Span) -> String {
        if HL7Text.isNull(span, in: message) { return "" }
        let separator = message.delimiters.component
        guard message.text[span].contains(separator) else { return message.string(span) }
        switch type {
        case "SN":
            var value = ""
            message.forEachPart(of: span, by: separator) { value += message.string($0) }
            return value
        case "CE", "CWE", "CNE", "CF":
            // Words, else the code, of either coding; never the name of a coding system: `^^99ROC` holds nothing.
            for number in [2, 1, 5, 4] {
                let text = message.string(message.trimmed(message.component(number, of: span)))
                if !text.isEmpty, text != HL7Text.null { return text }
            }
            return ""
        case "TX", "FT":
            return HL7Text.withoutEmptyEnd(message.string(span), message.delimiters)
        default: return firstFilled(span)
        }
    }

    private func firstFilled(_ span: HL7Message.Span) -> String {
        var found = ""
        message.forEachPart(of: span, by: message.delimiters.component) {
            if found.isEmpty { found = message.string($0) }
        }
        return found
    }

    /// One quantity whose value repeats the unit of OBX-6: `<0.10 ng/mL`.
    private func addSingle(_ row: DeviceMessage.Result, _ value: String?) -> Bool {
        let words = (value ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[1] == row.unit, words[0].utf8.contains(where: { 0x30...0x39 ~= $0 }) else {
            return false
        }
        var row = row
        row.value = String(words[0])
        result.results.append(row)
        return true
    }

    /// Several quantities in one row.
    ///
    /// - Returns: false when there are not as many values as names, or only one: then the row is read as any other.
    private func addParts(_ split: SplitRule, _ row: DeviceMessage.Result) -> Bool {
        var whole = row
        whole.value = context.string(split.values, in: message)
        takeMarks(&whole)
        let names = split.parts(context.string(split.names, in: message))
        let values = split.parts(whole.value)
        guard names.count > 1 || values.count > 1 else { return addSingle(whole, values.first) }
        guard names.count == values.count else {
            notices.append(
                "\(split.names) has \(names.count) names and \(split.values) \(values.count) values: kept as one")
            return false
        }
        for (place, name) in names.enumerated() {
            var part = row
            part.code = name
            part.name = ""
            let words = values[place].split(separator: " ", maxSplits: 1)
            part.value = words.first.map(String.init) ?? ""
            if words.count > 1 { part.unit = String(words[1]) }
            // A mark at the end of the field is about the first quantity.
            part.flags = place == 0 ? whole.flags : row.flags
            if place > 0 {
                part.range = ""
                part.flags = []
            }
            result.results.append(part)
        }
        return true
    }
}
