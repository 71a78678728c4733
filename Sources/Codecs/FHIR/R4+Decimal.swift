extension R4 {
    /// A decimal as JSON may hold it, digits kept (R4 decimal: precision matters, `0.010` is not `0.01`).
    public struct Decimal: Sendable, Hashable {
        /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
        public let text: String

        /// Reads decimal text. Zeros in front, a plus sign, a point without digits before or after it are put right;
        /// anything else gives nil.
        public init?(_ written: String) {
            var digits: [UInt8] = []
            digits.reserveCapacity(written.utf8.count + 1)
            var isNegative = false
            var sawPoint = false
            var wholeDigits = 0
            var fractionDigits = 0
            for (index, byte) in written.utf8.enumerated() {
                switch byte {
                case UInt8(ascii: "-") where index == 0: isNegative = true
                case UInt8(ascii: "+") where index == 0: break
                case UInt8(ascii: ".") where !sawPoint:
                    sawPoint = true
                    digits.append(byte)
                case 0x30...0x39:
                    digits.append(byte)
                    if sawPoint { fractionDigits += 1 } else { wholeDigits += 1 }
                default: return nil
                }
            }
            guard wholeDigits + fractionDigits > 0 else { return nil }
            if wholeDigits == 0 { digits.insert(0x30, at: 0) }
            if sawPoint, fractionDigits == 0 { digits.removeLast() }
            var start = 0
            while start + 1 < digits.count, digits[start] == 0x30, digits[start + 1] != UInt8(ascii: ".") { start += 1 }
            text = (isNegative ? "-" : "") + String(decoding: digits[start...], as: UTF8.self)
        }
    }
}
