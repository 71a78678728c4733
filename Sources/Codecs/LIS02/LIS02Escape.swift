/// Escape sequences of LIS02-A2 5.4.2: `&F&` `&S&` `&R&` `&E&` `&X0A&` `&H&` `&N&` `&Z…&`.
public enum LIS02Escape {
    /// Resolves the sequences in a text. A sequence that the standard does not know, or one without end, stays as it is; so
    /// does a lone escape character. Highlighting (`&H&`, `&N&`) and local sequences (`&Z…&`) give nothing. Bytes of `&X…&`
    /// below 80 are taken as they are, others as ISO 8859-1 unless they form UTF-8.
    public static func resolve(_ bytes: UnsafeBufferPointer<UInt8>, _ delimiters: LIS02Delimiters) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == delimiters.escape, let end = closing(bytes, after: index, delimiters.escape),
                append(UnsafeBufferPointer(rebasing: bytes[index + 1..<end]), delimiters, to: &result)
            else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index = end + 1
        }
        return result
    }

    /// Longest sequence looked for, so that a text full of escape characters takes linear time.
    private static let longest = 4096

    private static func closing(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int, _ escape: UInt8) -> Int? {
        guard start + 2 < bytes.count else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "X"), UInt8(ascii: "Z"):
            var index = start + 2
            while index < bytes.count, index - start <= longest {
                if bytes[index] == escape { return index }
                if bytes[index] < 0x20 || bytes[start + 1] == UInt8(ascii: "X") && hexadecimal(bytes[index]) == nil {
                    return nil
                }
                index += 1
            }
            return nil
        case UInt8(ascii: "F"), UInt8(ascii: "S"), UInt8(ascii: "R"), UInt8(ascii: "E"), UInt8(ascii: "H"),
            UInt8(ascii: "N"):
            return bytes[start + 2] == escape ? start + 2 : nil
        default: return nil
        }
    }

    private static func append(
        _ sequence: UnsafeBufferPointer<UInt8>, _ delimiters: LIS02Delimiters, to result: inout [UInt8]
    ) -> Bool {
        switch sequence[0] {
        case UInt8(ascii: "F"): result.append(delimiters.field)
        case UInt8(ascii: "S"): result.append(delimiters.component)
        case UInt8(ascii: "R"): result.append(delimiters.repeat)
        case UInt8(ascii: "E"): result.append(delimiters.escape)
        case UInt8(ascii: "X"):
            guard sequence.count > 1, sequence.count % 2 == 1 else { return false }
            var data: [UInt8] = []
            var index = 1
            while index + 1 < sequence.count {
                guard let high = hexadecimal(sequence[index]), let low = hexadecimal(sequence[index + 1]) else {
                    return false
                }
                data.append(high << 4 | low)
                index += 2
            }
            if String(validating: data, as: UTF8.self) != nil {
                result.append(contentsOf: data)
            } else {
                for byte in data { result.append(contentsOf: String(Unicode.Scalar(byte)).utf8) }
            }
        default: break
        }
        return true
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    /// Escapes a text for a field: delimiters by their sequences, controls as `&X..&`.
    public static func escape(_ text: some StringProtocol, _ delimiters: LIS02Delimiters, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            let letter: UInt8
            switch byte {
            case delimiters.field: letter = UInt8(ascii: "F")
            case delimiters.component: letter = UInt8(ascii: "S")
            case delimiters.repeat: letter = UInt8(ascii: "R")
            case delimiters.escape: letter = UInt8(ascii: "E")
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789ABCDEF".utf8)
                bytes.append(contentsOf: [
                    delimiters.escape, UInt8(ascii: "X"), digits[Int(byte >> 4)], digits[Int(byte & 15)],
                    delimiters.escape,
                ])
                continue
            default:
                bytes.append(byte)
                continue
            }
            bytes.append(contentsOf: [delimiters.escape, letter, delimiters.escape])
        }
    }
}
