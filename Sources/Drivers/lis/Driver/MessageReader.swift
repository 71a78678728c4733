import DriverKit
import DriverWire
import LIS02

/// Makes a device message of the records of one LIS02 message, as the profile's options say.
struct MessageReader {
    let fields: FieldOptions
    private(set) var message: LIS02Message
    private(set) var context = RecordContext()
    private(set) var result: DeviceMessage
    private(set) var query: DeviceMessage
    /// Tokens of queries that name no specimen.
    private(set) var unnamed: [String] = []
    private(set) var faults: [String] = []

    private enum Parent {
        case message
        case order
        case result
    }
    private var parent = Parent.message
    /// Row of the R record that comments belong to; rows made of other records (curves, images) come behind it.
    private var commentedRow = 0
    private var isOrderQC = false
    /// QC conditions that look at nothing below the order: judged once an order.
    private let orderConditions: [Condition]
    private let rowConditions: [Condition]

    init(_ message: LIS02Message, charset: String, isComplete: Bool, fields: FieldOptions) {
        self.message = message
        self.fields = fields
        result = DeviceMessage(charset: charset, isComplete: isComplete)
        query = DeviceMessage(kind: .query, charset: charset, isComplete: isComplete)
        let upper: Set<UInt8> = [UInt8(ascii: "H"), UInt8(ascii: "P"), UInt8(ascii: "O")]
        orderConditions = fields.qc.filter { $0.types.isSubset(of: upper) }
        rowConditions = fields.qc.filter { !$0.types.isSubset(of: upper) }
    }

    /// Reads all records: device messages with results, with queries, or an event if there is neither.
    mutating func read() -> [DeviceMessage] {
        for index in message.records.indices {
            let record = message.records[index]
            context[record.type] = index
            switch record.type {
            case UInt8(ascii: "H"): header(record)
            case UInt8(ascii: "P"): patient()
            case UInt8(ascii: "O"): order(record)
            case UInt8(ascii: "R"):
                context[UInt8(ascii: "C")] = -1
                row()
            case UInt8(ascii: "C"): comment(record)
            case UInt8(ascii: "Q"): ask(record)
            case UInt8(ascii: "L"): break
            default: other(record)
            }
        }
        var messages: [DeviceMessage] = []
        if !query.queries.isEmpty { messages.append(query) }
        if query.queries.isEmpty || !result.results.isEmpty {
            if result.results.isEmpty, result.orders.isEmpty { result.kind = .event }
            messages.append(result)
        }
        return messages
    }

    /// Two quotation marks delete what the receiver knew before (LIS02-A2, null values); here nothing is known before.
    func text(_ selector: Selector) -> String {
        let text = selector.text(context, in: message)
        return text == "\"\"" ? "" : text
    }

    func text(_ selector: Selector?) -> String { selector.map { text($0) } ?? "" }

    /// ISO 8601 of the first path that holds a time; "" if none does.
    mutating func time(_ selector: Selector) -> String {
        let text = text(selector)
        if text.isEmpty || text == "\"\"" || text.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) { return "" }
        if fields.noneTimes.contains(where: { $0.matches(text) }) { return "" }
        if let iso = TimeText.iso(text) { return iso }
        if faults.count < 4 { faults.append("\"\(text.prefix(40))\" is no date (YYYYMMDDHHMMSS); left out") }
        return ""
    }

    private mutating func header(_ record: LIS02Record) {
        let version = message.string(message.trimmed(message.field(record, 13)))
        let controlID = message.string(message.trimmed(message.field(record, 3)))
        let sender = message.string(message.withoutTrailingComponents(message.field(record, 5)))
        let processing = message.string(message.trimmed(message.field(record, 12)))
        let sentAt = TimeText.iso(message.string(message.trimmed(message.field(record, 14)))) ?? ""
        for keyPath in [\MessageReader.result, \MessageReader.query] {
            self[keyPath: keyPath].protocolName = version.isEmpty ? "LIS02" : version
            self[keyPath: keyPath].controlID = controlID
            self[keyPath: keyPath].sender = sender
            self[keyPath: keyPath].processing = processing
            self[keyPath: keyPath].sentAt = sentAt
        }
    }

    private mutating func patient() {
        var patient = DeviceMessage.Patient()
        patient.id = text(fields.patient)
        for selector in fields.alternatePatients {
            let id = text(selector)
            if !id.isEmpty, id != patient.id { patient.alternateIDs.append(id) }
        }
        patient.name = text(fields.patientName)
        patient.birthDate = time(fields.birthDate)
        patient.sex = text(fields.sex)
        patient.location = text(fields.location)
        result.patients.append(patient)
        context[UInt8(ascii: "O")] = -1
        context[UInt8(ascii: "R")] = -1
        context[UInt8(ascii: "C")] = -1
        parent = .message
    }

    private mutating func order(_ record: LIS02Record) {
        context[UInt8(ascii: "R")] = -1
        context[UInt8(ascii: "C")] = -1
        var order = DeviceMessage.Order()
        order.patient = result.patients.isEmpty ? nil : result.patients.count - 1
        order.specimenID = text(fields.specimen)
        order.specimenKind = text(fields.specimenKind)
        order.specimenType = text(fields.specimenType)
        order.rack = text(fields.rack)
        order.position = text(fields.position)
        order.priority = text(fields.priority)
        order.placerID = text(fields.placerID)
        order.fillerID = text(fields.fillerID)
        order.orderedAt = time(fields.orderedAt)
        order.collectedAt = time(fields.collectedAt)
        order.receivedAt = time(fields.receivedAt)
        order.reportedAt = time(fields.reportedAt)
        order.reportType = text(fields.reportType)
        order.action = message.string(message.withoutTrailingComponents(message.field(record, 12)))
        order.run = text(fields.orderRun)
        let tests = message.field(record, 5)
        let count = min(message.repeatCount(tests), 1000)
        if count > 0 {
            for number in 1...count {
                let code = message.string(message.filledComponent(message.repeat(tests, number)))
                if !code.isEmpty { order.tests.append(code) }
            }
        }
        isOrderQC = orderConditions.contains { $0.holds(context, in: message) }
        order.isQC = isOrderQC
        result.orders.append(order)
        parent = .order
        recordResults(type: UInt8(ascii: "O"))
    }

    private mutating func row() {
        if result.orders.isEmpty { isOrderQC = orderConditions.contains { $0.holds(context, in: message) } }
        let rows = resultRows(isQC: isOrderQC || rowConditions.contains { $0.holds(context, in: message) })
        result.results.append(contentsOf: rows)
        parent = rows.isEmpty ? .order : .result
        commentedRow = result.results.count - 1
    }

    private mutating func comment(_ record: LIS02Record) {
        if fields.commentsLeftOut.contains(where: { $0.holds(context, in: message) }) { return }
        if recordResults(type: UInt8(ascii: "C")) { return }
        var comment = DeviceMessage.Comment()
        comment.text = text(fields.commentText)
        comment.code = text(fields.commentCode)
        comment.source = message.string(message.trimmed(message.field(record, 3)))
        comment.type = message.string(message.trimmed(message.field(record, 5)))
        if comment.text.isEmpty, comment.code.isEmpty { return }
        switch parent {
        case .result where result.results.indices.contains(commentedRow):
            result.results[commentedRow].comments.append(comment)
        case .order where !result.orders.isEmpty:
            comment.order = result.orders.count - 1
            result.comments.append(comment)
        default: result.comments.append(comment)
        }
    }

    private mutating func ask(_ record: LIS02Record) {
        var question = DeviceMessage.Query()
        question.specimenID = text(fields.querySpecimen)
        if question.specimenID == "ALL" { question.specimenID = "" }
        let last = text(fields.queryLastSpecimen)
        if !question.specimenID.isEmpty, last != question.specimenID, last != "ALL" { question.lastSpecimenID = last }
        question.patientID = text(fields.queryPatient)
        let tests = message.field(record, 5)
        let count = min(message.repeatCount(tests), 1000)
        if count > 0 {
            for number in 1...count {
                let code = message.string(message.filledComponent(message.repeat(tests, number)))
                if !code.isEmpty, code != "ALL" { question.tests.append(code) }
            }
        }
        question.from = time(Selector(["Q.7"]))
        question.to = time(Selector(["Q.8"]))
        question.status = message.string(message.trimmed(message.field(record, 13)))
        question.token = token(for: record)
        let isUnread = fields.queryUnnamed.contains { $0.holds(context, in: message) }
        let isNobody = question.specimenID.isEmpty && question.patientID.isEmpty && !asksForAll(record, question)
        if question.status != "A", isUnread || isNobody {
            // A tube whose code could not be read: all orders of the laboratory are no answer to that.
            unnamed.append(question.token)
            if faults.count < 4 {
                faults.append("a query names no specimen; the device is told that nothing is ordered")
            }
            return
        }
        query.queries.append(question)
    }

    /// Q.3 says ALL, or nothing at all and a time is given.
    private func asksForAll(_ record: LIS02Record, _ question: DeviceMessage.Query) -> Bool {
        let field = message.field(record, 3)
        if message.string(message.withoutTrailingComponents(field)).isEmpty {
            return !question.from.isEmpty || !question.to.isEmpty
        }
        return message.string(message.filledComponent(field)) == "ALL"
    }

    /// What an answer needs of the question: the header and the query as sent.
    private func token(for record: LIS02Record) -> String {
        let header = context[UInt8(ascii: "H")]
        let first = header >= 0 ? message.raw(message.records[header].span) : ""
        return first + "\r" + message.raw(record.span)
    }

    private mutating func other(_ record: LIS02Record) {
        if recordResults(type: record.type) { return }
        let tag = record.type == 0 ? "" : String(Character(Unicode.Scalar(record.type)))
        result.others.append(DeviceMessage.Other(tag: tag, raw: message.raw(record.span)))
    }

    @discardableResult
    private mutating func recordResults(type: UInt8) -> Bool {
        var isTaken = false
        for rule in fields.records where rule.type == type && rule.condition.holds(context, in: message) {
            var row = DeviceMessage.Result()
            row.order = result.orders.isEmpty ? nil : result.orders.count - 1
            row.code = text(rule.code)
            row.name = text(rule.name)
            row.value = text(rule.value)
            row.unit = text(rule.unit)
            if let selector = rule.time { row.time = time(selector) }
            if let data = rule.data { row.data = data.base64(text(data.selector)) }
            row.contentType = rule.contentType
            row.role = rule.role
            row.isQC = rule.isQC || isOrderQC
            if row.isQC, type == UInt8(ascii: "O"), let last = result.orders.indices.last {
                result.orders[last].isQC = true
            }
            result.results.append(row)
            isTaken = true
        }
        return isTaken
    }
}
