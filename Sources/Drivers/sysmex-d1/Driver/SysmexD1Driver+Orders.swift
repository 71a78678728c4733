import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Answers to inquiries on their way to the analyser; the first is on the wire.
struct OrderQueue {
    /// The analyser asks for one tube after the other: more only wait when it has stopped taking them.
    static let most = 32
    /// How long the analyser's ACK is waited for, in microseconds.
    static let wait: Int64 = 5_000_000
    static let attempts = 3
    var waiting: [CoagulationOrder] = []
    var deadline: Int64?

    var isEmpty: Bool { waiting.isEmpty }
}

extension SysmexD1Driver {
    private var coagulation: CoagulationLayout? {
        if case .coagulation(let layout) = options.format { layout } else { nil }
    }

    /// An inquiry: acknowledged and asked of the gateway. One that names no specimen is answered here: nothing is known of it.
    func take(
        query: DeviceMessage, _ header: [UInt8], _ block: SerialBlock, now: DriverTime,
        events: inout [StreamDriverEvent]
    ) {
        guard let layout = coagulation else { return }
        let specimen = query.queries.first?.specimenID ?? ""
        if specimen.isEmpty || !options.takesOrders {
            if let good = answers.good { events.append(.transmit(good, isImmediate: true)) }
            if specimen.isEmpty {
                let text = "the analyser asks what to do with a tube whose id it could not read; it is told: nothing"
                events.append(.fault(.notice, text, start: block.start, end: block.end))
            }
            events.append(.transmit(CoagulationOrder.nothing(header, layout), isImmediate: true))
            return
        }
        events.append(.query(query, start: block.start, end: block.end))
        if let good = answers.good { events.append(.transmit(good, isImmediate: false)) }
    }

    func accept(order json: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        guard let layout = coagulation, options.takesOrders else { return .unsupported }
        if orders.waiting.count >= OrderQueue.most {
            return .refused("\(OrderQueue.most) orders wait for the analyser already; look why it takes none")
        }
        switch CoagulationOrder.make(json, layout) {
        case .failure(let fault): return .refused(fault.text)
        case .success(let order):
            orders.waiting.append(order)
            if orders.waiting.count == 1 { sendFirst(now: now, events: &events) }
            return .accepted
        }
    }

    private func sendFirst(now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let order = orders.waiting.first else {
            orders.deadline = nil
            return
        }
        events.append(.transmit(order.block, isImmediate: false))
        if answers.good == nil {
            // Nothing is acknowledged on this line in either direction.
            done(events: &events)
            return sendFirst(now: now, events: &events)
        }
        orders.deadline = now.monotonic &+ OrderQueue.wait
    }

    private func done(events: inout [StreamDriverEvent]) {
        guard !orders.isEmpty else { return }
        let order = orders.waiting.removeFirst()
        events.append(.order(order.event, start: link.received, end: link.received))
    }

    /// ACK or NAK outside of blocks.
    func answered(_ byte: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        // The ACK to the short answer "nothing" is not waited for, and means nothing here.
        guard !orders.isEmpty else { return }
        if byte == ControlByte.ack {
            done(events: &events)
            return sendFirst(now: now, events: &events)
        }
        again("the analyser refused it", now: now, events: &events)
    }

    func ordersWaited(now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let deadline = orders.deadline, now.monotonic >= deadline else { return }
        again("the analyser did not answer", now: now, events: &events)
    }

    private func again(_ why: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let order = orders.waiting.first else { return }
        guard order.attempts < OrderQueue.attempts else {
            giveUp(orders.waiting.removeFirst(), "was sent \(order.attempts) times: \(why)", events: &events)
            return sendFirst(now: now, events: &events)
        }
        orders.waiting[0].attempts += 1
        sendFirst(now: now, events: &events)
    }

    func giveUpOrders(events: inout [StreamDriverEvent]) {
        for order in orders.waiting { giveUp(order, "was not taken before the link closed", events: &events) }
        orders.waiting.removeAll()
        orders.deadline = nil
    }

    private func giveUp(_ order: CoagulationOrder, _ why: String, events: inout [StreamDriverEvent]) {
        let text = "the order for \(order.event.orders.first?.specimenID ?? "") \(why)"
        events.append(.fault(.lost, text, start: link.received, end: link.received))
        var event = order.event
        if !event.orders.isEmpty { event.orders[0].action = "refused" }
        var comment = DeviceMessage.Comment()
        comment.text = text
        event.comments.append(comment)
        events.append(.order(event, start: link.received, end: link.received))
    }
}
