import DriverKit
import LIS02

/// Writes an order, or the answer to a query, as the profile's `order` options say.
struct OrderWriter {
    let options: OrderOptions

    /// The records in UTF-8, one message; nil: nothing is to be sent.
    func text(of orders: [DeviceOrder], now: DriverTime) -> [UInt8]? {
        let isError = orders.contains(where: \.isError) && !orders.contains(where: \.isKnown)
        // Where a question cannot be answered, silence is no answer to it either: it is what an unknown specimen gets.
        let word = isError && !options.errorTerminator.isEmpty ? options.errorTerminator : "I"
        let isWord = isError && !options.errorTerminator.isEmpty
        let told = orders.filter {
            $0.isKnown || !isWord && (options.unknown == .noOrder || options.unknown == .noPatient)
        }
        if told.isEmpty, !isWord, options.unknown == .silence { return nil }
        let question = orders.first.flatMap(OrderWriter.question(of:))
        let isAnswer = question != nil
        let delimiters = options.delimiters ?? question?.delimiters ?? .usual
        var writer = LIS02Writer(delimiters: delimiters)
        var header = Draft()
        header.set(5, 0, options.sender)
        header.set(10, 0, options.receiver)
        header.set(12, 0, options.processing)
        header.set(13, 0, options.version)
        header.set(14, 0, TimeText.compact(unixMicroseconds: now.unix, utcOffset: now.utcOffset))
        finish(&header, type: UInt8(ascii: "H"), question: question, delimiters: delimiters)
        header.write("H", sequence: nil, to: &writer)
        for (index, order) in told.enumerated() {
            let own = OrderWriter.question(of: order)
            writePatient(order, number: index + 1, question: own, delimiters: delimiters, to: &writer)
            writeOrders(order, isAnswer: isAnswer, question: own, delimiters: delimiters, to: &writer)
        }
        if told.isEmpty, !isWord, options.unknown == .question, let question {
            repeatQuestion(question, to: &writer)
            writer.terminator(code: options.orderTerminator)
            return writer.text
        }
        let code = told.isEmpty ? word : isAnswer ? options.answerTerminator : options.orderTerminator
        writer.terminator(code: code)
        return writer.text
    }

    /// The device's query as it wrote it, with Q.13 = X: cancelled, nothing is known.
    private func repeatQuestion(_ question: LIS02Message, to writer: inout LIS02Writer) {
        guard let record = question.records.first(where: { $0.type == UInt8(ascii: "Q") }) else { return }
        writer.begin("Q", sequence: 1)
        for number in 3...12 {
            let span = question.field(record, number)
            if span.isEmpty { continue }
            if question.delimiters == writer.delimiters {
                writer.setRaw(number, Array(question.text[span.start..<span.end]))
            } else {
                writer.set(number, question.string(span))
            }
        }
        writer.set(13, "X")
    }

    private static func question(of order: DeviceOrder) -> LIS02Message? {
        order.token.isEmpty ? nil : LIS02Message(utf8: Array(order.token.utf8))
    }

    private func writePatient(
        _ order: DeviceOrder, number: Int, question: LIS02Message?, delimiters: LIS02Delimiters,
        to writer: inout LIS02Writer
    ) {
        var patient = Draft()
        patient.set(options.patient, order.patientID)
        patient.setParts(options.patientName, order.patientName)
        patient.set(options.birthDate, order.birthDate.filter { $0 != "-" })
        patient.set(options.sex, order.sex)
        finish(&patient, type: UInt8(ascii: "P"), question: question, delimiters: delimiters)
        patient.write("P", sequence: number, to: &writer)
    }

    private func writeOrders(
        _ order: DeviceOrder, isAnswer: Bool, question: LIS02Message?, delimiters: LIS02Delimiters,
        to writer: inout LIS02Writer
    ) {
        let groups = options.isRecordPerTest && order.tests.count > 1 ? order.tests.map { [$0] } : [order.tests]
        for (index, tests) in groups.enumerated() {
            var record = Draft()
            record.set(options.specimen, order.specimenID)
            record.set(options.specimenType, order.specimenType)
            record.set(6, 0, order.priority)
            record.set(12, 0, order.action.isEmpty && order.isKnown ? options.action : order.action)
            let usual = isAnswer ? options.answerReportType : options.orderReportType
            switch (order.isKnown, options.unknown) {
            case (false, .noOrder): record.set(26, 0, "Y")
            case (false, .noPatient): record.set(26, 0, "Z")
            default: record.set(26, 0, order.reportType.isEmpty ? usual : order.reportType)
            }
            record.repeats[5] = tests.map { options.testForm.before + [$0] + options.testForm.after }
            finish(
                &record, type: UInt8(ascii: "O"), question: question, delimiters: delimiters, specimen: order.specimenID
            )
            record.write("O", sequence: index + 1, to: &writer)
        }
    }

    /// Fixed texts, and what the device wants to have back of its query.
    private func finish(
        _ draft: inout Draft, type: UInt8, question: LIS02Message?, delimiters: LIS02Delimiters, specimen: String = ""
    ) {
        for constant in options.constants where constant.to.type == type { draft.setParts(constant.to, constant.text) }
        if question == nil {
            for constant in options.unaskedConstants where constant.to.type == type {
                draft.setParts(constant.to, constant.text)
            }
        }
        guard let question else { return }
        for echo in options.echoes where echo.to.type == type {
            guard let record = question.records.first(where: { $0.type == echo.from.type }) else { continue }
            let span = question.span(echo.from, in: record)
            if span.isEmpty { continue }
            // A question about all, or a range, names none of the specimens that are told.
            if type == UInt8(ascii: "O"), echo.to.field == options.specimen?.field,
                !question.holds(specimen, in: question.field(record, echo.from.field))
            {
                continue
            }
            if echo.from.component == .all, case .all = echo.to.component, question.delimiters == delimiters {
                // A whole field with its components, as the device wrote it.
                draft.raw[echo.to.field] = Array(question.text[span.start..<span.end])
            } else {
                draft.set(echo.to, question.string(span))
            }
        }
    }
}

/// Fields of a record before they are written.
private struct Draft {
    private var fields: [Int: [String]] = [:]
    var repeats: [Int: [[String]]] = [:]
    var raw: [Int: [UInt8]] = [:]

    /// `component` from 1; 0: the whole field.
    mutating func set(_ field: Int, _ component: Int, _ text: String) {
        guard !text.isEmpty, component <= 64 else { return }
        let index = max(0, component - 1)
        var components = fields[field] ?? []
        while components.count <= index { components.append("") }
        components[index] = text
        fields[field] = components
    }

    mutating func set(_ path: LIS02Path?, _ text: String) {
        guard let path else { return }
        if case .number(let component) = path.component {
            set(path.field, component, text)
        } else {
            set(path.field, 0, text)
        }
    }

    /// A text in HL7's form, like the name `Doe^Jane`: its parts are components of the field. Within one component they stand
    /// apart.
    mutating func setParts(_ path: LIS02Path?, _ text: String) {
        guard let path else { return }
        let parts = text.split(separator: "^", omittingEmptySubsequences: false).map(String.init)
        if case .number = path.component {
            set(path, parts.filter { !$0.isEmpty }.joined(separator: " "))
        } else {
            for (place, part) in parts.enumerated() { set(path.field, place + 1, part) }
        }
    }

    func write(_ type: Unicode.Scalar, sequence: Int?, to writer: inout LIS02Writer) {
        if type == "H" { writer.header(processing: "", version: "") } else { writer.begin(type, sequence: sequence) }
        for (field, components) in fields.sorted(by: { $0.key < $1.key }) { writer.set(field, components: components) }
        for (field, repeats) in repeats.sorted(by: { $0.key < $1.key }) { writer.set(field, repeats: repeats) }
        for (field, bytes) in raw.sorted(by: { $0.key < $1.key }) { writer.setRaw(field, bytes) }
    }
}

extension LIS02Message {
    /// Whether one of a field's components is this text, but for blanks around it.
    fileprivate func holds(_ text: String, in field: LIS02Span) -> Bool {
        for ordinal in 1...64 {
            let part = filledComponent(field, ordinal)
            if part.isEmpty { return false }
            if string(trimmed(part)) == text { return true }
        }
        return false
    }
}
