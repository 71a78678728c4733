/// A decimal number of at most 18 digits, exact: what stands between a device and the chart is never binary floating point.
public struct ExactDecimal: Sendable, Hashable {
    /// All digits as one integer, without sign; below 10¹⁸.
    public var coefficient: UInt64
    /// How many of the digits stand behind the point: 0 to 18.
    public var scale: Int
    /// True for a number below zero, and for `-0`.
    public var isNegative: Bool

    /// 0
    public static let zero = ExactDecimal(coefficient: 0, scale: 0, isNegative: false)

    /// Most digits.
    public static let mostDigits = 18

    /// A decimal from its parts, which must be in range.
    init(coefficient: UInt64, scale: Int, isNegative: Bool) {
        self.coefficient = coefficient
        self.scale = scale
        self.isNegative = isNegative
    }

    /// Reads `12`, `-12.50`, `+3`, `.3`, `114.`, `1.2E-3`; nil for anything else and for more than 18 digits.
    public init?(_ text: String) {
        let fast = text.utf8.withContiguousStorageIfAvailable {
            ExactDecimal(bytes: $0, decimalMark: UInt8(ascii: "."))
        }
        if let fast {
            guard let fast else { return nil }
            self = fast
        } else {
            let slow = Array(text.utf8).withUnsafeBufferPointer {
                ExactDecimal(bytes: $0, decimalMark: UInt8(ascii: "."))
            }
            guard let slow else { return nil }
            self = slow
        }
    }

    /// Reads ASCII with a decimal mark of choice.
    public init?(bytes: UnsafeBufferPointer<UInt8>, decimalMark: UInt8) {
        var at = 0
        var negative = false
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
            negative = bytes[at] == UInt8(ascii: "-")
            at += 1
        }
        var coefficient: UInt64 = 0
        var scale = 0
        var sawDigit = false
        var sawMark = false
        while at < bytes.count {
            let byte = bytes[at]
            if byte == decimalMark, !sawMark {
                sawMark = true
            } else if byte >= 0x30, byte <= 0x39 {
                sawDigit = true
                guard coefficient < ExactDecimal.limit / 10, scale < ExactDecimal.mostDigits else { return nil }
                coefficient = coefficient &* 10 &+ UInt64(byte &- 0x30)
                if sawMark { scale += 1 }
            } else {
                break
            }
            at += 1
        }
        guard sawDigit else { return nil }
        self.init(coefficient: coefficient, scale: scale, isNegative: negative)
        if at < bytes.count {
            guard let exponent = ExactDecimal.exponent(bytes, from: at), shift(by: exponent) else { return nil }
        }
    }

    /// 10¹⁸
    static let limit: UInt64 = 1_000_000_000_000_000_000

    private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var at = start
        guard bytes[at] == UInt8(ascii: "E") || bytes[at] == UInt8(ascii: "e") else { return nil }
        at += 1
        var negative = false
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
            negative = bytes[at] == UInt8(ascii: "-")
            at += 1
        }
        guard at < bytes.count, bytes.count - at <= 3 else { return nil }
        var exponent = 0
        while at < bytes.count {
            guard bytes[at] >= 0x30, bytes[at] <= 0x39 else { return nil }
            exponent = exponent * 10 + Int(bytes[at] - 0x30)
            at += 1
        }
        return negative ? -exponent : exponent
    }

    /// Multiplies by a power of ten; false when the result has too many digits.
    private mutating func shift(by exponent: Int) -> Bool {
        let wanted = scale - exponent
        if wanted > ExactDecimal.mostDigits { return false }
        if wanted >= 0 {
            scale = wanted
            return true
        }
        scale = 0
        for _ in 0..<(-wanted) {
            guard coefficient < ExactDecimal.limit / 10 else { return false }
            coefficient *= 10
        }
        return true
    }
}

extension ExactDecimal {
    /// The product, exact; nil when it has more than 18 digits.
    public func multiplied(by other: ExactDecimal) -> ExactDecimal? {
        let product = coefficient.multipliedFullWidth(by: other.coefficient)
        var scale = self.scale + other.scale
        var wide = UInt128(product.high) << 64 | UInt128(product.low)
        // Zeros at the end of what stands behind the point say nothing after a multiplication: 14.1 × 10 is 141, not 141.0.
        let significant = max(0, self.scale - other.integerDigits + 1)
        while scale > significant, wide % 10 == 0 {
            wide /= 10
            scale -= 1
        }
        while scale > ExactDecimal.mostDigits || wide >= UInt128(ExactDecimal.limit) {
            // Digits far behind the point: rounded half away from zero rather than refused.
            guard scale > 0 else { return nil }
            wide = wide / 10 + (wide % 10 >= 5 ? 1 : 0)
            scale -= 1
        }
        return ExactDecimal(coefficient: UInt64(wide), scale: scale, isNegative: isNegative != other.isNegative)
    }

    /// Digits before the point, at least 1.
    private var integerDigits: Int {
        var rest = coefficient
        for _ in 0..<scale { rest /= 10 }
        var digits = 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }

    /// At most this many decimals, rounded half away from zero (what a person does with 2.345); never padded.
    public func rounded(decimals: Int) -> ExactDecimal {
        guard scale > decimals, decimals >= 0 else { return self }
        var divisor: UInt64 = 1
        for _ in 0..<(scale - decimals) { divisor *= 10 }
        let quotient = coefficient / divisor
        let rest = coefficient % divisor
        let up: UInt64 = rest >= divisor - rest ? 1 : 0
        return ExactDecimal(coefficient: quotient + up, scale: decimals, isNegative: isNegative)
    }

    /// Without zeros at the end of what stands behind the point: of two equal numbers the same.
    public var normalized: ExactDecimal {
        var result = self
        while result.scale > 0, result.coefficient % 10 == 0 {
            result.coefficient /= 10
            result.scale -= 1
        }
        if result.coefficient == 0 { result.isNegative = false }
        return result
    }

    /// Digits with a full stop, as many decimals as `scale`, no exponent, no sign on zero: `0.30`, `-12`.
    public var text: String {
        // 18 digits, a zero before the point, the point and the sign.
        String(unsafeUninitializedCapacity: 24) { buffer in
            var at = buffer.count
            var rest = coefficient
            var written = 0
            repeat {
                if written == scale, scale > 0 {
                    at -= 1
                    buffer[at] = UInt8(ascii: ".")
                }
                at -= 1
                buffer[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
                written += 1
            } while rest > 0 || written <= scale
            if isNegative, coefficient != 0 {
                at -= 1
                buffer[at] = UInt8(ascii: "-")
            }
            let count = buffer.count - at
            for index in 0..<count { buffer[index] = buffer[at + index] }
            return count
        }
    }
}
