import DriverKit
import DriverWire
import HL7v2

/// IHE Laboratory Analytical Workflow (PaLM TF-2b): LAB-27 query, LAB-28 order, LAB-29 result.
extension HL7AnalyserDriver {
    /// MSH-21 of LAW is repeated in answers: `LAB-29^IHE`.
    func workflowProfile(of message: HL7Message) -> (path: HL7Path, text: String)? {
        guard let path = HL7Path("MSH-21"), message.header(21).hasPrefix("LAB-") else { return nil }
        return (path, message.header(21))
    }

    /// MSH-21 of LAW, in an answer that is written by hand.
    func addProfile(_ writer: inout HL7Writer, of message: HL7Message) {
        guard message.header(21).hasPrefix("LAB-") else { return }
        writer.field(21)
        addCopy(&writer, of: message.trimmed(message.field(21, of: 0)), in: message)
    }

    /// Text of theirs as it came, delimiters included.
    func addCopy(_ writer: inout HL7Writer, of span: HL7Message.Span, in message: HL7Message) {
        writer.raw(writer.characterSet.encode(String(decoding: message.text[span], as: UTF8.self)).bytes)
    }

    /// What a query by rack (QPD-4, 5) or tray (QPD-6, 7) asks about: an order row of the query.
    func addCarrier(of message: HL7Message, to query: inout DeviceMessage) {
        guard let qpd = message.firstSegment(.qpd) else { return }
        func text(_ field: Int) -> String { message.string(message.trimmed(message.field(field, of: qpd))) }
        var order = DeviceMessage.Order()
        order.specimenID = query.queries.first?.specimenID ?? ""
        order.rack = text(4).isEmpty ? text(6) : text(4)
        order.position = text(5).isEmpty ? text(7) : text(5)
        order.action = message.string(message.component(1, of: message.field(1, of: qpd)))
        if !order.rack.isEmpty || !order.position.isEmpty { query.orders.append(order) }
    }

    /// The work order steps of an order: each has a number of its own (AWOS ID).
    static func steps(of order: DeviceOrder) -> [SentOrder.Step] {
        order.tests.enumerated().map { place, test in
            // The number must be the same when the test is taken back, whatever else is ordered by then.
            if order.testNumbers.count == order.tests.count {
                return SentOrder.Step(placer: "\(order.specimenID)-\(order.testNumbers[place])", test: test)
            }
            let base = order.placerID.isEmpty ? order.specimenID : order.placerID
            let isAlone = order.tests.count == 1 && !order.placerID.isEmpty
            return SentOrder.Step(placer: isAlone ? base : "\(base)-\(place + 1)", test: test)
        }
    }

    /// OML^O33 (LAB-28): the work order steps of one specimen, or one with ORC-1 DC: nothing is to be done.
    func laboratoryOrder(
        _ order: DeviceOrder, _ steps: [SentOrder.Step], delimiters: HL7Delimiters, header: HL7Message?,
        controlID: String, _ now: DriverTime
    ) -> [UInt8] {
        var writer = writer(
            to: header, delimiters: delimiters, type: ["OML", "O33", "OML_O33"], controlID: controlID, now)
        writer.field(15, "NE")
        writer.field(16, "AL")
        writer.field(18, "UNICODE UTF-8")
        writer.field(21)
        writer.text("LAB-28")
        writer.component(2, "IHE")
        if !steps.isEmpty { addPatient(order, &writer) }
        addSpecimen(order, isKnown: !steps.isEmpty, header, &writer)
        if steps.isEmpty {
            writer.begin("ORC")
            writer.field(1, "DC")
            addTime(&writer, now)
            return writer.finish()
        }
        for step in steps {
            writer.begin("ORC")
            writer.field(1, order.action == "C" ? "CA" : "NW")
            writer.field(2, step.placer)
            if step.placer != order.placerID { writer.field(4, order.placerID) }
            addTime(&writer, now)
            writer.begin("TQ1")
            writer.field(9, order.isUrgent ? "S" : "R")
            writer.component(3, "HL70485")
            writer.begin("OBR")
            writer.field(2, step.placer)
            HL7AnalyserDriver.components(of: HL7AnalyserDriver.coded(step.test), in: 4, &writer)
        }
        return writer.finish()
    }

    /// LAW names the coding system of a test: LN where it is a LOINC code by its check digit, else L, a local code (HL7
    /// table 0396).
    static func coded(_ test: String) -> String {
        if test.contains("^") { return test }
        let parts = test.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { !$0.isEmpty && $0.count <= 7 && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
        guard parts.count == 2, isNumber, parts[1].count == 1, let check = parts[1].first else { return "\(test)^^L" }
        // Mod 10: every other digit from the right is doubled, and its digits are added up.
        var sum = 0
        for (place, digit) in parts[0].reversed().enumerated() {
            let value = Int(digit) - 0x30
            sum += place % 2 == 0 ? (value * 2) / 10 + (value * 2) % 10 : value
        }
        return Int(check) - 0x30 == (10 - sum % 10) % 10 ? "\(test)^^LN" : "\(test)^^L"
    }

    private func addTime(_ writer: inout HL7Writer, _ now: DriverTime) {
        writer.field(9)
        writer.time(unix: now.unix, utcOffset: now.utcOffset, zone: true)
    }

    private func addPatient(_ order: DeviceOrder, _ writer: inout HL7Writer) {
        guard !(order.patientID.isEmpty && order.patientName.isEmpty) else { return }
        writer.begin("PID")
        writer.field(3, order.patientID)
        HL7AnalyserDriver.components(of: order.patientName, in: 5, &writer)
        writer.field(7, HL7AnalyserDriver.compact(order.birthDate))
        writer.field(8, order.sex)
    }

    /// SPM and SAC. What asked for a place on a rack is answered with that place.
    private func addSpecimen(_ order: DeviceOrder, isKnown: Bool, _ query: HL7Message?, _ writer: inout HL7Writer) {
        writer.begin("SPM")
        writer.field(1, "1")
        writer.field(2, order.specimenID)
        if !order.specimenType.isEmpty { HL7AnalyserDriver.components(of: order.specimenType, in: 4, &writer) }
        // HL7 table 0369: P patient, U unknown.
        writer.field(11, isKnown ? "P" : "U")
        writer.component(3, "HL70369")
        writer.begin("SAC")
        writer.field(3, order.specimenID)
        guard let query, let qpd = query.firstSegment(.qpd) else { return }
        // QPD-4 … 7 are SAC-10, 11, 13, 14: carrier, position in it, tray, position in that.
        for (asked, answered) in [(4, 10), (5, 11), (6, 13), (7, 14)] {
            let span = query.trimmed(query.field(asked, of: qpd))
            guard !span.isEmpty else { continue }
            writer.field(answered)
            addCopy(&writer, of: span, in: query)
        }
    }

    /// ORL^O34: the device's word on each step: ORC-1 (OK taken, UA not, CR and UC about cancelling) with ORC-5. By the step's
    /// number, or by its place where the device does not repeat it and there are as many as were sent.
    func orderSteps(of message: HL7Message, _ sent: SentOrder, code: String) -> [DeviceMessage.Order] {
        let answers = message.segments.indices.filter { message.segments[$0].name == .orc }
        var orders: [DeviceMessage.Order] = []
        for (place, index) in answers.enumerated() {
            func text(_ field: Int) -> String {
                message.string(message.component(1, of: message.trimmed(message.field(field, of: index))))
            }
            var order = DeviceMessage.Order()
            order.specimenID = sent.specimen
            order.action = text(1).isEmpty ? code : text(1)
            order.placerID = text(2)
            order.fillerID = text(3)
            order.reportType = text(5)
            if let step = sent.steps.first(where: { $0.placer == order.placerID && !order.placerID.isEmpty }) {
                order.tests = [step.test]
            } else if order.placerID.isEmpty, answers.count == sent.steps.count {
                order.placerID = sent.steps[place].placer
                order.tests = [sent.steps[place].test]
            } else if answers.count == 1, sent.steps.count <= 1 {
                order.tests = sent.tests
            }
            orders.append(order)
        }
        return orders
    }

    /// ERR-8 and ERR-7, else ERR-3: what the device says is wrong.
    func errorTexts(of message: HL7Message) -> [String] {
        message.segments.indices.filter { message.segments[$0].name == HL7SegmentName("ERR") }.compactMap { index in
            func text(_ field: Int) -> String { message.string(message.trimmed(message.field(field, of: index))) }
            let words = [text(8), text(7), message.string(message.component(2, of: message.field(3, of: index)))]
            return words.first { !$0.isEmpty }
        }
    }
}
