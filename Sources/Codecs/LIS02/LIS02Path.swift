/// Where in a message something is: `O.3`, `O.3.1`, `R.3.*`, `O.5[2].4`.
///
/// Record letter, field counted from 1; `[n]` takes one repeat (otherwise the whole field, or the first repeat when a
/// component is named); then a component by number, `*` for the first that holds anything, `*2` for the second such, `$`
/// for the last such.
public struct LIS02Path: Sendable, Hashable {
    /// Which component.
    public enum Component: Sendable, Hashable {
        /// The whole field or repeat, without empty components at its end.
        case all
        /// By number, from 1.
        case number(Int)
        /// The n-th that holds anything.
        case filled(Int)
        /// The last that holds anything.
        case lastFilled
    }

    /// Record letter.
    public var type: UInt8
    /// Field, from 1.
    public var field: Int
    /// Repeat, from 1; 0: not named.
    public var `repeat`: Int
    /// Component.
    public var component: Component

    /// Reads a path; nil if it is none.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        guard let letter = bytes.popFirst(), letter >= 0x41, letter <= 0x5A, bytes.popFirst() == UInt8(ascii: "."),
            let field = LIS02Path.number(&bytes), field >= 1
        else { return nil }
        type = letter
        self.field = field
        self.repeat = 0
        component = .all
        if bytes.first == UInt8(ascii: "[") {
            bytes.removeFirst()
            guard let number = LIS02Path.number(&bytes), number >= 1, bytes.popFirst() == UInt8(ascii: "]") else {
                return nil
            }
            self.repeat = number
        }
        guard let dot = bytes.popFirst() else { return }
        guard dot == UInt8(ascii: ".") else { return nil }
        switch bytes.first {
        case UInt8(ascii: "*"):
            bytes.removeFirst()
            component = .filled(bytes.isEmpty ? 1 : max(1, LIS02Path.number(&bytes) ?? 0))
        case UInt8(ascii: "$"):
            bytes.removeFirst()
            component = .lastFilled
        default:
            guard let number = LIS02Path.number(&bytes), number >= 1 else { return nil }
            component = .number(number)
        }
        guard bytes.isEmpty else { return nil }
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var value = 0
        var digits = 0
        while let byte = bytes.first, byte >= 0x30, byte <= 0x39, digits < 4 {
            value = value * 10 + Int(byte - 0x30)
            bytes.removeFirst()
            digits += 1
        }
        return digits > 0 ? value : nil
    }
}

extension LIS02Message {
    /// What stands at a path in a record of its type, blanks at both ends removed. Empty where there is nothing.
    public func span(_ path: LIS02Path, in record: LIS02Record) -> LIS02Span {
        var span = field(record, path.field)
        if span.isEmpty { return .nothing }
        if path.repeat > 0 {
            span = self.repeat(span, path.repeat)
        } else if path.component != .all, path.type != UInt8(ascii: "H") {
            span = self.repeat(span, 1)
        }
        switch path.component {
        case .all: return withoutTrailingComponents(span)
        case .number(let number): return trimmed(component(span, number))
        case .filled(let ordinal): return filledComponent(span, ordinal)
        case .lastFilled: return lastFilledComponent(span)
        }
    }
}
