/// A data element tag: group and element number (PS3.5 7.1).
///
/// As text it is eight hexadecimal digits, `00100020`; `0010,0020` and `(0010,0020)` are read as well.
public struct Tag: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Group number.
    public let group: UInt16
    /// Element number.
    public let element: UInt16

    /// A tag from group and element number.
    @inlinable public init(_ group: UInt16, _ element: UInt16) {
        self.group = group
        self.element = element
    }

    /// A tag from its 32 bits, the group first.
    @inlinable public init(_ number: UInt32) {
        group = UInt16(truncatingIfNeeded: number >> 16)
        element = UInt16(truncatingIfNeeded: number)
    }

    /// The 32 bits, the group first: the order of a data set.
    @inlinable public var number: UInt32 { UInt32(group) << 16 | UInt32(element) }

    /// The element with a keyword of PS3.6 (`PatientID`). Nil for one that is not in it.
    public init?(keyword: String) {
        guard let tag = DataDictionary.tag(keyword: keyword) else { return nil }
        self = tag
    }

    /// Reads `00100020`, `0010,0020`, `(0010,0020)`. Nil for anything else.
    public init?(_ text: String) {
        var digits = Array(text.utf8)
        if digits.count > 2, digits.first == UInt8(ascii: "("), digits.last == UInt8(ascii: ")") {
            digits = Array(digits.dropFirst().dropLast())
        }
        if digits.count == 9, digits[4] == UInt8(ascii: ",") { digits.remove(at: 4) }
        guard digits.count == 8 else { return nil }
        var number: UInt32 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt32(digit & 15)
            case UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                number = number << 4 | UInt32(digit & 7 + 9)
            default: return nil
            }
        }
        self.init(number)
    }

    /// Keyword of PS3.6; nil for private elements and unknown ones.
    public var keyword: String? { DataDictionary.entry(self)?.keyword }

    /// True for an element of a group with an odd number.
    @inlinable public var isPrivate: Bool { group & 1 == 1 }

    /// True for a private creator element, (gggg,0010–00FF) of an odd group (PS3.5 7.8.1).
    public var isPrivateCreator: Bool { isPrivate && (0x10...0xFF).contains(element) }

    /// True for (gggg,0000).
    @inlinable public var isGroupLength: Bool { element == 0 }

    /// Eight hexadecimal digits in capitals, as DICOM JSON writes them.
    public var description: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(8)
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            digits.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Order of a data set.
    @inlinable public static func < (left: Tag, right: Tag) -> Bool { left.number < right.number }
}
