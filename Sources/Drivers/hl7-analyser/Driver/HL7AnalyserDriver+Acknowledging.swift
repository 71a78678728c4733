import DriverKit
import HL7v2
import MLLP

extension HL7AnalyserDriver {
    /// Answers a message that was taken. What was emitted before is durable when this goes out.
    func accept(_ message: HL7Message, _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        for code in codes(message, accepted: true, negative: .applicationError) {
            send(acknowledgement(code, of: message, arrival.now), arrival, events: &events)
        }
    }

    /// Tells the device and people why a message is not taken. It can be asked for again in the journal.
    func refuse(
        _ message: HL7Message, _ code: HL7AcknowledgementCode, errorCode: String, _ reason: String, _ arrival: Arrival,
        events: inout [StreamDriverEvent]
    ) {
        let text = "message \(message.header(10)) was refused: \(reason)"
        events.append(.fault(.refused, text, start: arrival.start, end: arrival.end))
        for code in codes(message, accepted: false, negative: code) {
            var answer = HL7Acknowledgement(code, unix: arrival.now.unix, utcOffset: arrival.now.utcOffset)
            prepare(&answer, of: message, arrival.now)
            answer.reason = reason
            answer.errorCode = errorCode
            // Fixed fields are for good news: MSA-3 "Message accepted" must not stand beside AE.
            answer.fields.removeAll { $0.path.segment == .msa }
            send(answer.bytes(answering: message), arrival, events: &events)
        }
    }

    /// Which acknowledgements are due (HL7 v2.5.1, 2.9.2 original mode, 2.9.3 enhanced mode; tables 0155 and 0008).
    private func codes(
        _ message: HL7Message, accepted: Bool, negative: HL7AcknowledgementCode
    ) -> [HL7AcknowledgementCode] {
        let wishes = ["AL", "NE", "ER", "SU"]
        let accept = message.header(15)
        let application = message.header(16)
        let isEnhanced: Bool
        switch options.acknowledgement.mode {
        case .none: return []
        case .original: isEnhanced = false
        case .enhanced: isEnhanced = true
        // Some devices use MSH-16 for a number of their own: that is no wish.
        case .auto: isEnhanced = wishes.contains(accept) || wishes.contains(application)
        }
        let applicationCode = accepted ? HL7AcknowledgementCode.applicationAccept : negative
        guard isEnhanced else { return [applicationCode] }
        func isDue(_ wish: String) -> Bool { wish == "AL" || wish == (accepted ? "SU" : "ER") }
        var codes: [HL7AcknowledgementCode] = []
        let isForced = !wishes.contains(accept) && !wishes.contains(application)
        if isDue(accept) || isForced {
            codes.append(accepted ? .commitAccept : negative == .applicationReject ? .commitReject : .commitError)
        }
        if isDue(application) { codes.append(applicationCode) }
        return codes
    }

    func acknowledgement(_ code: HL7AcknowledgementCode, of message: HL7Message, _ now: DriverTime) -> [UInt8] {
        var answer = HL7Acknowledgement(code, unix: now.unix, utcOffset: now.utcOffset)
        prepare(&answer, of: message, now)
        return answer.bytes(answering: message)
    }

    private func prepare(_ answer: inout HL7Acknowledgement, of message: HL7Message, _ now: DriverTime) {
        let wanted = options.acknowledgement
        answer.hasZone = wanted.hasZone
        answer.eventStyle = wanted.event
        answer.version = wanted.version
        answer.characterSet = wanted.charset
        answer.sender = wanted.sender
        answer.fields = wanted.fields
        if let profile = workflowProfile(of: message), !answer.fields.contains(where: { $0.path == profile.path }) {
            answer.fields.append(profile)
        }
        if !wanted.usesTheirControlID { answer.controlID = nextControlID(now) }
    }

    /// MSH-10 of our next message: time and a running number, 18 characters.
    func nextControlID(_ now: DriverTime) -> String {
        messageNumber = (messageNumber &+ 1) % 10_000
        let milliseconds = now.unix.magnitude / 1000 % 10_000_000_000_000
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return "H" + padded(String(milliseconds), 13) + padded(String(messageNumber), 4)
    }

    /// Puts a message on the wire, framed as the device's was, after everything before it is durable.
    func send(_ message: [UInt8], _ arrival: Arrival, events: inout [StreamDriverEvent]) {
        events.append(.transmit(arrival.isFramed ? MLLP.frame(message) : message, isImmediate: false))
    }
}
