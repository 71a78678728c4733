extension HeaderCursor {
    /// Finds the data set behind group 0002, and how it is coded. False for what is not covered.
    mutating func begin(_ reader: inout HeaderReader) -> Bool {
        guard count >= 140, base.loadUnaligned(fromByteOffset: 128, as: UInt32.self).littleEndian == 0x4D43_4944 else {
            return false
        }
        let syntax = reader.plan.syntaxSlot
        while true {
            guard position <= count &- 8 else { return false }
            let word = load64(position)
            guard UInt16(truncatingIfNeeded: word) == 2 else { break }
            var length = Int(truncatingIfNeeded: word >> 48)
            var start = position &+ 8
            switch HeaderWord.kind(word, table) {
            case HeaderWord.short: break
            case HeaderWord.long:
                guard position <= count &- 12 else { return false }
                length = load32(position &+ 8)
                start = position &+ 12
            default: return false
            }
            guard length <= count &- start, length <= HeaderReader.longestValue else { return false }
            let tag = HeaderWord.tag(word)
            if tag <= previous { next = 0 }
            while wanted[next] < tag { next &+= 1 }
            if wanted[next] == tag {
                let known = representation(UInt16(truncatingIfNeeded: word >> 32), next)
                if known == .SQ { return false }
                if slots[next].start == nil { set(next, start, length, known, &reader) }
                next &+= 1
            }
            previous = tag
            position = start &+ length
        }
        guard slots[syntax].start != nil, let isImplicit = coding(slots[syntax]) else { return false }
        self.isImplicit = isImplicit
        previous = Self.firstTag - 1
        next = 0
        while wanted[next] < Self.firstTag { next &+= 1 }
        return true
    }

    /// Whether the data set is implicit, by the transfer syntax and by its first element; nil where these differ, and for
    /// syntaxes that are not covered.
    private func coding(_ slot: HeaderSlot) -> Bool? {
        let bytes = slot.bytes
        var length = bytes.count
        while length > 0, bytes[length &- 1] == 0 || bytes[length &- 1] == 0x20 { length &-= 1 }
        guard length >= 17 else { return nil }
        // 1.2.840.10008.1.2 is implicit; with .1.99, .2 and .4.95 behind it is deflated or big endian; the rest is explicit.
        let isStandard =
            bytes.loadUnaligned(as: UInt64.self).littleEndian == 0x2E30_3438_2E32_2E31
            && bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian == 0x2E31_2E38_3030_3031
        var isImplicit = false
        if isStandard, bytes[16] == 0x32 {
            isImplicit = length == 17
            if length == 19, bytes[18] == 0x32 { return nil }
            if length == 22, bytes[20] == 0x39, bytes[18] == 0x31 && bytes[21] == 0x39 || bytes[21] == 0x35 {
                return nil
            }
        } else if length == 18 {
            // An old private syntax of this length: implicit with big-endian pixel data.
            return nil
        }
        let word = load64(position)
        let group = UInt16(truncatingIfNeeded: word)
        if group.byteSwapped < group { return nil }
        let letters = (UInt8(truncatingIfNeeded: word >> 32), UInt8(truncatingIfNeeded: word >> 40))
        let isExplicit = (0x41...0x5A).contains(letters.0) && (0x41...0x5A).contains(letters.1)
        return isExplicit != isImplicit ? isImplicit : nil
    }
}
