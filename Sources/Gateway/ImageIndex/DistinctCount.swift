import Glibc

/// Counts different 64-bit hashes: exactly up to a million in at most 8 MB, beyond that by HyperLogLog (16,384 registers:
/// a standard error of 0.8 per cent).
struct DistinctCount {
    /// Different ones up to which counting is exact.
    static let exactLimit = 1_000_000
    private static let registerBits = 14

    private var table: [UInt64]
    private var used = 0
    private var registers: [UInt8] = []
    private var last: UInt64 = 0
    private let limit: Int

    /// - Parameter limit: up to which counting is exact.
    init(exactLimit limit: Int = DistinctCount.exactLimit) {
        self.limit = limit
        table = [UInt64](repeating: 0, count: 64)
    }

    /// True when the count is an estimate.
    var isEstimate: Bool { !registers.isEmpty }

    /// Takes a hash; 0 stands for none.
    mutating func insert(_ hash: UInt64) {
        // Files of one series follow each other.
        if hash == last || hash == 0 { return }
        last = hash
        if registers.isEmpty { insertExactly(hash) } else { estimate(hash) }
    }

    private mutating func insertExactly(_ hash: UInt64) {
        guard put(hash) else { return }
        if used > limit {
            registers = [UInt8](repeating: 0, count: 1 << Self.registerBits)
            for hash in table where hash != 0 { estimate(hash) }
            table = []
        } else if used &* 8 > table.count &* 7, table.count < 1 << 20 {
            let former = table
            table = [UInt64](repeating: 0, count: former.count * 2)
            used = 0
            for hash in former where hash != 0 { _ = put(hash) }
        }
    }

    private mutating func put(_ hash: UInt64) -> Bool {
        let mask = table.count &- 1
        var place = Int(truncatingIfNeeded: hash >> 17) & mask
        while table[place] != 0 {
            if table[place] == hash { return false }
            place = (place &+ 1) & mask
        }
        table[place] = hash
        used &+= 1
        return true
    }

    private mutating func estimate(_ hash: UInt64) {
        let place = Int(truncatingIfNeeded: hash & (1 << UInt64(Self.registerBits) - 1))
        let rank = UInt8(truncatingIfNeeded: min((hash >> UInt64(Self.registerBits)).trailingZeroBitCount, 50) + 1)
        if registers[place] < rank { registers[place] = rank }
    }

    /// How many different ones there were.
    var count: Int {
        if registers.isEmpty { return used }
        let size = Double(registers.count)
        let sum = registers.reduce(0.0) { $0 + exp2(-Double($1)) }
        return Int((0.7213 / (1 + 1.079 / size) * size * size / sum).rounded())
    }
}
