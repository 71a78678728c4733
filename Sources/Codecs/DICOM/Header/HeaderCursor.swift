/// Goes over a header from element to element and notes where wanted values are. Made anew for each file; holds no memory.
///
/// All loads are within `count`.
struct HeaderCursor {
    /// How a run over the bytes at hand ended.
    enum End {
        /// All that is wanted was passed.
        case done
        /// The element at `position` is not complete in the bytes at hand.
        case edge
        /// A sequence, or something like one, at `position`.
        case items
        /// To be read by `DICOMFile.read`.
        case unusual
    }

    /// The bytes at hand, and where in the file they are.
    var base: UnsafeRawPointer
    var count: Int
    var origin = 0
    /// The file ends where they end.
    var isLast: Bool
    /// They are the prefix, which stays; values elsewhere have to be copied.
    var isPrefix = true
    /// In the bytes at hand; may lie beyond them.
    var position = 132
    /// The last tag.
    var previous: UInt32 = 0
    /// Place of the next wanted tag.
    var next = 0
    var isImplicit = false
    /// No tag was lower than or the same as one before it.
    var isOrdered = true
    /// All that is wanted was passed before elements came out of order: what follows may add to the row, not undo it.
    var wasPassed = false

    let wanted: UnsafePointer<UInt32>
    let slots: UnsafeMutablePointer<HeaderSlot>
    let representations: UnsafePointer<VR>
    let table: UnsafePointer<UInt8>
    let representationTable: UnsafePointer<VR>
    let last: UInt32
    /// The first private group with wanted elements that was not passed, as the tag it begins with; `UInt32.max`: none.
    var privateStart: UInt32 = UInt32.max

    /// Pixel data and what may stand before them in their group.
    static let pixelData: UInt32 = 0x7FE0_0000
    /// What no element of a data set lies below.
    static let firstTag: UInt32 = 0x0003_0000

    @inline(__always) func load64(_ at: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    @inline(__always) func load32(_ at: Int) -> Int {
        Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
    }

    /// True when nothing that is wanted can follow the element with this tag.
    func isPassed(_ tag: UInt32) -> Bool {
        isOrdered && tag > last && (tag < Self.pixelData || Self.isEnd(tag))
    }

    /// True for pixel data, signatures and padding, which end a data set. Any other tag from there on was damaged: what is
    /// wanted may follow it.
    static func isEnd(_ tag: UInt32) -> Bool { tag >> 16 == 0x7FE0 || (0xFFFA...0xFFFD).contains(tag >> 16) }

    /// Elements with representations.
    mutating func runExplicit(_ reader: inout HeaderReader) -> End {
        var at = position
        var previous = previous
        var nextWanted = min(wanted[next], privateStart)
        let base = base
        let table = table
        let count = count
        var end = End.edge
        while at <= count &- 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let tag = HeaderWord.tag(word)
            let kind = HeaderWord.kind(word, table)
            var start = at &+ 8
            var length = Int(truncatingIfNeeded: word >> 48)
            if kind != HeaderWord.short {
                if tag >= Self.pixelData {
                    end = Self.isEnd(tag) ? .done : .unusual
                    break
                }
                guard kind == HeaderWord.long else {
                    end = .unusual
                    break
                }
                guard at <= count &- 12 else { break }
                length = load32(at &+ 8)
                start = at &+ 12
                if length == HeaderWord.undefined {
                    end = .items
                    break
                }
            }
            guard length <= count &- start else { break }
            if tag >= nextWanted || tag <= previous {
                let vr = UInt16(truncatingIfNeeded: word >> 32)
                self.previous = previous
                if let special = note(tag, start, length, vr, &reader) {
                    end = special
                    break
                }
                nextWanted = min(wanted[next], privateStart)
            }
            previous = tag
            at = start &+ length
        }
        position = at
        self.previous = previous
        return end
    }

    /// Elements without representations.
    mutating func runImplicit(_ reader: inout HeaderReader) -> End {
        var at = position
        var previous = previous
        var nextWanted = min(wanted[next], privateStart)
        let base = base
        let count = count
        var end = End.edge
        while at <= count &- 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let tag = HeaderWord.tag(word)
            let start = at &+ 8
            let length = Int(truncatingIfNeeded: word >> 32)
            if tag >= Self.pixelData {
                end = Self.isEnd(tag) ? .done : .unusual
                break
            }
            if length == HeaderWord.undefined {
                end = .items
                break
            }
            guard length <= count &- start else { break }
            if tag >= nextWanted || tag <= previous {
                self.previous = previous
                if let special = note(tag, start, length, 0, &reader) {
                    end = special
                    break
                }
                nextWanted = min(wanted[next], privateStart)
            }
            previous = tag
            at = start &+ length
        }
        position = at
        self.previous = previous
        return end
    }

    /// Takes note of an element that is wanted or out of order, its value being at hand.
    ///
    /// - Returns: how the run has to end because of it; nil to go on.
    @inline(__always) private mutating func note(
        _ tag: UInt32, _ start: Int, _ length: Int, _ vr: UInt16, _ reader: inout HeaderReader
    ) -> End? {
        if tag <= previous, let end = turnBack(tag, &reader) { return end }
        if tag >= Self.pixelData { return Self.isEnd(tag) ? .done : .unusual }
        while wanted[next] < tag { next &+= 1 }
        if wanted[next] == tag {
            if slots[next].start == nil {
                let known = representation(vr, next)
                if known == .SQ { return .items }
                set(next, start, length, known, &reader)
            }
            next &+= 1
        }
        if tag >= privateStart { return notePrivate(tag, start, length, vr, &reader) }
        return nil
    }

    /// A tag that is not higher than the one before it: what is wanted may follow still.
    @inline(never) private mutating func turnBack(_ tag: UInt32, _ reader: inout HeaderReader) -> End? {
        if tag < Self.firstTag || !reader.plan.privateGroups.isEmpty { return .unusual }
        loseOrder(&reader)
        return nil
    }

    /// Takes note of an element out of order, at `position` or not far behind it.
    mutating func loseOrder(_ reader: inout HeaderReader) {
        if isOrdered, previous >= last { wasPassed = true }
        isOrdered = false
        next = 0
        reader.notes.kinds.insert(.order)
    }

    /// The representation of a wanted element.
    @inline(__always) func representation(_ vr: UInt16, _ place: Int) -> VR {
        if isImplicit || vr == HeaderWord.unknown { return representations[place] }
        return representationTable[HeaderWord.place(vr)]
    }

    @inline(__always) mutating func set(
        _ place: Int, _ start: Int, _ length: Int, _ vr: VR, _ reader: inout HeaderReader
    ) {
        if isPrefix, length <= HeaderReader.longestValue {
            slots[place] = HeaderSlot(
                start: base + start, length: UInt32(truncatingIfNeeded: length), items: 0, vr: vr, flags: [])
        } else {
            reader.keep(place, UnsafeRawBufferPointer(start: base + start, count: length), vr)
        }
    }

    /// The next private group that is wanted, from that of a tag on.
    mutating func findPrivateStart(_ tag: UInt32, _ reader: borrowing HeaderReader) {
        let group = UInt16(truncatingIfNeeded: tag >> 16)
        privateStart = reader.plan.privateGroups.first { $0 >= group }.map { UInt32($0) << 16 } ?? UInt32.max
    }

    /// True for an element that a column by its creator shows.
    func isWantedPrivate(_ tag: UInt32, _ reader: borrowing HeaderReader) -> Bool {
        let element = UInt16(truncatingIfNeeded: tag)
        for (place, special) in reader.plan.specials.enumerated() {
            guard case .privateElement(let group, _, let low) = special.source, tag >> 16 == UInt32(group) else {
                continue
            }
            let block = reader.privateBlocks[place]
            if block != 0, element == block << 8 | UInt16(low) { return true }
        }
        return false
    }

    /// Elements of the private groups that are wanted, and the creators of their blocks.
    @inline(never) mutating func notePrivate(
        _ tag: UInt32, _ start: Int, _ length: Int, _ vr: UInt16, _ reader: inout HeaderReader
    ) -> End? {
        let group = UInt16(truncatingIfNeeded: tag >> 16)
        findPrivateStart(tag, reader)
        guard privateStart >> 16 == UInt32(group) else { return nil }
        let value = UnsafeRawBufferPointer(start: base + start, count: length)
        let element = UInt16(truncatingIfNeeded: tag)
        for (place, special) in reader.plan.specials.enumerated() {
            guard case .privateElement(let wanted, let creator, let low) = special.source, wanted == group else {
                continue
            }
            if (0x10...0xFF).contains(element) {
                if reader.privateBlocks[place] == 0, HeaderReader.isCreator(value, creator) {
                    reader.privateBlocks[place] = element
                }
            } else if reader.privateBlocks[place] != 0, element == reader.privateBlocks[place] << 8 | UInt16(low),
                slots[special.slot].start == nil
            {
                let known = isImplicit || vr == HeaderWord.unknown ? .UN : representation(vr, 0)
                if known == .SQ { return .unusual }
                set(special.slot, start, length, known, &reader)
            }
        }
        return nil
    }
}
