/// A pattern with `*` (any text, also none) and `?` (any one character), matched against a whole text. `\*`, `\?` and `\\`
/// stand for a star, a question mark and a backslash.
///
/// Everything else stands for itself; letter case counts. Time is linear in the text for a fixed pattern (at worst pattern
/// length × text length): no pattern that a profile may hold can stall a driver.
public struct Glob: Sendable, Hashable {
    /// The pattern as written.
    public let pattern: String
    private enum Unit: Hashable {
        case character(Unicode.Scalar)
        case one
        case any
    }
    private let units: [Unit]
    /// The text it stands for, if it has no wildcard.
    private let literal: [Unicode.Scalar]?

    /// A pattern.
    public init(_ pattern: String) {
        self.pattern = pattern
        var units: [Unit] = []
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            switch scalar {
            case _ where isEscaped:
                units.append(.character(scalar))
                isEscaped = false
            case "\\": isEscaped = true
            case "*": units.append(.any)
            case "?": units.append(.one)
            default: units.append(.character(scalar))
            }
        }
        if isEscaped { units.append(.character("\\")) }
        self.units = units
        let characters = units.compactMap { if case .character(let scalar) = $0 { scalar } else { nil } }
        literal = characters.count == units.count ? characters : nil
    }

    /// Whether the whole of `text` fits the pattern.
    public func matches(_ text: String) -> Bool {
        if let literal { return text.unicodeScalars.elementsEqual(literal) }
        return Array(text.unicodeScalars).withUnsafeBufferPointer { match($0) }
    }

    private func match(_ text: UnsafeBufferPointer<Unicode.Scalar>) -> Bool {
        var textIndex = 0
        var patternIndex = 0
        // Where to go on when what follows the last star does not fit: only the last star ever needs to give way.
        var lastStar = -1
        var afterLastStar = 0
        while textIndex < text.count {
            if patternIndex < units.count, units[patternIndex] == .any {
                lastStar = patternIndex
                afterLastStar = textIndex
                patternIndex += 1
            } else if patternIndex < units.count,
                units[patternIndex] == .one || units[patternIndex] == .character(text[textIndex])
            {
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
        while patternIndex < units.count, units[patternIndex] == .any { patternIndex += 1 }
        return patternIndex == units.count
    }
}
