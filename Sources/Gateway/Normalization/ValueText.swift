import ResultModel

/// The forms that a value's text can have, read from its bytes.
enum ValueText {
    enum Form {
        case number(ObservationValue.Comparator?, ExactDecimal)
        case interval(ExactDecimal, ExactDecimal)
        case ratio(ObservationValue.Comparator?, ExactDecimal, ExactDecimal)
        /// Nothing but `-`, `*`, `.`, `:`, `_` and blanks, three or more.
        case placeholder
        case other
    }

    /// Looks at a trimmed text.
    static func form(_ text: String, decimalComma: Bool) -> Form {
        let fast = text.utf8.withContiguousStorageIfAvailable { form(bytes: $0, decimalComma: decimalComma) }
        if let fast { return fast }
        return Array(text.utf8).withUnsafeBufferPointer { form(bytes: $0, decimalComma: decimalComma) }
    }

    private static func form(bytes: UnsafeBufferPointer<UInt8>, decimalComma: Bool) -> Form {
        guard let first = bytes.first, bytes.count <= 64 else { return .other }
        if isPlaceholder(bytes) { return .placeholder }
        if let plain = decimal(bytes, decimalComma) { return .number(nil, plain) }
        let isNumeric = first >= 0x30 && first <= 0x39 || first == UInt8(ascii: "-") || first == UInt8(ascii: ".")
        let (comparator, start) = comparator(bytes)
        if comparator == nil, !isNumeric { return .other }
        let rest = UnsafeBufferPointer(rebasing: bytes[start...])
        if comparator != nil, let number = decimal(rest, decimalComma) { return .number(comparator, number) }
        if let (left, right) = split(rest, at: UInt8(ascii: ":")), let numerator = decimal(left, decimalComma),
            let denominator = decimal(right, decimalComma), !numerator.isNegative, !denominator.isNegative
        {
            return .ratio(comparator, numerator, denominator)
        }
        guard comparator == nil else { return .other }
        for mark in [UInt8(ascii: "-"), UInt8(ascii: "~")] {
            if let (left, right) = split(rest, at: mark), let low = decimal(left, decimalComma),
                let high = decimal(right, decimalComma), !high.isNegative
            {
                return .interval(low, high)
            }
        }
        return .other
    }

    /// `>` `<` `>=` `<=` `=>` `=<` `≥` `≤` and their full-width forms, with blanks behind them.
    static func comparator(_ bytes: UnsafeBufferPointer<UInt8>) -> (ObservationValue.Comparator?, Int) {
        var comparator: ObservationValue.Comparator?
        var at = 0
        func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        switch (byte(0), byte(1), byte(2)) {
        case (UInt8(ascii: ">"), UInt8(ascii: "="), _), (UInt8(ascii: "="), UInt8(ascii: ">"), _):
            (comparator, at) = (.greaterOrEqual, 2)
        case (UInt8(ascii: "<"), UInt8(ascii: "="), _), (UInt8(ascii: "="), UInt8(ascii: "<"), _):
            (comparator, at) = (.lessOrEqual, 2)
        case (UInt8(ascii: ">"), _, _): (comparator, at) = (.greater, 1)
        case (UInt8(ascii: "<"), _, _): (comparator, at) = (.less, 1)
        case (0xE2, 0x89, 0xA5), (0xE2, 0x89, 0xA7): (comparator, at) = (.greaterOrEqual, 3)
        case (0xE2, 0x89, 0xA4), (0xE2, 0x89, 0xA6): (comparator, at) = (.lessOrEqual, 3)
        case (0xEF, 0xBC, 0x9E): (comparator, at) = (.greater, 3)
        case (0xEF, 0xBC, 0x9C): (comparator, at) = (.less, 3)
        default: return (nil, 0)
        }
        while at < bytes.count, bytes[at] == 0x20 { at += 1 }
        return (comparator, at)
    }

    /// A decimal with blanks around it.
    static func decimal(_ bytes: UnsafeBufferPointer<UInt8>, _ decimalComma: Bool) -> ExactDecimal? {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 { end -= 1 }
        guard start < end else { return nil }
        let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
        if let number = ExactDecimal(bytes: text, decimalMark: UInt8(ascii: ".")) { return number }
        return decimalComma ? ExactDecimal(bytes: text, decimalMark: UInt8(ascii: ",")) : nil
    }

    /// The two sides of the first `mark` after the first byte.
    private static func split(
        _ bytes: UnsafeBufferPointer<UInt8>, at mark: UInt8
    ) -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)? {
        guard bytes.count > 2, let at = bytes[1...].firstIndex(of: mark), at + 1 < bytes.count else { return nil }
        return (UnsafeBufferPointer(rebasing: bytes[..<at]), UnsafeBufferPointer(rebasing: bytes[(at + 1)...]))
    }

    private static func isPlaceholder(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 3 else { return false }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "_"), 0x20:
                continue
            default: return false
            }
        }
        return true
    }

    /// Without blanks at both ends (ASCII, no-break, full-width) and without the characters of `extra`.
    static func trimmed(_ text: String, _ extra: [Unicode.Scalar]) -> String {
        guard let first = text.utf8.first, let last = text.utf8.last else { return "" }
        let isPlain = first > 0x20 && first < 0x7F && last > 0x20 && last < 0x7F
        if isPlain, extra.isEmpty { return text }
        let isBlank = { (scalar: Unicode.Scalar) in
            scalar.value <= 0x20 || scalar == "\u{A0}" || scalar == "\u{3000}" || scalar == "\u{FEFF}"
                || extra.contains(scalar)
        }
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.first, isBlank(scalar) { scalars.removeFirst() }
        while let scalar = scalars.last, isBlank(scalar) { scalars.removeLast() }
        return scalars.count == text.unicodeScalars.count ? text : String(scalars)
    }
}
