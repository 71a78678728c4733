/// A pattern with `*` (any text, also none) and `?` (one character); `\*`, `\?` and `\\` stand for themselves.
///
/// Matches in time proportional to pattern × text at worst, never more: there is no regular expression in a profile that
/// could be made slow.
public struct Glob: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case byte(UInt8)
        case one
        case any
    }

    /// As written.
    public let pattern: String
    private let parts: [Part]

    /// A pattern from its text.
    public init(_ pattern: String) {
        self.pattern = pattern
        var parts: [Part] = []
        var isEscaped = false
        for byte in pattern.utf8 {
            if isEscaped {
                parts.append(.byte(byte))
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "*"): if parts.last != .any { parts.append(.any) }
            case UInt8(ascii: "?"): parts.append(.one)
            default: parts.append(.byte(byte))
            }
        }
        if isEscaped { parts.append(.byte(UInt8(ascii: "\\"))) }
        self.parts = parts
    }

    /// True when there is a `*` or `?` that is not escaped.
    public var hasWildcard: Bool {
        parts.contains { if case .byte = $0 { false } else { true } }
    }

    /// True when any text that is not empty matches, which is hardly ever meant.
    public var matchesEverything: Bool {
        !parts.isEmpty && parts.contains(.any) && !parts.contains { if case .byte = $0 { true } else { false } }
    }

    /// The text it stands for when it has no wildcard.
    public var literal: String {
        var bytes: [UInt8] = []
        for part in parts { if case .byte(let byte) = part { bytes.append(byte) } }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// True when the whole of `text` matches. Upper and lower case differ.
    public func matches(_ text: String) -> Bool {
        let fast = text.utf8.withContiguousStorageIfAvailable { matches(bytes: $0) }
        if let fast { return fast }
        return Array(text.utf8).withUnsafeBufferPointer { matches(bytes: $0) }
    }

    private func matches(bytes text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        var part = 0
        // Where to go on when what follows the last `*` does not match: with one more byte taken by the `*`.
        var afterAny = -1
        var resume = 0
        while at < text.count {
            if part < parts.count {
                switch parts[part] {
                case .any:
                    part += 1
                    afterAny = part
                    resume = at
                    continue
                case .one:
                    at += 1
                    while at < text.count, text[at] & 0xC0 == 0x80 { at += 1 }
                    part += 1
                    continue
                case .byte(let byte) where byte == text[at]:
                    at += 1
                    part += 1
                    continue
                case .byte: break
                }
            }
            guard afterAny >= 0 else { return false }
            resume += 1
            at = resume
            part = afterAny
        }
        while part < parts.count, parts[part] == .any { part += 1 }
        return part == parts.count
    }
}
