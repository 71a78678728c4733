/// A block of fixed columns: fields by offset and length, in bytes. Nothing outside the block can be asked for by mistake: it
/// is nil, and so is a field with a byte that is no printable ASCII.
public struct FixedColumns: Sendable {
    /// The block.
    public let bytes: [UInt8]

    /// Columns of a block.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The bytes of a field; nil when the block ends before the field does.
    public func field(_ offset: Int, _ length: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, length >= 0, length <= bytes.count, offset <= bytes.count - length else { return nil }
        return bytes[offset..<offset + length]
    }

    /// The text of a field as it stands, blanks kept.
    public func text(_ offset: Int, _ length: Int) -> String? {
        guard let field = field(offset, length), field.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        return String(decoding: field, as: UTF8.self)
    }

    /// The text of a field without blanks at both ends.
    public func trimmed(_ offset: Int, _ length: Int) -> String? { text(offset, length).map(FixedColumns.trimmed) }

    /// One byte.
    public func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    /// A text without blanks at both ends.
    public static func trimmed(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { $0 != 0x20 }), let last = bytes.lastIndex(where: { $0 != 0x20 })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// Digits with a decimal point that the format does not write: ("0349", 1) is "34.9". Leading zeros go, but for one before
    /// the point; nil unless all are digits.
    public static func number(_ digits: some StringProtocol, decimals: Int) -> String? {
        let bytes = Array(digits.utf8)
        guard !bytes.isEmpty, decimals >= 0, decimals <= 9, bytes.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        let padded = [UInt8](repeating: 0x30, count: max(0, decimals + 1 - bytes.count)) + bytes
        let whole = padded.dropLast(decimals)
        let kept = whole.drop { $0 == 0x30 }
        let integer = String(decoding: kept.isEmpty ? [0x30] : kept, as: UTF8.self)
        return decimals == 0 ? integer : integer + "." + String(decoding: padded.suffix(decimals), as: UTF8.self)
    }

    /// A number as it is written, padded with zeros or blanks: "006.4" is "6.4", "00089" is "89", "-0.3" and ".3" stay. Nil:
    /// no number.
    public static func plainNumber(_ text: some StringProtocol) -> String? {
        var rest = Array(trimmed(text).utf8)[...]
        var sign = ""
        if let first = rest.first, first == 0x2D || first == 0x2B {
            sign = first == 0x2D ? "-" : ""
            rest = rest.dropFirst()
        }
        let points = rest.count { $0 == 0x2E }
        guard points <= 1, rest.contains(where: { $0 != 0x2E }),
            rest.allSatisfy({ $0 == 0x2E || $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        while rest.count > 1, rest.first == 0x30, let second = rest.dropFirst().first, second != 0x2E {
            rest = rest.dropFirst()
        }
        return sign + String(decoding: rest, as: UTF8.self)
    }
}
