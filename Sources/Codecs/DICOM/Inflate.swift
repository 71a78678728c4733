/// Inflates a deflate stream (RFC 1951), as the deflated transfer syntax has it (PS3.5 A.5). A header of zlib (RFC 1950),
/// which some writers put before it, is skipped.
///
/// What was inflated before a fault stays in `output`. The output is bounded by `limit`; the format itself bounds the ratio
/// at about 1,032.
struct Inflate {
    private(set) var output: [UInt8] = []
    /// Why it ended early.
    private(set) var fault: DICOMFault?
    /// The limit ended it.
    private(set) var isOverLimit = false
    private let limit: Int
    private var input: [UInt8] = []
    private var place = 0
    private var bits: UInt64 = 0
    private var bitCount = 0

    init(limit: Int) { self.limit = limit }

    mutating func run(_ bytes: [UInt8], from start: Int) {
        input = bytes
        place = start
        if bytes.count >= start + 2, bytes[start] & 0x0F == 8, bytes[start] >> 4 <= 7,
            (Int(bytes[start]) << 8 | Int(bytes[start + 1])) % 31 == 0
        {
            place += 2
        }
        var isLast = false
        while !isLast, fault == nil {
            guard let last = take(1), let kind = take(2) else { break }
            isLast = last == 1
            switch kind {
            case 0: stored()
            case 1: block(Self.fixedLiterals, Self.fixedDistances)
            case 2:
                if let tables = readTables() { block(tables.literals, tables.distances) }
            default: fail("a block of a kind that is none")
            }
        }
    }

    private mutating func fail(_ problem: String) {
        if fault != nil { return }
        fault = DICOMFault(.deflate, at: place, problem, cure: "what was inflated before was read")
    }

    private mutating func overLimit() {
        isOverLimit = true
        if fault != nil { return }
        fault = DICOMFault(
            .deflate, at: place, "inflates to more than the \(limit) bytes that are read",
            cure: "what was inflated before was read; if the file is sound, convert it to Explicit VR Little Endian")
    }

    /// Takes bits, the least significant first. Nil at the end of the input.
    private mutating func take(_ count: Int) -> Int? {
        if count == 0 { return 0 }
        if bitCount < count { fill() }
        guard bitCount >= count else {
            endOfInput()
            return nil
        }
        let value = bits & (1 << UInt64(count) - 1)
        bits >>= UInt64(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func fill() {
        while bitCount <= 56, place < input.count {
            bits |= UInt64(input[place]) << UInt64(bitCount)
            place += 1
            bitCount += 8
        }
    }

    private mutating func endOfInput() {
        if fault != nil { return }
        fault = DICOMFault(
            .truncated, at: place, "the deflated data set ends in the middle",
            cure: "what was inflated before was read; fetch the file again")
    }

    private mutating func stored() {
        let odd = bitCount % 8
        bits >>= UInt64(odd)
        bitCount -= odd
        guard let count = take(16), let complement = take(16) else { return }
        guard count == complement ^ 0xFFFF else { return fail("a stored block of an impossible length") }
        for _ in 0..<count {
            guard let byte = take(8) else { return }
            guard emit(UInt8(truncatingIfNeeded: byte)) else { return }
        }
    }

    private mutating func emit(_ byte: UInt8) -> Bool {
        guard output.count < limit else {
            overLimit()
            return false
        }
        output.append(byte)
        return true
    }

    private mutating func block(_ literals: HuffmanTable, _ distances: HuffmanTable) {
        while fault == nil {
            guard let symbol = decode(literals) else { return }
            if symbol < 256 {
                guard emit(UInt8(truncatingIfNeeded: symbol)) else { return }
            } else if symbol == 256 {
                return
            } else {
                guard symbol - 257 < Self.lengthBases.count, let more = take(Self.lengthBits[symbol - 257]) else {
                    return fail("a length that is none")
                }
                let length = Self.lengthBases[symbol - 257] + more
                guard let code = decode(distances) else { return }
                guard code < Self.distanceBases.count, let far = take(Self.distanceBits[code]) else {
                    return fail("a distance that is none")
                }
                copy(length, Self.distanceBases[code] + far)
            }
        }
    }

    private mutating func copy(_ length: Int, _ distance: Int) {
        guard distance <= output.count else { return fail("a distance to before the beginning") }
        guard output.count + length <= limit else { return overLimit() }
        for _ in 0..<length { output.append(output[output.count - distance]) }
    }

    private mutating func decode(_ table: HuffmanTable) -> Int? {
        if bitCount < 15 { fill() }
        guard let (symbol, length) = table.decode(bits) else {
            if bitCount < 15 { endOfInput() } else { fail("a code that is none") }
            return nil
        }
        guard length <= bitCount else {
            endOfInput()
            return nil
        }
        bits >>= UInt64(length)
        bitCount -= length
        return symbol
    }

    private mutating func readTables() -> (literals: HuffmanTable, distances: HuffmanTable)? {
        guard let literalCount = take(5), let distanceCount = take(5), let codeCount = take(4) else { return nil }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<codeCount + 4 {
            guard let length = take(3) else { return nil }
            lengths[Self.codeOrder[index]] = UInt8(truncatingIfNeeded: length)
        }
        guard let codes = HuffmanTable(lengths) else {
            fail("code lengths that cannot be")
            return nil
        }
        let count = literalCount + 257 + distanceCount + 1
        var all: [UInt8] = []
        while all.count < count {
            guard let symbol = decode(codes) else { return nil }
            if symbol < 16 {
                all.append(UInt8(truncatingIfNeeded: symbol))
                continue
            }
            let (base, bits) = symbol == 16 ? (3, 2) : symbol == 17 ? (3, 3) : (11, 7)
            guard let more = take(bits) else { return nil }
            guard symbol != 16 || !all.isEmpty, all.count + base + more <= count else {
                fail("code lengths that cannot be")
                return nil
            }
            all += repeatElement(symbol == 16 ? all[all.count - 1] : 0, count: base + more)
        }
        guard let literals = HuffmanTable(Array(all[..<(literalCount + 257)])),
            let distances = HuffmanTable(Array(all[(literalCount + 257)...]))
        else {
            fail("code lengths that cannot be")
            return nil
        }
        return (literals, distances)
    }

    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    private static let fixedLiterals = HuffmanTable(
        complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = HuffmanTable(complete: [UInt8](repeating: 5, count: 32))
}

/// A prefix code by the lengths of its codes (RFC 1951 3.2.2), decoded length by length.
struct HuffmanTable {
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [Int] = []
    /// By the next nine bits: symbol × 16 + length; 0 for longer codes.
    private var quick = [UInt16](repeating: 0, count: 512)

    /// Nil when more codes are given than there can be.
    init?(_ lengths: [UInt8]) {
        var left = 1
        for length in UInt8(1)...15 {
            left = left * 2 - lengths.count { $0 == length }
            if left < 0 { return nil }
        }
        self.init(complete: lengths)
    }

    /// For lengths that are known to be right.
    init(complete lengths: [UInt8]) {
        for length in lengths where length > 0 && length < 16 { counts[Int(length)] += 1 }
        for length in UInt8(1)...15 {
            for (symbol, own) in lengths.enumerated() where own == length { symbols.append(symbol) }
        }
        for pattern in 0..<512 {
            if let (symbol, length) = search(UInt64(pattern), most: 9) {
                quick[pattern] = UInt16(truncatingIfNeeded: symbol << 4 | length)
            }
        }
    }

    func decode(_ bits: UInt64) -> (symbol: Int, length: Int)? {
        let entry = quick[Int(bits & 511)]
        if entry != 0 { return (Int(entry >> 4), Int(entry & 15)) }
        return search(bits, most: 15)
    }

    private func search(_ bits: UInt64, most: Int) -> (symbol: Int, length: Int)? {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...most {
            code |= Int(bits >> UInt64(length - 1) & 1)
            let count = counts[length]
            if code - first < count { return (symbols[index + code - first], length) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        return nil
    }
}
