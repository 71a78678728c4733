/// A look over the bytes of a profile before the YAML parser sees them: nesting, anchors, aliases.
enum ProfileScan {
    struct Refusal {
        var line: Int
        var problem: String
        var cure: String
    }

    /// The first thing that a profile may not hold.
    static func firstRefusal(_ bytes: [UInt8]) -> Refusal? {
        var scan = Scan()
        for byte in bytes {
            if let refusal = scan.take(byte) { return refusal }
        }
        return nil
    }

    private struct Scan {
        var line = 1
        /// Quote that is open, 0: none.
        var quote: UInt8 = 0
        var isEscaped = false
        var isComment = false
        /// A new token may begin here: after indentation, `- `, `: `, `, `, `[`, `{`.
        var mayBegin = true
        var previous: UInt8 = 0x0A
        /// `&` or `*` where a token may begin, undecided until the next byte.
        var pending: UInt8 = 0
        var flowDepth = 0
        /// Blanks and indicators that begin the line: block nesting costs at least one column a level.
        var indentation = 0
        var isIndentation = true

        mutating func take(_ byte: UInt8) -> Refusal? {
            defer { previous = byte }
            if byte == 0x0A {
                let refusal = decidePending(byte)
                line &+= 1
                isComment = false
                isIndentation = true
                indentation = 0
                if quote == 0 { mayBegin = true }
                return refusal
            }
            if isComment { return nil }
            if quote != 0 {
                takeQuoted(byte)
                return nil
            }
            if let refusal = decidePending(byte) { return refusal }
            return takePlain(byte)
        }

        private mutating func takeQuoted(_ byte: UInt8) {
            if isEscaped {
                isEscaped = false
            } else if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == quote {
                quote = 0
            }
        }

        private mutating func decidePending(_ byte: UInt8) -> Refusal? {
            guard pending != 0 else { return nil }
            let mark = pending
            pending = 0
            if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return nil }
            if mark == UInt8(ascii: "&") {
                return Refusal(
                    line: line, problem: "an anchor (&name)",
                    cure: "anchors are not available here: use `extends`, or quote text that begins with &")
            }
            return Refusal(
                line: line, problem: "an alias (*name)",
                cure: "quote text that begins with *: \"*ALY#\"; aliases are not available here, use `extends`")
        }

        private mutating func takePlain(_ byte: UInt8) -> Refusal? {
            let isBlank = byte == 0x20 || byte == 0x09
            if isIndentation {
                if isBlank || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: ":") {
                    indentation &+= 1
                } else {
                    isIndentation = false
                    if indentation > ProfileSource.deepestNesting * 4 { return tooDeep }
                }
            }
            let wasBeginning = mayBegin
            switch byte {
            case UInt8(ascii: "#") where previous == 0x20 || previous == 0x0A || previous == 0x09:
                isComment = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if wasBeginning { quote = byte }
                mayBegin = false
            case UInt8(ascii: "&"), UInt8(ascii: "*"):
                if wasBeginning { pending = byte }
                mayBegin = false
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if wasBeginning {
                    flowDepth &+= 1
                    if flowDepth > ProfileSource.deepestNesting { return tooDeep }
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if flowDepth > 0 { flowDepth &-= 1 }
                mayBegin = false
            case UInt8(ascii: ","): mayBegin = flowDepth > 0
            case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "?"):
                // Becomes an indicator only when a blank follows; see the blank below.
                // JSON style, {"a":[…, needs no blank.
                let followsQuote = previous == UInt8(ascii: "\"") || previous == UInt8(ascii: "'")
                mayBegin = followsQuote && flowDepth > 0 && byte == UInt8(ascii: ":")
            default:
                if isBlank {
                    let ended =
                        previous == UInt8(ascii: ":") || previous == UInt8(ascii: "-") || previous == UInt8(ascii: "?")
                    if ended { mayBegin = true }
                } else {
                    mayBegin = false
                }
            }
            return nil
        }

        private var tooDeep: Refusal {
            Refusal(
                line: line, problem: "maps or lists nested deeper than \(ProfileSource.deepestNesting)",
                cure: "a profile needs no more than ten levels: look for brackets that are not closed")
        }
    }
}
