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
    /// Samples that were told of, where several may be.
    var told = 0
    /// The question is about more than one sample.
    var isGroup: Bool { specimen.isEmpty || isRange }
    var isRange = false
}

/// DSR messages of a group that wait for the device's word on the one before.
struct WaitingDisplay {
    var bytes: [UInt8]
    var order: SentOrder
    var isFramed: Bool
    /// One of several: the next waits for the device's word on it.
    var isOfGroup: Bool
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
        if dialect == .auto || type == "ORM" && dialect != .none {
            dialect = type == "QRY" ? .display : type == "ORM" ? .order : event == "Q11" ? .law : .response
        }
        guard dialect != .none else {
            refuse(
                message, .applicationReject, errorCode: "201", "queries are not answered here (query: dialect: none)",
                arrival, events: &events)
            return
        }
        var context = SegmentContext()
        for (index, segment) in message.segments.enumerated() { context.note(segment.name, at: index) }
        context.pid = message.firstSegment(.pid)
        context.orc = message.firstSegment(.orc)
        var query = DeviceMessage.Query()
        query.specimenID = options.query.specimen.text(context, in: message)
        query.patientID = options.query.patient.text(context, in: message)
        if let qrf = message.firstSegment(.qrf) {
            query.from = HL7Time.iso8601(message.text[message.trimmed(message.field(2, of: qrf))]) ?? ""
            query.to = HL7Time.iso8601(message.text[message.trimmed(message.field(3, of: qrf))]) ?? ""
            if query.specimenID.isEmpty {
                // Mindray: QRF-4 and 5 are the first and last sample of a group.
                query.specimenID = message.string(message.component(1, of: message.trimmed(message.field(4, of: qrf))))
                query.lastSpecimenID = message.string(
                    message.component(1, of: message.trimmed(message.field(5, of: qrf))))
                if query.specimenID.isEmpty { swap(&query.specimenID, &query.lastSpecimenID) }
            }
        }
        query.token = "\(message.header(10))/\(arrival.start)"
        var result = DeviceMessage(kind: .query, message)
        result.queries.append(query)
        if dialect == .law {
            // IHE LAW LAB-27: the answer only says that the query came; the order follows as LAB-28.
            send(queryResponse(to: message, status: "OK", arrival.now), arrival, events: &events)
            addCarrier(of: message, to: &result)
            if options.query.ordersGoElsewhere {
                // The analyser takes orders on another connection: there they are sent, here nothing is owed.
                if toldElsewhere.count >= HL7AnalyserDriver.mostQueries { toldElsewhere.removeFirst() }
                toldElsewhere.append(query.token)
                events.append(.query(result, start: arrival.start, end: arrival.end))
                return
            }
        }
        if queries.count >= HL7AnalyserDriver.mostQueries {
            answerNothing(queries.removeFirst(), now: arrival.now, events: &events)
        }
        let isForAll =
            dialect == .order
            ? false
            : dialect == .law
                ? message.string(message.component(1, of: qpdName(of: message))) == "WOS_ALL"
                : !query.from.isEmpty || !query.to.isEmpty
        var pending = PendingQuery(
            message: message, dialect: dialect, specimen: query.specimenID, token: query.token,
            expiry: arrival.now.monotonic &+ options.query.timeout, isFramed: arrival.isFramed)
        pending.isRange = !query.lastSpecimenID.isEmpty
        if query.specimenID.isEmpty, query.patientID.isEmpty, result.orders.isEmpty, !isForAll {
            // A tube whose code could not be read: all orders of the laboratory are no answer to that.
            let text =
                "message \(message.header(10)) asks about no specimen; the device is told that nothing is ordered"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
            answerNothing(pending, now: arrival.now, events: &events)
            return
        }
        queries.append(pending)
        events.append(.query(result, start: arrival.start, end: arrival.end))
    }

    private func qpdName(of message: HL7Message) -> HL7Message.Span {
        message.firstSegment(.qpd).map { message.field(1, of: $0) } ?? message.field(1, of: -1)
    }

    /// QCN: the device no longer wants the answer.
    func takeCancellation(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        queries.removeAll()
        dropDisplays("the device took its question back", events: &events)
        accept(message, arrival, events: &events)
    }

    /// Queries that the host left unanswered: the device is told of an error. That nothing is ordered nobody has said.
    func expireQueries(now: DriverTime, events: inout [StreamDriverEvent]) {
        while let place = queries.firstIndex(where: { $0.expiry <= now.monotonic }) {
            let query = queries.remove(at: place)
            // Of a group all that is known has been told.
            if query.told > 0 { continue }
            answerError(query, now: now, events: &events)
            let text =
                "the question about specimen \"\(query.specimen)\" was not answered in time; the device was told of an error:"
                + " have it ask again"
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
            if order.isError || toldElsewhere.contains(order.token) { return .accepted }
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
        if order.isFollowed { queries[place].told += order.isNothing || order.isError ? 0 : 1 }
        var query = queries[place]
        if order.isFollowed, order.isNothing || order.isError { return .accepted }
        if !order.isFollowed { queries.remove(at: place) }
        if order.isError || order.isNothing {
            // The last of several: what there was is told.
            if query.told > 0 { return .accepted }
            if order.isError {
                answerError(query, now: now, events: &events)
            } else {
                answerNothing(query, now: now, events: &events)
            }
            return .accepted
        }
        if !order.isFollowed { query.told += 1 }
        let arrival = Arrival(start: 0, end: 0, isFramed: query.isFramed, now: now)
        if query.dialect == .order {
            send(orderResponse(order, to: query.message, now), arrival, events: &events)
            tellSent(order, events: &events)
        } else if query.dialect == .law {
            sendOrder(order, delimiters: query.message.delimiters, header: query.message, arrival, events: &events)
        } else {
            if query.told == 1 {
                // A device that asks again has done with what it was being told.
                dropDisplays("the device asked again", events: &events)
                displayDeadline = nil
                send(displayStatus(of: query.message, "OK", now), arrival, events: &events)
            }
            let controlID = nextControlID(now)
            let bytes = display(
                order, place: query.isGroup ? query.told : 0, of: query.message, controlID: controlID, now)
            displays.append(
                WaitingDisplay(
                    bytes: bytes,
                    order: SentOrder(controlID: controlID, specimen: order.specimenID, tests: order.tests),
                    isFramed: query.isFramed, isOfGroup: query.isGroup))
            sendDisplay(now: now, events: &events)
        }
        return .accepted
    }

    // MARK: Displays, one after the other

    /// How long the device's word on one sample of a group is waited for, in microseconds.
    private static let displayWait: Int64 = 10_000_000

    /// Sends the next DSR^Q03 if the device has answered the one before.
    func sendDisplay(now: DriverTime, events: inout [StreamDriverEvent]) {
        guard displayDeadline == nil, !displays.isEmpty else { return }
        let next = displays.removeFirst()
        send(next.bytes, Arrival(start: 0, end: 0, isFramed: next.isFramed, now: now), events: &events)
        remember(next.order)
        displayedID = next.order.controlID
        displayDeadline = next.isOfGroup ? now.monotonic &+ HL7AnalyserDriver.displayWait : nil
    }

    /// The device has answered a message of ours.
    func displayAnswered(_ controlID: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard controlID == displayedID else { return }
        displayDeadline = nil
        sendDisplay(now: now, events: &events)
    }

    func expireDisplay(now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let deadline = displayDeadline, deadline <= now.monotonic else { return }
        displayDeadline = nil
        dropDisplays("the device did not answer for the sample before", events: &events)
    }

    /// What waits is not sent: the device asks again.
    func dropDisplays(_ why: String, events: inout [StreamDriverEvent]) {
        guard !displays.isEmpty else { return }
        var result = DeviceMessage(kind: .order, protocolName: "HL7")
        for display in displays {
            var order = DeviceMessage.Order()
            order.specimenID = display.order.specimen
            order.tests = display.order.tests
            order.action = "unsent"
            result.orders.append(order)
        }
        let text = "\(displays.count) samples were not told to the device: \(why)"
        events.append(.fault(.notice, text, start: 0, end: 0))
        events.append(.order(result, start: 0, end: 0))
        displays.removeAll()
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

    /// The question cannot be answered: QAK-2 AE (HL7 table 0208). In LAW the query has its answer already; orders come
    /// later, or do not come.
    private func answerError(_ query: PendingQuery, now: DriverTime, events: inout [StreamDriverEvent]) {
        let arrival = Arrival(start: 0, end: 0, isFramed: query.isFramed, now: now)
        switch query.dialect {
        case .law: return
        case .display: send(displayStatus(of: query.message, "AE", now), arrival, events: &events)
        case .order: send(orderRefusal(of: query.message, "AE", now), arrival, events: &events)
        case .auto, .response, .none:
            send(queryResponse(to: query.message, status: "AE", now), arrival, events: &events)
        }
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
        case .order: send(orderRefusal(of: query.message, "AR", now), arrival, events: &events)
        case .auto, .response, .none:
            send(queryResponse(to: query.message, status: "NF", now), arrival, events: &events)
        }
    }
}
