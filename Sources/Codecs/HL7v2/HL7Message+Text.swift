import CharacterSets

extension HL7Message {
    /// A span as text: blanks at both ends removed, escapes resolved (HL7 v2.5.1, 2.7).
    ///
    /// `\F\ \S\ \R\ \E\ \T\` are the separators, `\X…\` bytes in the message's character set, `\.br\` and `\.sp\` line
    /// feeds, `\H\ \N\` nothing. Sequences that mean nothing stay as they are. The null value `""` is empty.
    public func string(_ span: Span) -> String {
        let span = trimmed(span)
        if span.count == 2, text[span.lowerBound] == 0x22, text[span.lowerBound + 1] == 0x22 { return "" }
        return text.withUnsafeBufferPointer { text in
            var index = span.lowerBound
            while index < span.upperBound, text[index] != delimiters.escape { index &+= 1 }
            if index == span.upperBound {
                return String(decoding: UnsafeBufferPointer(rebasing: text[span]), as: UTF8.self)
            }
            return unescaped(UnsafeBufferPointer(rebasing: text[span]))
        }
    }

    /// A path in a segment as text.
    public func string(_ path: HL7Path, in segment: Int) -> String { string(span(path, in: segment)) }

    /// True when the text at a span is exactly this; no escapes are resolved.
    public func equals(_ span: Span, _ other: StaticString) -> Bool {
        other.withUTF8Buffer { other in
            guard span.count == other.count, span.upperBound <= text.count else { return false }
            for index in 0..<other.count where text[span.lowerBound + index] != other[index] { return false }
            return true
        }
    }

    /// True when the text at a span is exactly this; no escapes are resolved.
    public func equals(_ span: Span, _ other: [UInt8]) -> Bool {
        guard span.count == other.count, span.upperBound <= text.count else { return false }
        for index in other.indices where text[span.lowerBound + index] != other[index] { return false }
        return true
    }

    /// True when a span must be unescaped to be compared: it holds an escape character, or is the null value `""`.
    public func holdsEscape(_ span: Span) -> Bool {
        guard span.upperBound <= text.count else { return false }
        for index in span where text[index] == delimiters.escape { return true }
        return span.count == 2 && text[span.lowerBound] == 0x22
    }

    private func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == delimiters.escape {
                var end = index &+ 1
                while end < bytes.count, bytes[end] != delimiters.escape { end &+= 1 }
                if end < bytes.count,
                    resolve(UnsafeBufferPointer(rebasing: bytes[index &+ 1..<end]), to: &result)
                {
                    index = end &+ 1
                    continue
                }
                // No sequence: everything up to the next escape character stands for itself.
                result.append(contentsOf: bytes[index..<end])
                index = end
            } else {
                result.append(byte)
                index &+= 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Appends what an escape sequence (without its escape characters) means; false when it means nothing.
    private func resolve(_ sequence: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) -> Bool {
        guard let first = sequence.first else { return false }
        if sequence.count == 1 {
            switch first {
            case UInt8(ascii: "F"): result.append(delimiters.field)
            case UInt8(ascii: "S"): result.append(delimiters.component)
            case UInt8(ascii: "R"): result.append(delimiters.repetition)
            case UInt8(ascii: "E"): result.append(delimiters.escape)
            case UInt8(ascii: "T"): result.append(delimiters.subcomponent)
            case UInt8(ascii: "P"): result.append(UInt8(ascii: "#"))
            case UInt8(ascii: "H"), UInt8(ascii: "N"): break
            default: return false
            }
            return true
        }
        switch first {
        case UInt8(ascii: "X"):
            guard let bytes = HL7Message.hexadecimal(sequence.dropFirst()) else { return false }
            let set = characterSet == .ascii ? .utf8 : characterSet
            result.append(contentsOf: set.decode(bytes).utf8)
            return true
        case UInt8(ascii: "."):
            guard sequence.count >= 3 else { return false }
            let command = (sequence[1] | 0x20, sequence[2] | 0x20)
            guard command == (0x62, 0x72) || command == (0x73, 0x70) else { return false }
            // .sp may be followed by a number of lines; more than a few are nonsense.
            var lines = 0
            for digit in sequence.dropFirst(3) where digit >= 0x30 && digit <= 0x39 {
                lines = min(20, lines * 10 + Int(digit - 0x30))
            }
            result.append(contentsOf: repeatElement(0x0A, count: max(1, lines)))
            return true
        default: return false
        }
    }

    private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        guard digits.count % 2 == 0, !digits.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x41...0x46: value = digit - 0x37
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
