import ResultModel

/// Reference ranges as devices write them.
enum RangeText {
    /// Limits of `3.5-5.5`, `3.5 - 5.5`, `0.3 to 4.5`, `3~5`, `<5`, `>= 60`; empty limits for anything else.
    static func limits(_ text: String, decimalComma: Bool) -> (low: ExactDecimal?, high: ExactDecimal?) {
        let fast = text.utf8.withContiguousStorageIfAvailable { limits(bytes: $0, decimalComma) }
        if let fast { return fast }
        return Array(text.utf8).withUnsafeBufferPointer { limits(bytes: $0, decimalComma) }
    }

    private static func limits(bytes: UnsafeBufferPointer<UInt8>, _ comma: Bool) -> (
        low: ExactDecimal?, high: ExactDecimal?
    ) {
        guard bytes.count >= 2, bytes.count <= 64 else { return (nil, nil) }
        let (comparator, start) = ValueText.comparator(bytes)
        if let comparator {
            let limit = ValueText.decimal(UnsafeBufferPointer(rebasing: bytes[start...]), comma)
            switch comparator {
            case .less, .lessOrEqual: return (nil, limit)
            case .greater, .greaterOrEqual: return (limit, nil)
            }
        }
        // The separator stands behind a digit or blank, so that -3 - -1 comes apart in the right place.
        for at in bytes.indices.dropFirst() {
            let length = separator(bytes, at)
            guard length > 0, at + length < bytes.count else { continue }
            let left = ValueText.decimal(UnsafeBufferPointer(rebasing: bytes[..<at]), comma)
            let right = ValueText.decimal(UnsafeBufferPointer(rebasing: bytes[(at + length)...]), comma)
            if let left, let right { return (left, right) }
        }
        return (nil, nil)
    }

    private static func separator(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }
        switch byte(0) {
        case UInt8(ascii: "-"): return byte(1) == UInt8(ascii: "-") && byte(2) == UInt8(ascii: "-") ? 0 : 1
        case UInt8(ascii: "~"), UInt8(ascii: "^"): return 1
        case UInt8(ascii: "t"), UInt8(ascii: "T"): return byte(1) | 0x20 == UInt8(ascii: "o") ? 2 : 0
        // En dash, full-width tilde, wave dash.
        case 0xE2: return byte(1) == 0x80 && (byte(2) == 0x93 || byte(2) == 0x94) ? 3 : 0
        case 0xEF: return byte(1) == 0xBD && byte(2) == 0x9E ? 3 : 0
        default: return 0
        }
    }
}
