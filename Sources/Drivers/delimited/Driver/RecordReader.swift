import DriverKit
import DriverWire

/// Makes orders and results of a record.
struct RecordReader {
    let options: DelimitedOptions

    /// Something that is odd or cannot be read.
    struct Fault {
        var severity: FaultSeverity
        var text: String
    }

    /// One record, as a message of its own.
    func read(_ record: Record, tests: [Int], faults: inout [Fault]) -> DeviceMessage {
        var message = DeviceMessage(kind: .results, protocolName: "delimited text")
        let fields = options.fields
        func text(_ place: Place?) -> String { place?.text(record) ?? "" }
        message.sender = text(fields.sender)
        var order = DeviceMessage.Order()
        order.specimenID = text(fields.specimen)
        order.specimenKind = fields.specimenKind
        order.specimenType = text(fields.specimenType)
        order.rack = text(fields.rack)
        order.position = text(fields.position)
        order.priority = text(fields.priority)
        order.placerID = text(fields.placerID)
        order.collectedAt = time(fields.collectedAt, record, 0, &faults)
        order.isQC = options.rules.qc.contains { !$0.looksAtResult && $0.holds(record) }
        var patient = DeviceMessage.Patient()
        patient.id = text(fields.patient)
        patient.name = text(fields.patientName)
        patient.birthDate = String(time(fields.birthDate, record, 0, &faults).prefix(10))
        patient.sex = text(fields.sex)
        patient.location = text(fields.location)
        if patient != DeviceMessage.Patient() {
            message.patients.append(patient)
            order.patient = 0
        }
        message.orders.append(order)
        let words = text(fields.comment)
        if !words.isEmpty {
            var comment = DeviceMessage.Comment()
            comment.text = words
            comment.order = 0
            message.comments.append(comment)
        }
        switch options.layout {
        case .rows: add(row(fields.result, record, 0, &faults), record, order, &message)
        case .columns(let columns):
            let shared = row(fields.result, record, 0, &faults)
            for index in tests { add(cell(index, columns, record, shared), record, order, &message) }
        case .groups(let groups): addGroups(groups, record, order, &message, &faults)
        }
        return message
    }

    /// Fields of a result without its value, and the value.
    private func row(
        _ fields: ResultFields, _ record: Record, _ base: Int, _ faults: inout [Fault]
    ) -> DeviceMessage.Result? {
        func text(_ place: Place?) -> String { place?.text(record, base: base) ?? "" }
        var row = DeviceMessage.Result()
        row.code = text(fields.code)
        row.name = text(fields.name)
        if row.name == row.code { row.name = "" }
        row.value = text(fields.value)
        row.unit = text(fields.unit)
        row.range = text(fields.range)
        let flags = text(fields.flags)
        row.flags = flags.isEmpty ? [] : [flags]
        if !fields.flagSeparators.isEmpty {
            row.flags = flags.split { fields.flagSeparators.contains($0) }.map { Condition.trimmed(String($0)) }
                .filter { !$0.isEmpty }
        }
        row.status = text(fields.status)
        row.time = time(fields.time, record, base, &faults)
        row.operatorID = text(fields.operatorID)
        row.instrument = text(fields.instrument)
        row.method = text(fields.method)
        row.run = text(fields.run)
        let words = text(fields.comment)
        if !words.isEmpty {
            var comment = DeviceMessage.Comment()
            comment.text = words
            row.comments = [comment]
        }
        switch text(fields.comparator) {
        case "", "=": break
        case let sign where ["<", ">", "<=", ">=", "≤", "≥"].contains(sign):
            if !row.value.isEmpty { row.value = sign + row.value }
        case let sign:
            faults.append(
                Fault(
                    severity: .lost,
                    text: "\"\(sign)\" stands where a comparator (< > =) is expected: \(row.code) was not taken"))
            return nil
        }
        return row
    }

    private func cell(
        _ index: Int, _ columns: TestColumns, _ record: Record, _ shared: DeviceMessage.Result?
    ) -> DeviceMessage.Result? {
        guard var row = shared, let head = record.head, index < head.names.count else { return nil }
        func beside(_ offset: Int?) -> String {
            offset.map { Condition.trimmed(record.cell(index + $0) ?? "") } ?? ""
        }
        row.code = head.names[index]
        row.value = beside(0)
        // A column a test: an empty cell is a test that was not done.
        if row.value.isEmpty { return nil }
        if let unit = columns.unit { row.unit = beside(unit) }
        let flag = beside(columns.flag)
        if !flag.isEmpty { row.flags.append(flag) }
        let words = beside(columns.comment)
        if !words.isEmpty {
            var comment = DeviceMessage.Comment()
            comment.text = columns.commentWords.first { $0.pattern.matches(words) }?.text ?? words
            comment.code = words
            if !comment.text.isEmpty { row.comments.append(comment) }
        }
        return row
    }

    private func addGroups(
        _ groups: TestGroups, _ record: Record, _ order: DeviceMessage.Order, _ message: inout DeviceMessage,
        _ faults: inout [Fault]
    ) {
        // What the record says of all its results, where a group does not say its own.
        let shared = row(options.fields.result, record, 0, &faults)
        for index in 0..<(groups.number(in: record) ?? 0) {
            let base = groups.first - 1 + index * groups.size
            var row = row(groups.result, record, base, &faults)
            if let shared {
                if row?.time.isEmpty ?? false { row?.time = shared.time }
                if row?.status.isEmpty ?? false { row?.status = shared.status }
                if row?.operatorID.isEmpty ?? false { row?.operatorID = shared.operatorID }
                if row?.instrument.isEmpty ?? false { row?.instrument = shared.instrument }
                if row?.method.isEmpty ?? false { row?.method = shared.method }
                if row?.run.isEmpty ?? false { row?.run = shared.run }
            }
            add(row, record, order, &message)
        }
    }

    private func add(
        _ row: DeviceMessage.Result?, _ record: Record, _ order: DeviceMessage.Order, _ message: inout DeviceMessage
    ) {
        guard var row, !row.code.isEmpty else { return }
        if options.rules.empty.contains(where: { $0.matches(row.value) }) { return }
        row.order = 0
        row.isQC = order.isQC || options.rules.qc.contains { $0.holds(record, code: row.code, value: row.value) }
        if row.value.isEmpty {
            row.isUsable = false
            row.absentReason = "nothing stands where the value should"
        }
        var isLeftOut: Bool?
        var role: DeviceMessage.Result.Role?
        var usable: (isUsable: Bool, reason: String)?
        for rule in options.rules.rows where rule.condition.holds(record, code: row.code, value: row.value) {
            if isLeftOut == nil, let leftOut = rule.isLeftOut { (isLeftOut, role) = (leftOut, rule.role) }
            if usable == nil, let isUsable = rule.isUsable { usable = (isUsable, rule.absentReason ?? "") }
            if let isQC = rule.isQC { row.isQC = row.isQC || isQC }
            if let flag = rule.flag, !row.flags.contains(flag) { row.flags.append(flag) }
        }
        if isLeftOut == true { return }
        if let role { row.role = role }
        if let usable { (row.isUsable, row.absentReason) = usable }
        message.results.append(row)
    }

    private func time(_ place: Place?, _ record: Record, _ base: Int, _ faults: inout [Fault]) -> String {
        let text = place?.text(record, base: base) ?? ""
        guard !text.isEmpty else { return "" }
        if let time = options.dates.iso8601(text) { return time }
        guard text.contains(where: { $0.isNumber && $0 != "0" }) else { return "" }
        faults.append(
            Fault(
                severity: .notice,
                text: "\"\(text)\" cannot be read as a time and was left out: set date_order or months"))
        return ""
    }
}

extension TestGroups {
    /// How many groups a record has; nil: it does not hold what it says.
    func number(in record: Record) -> Int? {
        let there = max(0, record.cells.count - first + 1) / size
        guard let count else { return there }
        guard let text = record.cell(count - 1), let number = Int(Condition.trimmed(text)), number >= 0, number <= there
        else { return nil }
        return number
    }
}
