import DriverKit
import DriverWire
import HL7v2
import JSONText

/// A query that waits for the host.
struct PendingQuery {
    /// The message as it came: the answer repeats parts of it.
    var message: HL7Message
    var dialect: QueryOptions.Dialect
    var specimen: String
    var token: String
    /// On the monotonic clock.
    var expiry: Int64
    var isFramed: Bool
}

/// An order on its way to the device.
struct SentOrder {
    /// One test with the number that it went by.
    struct Step: Equatable {
        var placer: String
        var test: String
    }
    var controlID: String
    var specimen: String
    var tests: [String]
    /// IHE LAW: the work order steps, in the order sent.
    var steps: [Step] = []
}

extension HL7AnalyserDriver {
    /// Most queries that may wait at once; a device asks one at a time.
    private static let mostQueries = 32
    /// Most orders that wait for the device's word; older ones are forgotten.
    private static let mostSentOrders = 256

    /// QRY^Q02, QBP^Q11 and their like: tells the host, which answers by `submit`.
    func takeQuery(
        _ message: HL7Message, type: String, event: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        var dialect = options.query.dialect
        if dialect == .auto { dialect = type == "QRY" ? .display : event == "Q11" ? .law : .response }
        guard dialect != .none else {
            refuse(
                message, .applicationReject, errorCode: "201", "queries are not answered here (query: dialect: none)",
                arrival, events: &events)
            return
        }
        var context = SegmentContext()
        for (index, segment) in message.segments.enumerated() { context.note(segment.name, at: index) }
        context.pid = message.firstSegment(.pid)
        var query = DeviceMessage.Query()
        query.specimenID = options.query.specimen.text(context, in: message)
        query.patientID = options.query.patient.text(context, in: message)
        if let qrf = message.firstSegment(.qrf) {
            query.from = HL7Time.iso8601(message.text[message.trimmed(message.field(2, of: qrf))]) ?? ""
            query.to = HL7Time.iso8601(message.text[message.trimmed(message.field(3, of: qrf))]) ?? ""
        }
        query.token = "\(message.header(10))/\(arrival.start)"
        var result = DeviceMessage(kind: .query, message)
        result.queries.append(query)
        if dialect == .law {
            // IHE LAW LAB-27: the answer only says that the query came; the order follows as LAB-28.
            send(queryResponse(to: message, status: "OK", arrival.now), arrival, events: &events)
            addCarrier(of: message, to: &result)
            if options.query.ordersGoElsewhere {
                // The analyser takes orders on another connection: there the host answers, here nothing is owed.
                events.append(.query(result, start: arrival.start, end: arrival.end))
                return
            }
        }
        if queries.count >= HL7AnalyserDriver.mostQueries {
            answerNothing(queries.removeFirst(), now: arrival.now, events: &events)
        }
        queries.append(
            PendingQuery(
                message: message, dialect: dialect, specimen: query.specimenID, token: query.token,
                expiry: arrival.now.monotonic &+ options.query.timeout, isFramed: arrival.isFramed))
        events.append(.query(result, start: arrival.start, end: arrival.end))
    }

    /// QCN: the device no longer wants the answer.
    func takeCancellation(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        queries.removeAll()
        accept(message, arrival, events: &events)
    }

    /// Queries that the host left unanswered get the answer that nothing is known.
    func expireQueries(now: DriverTime, events: inout [StreamDriverEvent]) {
        while let place = queries.firstIndex(where: { $0.expiry <= now.monotonic }) {
            let query = queries.remove(at: place)
            answerNothing(query, now: now, events: &events)
            let text =
                "no order was found in time for specimen \"\(query.specimen)\": the device was told that none is known"
            events.append(.fault(.notice, text, start: 0, end: 0))
        }
    }

    /// `submit`: see docs/writing-a-driver.md for the shape of an order.
    func answer(_ json: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        let order: DeviceOrder
        do throws(OptionsFault) { order = try DeviceOrder(json) } catch let fault { return .refused(fault.text) }
        var place = queries.firstIndex { !order.token.isEmpty && $0.token == order.token }
        if place == nil, order.token.isEmpty {
            place = queries.firstIndex { !$0.specimen.isEmpty && $0.specimen == order.specimenID }
        }
        guard let place else {
            guard options.query.dialect == .law else {
                return order.token.isEmpty ? .unsupported : .refused("the query it answers is no longer open")
            }
            // Orders of IHE LAW stand for themselves: one query may be answered by many, on another connection or later. That
            // nothing is ordered may only be said to a question.
            if order.isNothing, !order.token.isEmpty, !options.query.ordersGoElsewhere {
                return .refused("the query it answers is no longer open")
            }
            if order.specimenID.isEmpty { return .refused("an order needs specimen_id") }
            let arrival = Arrival(start: 0, end: 0, isFramed: true, now: now)
            sendOrder(order, delimiters: .standard, header: nil, arrival, events: &events)
            return .accepted
        }
        if !order.isNothing, queries[place].dialect == .response {
            let text = "this device's query has no known form of a positive answer; set query: dialect: dsr or law"
            return .refused(text)
        }
        let query = queries.remove(at: place)
        if order.isNothing {
            answerNothing(query, now: now, events: &events)
            return .accepted
        }
        let arrival = Arrival(start: 0, end: 0, isFramed: query.isFramed, now: now)
        if query.dialect == .law {
            sendOrder(order, delimiters: query.message.delimiters, header: query.message, arrival, events: &events)
        } else {
            send(displayStatus(of: query.message, "OK", now), arrival, events: &events)
            let controlID = nextControlID(now)
            send(display(order, of: query.message, controlID: controlID, now), arrival, events: &events)
            remember(SentOrder(controlID: controlID, specimen: order.specimenID, tests: order.tests))
        }
        return .accepted
    }

    private func sendOrder(
        _ order: DeviceOrder, delimiters: HL7Delimiters, header: HL7Message?, _ arrival: Arrival,
        events: inout [StreamDriverEvent]
    ) {
        let controlID = nextControlID(arrival.now)
        let steps = order.isNothing ? [] : HL7AnalyserDriver.steps(of: order)
        send(
            laboratoryOrder(
                order, steps, delimiters: delimiters, header: header, controlID: controlID, arrival.now), arrival,
            events: &events)
        remember(SentOrder(controlID: controlID, specimen: order.specimenID, tests: order.tests, steps: steps))
    }

    private func remember(_ order: SentOrder) {
        if sentOrders.count >= HL7AnalyserDriver.mostSentOrders { sentOrders.removeFirst() }
        sentOrders.append(order)
    }

    /// The negative answer of each dialect.
    private func answerNothing(_ query: PendingQuery, now: DriverTime, events: inout [StreamDriverEvent]) {
        let arrival = Arrival(start: 0, end: 0, isFramed: query.isFramed, now: now)
        switch query.dialect {
        case .law:
            var nothing = DeviceOrder()
            nothing.specimenID = query.specimen
            sendOrder(
                nothing, delimiters: query.message.delimiters, header: query.message, arrival, events: &events)
        case .display: send(displayStatus(of: query.message, "NF", now), arrival, events: &events)
        case .auto, .response, .none:
            send(queryResponse(to: query.message, status: "NF", now), arrival, events: &events)
        }
    }
}
