/// Writes binary values as text: numbers in decimal, tags as `gggg,eeee`, streams of bytes as base64, with backslashes between
/// values.
enum CellNumber {
    /// Bytes of a stream that are shown; of a longer one `(N bytes)`.
    static let mostBytes = 64

    /// Most bytes that a value becomes.
    @inline(__always) static func most(_ slot: HeaderSlot) -> Int {
        let count = slot.vr == .SQ ? 0 : Int(slot.length)
        return (slot.vr == .FL || slot.vr == .FD ? count &* 8 : count &* 4) &+ 64
    }

    /// - Returns: the end of what was written.
    static func write(_ slot: HeaderSlot, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let bytes = slot.bytes
        switch slot.vr {
        case .US, .SS, .UL, .SL, .UV, .SV, .FL, .FD, .AT: return numbers(bytes, slot.vr, to: output)
        case .SQ: return decimal(UInt64(slot.items), to: output)
        default:
            if bytes.isEmpty { return output }
            if bytes.count > mostBytes || slot.flags.contains(.isCut) {
                var end = output
                end = put("(", to: end)
                end = decimal(UInt64(bytes.count), to: end)
                return put(slot.flags.contains(.isCut) ? " bytes and more)" : " bytes)", to: end)
            }
            return base64(bytes, to: output)
        }
    }

    /// Several numbers with backslashes between, which JSON and TSV write twice: then `most` bytes are enough as well.
    static func numbers(
        _ bytes: UnsafeRawBufferPointer, _ vr: VR, isEscaped: Bool = false, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let size = vr.unitSize
        var end = output
        var place = 0
        while place &+ size <= bytes.count {
            if place > 0 {
                end.storeBytes(of: 0x5C5C, as: UInt16.self)
                end += isEscaped ? 2 : 1
            }
            switch vr {
            case .US: end = decimal(UInt64(load(bytes, place, as: UInt16.self)), to: end)
            case .UL: end = decimal(UInt64(load(bytes, place, as: UInt32.self)), to: end)
            case .UV: end = decimal(load(bytes, place, as: UInt64.self), to: end)
            case .SS: end = signed(Int64(Int16(bitPattern: load(bytes, place, as: UInt16.self))), to: end)
            case .SL: end = signed(Int64(Int32(bitPattern: load(bytes, place, as: UInt32.self))), to: end)
            case .SV: end = signed(Int64(bitPattern: load(bytes, place, as: UInt64.self)), to: end)
            case .FL:
                let value = Float(bitPattern: load(bytes, place, as: UInt32.self))
                end = fraction(Double(value), mostDigits: 6, to: end) ?? put(number: value.description, to: end)
            case .FD:
                let value = Double(bitPattern: load(bytes, place, as: UInt64.self))
                end = fraction(value, mostDigits: 15, to: end) ?? put(number: value.description, to: end)
            default:
                end = hexadecimal(load(bytes, place, as: UInt16.self), to: end)
                end = put(",", to: end)
                end = hexadecimal(load(bytes, place &+ 2, as: UInt16.self), to: end)
            }
            place &+= size
        }
        return end
    }

    @inline(__always) private static func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ place: Int, as type: Number.Type
    ) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: type))
    }

    /// `5.0` as `5`: the shortest text that reads as the same number.
    private static func put(number: String, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let end = put(number, to: output)
        guard end - output > 2, (end - 1).load(as: UInt8.self) == 0x30,
            (end - 2).load(as: UInt8.self) == UInt8(ascii: ".")
        else { return end }
        return end - 2
    }

    /// Numbers of few digits after the point, which nearly all are: a decimal of at most 15 digits (6 of a Float) that reads as
    /// the number is the shortest one. Nil for others.
    private static func fraction(
        _ value: Double, mostDigits: Int, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        let most: Double = mostDigits == 15 ? 1e15 : 1e6
        guard value > -most, value < most else { return nil }
        // What needs more than six digits is told by the sixth: none of them has to be tried.
        let millions = value * 1e6
        if millions > -most, millions < most {
            let nearest = Double(Int64(millions + (value < 0 ? -0.5 : 0.5))) / 1e6
            if mostDigits == 15 ? nearest != value : Float(nearest) != Float(value) { return nil }
        }
        var scale = 1.0
        for digits in 0..<7 {
            let product = value * scale
            if product <= -most || product >= most { return nil }
            let scaled = Double(Int64(product + (value < 0 ? -0.5 : 0.5)))
            let isSame = mostDigits == 15 ? scaled / scale == value : Float(scaled / scale) == Float(value)
            if isSame {
                if scaled == 0, value.sign == .minus { return nil }
                return fraction(Int64(scaled), digits, to: output)
            }
            scale *= 10
        }
        return nil
    }

    private static func fraction(
        _ scaled: Int64, _ digits: Int, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        if digits == 0 { return signed(scaled, to: output) }
        var end = output
        if scaled < 0 { end = put("-", to: end) }
        var power: UInt64 = 1
        for _ in 0..<digits { power &*= 10 }
        let (whole, part) = scaled.magnitude.quotientAndRemainder(dividingBy: power)
        end = decimal(whole, to: end)
        end = put(".", to: end)
        var rest = part
        var place = digits
        while place > 0 {
            place &-= 1
            end.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) | 0x30, toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        return end + digits
    }

    private static func signed(_ value: Int64, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        decimal(value.magnitude, to: value < 0 ? put("-", to: output) : output)
    }

    @inline(__always) static func decimal(_ value: UInt64, to output: UnsafeMutableRawPointer)
        -> UnsafeMutableRawPointer
    {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits &+= 1
        }
        rest = value
        var place = digits
        repeat {
            place &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output.storeBytes(of: UInt8(truncatingIfNeeded: digit) | 0x30, toByteOffset: place, as: UInt8.self)
            rest = quotient
        } while place > 0
        return output + digits
    }

    private static func hexadecimal(_ value: UInt16, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        for place in 0..<4 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt16(12 - 4 * place)) & 15
            output.storeBytes(of: digit < 10 ? 0x30 | digit : 0x37 + digit, toByteOffset: place, as: UInt8.self)
        }
        return output + 4
    }

    private static func base64(
        _ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer { put(Base64.encode(ArraySlice(bytes)), to: output) }

    @inline(__always) private static func put(_ text: StaticString, to output: UnsafeMutableRawPointer)
        -> UnsafeMutableRawPointer
    {
        output.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        return output + text.utf8CodeUnitCount
    }

    private static func put(_ text: String, to output: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var text = text
        return text.withUTF8 { bytes in
            if let base = bytes.baseAddress { output.copyMemory(from: base, byteCount: bytes.count) }
            return output + bytes.count
        }
    }
}
