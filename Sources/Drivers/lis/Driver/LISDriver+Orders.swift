import CharacterSets
import DriverKit
import DriverWire
import JSONText
import LIS01
import LIS02

extension LISDriver {
    /// Queues an order or an answer; LIS01-A2 gives the line.
    func accept(_ json: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        guard options.order.isTaken else { return .unsupported }
        switch mode {
        case .records: return .unsupported
        case .sohEOT: return .unsupported
        case .undecided, .lis01: break
        }
        guard let order = DeviceOrder(json) else {
            let text = "the order is no JSON object with specimen_id; write {\"specimen_id\": …, \"tests\": […]}"
            events.append(.fault(.refused, text, start: received, end: received))
            return .refused(text)
        }
        guard !outbox.isFull else {
            let text = "\(OrderOutbox.mostEntries) orders wait for the device already; look why it takes none"
            events.append(.fault(.refused, text, start: received, end: received))
            return .refused(text)
        }
        if !order.token.isEmpty, !options.order.isAnsweredApart {
            // Several specimens asked about at once: one answer, in one message.
            answers.append(order)
            guard !order.isFollowed else { return .accepted }
            let together = answers
            answers.removeAll()
            write(together, now: now, events: &events)
        } else {
            write([order], now: now, events: &events)
        }
        return .accepted
    }

    /// Writes one message and has it sent when the line allows.
    private func write(_ orders: [DeviceOrder], now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let utf8 = OrderWriter(options: options.order).text(of: orders, now: now) else { return }
        var (bytes, substituted) = (utf8, 0)
        if let charset = options.charset, charset != .utf8 {
            (bytes, substituted) = charset.encode(String(decoding: utf8, as: UTF8.self))
        }
        let names = orders.map(\.specimenID).joined(separator: ", ")
        if substituted > 0 {
            let text =
                "\(substituted) characters of the order for \(names) cannot be written in \(options.charset?.name ?? "");"
                + " sent as ?"
            events.append(.fault(.notice, text, start: received, end: received))
        }
        if mode == .undecided {
            mode = .lis01
            link = LIS01Link(role: .computer, options: options.link, received: received)
        }
        for order in orders { withdraw(whatIsIn: order) }
        let id = outbox.add(
            text: bytes, event: DeviceOrder.event(orders), isAnswer: orders.contains { !$0.token.isEmpty },
            isCancellation: orders.allSatisfy { $0.action == "C" })
        if options.order.interrupts, link.receiver.isInTransfer { link.interrupt() }
        var outputs: [LIS01Output] = []
        link.send(id: id, text: bytes, now: now.monotonic, outputs: &outputs)
        handle(outputs, now: now, events: &events)
    }

    /// A query that names no specimen.
    func answerNothing(_ token: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        _ = accept(.object(["specimen_id": .string(""), "token": .string(token)]), now: now, events: &events)
    }

    /// The device asks anew, or takes its question back (Q.13 = A): answers that it has not begun to take are void.
    func withdrawAnswers(to message: DeviceMessage) {
        answers.removeAll()
        let isTakenBack = message.queries.contains { $0.status == "A" }
        let asked = Set(message.queries.map(\.specimenID))
        for entry in outbox.entries where entry.isAnswer {
            let isAsked = entry.event.orders.allSatisfy { asked.contains($0.specimenID) }
            if isTakenBack || isAsked { withdraw(entry.id) }
        }
    }

    /// An order that waits for the line while the same is on its way once more would be two orders for one tube.
    private func withdraw(whatIsIn order: DeviceOrder) {
        guard !order.tests.isEmpty else { return }
        for entry in outbox.entries where entry.event.orders.count == 1 {
            guard let waiting = entry.event.orders.first, waiting.specimenID == order.specimenID,
                entry.isCancellation == (order.action == "C"), Set(waiting.tests).isSubset(of: order.tests)
            else { continue }
            withdraw(entry.id)
        }
    }

    private func withdraw(_ id: UInt64) { if link.withdraw(id: id) { _ = outbox.remove(id) } }

    func sent(_ id: UInt64, events: inout [StreamDriverEvent]) {
        guard let entry = outbox.remove(id) else { return }
        events.append(.order(entry.event, start: received, end: received))
    }

    func unsent(_ id: UInt64, _ fault: LIS01SendFault, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let entry = outbox.entry(id) else { return }
        let specimen = entry.specimens
        if entry.attempts < options.order.attempts {
            outbox.countAttempt(id)
            let text = "the order for \(specimen) was not taken (\(fault)); it will be sent again"
            events.append(.fault(.notice, text, start: received, end: received))
            var outputs: [LIS01Output] = []
            link.send(id: id, text: entry.text, now: now.monotonic, outputs: &outputs)
            handle(outputs, now: now, events: &events)
            return
        }
        giveUp(id, "not taken after \(entry.attempts) attempts: \(fault)", events: &events)
    }

    /// The link is gone: what still waits for it will not be sent.
    func giveUpOrders(events: inout [StreamDriverEvent]) {
        for entry in outbox.entries { giveUp(entry.id, "not sent: the link was closed", events: &events) }
    }

    private func giveUp(_ id: UInt64, _ why: String, events: inout [StreamDriverEvent]) {
        guard let entry = outbox.remove(id) else { return }
        let text = "the order for \(entry.specimens) was \(why)"
        events.append(.fault(.lost, text, start: received, end: received))
        var event = entry.event
        for place in event.orders.indices { event.orders[place].action = "refused" }
        var comment = DeviceMessage.Comment()
        comment.text = text
        event.comments.append(comment)
        events.append(.order(event, start: received, end: received))
    }
}

/// What `submit` is given: `specimen_id`, `patient` (`id`, `name`, `birth_date`, `sex`), `tests`, `priority`, `action`,
/// `report_type`, `specimen_type`, `placer_id`, `token` (of the query that is answered). No tests, or `"known": false`: the
/// specimen is not known. `error`: nobody can say. `more`: another order in answer to the same message follows.
struct DeviceOrder {
    var specimenID: String
    var patientID: String
    var patientName: String
    var birthDate: String
    var sex: String
    var tests: [String]
    var priority: String
    var action: String
    var reportType: String
    var specimenType: String
    var placerID: String
    var token: String
    var isKnown: Bool
    /// The question cannot be answered.
    var isError: Bool
    /// Another order in answer to the same message follows.
    var isFollowed: Bool

    init?(_ json: JSONValue) {
        guard json.object != nil, let specimenID = json["specimen_id"]?.string else { return nil }
        self.specimenID = specimenID
        patientID = json["patient"]?["id"]?.string ?? ""
        patientName = json["patient"]?["name"]?.string ?? ""
        birthDate = json["patient"]?["birth_date"]?.string ?? ""
        sex = json["patient"]?["sex"]?.string ?? ""
        tests = (json["tests"]?.array ?? []).compactMap(\.string)
        priority = json["priority"]?.string ?? ""
        action = json["action"]?.string ?? ""
        reportType = json["report_type"]?.string ?? ""
        specimenType = json["specimen_type"]?.string ?? ""
        placerID = json["placer_id"]?.string ?? ""
        token = json["token"]?.string ?? ""
        isError = !(json["error"]?.string ?? "").isEmpty
        isKnown = !isError && (json["known"]?.bool ?? !tests.isEmpty)
        isFollowed = json["more"]?.bool ?? false
    }

    /// What is told once the device has taken them.
    static func event(_ orders: [DeviceOrder]) -> DeviceMessage {
        var message = DeviceMessage(kind: .order, protocolName: "LIS02")
        message.controlID = orders.first?.token ?? ""
        for taken in orders where taken.isKnown || orders.count == 1 {
            var order = DeviceMessage.Order()
            order.specimenID = taken.specimenID
            order.placerID = taken.placerID
            order.tests = taken.tests
            order.action = "accepted"
            message.orders.append(order)
        }
        return message
    }
}
