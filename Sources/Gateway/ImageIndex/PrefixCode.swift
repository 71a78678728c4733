/// A prefix code by the lengths of its codes (RFC 1951 3.2.2).
struct PrefixCode: Sendable {
    private var counts = [UInt16](repeating: 0, count: 16)
    private var symbols: [UInt16] = []
    /// By the next nine bits: symbol × 16 + length; 0 for longer codes.
    private var quick = [UInt16](repeating: 0, count: 512)

    /// A code without symbols.
    init() {}

    /// Nil when more codes are given than there can be.
    init?(_ lengths: ArraySlice<UInt8>) {
        for length in lengths where length > 0 {
            guard length < 16 else { return nil }
            counts[Int(length)] += 1
        }
        var left = 1
        for length in 1...15 {
            left = left * 2 - Int(counts[length])
            if left < 0 { return nil }
        }
        var starts = [Int](repeating: 0, count: 16)
        for length in 1..<15 { starts[length + 1] = starts[length] + Int(counts[length]) }
        symbols = [UInt16](repeating: 0, count: starts[15] + Int(counts[15]))
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[starts[Int(length)]] = UInt16(truncatingIfNeeded: symbol)
            starts[Int(length)] += 1
        }
        for pattern in 0..<512 {
            if let (symbol, length) = search(UInt64(pattern), most: 9) {
                quick[pattern] = UInt16(truncatingIfNeeded: symbol << 4 | length)
            }
        }
    }

    /// The symbol that the next bits begin with, and its length; nil: none.
    @inline(__always) func decode(_ bits: UInt64) -> (symbol: Int, length: Int)? {
        let entry = quick[Int(truncatingIfNeeded: bits & 511)]
        if entry != 0 { return (Int(entry >> 4), Int(entry & 15)) }
        return search(bits, most: 15)
    }

    private func search(_ bits: UInt64, most: Int) -> (symbol: Int, length: Int)? {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...most {
            code |= Int(truncatingIfNeeded: bits >> UInt64(length - 1) & 1)
            let count = Int(counts[length])
            if code - first < count { return (Int(symbols[index + code - first]), length) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        return nil
    }
}

/// Constants of RFC 1951 3.2.5 to 3.2.7.
enum DeflateTables {
    /// Length and extra bits of the symbols from 257 on.
    static let lengths: [(Int, Int)] = [
        (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
        (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
        (163, 5), (195, 5), (227, 5), (258, 0),
    ]
    /// Distance and extra bits.
    static let distances: [(Int, Int)] = [
        (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5),
        (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10),
        (3073, 10), (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
    ]
    /// Order in which the lengths of code lengths stand.
    static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    static let fixedLiterals =
        PrefixCode((0..<288).map { $0 < 144 ? UInt8(8) : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }[...]) ?? PrefixCode()
    static let fixedDistances = PrefixCode([UInt8](repeating: 5, count: 32)[...]) ?? PrefixCode()
}
