/// A fingerprint of some cells of a row: 64 bits that stay the same from run to run, and 64 that nobody can foresee, so that
/// crafted values do not meet in the cache.
struct SQLiteFingerprint: Hashable {
    /// The same in every run; kept in the tables, where what it stands for is compared in full.
    private(set) var stored: UInt64
    private var secret: UInt64

    private static let seed = UInt64.random(in: .min ... .max)
    // Odd constants with well-mixed bits: fractions of the golden ratio and of square roots.
    private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let second: UInt64 = 0xBB67_AE85_84CA_A73B

    init() {
        stored = 0x6A09_E667_F3BC_C908
        secret = Self.seed
    }

    /// Adds a cell; where one ends and the next begins counts.
    @inline(__always)
    mutating func add(_ cell: UnsafeRawBufferPointer) {
        var rest = cell.count
        var place = 0
        mix(UInt64(truncatingIfNeeded: rest))
        while rest >= 8 {
            mix(cell.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
            rest -= 8
        }
        if rest > 0 {
            var last: UInt64 = 0
            while rest > 0 {
                last = last << 8 | UInt64(cell[place])
                place += 1
                rest -= 1
            }
            mix(last)
        }
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        let one = (stored ^ word).multipliedFullWidth(by: Self.first)
        stored = one.high ^ one.low &+ Self.second
        let two = (secret ^ word).multipliedFullWidth(by: Self.second)
        secret = two.high ^ two.low &+ Self.first
    }

    /// As SQLite keeps it. Zero is an answer like any other.
    var number: Int64 { Int64(bitPattern: stored) }
}
