extension HeaderScan {
    /// Scans the first bytes of a file. The slots are valid until the next run.
    ///
    /// - Parameter isWholeFile: the buffer ends where the file ends, so that a data set may end there as well.
    public mutating func scan(_ buffer: UnsafeRawBufferPointer, isWholeFile: Bool = false) -> Outcome {
        for place in slots.indices { slots[place] = Self.absent }
        transferSyntax = Self.absent
        // Offsets have 32 bits.
        guard let base = buffer.baseAddress, buffer.count < Int(Int32.max) else { return .unusual(at: 0) }
        guard buffer.count >= 140 else { return .needsMore(atLeast: 140) }
        guard base.loadUnaligned(fromByteOffset: 128, as: UInt32.self) == 0x4D43_4944 else { return .unusual(at: 0) }
        let count = buffer.count
        return slots.withUnsafeMutableBufferPointer { slots in
            wanted.withUnsafeBufferPointer { wanted in
                var cursor = ScanCursor(
                    base: base, count: count, isWholeFile: isWholeFile, wanted: wanted, slots: slots)
                let outcome = cursor.run()
                isImplicit = cursor.isImplicit
                transferSyntax = cursor.transferSyntax
                return outcome
            }
        }
    }
}

/// One run. All loads are within `count`: `need(_:)` stands before every one of them.
struct ScanCursor {
    let base: UnsafeRawPointer
    let count: Int
    let isWholeFile: Bool
    /// Sorted, closed by `UInt32.max`.
    let wanted: UnsafeBufferPointer<UInt32>
    let slots: UnsafeMutableBufferPointer<HeaderScan.Slot>
    var offset = 132
    var isImplicit = false
    var transferSyntax = HeaderScan.absent
    private var next = 0
    private var outcome: HeaderScan.Outcome?

    init(
        base: UnsafeRawPointer, count: Int, isWholeFile: Bool, wanted: UnsafeBufferPointer<UInt32>,
        slots: UnsafeMutableBufferPointer<HeaderScan.Slot>
    ) {
        self.base = base
        self.count = count
        self.isWholeFile = isWholeFile
        self.wanted = wanted
        self.slots = slots
    }

    private static let undefined: UInt32 = 0xFFFF_FFFF

    mutating func run() -> HeaderScan.Outcome {
        if !meta() { return outcome ?? .unusual(at: offset) }
        guard let isImplicit = coding() else { return .unusual(at: offset) }
        self.isImplicit = isImplicit
        next = 0
        return (isImplicit ? implicit() : explicit()) ? .done(end: offset) : outcome ?? .unusual(at: offset)
    }

    private mutating func need(_ end: Int) -> Bool {
        if end <= count { return true }
        outcome = .needsMore(atLeast: end)
        return false
    }

    private mutating func unusual(_ at: Int) -> Bool {
        outcome = .unusual(at: at)
        return false
    }

    @inline(__always) private func tagNumber(_ word: UInt64) -> UInt32 {
        let low = UInt32(truncatingIfNeeded: word)
        return low << 16 | low >> 16
    }

    @inline(__always) private func load64(_ at: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    @inline(__always) private func load32(_ at: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    /// Takes note of an element when it is wanted. Elements out of order move the cursor back.
    @inline(__always) private mutating func keep(_ tag: UInt32, _ start: Int, _ length: Int, _ vr: UInt16) {
        if next > 0, tag <= wanted[next - 1] { next = 0 }
        while wanted[next] < tag { next &+= 1 }
        if wanted[next] == tag {
            // The first of two counts.
            if next < slots.count, !slots[next].isPresent {
                slots[next] = HeaderScan.Slot(
                    offset: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: length), vr: vr,
                    isPresent: true)
            }
            if next < slots.count { next &+= 1 }
        }
    }

    /// True for letters of a representation with a 32-bit length; nil for two letters that are no representation.
    @inline(__always) private func isLong(_ vr: UInt16) -> Bool? {
        switch vr {
        // AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US, low byte first
        case 0x4541, 0x5341, 0x5441, 0x5343, 0x4144, 0x5344, 0x5444, 0x4446, 0x4C46, 0x5349, 0x4F4C, 0x544C, 0x4E50,
            0x4853, 0x4C53, 0x5353, 0x5453, 0x4D54, 0x4955, 0x4C55, 0x5355:
            false
        // OB OD OF OL OV OW SQ SV UC UN UR UT UV
        case 0x424F, 0x444F, 0x464F, 0x4C4F, 0x564F, 0x574F, 0x5153, 0x5653, 0x4355, 0x4E55, 0x5255, 0x5455, 0x5655:
            true
        default: nil
        }
    }

    /// Group 0002, explicit; the data set begins at the first element of another group.
    private mutating func meta() -> Bool {
        while true {
            if !need(offset + 8) { return false }
            let word = load64(offset)
            if UInt16(truncatingIfNeeded: word) != 2 { return true }
            let vr = UInt16(truncatingIfNeeded: word >> 32)
            guard let isLong = isLong(vr) else { return unusual(offset) }
            var length = Int(word >> 48)
            var start = offset + 8
            if isLong {
                if !need(offset + 12) { return false }
                let long = load32(offset + 8)
                if long == Self.undefined { return unusual(offset) }
                length = Int(long)
                start = offset + 12
            }
            if !need(start + length) { return false }
            let tag = tagNumber(word)
            if tag == 0x0002_0010, !transferSyntax.isPresent {
                transferSyntax = HeaderScan.Slot(
                    offset: UInt32(start), length: UInt32(truncatingIfNeeded: length), vr: vr, isPresent: true)
            }
            keep(tag, start, length, vr)
            offset = start + length
        }
    }

    /// Whether the data set is implicit, by the transfer syntax and by its first element; nil where these differ, and for
    /// what is not covered.
    private func coding() -> Bool? {
        var length = Int(transferSyntax.length)
        let start = Int(transferSyntax.offset)
        while length > 0, load8(start + length - 1) == 0 || load8(start + length - 1) == 0x20 { length -= 1 }
        // 1.2.840.10008.1.2 is implicit; with .1.99, .2 and 4.95 behind it is deflated or big endian; the rest is explicit.
        let isImplicit = length == 17
        guard length >= 17 else { return nil }
        if length == 19, load8(start + 18) == UInt8(ascii: "2") { return nil }
        if length == 22, load8(start + 18) == UInt8(ascii: "1"), load8(start + 21) == UInt8(ascii: "9") { return nil }
        if length == 22, load8(start + 20) == UInt8(ascii: "9"), load8(start + 21) == UInt8(ascii: "5") { return nil }
        // An old private syntax: implicit with big-endian pixel data.
        if length == 18, load8(start + 17) == UInt8(ascii: "2"), load8(start + 8) == UInt8(ascii: "1") { return nil }
        let isExplicit = isLong(UInt16(truncatingIfNeeded: load64(offset) >> 32)) != nil
        return isExplicit != isImplicit ? isImplicit : nil
    }

    @inline(__always) private func load8(_ at: Int) -> UInt8 { base.load(fromByteOffset: at, as: UInt8.self) }

    private mutating func explicit() -> Bool {
        let last = slots.count > 0 ? wanted[slots.count - 1] : 0
        while true {
            guard offset &+ 8 <= count else { return offset == count && isWholeFile || need(offset + 8) }
            let word = load64(offset)
            let tag = tagNumber(word)
            if tag > last || tag >= 0x7FE0_0000 { return tag < 0xFFFE_0000 || unusual(offset) }
            let vr = UInt16(truncatingIfNeeded: word >> 32)
            guard let isLong = isLong(vr), tag >= 0x0003_0000 else { return unusual(offset) }
            if !isLong {
                let length = Int(word >> 48)
                let start = offset &+ 8
                guard start &+ length <= count else { return need(start + length) }
                keep(tag, start, length, vr)
                offset = start &+ length
                continue
            }
            guard offset &+ 12 <= count else { return need(offset + 12) }
            let long = load32(offset &+ 8)
            let start = offset &+ 12
            if long == Self.undefined {
                // Only sequences, and UN that holds one (implicit inside, PS3.5 6.2.2).
                guard vr == 0x5153 || vr == 0x4E55 else { return unusual(offset) }
                guard skipItems(from: start, isImplicit: vr == 0x4E55 && !isExplicitInside(start)) else { return false }
                keep(tag, start, offset - start, vr)
                continue
            }
            guard start &+ Int(long) <= count else { return need(start + Int(long)) }
            keep(tag, start, Int(long), vr)
            offset = start &+ Int(long)
        }
    }

    private func isExplicitInside(_ start: Int) -> Bool {
        guard start + 16 <= count else { return false }
        return isLong(UInt16(truncatingIfNeeded: load64(start + 8) >> 32)) != nil
    }

    private mutating func implicit() -> Bool {
        let last = slots.count > 0 ? wanted[slots.count - 1] : 0
        while true {
            guard offset &+ 8 <= count else { return offset == count && isWholeFile || need(offset + 8) }
            let word = load64(offset)
            let tag = tagNumber(word)
            if tag > last || tag >= 0x7FE0_0000 { return tag < 0xFFFE_0000 || unusual(offset) }
            guard tag >= 0x0003_0000 else { return unusual(offset) }
            let start = offset &+ 8
            let long = UInt32(truncatingIfNeeded: word >> 32)
            if long == Self.undefined {
                guard skipItems(from: start, isImplicit: true) else { return false }
                keep(tag, start, offset - start, 0)
                continue
            }
            guard start &+ Int(long) <= count else { return need(start + Int(long)) }
            keep(tag, start, Int(long), 0)
            offset = start &+ Int(long)
        }
    }

    /// Passes the items of a sequence of undefined length; `offset` is behind its delimiter then. Levels alternate between
    /// items (even) and the elements of an item (odd), so one number says where it is.
    private mutating func skipItems(from start: Int, isImplicit: Bool) -> Bool {
        var at = start
        var level = 0
        // The level at which UN of undefined length began: implicit from there on.
        var implicitFrom = isImplicit ? 0 : Int.max
        while true {
            guard at &+ 8 <= count else { return need(at + 8) }
            let word = load64(at)
            let tag = tagNumber(word)
            let long = UInt32(truncatingIfNeeded: word >> 32)
            if level & 1 == 0 {
                if tag == 0xFFFE_E0DD {
                    at &+= 8
                    if level == 0 {
                        offset = at
                        return true
                    }
                    if level <= implicitFrom { implicitFrom = Int.max }
                    level &-= 1
                } else if tag == 0xFFFE_E000 {
                    at &+= 8
                    if long == Self.undefined { level &+= 1 } else { at &+= Int(long) }
                } else {
                    return unusual(at)
                }
                continue
            }
            if tag == 0xFFFE_E00D {
                at &+= 8
                level &-= 1
                continue
            }
            guard tag < 0xFFFE_0000, level < 2 * DataSet.deepestNesting else { return unusual(at) }
            if level >= implicitFrom {
                at &+= 8
                if long == Self.undefined { level &+= 1 } else { at &+= Int(long) }
                continue
            }
            let vr = UInt16(truncatingIfNeeded: word >> 32)
            guard let isLong = isLong(vr) else { return unusual(at) }
            guard isLong else {
                at &+= 8 &+ Int(word >> 48)
                continue
            }
            guard at &+ 12 <= count else { return need(at + 12) }
            let length = load32(at &+ 8)
            at &+= 12
            if length == Self.undefined {
                level &+= 1
                if vr == 0x4E55, !isExplicitInside(at) { implicitFrom = level }
            } else {
                at &+= Int(length)
            }
        }
    }
}
