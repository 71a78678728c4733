import SerialBlocks

extension FixedColumns {
    /// How many bytes there are.
    public var count: Int { bytes.count }

    /// A whole number of digits at a place, blanks before and behind it allowed; nil: there is none.
    public func wholeNumber(_ offset: Int, _ length: Int) -> Int? {
        guard let text = trimmed(offset, length), !text.isEmpty, text.utf8.count <= 9,
            text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        return Int(text)
    }

    /// Index of the first byte that is no printable ASCII; nil: there is none.
    public var firstUnprintable: Int? { bytes.firstIndex { $0 < 0x20 || $0 > 0x7E } }

    /// A text without blanks at both ends, bytes above 7F read as ISO 8859-1: for names and ids that people type. Nil:
    /// not there, or a control character in it.
    public func latin(_ offset: Int, _ length: Int) -> String? {
        guard let field = field(offset, length), field.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return FixedColumns.trimmed(LatinText.string(field))
    }
}

/// ISO 8859-1.
public enum LatinText {
    /// Each byte is the character of its number.
    public static func string(_ bytes: some Sequence<UInt8>) -> String {
        var scalars = String.UnicodeScalarView()
        for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
        return String(scalars)
    }
}

/// Numbers as analysers print them.
public enum NumberText {
    /// Digits with at most one point, a sign before them or not: `-0.3`, `.5`, `114.`.
    public static func isNumber(_ text: some StringProtocol) -> Bool {
        FixedColumns.plainNumber(text) != nil && !text.contains(" ")
    }

    /// A number, with `<`, `>`, `<=`, `>=` before it or not.
    public static func isComparable(_ text: some StringProtocol) -> Bool {
        var rest = Substring(text)
        if rest.first == "<" || rest.first == ">" {
            rest.removeFirst()
            if rest.first == "=" { rest.removeFirst() }
            while rest.first == " " { rest.removeFirst() }
        }
        return isNumber(rest)
    }
}
