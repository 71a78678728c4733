/// Looks for elements in the items of a sequence whose bytes are at hand.
///
/// All loads are within `bytes`. What is not as it should be ends in `.unusual`: whole reading knows what to make of it.
struct ItemScan {
    let bytes: UnsafeRawBufferPointer
    let table: UnsafePointer<UInt8>

    /// An element, or the end of an item.
    struct Header {
        var tag: UInt32
        /// Letters of the representation, the first in the low byte; 0 where there is none.
        var letters: UInt16
        var start: Int
        /// Bytes of the value; of undefined length: up to behind its delimiter.
        var length: Int
        var isUndefined: Bool
        /// Elements in the items of this sequence have no representations.
        var isImplicitInside: Bool
        var items: UInt32

        /// Behind the value.
        var end: Int { start &+ length }
    }

    /// What a step found.
    enum Found {
        case header(Header)
        /// The end of the item or of the bytes.
        case end
        case unusual
    }

    /// The element at an offset.
    @inline(__always) func element(_ at: Int, end: Int, isImplicit: Bool) -> Found {
        if at == end { return .end }
        guard let base = bytes.baseAddress, at <= end &- 8, end <= bytes.count else { return .unusual }
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let tag = HeaderWord.tag(word)
        var header = Header(
            tag: tag, letters: 0, start: at &+ 8, length: Int(word >> 32), isUndefined: false,
            isImplicitInside: isImplicit, items: 0)
        if tag >= 0xFFFE_0000 {
            header.length = 0
            return tag == 0xFFFE_E00D ? .header(header) : .unusual
        }
        if !isImplicit {
            header.letters = UInt16(truncatingIfNeeded: word >> 32)
            switch HeaderWord.kind(word, table) {
            case HeaderWord.short: header.length = Int(word >> 48)
            case HeaderWord.long:
                guard at <= end &- 12 else { return .unusual }
                header.start = at &+ 12
                header.length = Int(
                    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at &+ 8, as: UInt32.self)))
            default: return .unusual
            }
        }
        if isImplicit || header.start == at &+ 12, header.length == HeaderWord.undefined {
            return undefined(header, end, isImplicit)
        }
        guard header.length <= end &- header.start else { return .unusual }
        return .header(header)
    }

    @inline(never) private func undefined(_ header: Header, _ end: Int, _ isImplicit: Bool) -> Found {
        guard let base = bytes.baseAddress,
            isImplicit || header.letters == HeaderWord.sequence || header.letters == HeaderWord.unknown
        else { return .unusual }
        var header = header
        header.isUndefined = true
        if header.letters == HeaderWord.unknown {
            header.isImplicitInside = !HeaderWord.isExplicitItem(base, header.start, end, table)
        }
        var walk = ItemWalk(isImplicit: header.isImplicitInside)
        var at = header.start
        guard case .behind = walk.run(base, end, &at, end: Int.max, table), at <= end else { return .unusual }
        header.length = at &- header.start
        header.items = walk.items
        return .header(header)
    }

    /// The elements of an item of a sequence: where they begin and where they end at the latest.
    func item(_ number: Int, from start: Int, to end: Int, isImplicit: Bool) -> (start: Int, end: Int)?? {
        var at = start
        var count = 0
        while true {
            if at == end { return .some(nil) }
            guard let base = bytes.baseAddress, at <= end &- 8 else { return nil }
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let tag = HeaderWord.tag(word)
            let length = Int(word >> 32)
            if tag == 0xFFFE_E0DD { return .some(nil) }
            guard tag == 0xFFFE_E000 else { return nil }
            at &+= 8
            count &+= 1
            let isUndefined = length == HeaderWord.undefined
            if !isUndefined, length > end &- at { return nil }
            if count == number { return (at, isUndefined ? end : at &+ length) }
            if !isUndefined {
                at &+= length
                continue
            }
            while true {
                guard case .header(let header) = element(at, end: end, isImplicit: isImplicit) else { return nil }
                at = header.end
                if header.tag == 0xFFFE_E00D { break }
            }
        }
    }

    /// Number of items in a sequence of defined length; nil when it holds something else.
    func count(from start: Int, to end: Int, isImplicit: Bool) -> UInt32? {
        guard let base = bytes.baseAddress else { return start == end ? 0 : nil }
        var walk = ItemWalk(isImplicit: isImplicit)
        var at = start
        guard case .behind = walk.run(base, end, &at, end: end, table) else { return nil }
        return walk.items
    }
}
