import CharacterSets
import DriverKit
import DriverWire
import LIS02

extension LISDriver {
    func handle(_ outputs: [LIS02AssemblerOutput], now: DriverTime, events: inout [StreamDriverEvent]) {
        for output in outputs {
            switch output {
            case .message(let text): take(text, now: now, events: &events)
            case .stray(let count, let start, let end):
                events.append(
                    .fault(.notice, "\(count) bytes of text outside messages were ignored", start: start, end: end))
            case .tooLong(let limit, let start, let end):
                let text =
                    "a message longer than \(limit) bytes was dropped. If the device sends such, raise option max_message;"
                    + " then have it send the message again"
                events.append(.fault(.lost, text, start: start, end: end))
            }
        }
    }

    /// One message, from its bytes to its events.
    private func take(_ text: LIS02Text, now: DriverTime, events: inout [StreamDriverEvent]) {
        link.messageEnded()
        messagesInBlock &+= 1
        let (utf8, charset) = decoded(text.bytes)
        let message = LIS02Message(utf8: utf8)
        var deviations = message.deviations
        if !options.needsTerminator { deviations.removeAll { $0.kind == .noTerminator } }
        if !deviations.isEmpty {
            let list = deviations.prefix(4).map(\.description).joined(separator: "; ")
            events.append(.fault(.notice, "read leniently: \(list)", start: text.start, end: text.end))
        }
        let isComplete = text.isTerminated || !options.needsTerminator
        var reader = MessageReader(message, charset: charset, isComplete: isComplete, fields: options.fields)
        let messages = reader.read()
        for fault in reader.faults { events.append(.fault(.notice, fault, start: text.start, end: text.end)) }
        for message in messages {
            if message.kind == .query {
                withdrawAnswers(to: message)
                events.append(.query(message, start: text.start, end: text.end))
            } else {
                events.append(.message(message, start: text.start, end: text.end))
            }
        }
        for token in reader.unnamed { answerNothing(token, now: now, events: &events) }
    }

    /// Bytes become text before they are split: the second byte of a character may look like a delimiter.
    private func decoded(_ bytes: [UInt8]) -> (utf8: [UInt8], charset: String) {
        bytes.withUnsafeBytes { raw in
            if CharacterSet.isASCII(raw) { return (bytes, (options.charset ?? .utf8).name) }
            let charset = options.charset ?? CharacterSet.detect(raw)
            if charset == .utf8, CharacterSet.isValidUTF8(raw) { return (bytes, charset.name) }
            var utf8: [UInt8] = []
            _ = charset.transcode(raw, to: &utf8)
            return (utf8, charset.name)
        }
    }
}
