/// A pattern with `*` (any text, also none) and `?` (any one character), matched against a whole text.
///
/// Everything else stands for itself; letter case counts. Time is linear in the text for a fixed pattern (at worst pattern
/// length × text length): no pattern that a profile may hold can stall a driver.
public struct Glob: Sendable, Hashable {
    /// The pattern as written.
    public let pattern: String
    private let units: [Unicode.Scalar]
    private let isLiteral: Bool

    /// A pattern.
    public init(_ pattern: String) {
        self.pattern = pattern
        units = Array(pattern.unicodeScalars)
        isLiteral = !pattern.unicodeScalars.contains { $0 == "*" || $0 == "?" }
    }

    /// Whether the whole of `text` fits the pattern.
    public func matches(_ text: String) -> Bool {
        if isLiteral { return text.unicodeScalars.elementsEqual(units) }
        return Array(text.unicodeScalars).withUnsafeBufferPointer { match($0) }
    }

    private func match(_ text: UnsafeBufferPointer<Unicode.Scalar>) -> Bool {
        var textIndex = 0
        var patternIndex = 0
        // Where to go on when what follows the last star does not fit: only the last star ever needs to give way.
        var lastStar = -1
        var afterLastStar = 0
        while textIndex < text.count {
            if patternIndex < units.count, units[patternIndex] == "*" {
                lastStar = patternIndex
                afterLastStar = textIndex
                patternIndex += 1
            } else if patternIndex < units.count, units[patternIndex] == "?" || units[patternIndex] == text[textIndex] {
                patternIndex += 1
                textIndex += 1
            } else if lastStar >= 0 {
                afterLastStar += 1
                textIndex = afterLastStar
                patternIndex = lastStar + 1
            } else {
                return false
            }
        }
        while patternIndex < units.count, units[patternIndex] == "*" { patternIndex += 1 }
        return patternIndex == units.count
    }
}
