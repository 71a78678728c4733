/// Passes over the items of a sequence by their lengths, without reading what is in items of defined length. Goes on where it
/// stopped when more bytes are at hand.
///
/// All loads are within `count`.
struct ItemWalk {
    /// How a step ended.
    enum End {
        /// Behind the sequence.
        case behind
        /// More bytes are needed: at `at`, which may lie beyond those at hand.
        case edge
        /// Not as a sequence should be, or too deep.
        case unusual
    }

    /// Items passed of the sequence itself.
    var items: UInt32 = 0
    /// Levels alternate between items (even) and the elements of an item (odd), so one number says where it is.
    private var level = 0
    /// The level at which elements without representations begin.
    private var implicitFrom: Int

    /// - Parameter isImplicit: elements have no representations.
    init(isImplicit: Bool) { implicitFrom = isImplicit ? 0 : Int.max }

    /// Walks from `at` on.
    ///
    /// - Parameter end: where a sequence of defined length ends; `Int.max` for one with a delimiter.
    mutating func run(
        _ base: UnsafeRawPointer, _ count: Int, _ at: inout Int, end: Int, _ table: UnsafePointer<UInt8>
    ) -> End {
        while true {
            if level == 0, at >= end { return at == end ? .behind : .unusual }
            guard at <= count &- 8 else { return .edge }
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let tag = HeaderWord.tag(word)
            let long = Int(word >> 32)
            if level & 1 == 0 {
                if tag == 0xFFFE_E000 {
                    at &+= 8
                    if level == 0 { items &+= 1 }
                    if long == HeaderWord.undefined { level &+= 1 } else { at &+= long }
                } else if tag == 0xFFFE_E0DD, level > 0 || end == Int.max {
                    at &+= 8
                    if level == 0 { return .behind }
                    if level <= implicitFrom { implicitFrom = Int.max }
                    level &-= 1
                } else {
                    return .unusual
                }
                continue
            }
            if tag == 0xFFFE_E00D {
                at &+= 8
                level &-= 1
                continue
            }
            guard tag < 0xFFFE_0000, level < 2 &* DataSet.deepestNesting else { return .unusual }
            if level >= implicitFrom {
                at &+= 8
                if long == HeaderWord.undefined { level &+= 1 } else { at &+= long }
                continue
            }
            switch HeaderWord.kind(word, table) {
            case HeaderWord.short: at &+= 8 &+ Int(word >> 48)
            case HeaderWord.long:
                guard at <= count &- 24 || at <= count &- 12 && !HeaderWord.isUndefined(base, at) else { return .edge }
                let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at &+ 8, as: UInt32.self)))
                at &+= 12
                if length == HeaderWord.undefined {
                    level &+= 1
                    let isUnknown = UInt16(truncatingIfNeeded: word >> 32) == HeaderWord.unknown
                    if isUnknown, !HeaderWord.isExplicitItem(base, at, count, table) { implicitFrom = level }
                } else {
                    at &+= length
                }
            default: return .unusual
            }
        }
    }
}

/// The first eight bytes of an element: tag, and representation with a length of 16 bits, or a length of 32 bits.
enum HeaderWord {
    /// Undefined length.
    static let undefined = 0xFFFF_FFFF
    /// Kinds of representations in the table.
    static let short: UInt8 = 1
    static let long: UInt8 = 2
    /// The letters SQ and UN, the first in the low byte.
    static let sequence: UInt16 = 0x5153
    static let unknown: UInt16 = 0x4E55

    @inline(__always) static func tag(_ word: UInt64) -> UInt32 {
        let low = UInt32(truncatingIfNeeded: word)
        return low << 16 | low >> 16
    }

    @inline(__always) static func place(_ letters: UInt16) -> Int {
        Int(letters & 0x1F) | Int(letters >> 3 & 0x3E0)
    }

    /// 0 for two letters that are no representation.
    @inline(__always) static func kind(_ word: UInt64, _ table: UnsafePointer<UInt8>) -> UInt8 {
        let letters = UInt16(truncatingIfNeeded: word >> 32)
        guard letters & 0xE0E0 == 0x4040 else { return 0 }
        return table[place(letters)]
    }

    static func isUndefined(_ base: UnsafeRawPointer, _ at: Int) -> Bool {
        base.loadUnaligned(fromByteOffset: at &+ 8, as: UInt32.self) == UInt32.max
    }

    /// True when the first item at an offset holds an element with a representation.
    static func isExplicitItem(
        _ base: UnsafeRawPointer, _ at: Int, _ count: Int, _ table: UnsafePointer<UInt8>
    ) -> Bool {
        guard at <= count &- 16, base.loadUnaligned(fromByteOffset: at, as: UInt8.self) == 0xFE,
            base.loadUnaligned(fromByteOffset: at &+ 2, as: UInt8.self) == 0
        else { return false }
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self))
        return kind(word, table) != 0
    }

    /// By five bits of each letter: short, long or 0.
    static func makeTable() -> UnsafeMutablePointer<UInt8> {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 1024)
        table.initialize(repeating: 0, count: 1024)
        for vr in VR.allCases {
            let letters = Array(vr.rawValue.utf8)
            table[Int(letters[0] & 0x1F) | Int(letters[1] & 0x1F) << 5] = vr.hasLongLength ? long : short
        }
        return table
    }

    /// By five bits of each letter: the representation; UN where there is none.
    static func makeRepresentations() -> UnsafeMutablePointer<VR> {
        let table = UnsafeMutablePointer<VR>.allocate(capacity: 1024)
        table.initialize(repeating: .UN, count: 1024)
        for vr in VR.allCases {
            let letters = Array(vr.rawValue.utf8)
            table[Int(letters[0] & 0x1F) | Int(letters[1] & 0x1F) << 5] = vr
        }
        return table
    }
}
