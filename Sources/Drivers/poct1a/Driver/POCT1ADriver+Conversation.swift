import DriverKit
import DriverWire
import POCT1A

extension POCT1ADriver {
    /// A whole document, by its shape.
    func read(_ bytes: [UInt8], _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        let document: XMLElement
        do throws(XMLFault) {
            document = try XMLReader.read(bytes)
        } catch let fault {
            refuse(unreadable: bytes, fault, arrival, events: &events)
            return
        }
        if phase != .quiet { enter(phase, arrival.now) }
        let theirs = document.child("HDR")?.value(of: "HDR.control_id") ?? ""
        switch document.name {
        case "HEL.R01": takeHello(document, theirs, arrival, events: &events)
        case "DST.R01": takeStatus(document, theirs, arrival, events: &events)
        case "OBS.R01", "OBS.R02": takeObservations(document, bytes, theirs, arrival, events: &events)
        case "EVS.R01":
            events.append(.message(event(document, arrival), start: arrival.start, end: arrival.end))
            accept(theirs, arrival, events: &events)
        case "EOT.R01":
            accept(theirs, arrival, events: &events)
            if phase == .observations || phase == .deviceEvents { askNext(theirs, arrival, events: &events) }
        case "ACK.R01": takeAcknowledgement(document, arrival, events: &events)
        case "KPA.R01": accept(theirs, arrival, events: &events)
        case "END.R01":
            accept(theirs, arrival, events: &events)
            enter(.quiet, arrival.now)
        case "ESC.R01": takeEscape(document, theirs, arrival, events: &events)
        default: escape(document, theirs, arrival, events: &events)
        }
    }

    private func takeHello(
        _ document: XMLElement, _ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        device = DeviceWords()
        lastTaken = 0
        if let timeout = document.descendant("DCP.application_timeout")?.value,
            let seconds = Int64(timeout.prefix { $0 != "." }), seconds > 0
        {
            device.applicationTimeout = min(seconds, 86_400) * 1_000_000
        }
        for element in document.child("DEV")?.child("DSC")?.children ?? []
        where element.name == "DSC.directives_supported_cd" && element.value == "START_CONTINUOUS" {
            device.knowsContinuousMode = true
        }
        accept(theirs, arrival, events: &events)
        enter(.greeted, arrival.now)
    }

    private func takeStatus(
        _ document: XMLElement, _ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        accept(theirs, arrival, events: &events)
        let status = document.child("DST")
        func isSome(_ name: String, unsaid: Bool) -> Bool {
            let text = status?.value(of: name) ?? ""
            return text.isEmpty ? unsaid : text.contains { $0 != "0" && $0 != "." }
        }
        device.hasNewEvents = options.asksForEvents && isSome("DST.new_events_qty", unsaid: false)
        let asks =
            switch options.requests {
            case .always: true
            case .new: isSome("DST.new_observations_qty", unsaid: true)
            case .nothing: false
            }
        // A status within continuous mode is news, not the beginning of a conversation.
        guard phase != .quiet || asks else { return }
        if asks {
            request("ROBS", theirs, arrival, events: &events)
            enter(.observations, arrival.now)
        } else {
            askNext(theirs, arrival, events: &events)
        }
    }

    /// What comes after a topic has ended.
    private func askNext(_ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        if phase != .deviceEvents, device.hasNewEvents {
            request("RDEV", theirs, arrival, events: &events)
            enter(.deviceEvents, arrival.now)
            return
        }
        if options.afterwards == .nothing {
            enter(.quiet, arrival.now)
            return
        }
        let isContinuous =
            options.afterwards == .continuous || options.afterwards == .automatic && device.knowsContinuousMode
        if isContinuous {
            var document = document("DTV.R01", .directive, theirs, arrival)
            document.object("DTV", ["command_cd": "START_CONTINUOUS"])
            send(document, arrival, events: &events)
        } else {
            sendEnd(theirs, arrival, events: &events)
        }
        enter(.closing, arrival.now)
    }

    private func sendEnd(_ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        var document = document("END.R01", .directive, theirs, arrival)
        document.object("TRM", ["reason_cd": "NRM"])
        send(document, arrival, events: &events)
    }

    private func takeObservations(
        _ document: XMLElement, _ bytes: [UInt8], _ theirs: String, _ arrival: Arrival,
        events: inout [StreamDriverEvent]
    ) {
        let fingerprint = POCT1ADriver.fingerprint(bytes)
        if phase != .quiet, lastTaken == fingerprint {
            let text = "\(document.name) \(theirs) came again, byte for byte: acknowledged again, not taken twice"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
            accept(theirs, arrival, events: &events)
            return
        }
        var reader = ObservationReader(document, options: options)
        let message = reader.read()
        for fault in reader.faults {
            let text = "\(document.name) \(theirs): \(fault.text)"
            events.append(
                .fault(fault.severity, text, start: arrival.start &+ UInt64(fault.offset), end: arrival.end))
        }
        events.append(.message(message, start: arrival.start, end: arrival.end))
        if phase != .quiet { lastTaken = fingerprint }
        accept(theirs, arrival, events: &events)
    }

    /// The device's word on what we asked or told it.
    private func takeAcknowledgement(_ document: XMLElement, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        let ack = document.child("ACK")
        let type = ack?.value(of: "ACK.type_cd") ?? ""
        if type != "AA" {
            let note = [ack?.value(of: "ACK.error_detail_cd"), ack?.value(of: "ACK.note_txt")].compactMap { $0 }
                .filter { !$0.isEmpty }.joined(separator: ": ")
            let text =
                "the device answers \(type.isEmpty ? "nothing" : type)\(note.isEmpty ? "" : " (\(note))") "
                + "(\(phase.words)): what it was asked is not done"
            events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
        }
        switch phase {
        case .closing: enter(.quiet, arrival.now)
        // A request that the device refuses ends its topic.
        case .observations, .deviceEvents:
            if type != "AA", !type.isEmpty {
                let theirs = document.child("HDR")?.value(of: "HDR.control_id") ?? ""
                askNext(theirs, arrival, events: &events)
            }
        case .quiet, .greeted: break
        }
    }

    /// ESC.R01: the device cannot do what it was asked. Nothing is answered.
    private func takeEscape(
        _ document: XMLElement, _ theirs: String, _ arrival: Arrival, events: inout [StreamDriverEvent]
    ) {
        let escape = document.child("ESC")
        let words = [escape?.value(of: "ESC.detail_cd"), escape?.value(of: "ESC.note_txt")].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: ": ")
        let text = "the device cannot go on (\(phase.words)): \(words.isEmpty ? "it does not say why" : words)"
        events.append(.fault(.notice, text, start: arrival.start, end: arrival.end))
        switch phase {
        case .observations, .deviceEvents: askNext(theirs, arrival, events: &events)
        case .closing: enter(.quiet, arrival.now)
        case .quiet, .greeted: break
        }
    }

    private func event(_ document: XMLElement, _ arrival: Arrival) -> DeviceMessage {
        var message = DeviceMessage(kind: .event, document)
        for event in document.children where event.name != "HDR" {
            message.others.append(DeviceMessage.Other(tag: event.name, raw: ObservationReader.words(of: event)))
        }
        return message
    }

    /// FNV-1a over the bytes; never 0.
    private static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash == 0 ? 1 : hash
    }
}
