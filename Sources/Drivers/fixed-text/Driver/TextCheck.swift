import SerialBlocks

/// Check characters at the end of the text.
enum TextCheck: Sendable, Equatable {
    /// There are none.
    case none
    /// Two hex digits: sum.
    case sum
    /// Two hex digits: two's complement of the sum.
    case twosComplement
    /// Two hex digits: exclusive or.
    case exclusiveOr
    /// Two characters 30 + nibble of the sum, the high one rounded, then CR LF (sheet 5.23, hemacell).
    case nibbles

    /// The text without its check; nil: the check is wrong.
    func body(_ text: [UInt8]) -> [UInt8]? {
        if self == .none { return text }
        if self == .nibbles { return nibbles(text) }
        guard text.count > 2, let wanted = HexDigits.value(text.suffix(2)) else { return nil }
        let body = Array(text.dropLast(2))
        let made: UInt8 =
            switch self {
            case .sum: BlockCheck.sum(body)
            case .twosComplement: BlockCheck.twosComplement(body)
            default: BlockCheck.exclusiveOr(body)
            }
        return UInt32(made) == wanted ? body : nil
    }

    private func nibbles(_ text: [UInt8]) -> [UInt8]? {
        var rest = text[...]
        while let last = rest.last, last == ControlByte.cr || last == ControlByte.lf { rest = rest.dropLast() }
        guard rest.count > 2 else { return nil }
        let digits = Array(rest.suffix(2))
        let body = Array(rest.dropLast(2))
        let sum = Int(BlockCheck.sum(body))
        let high = (sum + 8) / 16
        // The rounding may reach 16: whether it wraps is not known.
        guard Int(digits[0]) == 0x30 + high || Int(digits[0]) == 0x30 + high % 16, Int(digits[1]) == 0x30 + sum % 16
        else { return nil }
        return body
    }
}
