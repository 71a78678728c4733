import CharacterSets
import DriverKit
import DriverWire
import HL7v2
import MLLP

extension HL7AnalyserDriver {
    /// Reads the messages of a block: usually one.
    func read(_ bytes: UnsafeRawBufferPointer, at arrival: Arrival, events: inout [StreamDriverEvent]) {
        let ranges = HL7Message.messages(in: bytes)
        guard !ranges.isEmpty else {
            refuseBlock(bytes, arrival, events: &events)
            return
        }
        let prefix: UInt64 = arrival.isFramed ? 1 : 0
        for (place, range) in ranges.enumerated() {
            var part = arrival
            if ranges.count > 1 {
                if place > 0 { part.start = arrival.start &+ prefix &+ UInt64(range.lowerBound) }
                if place + 1 < ranges.count { part.end = arrival.start &+ prefix &+ UInt64(range.upperBound) }
            }
            do throws(HL7Fault) {
                let message = try HL7Message(
                    parsing: UnsafeRawBufferPointer(rebasing: bytes[range]), characterSet: options.charset)
                take(message, part, events: &events)
            } catch let fault {
                refuse(UnsafeRawBufferPointer(rebasing: bytes[range]), fault, part, events: &events)
            }
        }
    }

    /// A message that cannot be read as a whole: its header alone is enough for an answer.
    private func refuse(
        _ bytes: UnsafeRawBufferPointer, _ fault: HL7Fault, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        let end = bytes.firstIndex { $0 == 0x0D || $0 == 0x0A } ?? bytes.endIndex
        let header = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard let message = try? HL7Message(parsing: header, characterSet: options.charset) else {
            events.append(.fault(.lost, fault.description, start: arrival.start, end: arrival.end))
            return
        }
        refuse(message, .applicationError, errorCode: "207", fault.description, arrival, events: &events)
    }

    private func refuseBlock(_ bytes: UnsafeRawBufferPointer, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        if bytes.allSatisfy({ $0 <= 0x20 }) {
            events.append(.fault(.notice, "an empty block", start: arrival.start, end: arrival.end))
            return
        }
        let beginning = String(decoding: bytes.prefix(24).map { $0 < 0x20 || $0 > 0x7E ? 0x2E : $0 }, as: UTF8.self)
        let text =
            "a block of \(bytes.count) bytes holds no HL7 message: no line begins with MSH and a delimiter; it begins with "
            + "\"\(beginning)\". No answer can name it; look at the device's protocol setting"
        events.append(.fault(.lost, text, start: arrival.start, end: arrival.end))
    }

    /// What a message is for decides what becomes of it.
    private func take(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        noteOddities(message, arrival, events: &events)
        let type = message.string(message.component(1, of: message.field(9, of: 0)))
        let event = message.string(message.component(2, of: message.field(9, of: 0)))
        let whole = event.isEmpty ? type : "\(type)^\(event)"
        if options.resultMessages.contains(type) || options.resultMessages.contains(whole) {
            takeResults(message, arrival, events: &events)
        } else if type == "ACK" || type == "ORL" || type == "ORR" || type == "MCF" {
            takeAnswer(message, type: type, arrival, events: &events)
        } else if type == "QRY" || type == "QBP" || isOrderQuery(message, type) {
            takeQuery(message, type: type, event: event, arrival, events: &events)
        } else if type == "QCN" {
            takeCancellation(message, arrival, events: &events)
        } else if options.eventMessages.contains(type) || options.eventMessages.contains(whole) {
            takeEvent(message, arrival, events: &events)
        } else if type.isEmpty {
            refuse(
                message, .applicationError, errorCode: "101",
                "MSH-9 is empty: nobody can tell what the message is for", arrival, events: &events)
        } else {
            refuse(
                message, .applicationReject, errorCode: event.isEmpty ? "200" : "201",
                "\(whole) is not taken here; to take it as results or as an event, name it in result_messages or "
                    + "event_messages of the profile's options", arrival, events: &events)
        }
    }

    /// ORM^O01 with ORC-1 RF (refill request): some analysers ask for orders by it.
    private func isOrderQuery(_ message: HL7Message, _ type: String) -> Bool {
        guard type == "ORM", let orc = message.firstSegment(.orc) else { return false }
        return message.string(message.field(1, of: orc)) == "RF"
    }

    private func noteOddities(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        if message.unreadable > 0 {
            let text =
                "\(message.unreadable) characters of message \(message.header(10)) cannot be read as "
                + "\(message.characterSet.name); set charset in the profile's options"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
        }
        guard !message.deviations.isEmpty else { return }
        let texts = message.deviations.map { "\($0.text) at byte \($0.offset) of the message" }
        events.append(
            .fault(.notice, "put right: \(texts.joined(separator: "; "))", start: arrival.start, end: arrival.end))
    }

    private func takeResults(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        let reader = MessageReader(message, options: options.fields)
        let result = reader.read()
        for notice in reader.notices {
            events.append(
                .fault(.notice, "message \(message.header(10)): \(notice)", start: arrival.start, end: arrival.end))
        }
        if result.results.isEmpty {
            let text =
                "message \(message.header(10)) of type \(message.header(9)) holds no result (no OBX, and no segment that "
                + "record_results names); it is kept"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
        }
        events.append(.message(result, start: arrival.start, end: arrival.end))
        accept(message, arrival, events: &events)
    }

    private func takeEvent(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        var result = DeviceMessage(kind: .event, message)
        for segment in message.segments.dropFirst() {
            let raw = String(decoding: message.text[segment.span], as: UTF8.self)
            result.others.append(DeviceMessage.Other(tag: segment.name.description, raw: raw))
        }
        events.append(.message(result, start: arrival.start, end: arrival.end))
        accept(message, arrival, events: &events)
    }

    /// The device's word on what we sent.
    private func takeAnswer(
        _ message: HL7Message, type: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        let msa = message.firstSegment(.msa)
        let code = msa.map { message.string(message.field(1, of: $0)) } ?? ""
        let answered = msa.map { message.string(message.field(2, of: $0)) } ?? ""
        // In enhanced mode the accept acknowledgement comes first; the application's word ends it.
        let isAccept = code == "CA"
        defer { if code != "CA" { displayAnswered(answered, now: arrival.now, events: &events) } }
        guard let place = sentOrders.firstIndex(where: { $0.controlID == answered }) else {
            // Good news about something settled (a negative answer, an order sent before a restart) is no news.
            if code.hasSuffix("A") { return }
            let text =
                "the device answers \(code.isEmpty ? "nothing" : code) to message \"\(answered)\", which was not sent or "
                + "is settled; nothing follows from it"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
            return
        }
        if isAccept { return }
        let sent = sentOrders.remove(at: place)
        var result = DeviceMessage(kind: .order, message)
        result.orders = type == "ORL" ? orderSteps(of: message, sent, code: code) : []
        if result.orders.isEmpty {
            var order = DeviceMessage.Order()
            order.specimenID = sent.specimen
            order.tests = sent.tests
            order.action = code
            result.orders.append(order)
        }
        if let msa {
            var comment = DeviceMessage.Comment()
            let said =
                [message.string(message.field(3, of: msa)), conditionText(of: message, msa, code)]
                + errorTexts(of: message)
            comment.text = said.filter { !$0.isEmpty }.joined(separator: "; ")
            comment.code = code
            comment.order = 0
            if !comment.text.isEmpty || !code.hasSuffix("A") { result.comments.append(comment) }
        }
        events.append(.order(result, start: arrival.start, end: arrival.end))
    }
}

extension HL7AnalyserDriver {
    /// MSA-6: the number of what is wrong (HL7 v2.3.1 table 0357), with its meaning.
    private func conditionText(of message: HL7Message, _ msa: Int, _ code: String) -> String {
        let field = message.trimmed(message.field(6, of: msa))
        let number = message.string(message.component(1, of: field))
        // 0 is "no error"; beside good news a number says nothing.
        if number.isEmpty || number == "0" || code.hasSuffix("A") { return "" }
        let own = message.string(message.component(2, of: field))
        let meaning =
            switch number {
            case "100": "segments out of order"
            case "101": "a required field is missing"
            case "102": "a field of the wrong type"
            case "103": "a value that is not in its table"
            case "200": "message type not supported"
            case "201": "event not supported"
            case "202": "processing id not supported"
            case "203": "version not supported"
            case "204": "unknown key: the device does not know the sample or test"
            case "205": "duplicate key: the device has it already"
            case "206": "the record is locked"
            case "207": "an error inside the device"
            default: "of unknown meaning"
            }
        return "error \(number), \(own.isEmpty ? meaning : own)"
    }
}
