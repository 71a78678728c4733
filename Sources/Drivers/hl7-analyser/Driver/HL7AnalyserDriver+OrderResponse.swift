import DriverKit
import DriverWire
import HL7v2

/// ORM^O01 with ORC-1 RF asks for the order of one sample; ORR^O02 has it. The device says nothing to that.
extension HL7AnalyserDriver {
    /// ORR^O02: patient, ORC-1 AF, and rows (OBX) of what is to be measured.
    func orderResponse(_ order: DeviceOrder, to message: HL7Message, _ now: DriverTime) -> [UInt8] {
        var writer = begin(to: message, "AA", now)
        writer.begin("PID")
        writer.field(1, "1")
        writer.field(3, order.patientID)
        if !order.patientID.isEmpty { writer.component(5, "MR") }
        HL7AnalyserDriver.components(of: order.patientName, in: 5, &writer)
        writer.field(7, HL7AnalyserDriver.compact(order.birthDate))
        writer.field(8, options.query.sexes[order.sex] ?? order.sex)
        writer.begin("PV1")
        writer.field(1, "1")
        writer.begin("ORC")
        writer.field(1, "AF")
        writer.field(2, order.specimenID)
        writer.begin("OBR")
        writer.field(1, "1")
        writer.field(2, order.specimenID)
        if !options.query.service.isEmpty { HL7AnalyserDriver.components(of: options.query.service, in: 4, &writer) }
        var rows: [(type: String, code: String, value: String)] = options.query.fixedRows.map {
            ("IS", $0.code, $0.value)
        }
        if options.query.testRow.isEmpty {
            rows += order.tests.map { ("NM", $0, "") }
        } else {
            // CBC and CBC+DIFF together are CBC+DIFF.
            var parts: [Substring] = []
            for part in order.tests.flatMap({ $0.split(separator: "+") }) where !parts.contains(part) {
                parts.append(part)
            }
            rows.append(("IS", options.query.testRow, parts.joined(separator: "+")))
        }
        for (place, row) in rows.enumerated() {
            writer.begin("OBX")
            writer.field(1, String(place + 1))
            writer.field(2, row.type)
            HL7AnalyserDriver.components(of: row.code, in: 3, &writer)
            writer.field(5, row.value)
            writer.field(11, "F")
        }
        return writer.finish()
    }

    /// ORR^O02 without an order: AR, none is known; AE, it cannot be told.
    func orderRefusal(of message: HL7Message, _ code: String, _ now: DriverTime) -> [UInt8] {
        var writer = begin(to: message, code, now)
        return writer.finish()
    }

    /// The order went out, and no word on it will come.
    func tellSent(_ order: DeviceOrder, events: inout [StreamDriverEvent]) {
        var result = DeviceMessage(kind: .order, protocolName: "HL7")
        var sent = DeviceMessage.Order()
        sent.specimenID = order.specimenID
        sent.placerID = order.placerID
        sent.tests = order.tests
        sent.action = "sent"
        result.orders.append(sent)
        events.append(.order(result, start: 0, end: 0))
    }

    private func begin(to message: HL7Message, _ code: String, _ now: DriverTime) -> HL7Writer {
        var writer = writer(
            to: message, delimiters: message.delimiters, type: ["ORR", "O02"], controlID: nextControlID(now), now)
        writer.field(18, message.header(18))
        writer.begin("MSA")
        writer.field(1, code)
        writer.field(2, message.header(10))
        return writer
    }
}
