extension LIS02Message {
    /// The text of a span with its escape sequences resolved.
    public func string(_ span: LIS02Span) -> String {
        guard !span.isEmpty, span.start >= 0, span.end <= text.count else { return "" }
        return text.withUnsafeBufferPointer { text in
            let bytes = UnsafeBufferPointer(rebasing: text[span.start..<span.end])
            if bytes.contains(delimiters.escape) {
                return String(decoding: LIS02Escape.resolve(bytes, delimiters), as: UTF8.self)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The text of a span as sent.
    public func raw(_ span: LIS02Span) -> String {
        guard !span.isEmpty, span.start >= 0, span.end <= text.count else { return "" }
        return text.withUnsafeBufferPointer {
            String(decoding: UnsafeBufferPointer(rebasing: $0[span.start..<span.end]), as: UTF8.self)
        }
    }

    /// Whether a span is just this text.
    public func equals(_ span: LIS02Span, _ other: [UInt8]) -> Bool {
        guard span.end - span.start == other.count, span.start >= 0, span.end <= text.count else { return false }
        var index = 0
        while index < other.count {
            if text[span.start + index] != other[index] { return false }
            index += 1
        }
        return true
    }
}
