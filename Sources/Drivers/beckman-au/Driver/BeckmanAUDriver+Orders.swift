import BlockDriverKit
import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// An answer to an inquiry that the analyser has not acknowledged yet.
struct AUOutgoing {
    var bytes: [UInt8]
    var event: DeviceMessage
    var attempts: Int
    var sentAt: Int64
}

extension BeckmanAUDriver {
    /// `R `: which tests for this sample?
    func takeInquiry(
        _ block: SerialBlock, _ columns: FixedColumns, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        let identity: AUIdentity
        do throws(AUFault) {
            identity = try AUIdentity(columns, options.layout)
        } catch let fault {
            let place = block.offset(of: fault.index, startCode: options.start.count)
            return refuse(block, fault.text, at: place, events: &events)
        }
        // The inquiry itself promises nothing, and the analyser waits.
        if let good = answers.good { events.append(.transmit(good, isImmediate: true)) }
        guard options.takesOrders else {
            let text = "the analyser asks for the tests of sample \(identity.name); orders are off (option orders)"
            return events.append(.fault(.notice, text, start: block.start, end: block.end))
        }
        // Whether the analyser uses a check character, then its inquiry: what the answer has to repeat.
        let token = (block.trailer.isEmpty ? "-" : "+") + LatinText.string(block.text)
        if identity.id.isEmpty, !options.asksByNumber {
            // Sample numbers begin again every day: what is ordered under one may be another patient's.
            let text =
                "the analyser asks for the tests of sample \(identity.number), whose id it could not read; it is told that there are"
                + " none (option ask_by_number)"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            let nothing = JSONValue.object(["specimen_id": .string(identity.number), "token": .string(token)])
            _ = answer(nothing, now: now, events: &events)
            return
        }
        var query = DeviceMessage.Query()
        query.specimenID = identity.name
        query.token = token
        var message = DeviceMessage(kind: .query, protocolName: "AU online")
        message.queries.append(query)
        events.append(.query(message, start: block.start, end: block.end))
    }

    /// Writes `S ` with the tests ordered.
    func answer(_ json: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        guard options.takesOrders else { return .unsupported }
        guard let specimen = json["specimen_id"]?.string else {
            return .refused("the order is no JSON object with specimen_id; write {\"specimen_id\": …, \"tests\": […]}")
        }
        guard let token = json["token"]?.string, !token.isEmpty else {
            return .refused("the analyser takes orders only in answer to its inquiry; keep the order until it asks")
        }
        guard sending == nil else {
            return .refused("the answer to the inquiry before is not acknowledged yet; the analyser asks again")
        }
        let inquiry = Array(token.latinBytes.dropFirst())
        let tests = (json["tests"]?.array ?? []).compactMap(\.string)
        let isKnown = json["known"]?.bool ?? !tests.isEmpty
        if !isKnown, options.unknown == .silence { return .accepted }
        let text: [UInt8]
        if !isKnown, options.unknown == .end {
            text = Array("SE".utf8) + inquiry.dropFirst(2).prefix(options.layout.system)
        } else {
            guard let written = write(inquiry, isKnown ? tests : [], json) else {
                return .refused(
                    "sample \(specimen): test codes have to be numbers of up to \(options.layout.test) digits, and the token"
                        + " that of the inquiry; got \(tests.joined(separator: " "))")
            }
            text = written
        }
        var event = DeviceMessage(kind: .order, protocolName: "AU online")
        var order = DeviceMessage.Order()
        order.specimenID = specimen
        order.placerID = json["placer_id"]?.string ?? ""
        order.tests = tests
        order.action = "accepted"
        event.orders.append(order)
        // In the codes of the inquiry, where the analyser's own setting tells itself.
        let shape = link.framer.shape
        let checked = text + (shape.ends.first?.code ?? options.end)
        let check = token.hasPrefix("+") ? [BlockCheck.exclusiveOr(checked)] : []
        let bytes = shape.start + checked + check
        events.append(.transmit(bytes, isImmediate: true))
        if options.answers {
            sending = AUOutgoing(bytes: bytes, event: event, attempts: 1, sentAt: now.monotonic)
        } else {
            events.append(.order(event, start: link.received, end: link.received))
        }
        return .accepted
    }

    /// Kind and identity of the inquiry, dummy, `E`, sex and age, information, test numbers.
    private func write(_ inquiry: [UInt8], _ tests: [String], _ json: JSONValue) -> [UInt8]? {
        let layout = options.layout
        let columns = FixedColumns(inquiry)
        guard let kind = columns.byte(1), let system = columns.field(2, layout.system),
            var identity = columns.field(2 + layout.system, layout.identity).map({ Array($0) })
        else { return nil }
        // The mark of an inquiry is not repeated; a material is.
        let type = layout.rack + layout.position
        if layout.type == 1, identity[type] == UInt8(ascii: "N") { identity[type] = 0x20 }
        var text = [UInt8(ascii: "S"), kind] + system + identity
        text += [UInt8](repeating: 0x20, count: layout.dummy) + [UInt8(ascii: "E")]
        let sex = json["patient"]?["sex"]?.string ?? ""
        if layout.sex > 0 { text.append(sex == "M" || sex == "F" ? Array(sex.utf8)[0] : UInt8(ascii: "0")) }
        text += [UInt8](repeating: 0x30, count: layout.years + layout.months)
        let name = options.sendsName ? json["patient"]?["name"]?.string ?? "" : ""
        let plain = name.unicodeScalars.map {
            $0.value >= 0x20 && $0.value < 0x7F ? UInt8($0.value) : UInt8(ascii: " ")
        }
        text += plain.prefix(layout.information)
        text += [UInt8](repeating: 0x20, count: max(0, layout.information - plain.count))
        for test in tests {
            let digits = Array(test.utf8)
            guard (1...layout.test).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
                return nil
            }
            text += [UInt8](repeating: 0x30, count: layout.test - digits.count) + digits
        }
        return text
    }

    /// The analyser has taken it.
    func sent(events: inout [StreamDriverEvent]) {
        guard let done = sending else { return }
        sending = nil
        events.append(.order(done.event, start: link.received, end: link.received))
    }

    /// NAK, or no answer.
    func sendAgain(_ why: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard var again = sending else { return }
        guard again.attempts < options.attempts else { return giveUp(why, events: &events) }
        again.attempts += 1
        again.sentAt = now.monotonic
        sending = again
        events.append(.transmit(again.bytes, isImmediate: true))
    }

    /// It was not taken.
    func giveUp(_ why: String, events: inout [StreamDriverEvent]) {
        guard var done = sending else { return }
        sending = nil
        let specimen = done.event.orders.first?.specimenID ?? ""
        let text = "the tests of sample \(specimen) were not taken after \(done.attempts) attempts: \(why)"
        events.append(.fault(.lost, text, start: link.received, end: link.received))
        if !done.event.orders.isEmpty { done.event.orders[0].action = "refused" }
        var comment = DeviceMessage.Comment()
        comment.text = text
        done.event.comments.append(comment)
        events.append(.order(done.event, start: link.received, end: link.received))
    }
}

extension String {
    /// ISO 8859-1; what has no place there is a question mark.
    var latinBytes: [UInt8] { unicodeScalars.map { $0.value < 0x100 ? UInt8($0.value) : UInt8(ascii: "?") } }
}
