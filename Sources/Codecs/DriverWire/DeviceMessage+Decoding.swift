extension DeviceMessage {
    /// Most rows that are read of one message. A row of few bytes takes some hundred bytes once read: without a limit a
    /// driver that has gone wrong could exhaust the gateway's memory.
    public static let mostRows = 200_000

    /// Reads the text of rows that `hilum_driver.h` describes. Any bytes give a message:
    ///
    /// - rows and fields that are not known, and values that are not of the listed ones, are kept in `others`, the tag
    ///   being `row` or `row.field`; a kind of message not known counts as `event`, a role not known as `info`;
    /// - a result under a patient that has no order row gets an empty order of that patient;
    /// - invalid UTF-8 becomes U+FFFD;
    /// - rows after `mostRows` are left out, the message then counts as broken off.
    public init(decoding bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { DeviceMessage(decoding: $0) }
    }

    /// Reads the text of rows.
    public init(decoding bytes: UnsafeRawBufferPointer) {
        self.init()
        var reader = RowReader()
        var rest = bytes[...]
        var rows = 0
        while !rest.isEmpty {
            let end = rest.firstIndex(of: RowSeparator.row) ?? rest.endIndex
            guard rows < DeviceMessage.mostRows else {
                isComplete = false
                others.append(
                    Other(tag: "message", raw: "rows after row \(rows) were left out: the message is too long"))
                break
            }
            reader.read(UnsafeRawBufferPointer(rebasing: rest[rest.startIndex..<end]), into: &self)
            rows += 1
            rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
        }
    }
}

/// Gives each row to its owner: the nearest row above it of the level above.
private struct RowReader {
    private var patient: Int?
    private var order: Int?
    /// Index of the result that a comment would be about; nil: the order, or the message.
    private var result: Int?

    mutating func read(_ row: UnsafeRawBufferPointer, into message: inout DeviceMessage) {
        var fields = FieldReader(row)
        if row.isEmpty { return }
        var cursor = 0
        switch RowFields.rows.index(of: PackedName(fields.kind), from: &cursor) {
        case 0: readMessage(&fields, &message)
        case 1:
            message.patients.append(readPatient(&fields, &message))
            patient = message.patients.count - 1
            // What follows belongs to this patient: an order above belongs to another one.
            order = nil
            result = nil
        case 2:
            var order = readOrder(&fields, &message)
            order.patient = patient
            message.orders.append(order)
            self.order = message.orders.count - 1
            result = nil
        case 3:
            if order == nil, patient != nil {
                var empty = DeviceMessage.Order()
                empty.patient = patient
                message.orders.append(empty)
                order = message.orders.count - 1
            }
            var result = readResult(&fields, &message)
            result.order = order
            message.results.append(result)
            self.result = message.results.count - 1
        case 4:
            var comment = readComment(&fields, &message)
            if let result {
                message.results[result].comments.append(comment)
            } else {
                comment.order = order
                message.comments.append(comment)
            }
        case 5: message.queries.append(readQuery(&fields, &message))
        case 6: message.others.append(readOther(&fields, &message))
        default:
            let rest = row.dropFirst(Swift.min(row.count, fields.kind.count + 1))
            let raw = String(decoding: rest.map { $0 == RowSeparator.field ? 0x20 : $0 }, as: UTF8.self)
            message.others.append(DeviceMessage.Other(tag: String(decoding: fields.kind, as: UTF8.self), raw: raw))
        }
    }

    private func readMessage(_ fields: inout FieldReader, _ message: inout DeviceMessage) {
        while let field = fields.next(RowFields.message) {
            switch field.index {
            case 0:
                if let kind = DeviceMessage.Kind(rawValue: field.text) {
                    message.kind = kind
                } else {
                    message.kind = .event
                    fields.keep(field, "message", &message)
                }
            case 1: message.protocolName = field.text
            case 2: message.controlID = field.text
            case 3: message.sender = field.text
            case 4: message.sentAt = field.text
            case 5: message.processing = field.text
            case 6: message.charset = field.text
            case 7: message.isComplete = !field.isZero
            default: fields.keep(field, "message", &message)
            }
        }
    }

    private func readPatient(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Patient {
        var patient = DeviceMessage.Patient()
        while let field = fields.next(RowFields.patient) {
            switch field.index {
            case 0: patient.id = field.text
            case 1: patient.alternateIDs.append(field.text)
            case 2: patient.name = field.text
            case 3: patient.birthDate = field.text
            case 4: patient.sex = field.text
            case 5: patient.location = field.text
            default: fields.keep(field, "patient", &message)
            }
        }
        return patient
    }

    private func readOrder(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Order {
        var order = DeviceMessage.Order()
        while let field = fields.next(RowFields.order) {
            switch field.index {
            case 0: order.specimenID = field.text
            case 1: order.specimenKind = field.text
            case 2: order.specimenType = field.text
            case 3: order.rack = field.text
            case 4: order.position = field.text
            case 5: order.priority = field.text
            case 6: order.placerID = field.text
            case 7: order.fillerID = field.text
            case 8: order.orderedAt = field.text
            case 9: order.collectedAt = field.text
            case 10: order.receivedAt = field.text
            case 11: order.reportedAt = field.text
            case 12: order.reportType = field.text
            case 13: order.action = field.text
            case 14: order.isQC = field.isSet
            case 15: order.tests.append(field.text)
            case 16: order.run = field.text
            default: fields.keep(field, "order", &message)
            }
        }
        return order
    }

    private func readResult(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Result {
        var result = DeviceMessage.Result()
        while let field = fields.next(RowFields.result) {
            switch field.index {
            case 0: result.code = field.text
            case 1: result.name = field.text
            case 2: result.value = field.text
            case 3: result.valueType = field.text
            case 4: result.unit = field.text
            case 5: result.range = field.text
            case 6: result.flags.append(field.text)
            case 7: result.status = field.text
            case 8: result.time = field.text
            case 9: result.startedAt = field.text
            case 10: result.operatorID = field.text
            case 11: result.instrument = field.text
            case 12: result.method = field.text
            case 13: result.run = field.text
            case 14: result.subID = field.text
            case 15:
                if let role = DeviceMessage.Result.Role(rawValue: field.text) {
                    result.role = role
                } else {
                    // What is not understood never reaches a chart as a result.
                    result.role = .info
                    fields.keep(field, "result", &message)
                }
            case 16: result.isQC = field.isSet
            case 17: result.isUsable = !field.isZero
            case 18: result.absentReason = field.text
            case 19: result.contentType = field.text
            case 20: result.data = field.text
            case 21: result.isResent = field.isSet
            default: fields.keep(field, "result", &message)
            }
        }
        return result
    }

    private func readComment(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Comment {
        var comment = DeviceMessage.Comment()
        while let field = fields.next(RowFields.comment) {
            switch field.index {
            case 0: comment.text = field.text
            case 1: comment.code = field.text
            case 2: comment.source = field.text
            case 3: comment.type = field.text
            default: fields.keep(field, "comment", &message)
            }
        }
        return comment
    }

    private func readQuery(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Query {
        var query = DeviceMessage.Query()
        while let field = fields.next(RowFields.query) {
            switch field.index {
            case 0: query.specimenID = field.text
            case 1: query.patientID = field.text
            case 2: query.tests.append(field.text)
            case 3: query.from = field.text
            case 4: query.to = field.text
            case 5: query.status = field.text
            case 6: query.token = field.text
            case 7: query.lastSpecimenID = field.text
            default: fields.keep(field, "query", &message)
            }
        }
        return query
    }

    private func readOther(_ fields: inout FieldReader, _ message: inout DeviceMessage) -> DeviceMessage.Other {
        var other = DeviceMessage.Other()
        while let field = fields.next(RowFields.other) {
            switch field.index {
            case 0: other.tag = field.text
            case 1: other.raw = field.text
            default: fields.keep(field, "other", &message)
            }
        }
        return other
    }
}

/// One field of a row.
private struct Field {
    /// Its number in `RowFields`; -1: unknown.
    var index: Int
    var name: UnsafeRawBufferPointer
    var value: UnsafeRawBufferPointer

    var text: String { String(decoding: value, as: UTF8.self) }
    var isZero: Bool { value.count == 1 && value[0] == UInt8(ascii: "0") }
    var isSet: Bool { !value.isEmpty && !isZero }
}

/// Walks over the fields of one row.
private struct FieldReader {
    /// Kind of the row: what stands before the first field.
    let kind: UnsafeRawBufferPointer
    private let row: UnsafeRawBufferPointer
    /// Offset of the US before the next field.
    private var position: Int
    private var cursor = 0

    init(_ row: UnsafeRawBufferPointer) {
        self.row = row
        position = row.firstIndex(of: RowSeparator.field) ?? row.count
        kind = UnsafeRawBufferPointer(rebasing: row[..<position])
    }

    mutating func next(_ names: RowFields) -> Field? {
        guard position < row.count else { return nil }
        let start = position + 1
        var end = start
        var equals = -1
        while end < row.count, row[end] != RowSeparator.field {
            if equals < 0, row[end] == UInt8(ascii: "=") { equals = end }
            end += 1
        }
        position = end
        let nameEnd = equals < 0 ? end : equals
        let valueStart = equals < 0 ? end : equals + 1
        let name = UnsafeRawBufferPointer(rebasing: row[start..<nameEnd])
        let index = names.index(of: PackedName(name), from: &cursor)
        return Field(index: index, name: name, value: UnsafeRawBufferPointer(rebasing: row[valueStart..<end]))
    }

    /// Keeps what means nothing to this version.
    func keep(_ field: Field, _ row: String, _ message: inout DeviceMessage) {
        let tag = row + "." + String(decoding: field.name, as: UTF8.self)
        message.others.append(DeviceMessage.Other(tag: tag, raw: field.text))
    }
}
