extension Capture {
    /// Reads blocks VT … FS CR; what stands between them goes out before the next one.
    init(blocks bytes: [UInt8]) {
        var messages: [Message] = []
        var pending = 0
        while let start = bytes[pending...].firstIndex(of: MLLPBytes.start) {
            guard let end = bytes[start...].firstIndex(of: MLLPBytes.end) else { break }
            var after = end + 1
            if after < bytes.count, bytes[after] == 0x0D { after += 1 }
            if after < bytes.count, bytes[after] == 0x0A { after += 1 }
            // VT inside a block starts it anew: the last one counts.
            let last = bytes[start..<end].lastIndex(of: MLLPBytes.start) ?? start
            let text = (last + 1 - pending)..<(end - pending)
            let unit = Array(bytes[pending..<after])
            messages.append(
                Message(units: [
                    Unit(kind: .block(controlID: Self.controlID(unit[text])), bytes: unit, text: text)
                ]))
            pending = after
        }
        self.init(framing: .mllp, messages: messages)
    }

    /// Frames messages that were kept as text: each begins with MSH at the start of a line.
    init(unframedHL7 bytes: [UInt8]) {
        let starts = Self.lineStarts(bytes).filter { bytes[$0...].starts(with: "MSH".utf8) }
        let ends = starts.dropFirst() + [bytes.count]
        let messages = zip(starts, ends).map { start, end -> Message in
            var text = Array(bytes[start..<end])
            while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
            text.append(0x0D)
            let unit = [MLLPBytes.start] + text + [MLLPBytes.end, 0x0D]
            return Message(units: [
                Unit(kind: .block(controlID: Self.controlID(text[...])), bytes: unit, text: 1..<(1 + text.count))
            ])
        }
        self.init(framing: .mllp, messages: messages)
    }

    /// MSH-10.
    static func controlID(_ message: ArraySlice<UInt8>) -> [UInt8] { field(message, segment: "MSH", number: 10) ?? [] }

    /// A field of the first segment of a name, as sent; MSH-1 is the separator itself.
    static func field(_ message: ArraySlice<UInt8>, segment: String, number: Int) -> [UInt8]? {
        guard let header = message.firstRange(of: Array("MSH".utf8)), header.upperBound < message.endIndex else {
            return nil
        }
        let separator = message[header.upperBound]
        let name = Array(segment.utf8)
        for line in message.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) where line.starts(with: name) {
            let fields = line.split(separator: separator, omittingEmptySubsequences: false)
            let index = segment == "MSH" ? number - 1 : number
            guard fields.indices.contains(index) else { return nil }
            return Array(fields[index])
        }
        return nil
    }
}
