extension HeaderReader {
    /// Finds the elements of columns by path in the sequences that were noted. False when whole reading has to.
    mutating func findPaths() -> Bool {
        let slots = slots
        for special in plan.specials {
            guard case .path(let path) = special.source, special.sequenceSlot >= 0 else { continue }
            let sequence = slots[special.sequenceSlot]
            guard sequence.start != nil, !sequence.flags.contains(.isCut) else { continue }
            // No sequence in the file, for all that the tag says.
            if sequence.vr != .SQ { return false }
            if sequence.items == 0 { continue }
            let scan = ItemScan(bytes: sequence.bytes, table: plan.table)
            guard find(path, scan, (0, scan.bytes.count), sequence.flags, nil, in: &slots[special.slot]) else {
                return false
            }
            if slots[special.slot].flags.contains(.isCut) { notes.cut(special.slot) }
        }
        return true
    }

    /// Finds the element of a path in an item.
    ///
    /// - Returns: false when the item is not as it should be.
    mutating func find(
        _ path: ElementPath, _ scan: ItemScan, _ item: (start: Int, end: Int), _ isImplicit: Bool,
        _ flags: HeaderSlot.Flags, in slot: inout HeaderSlot
    ) -> Bool {
        var declaration: UnsafeRawBufferPointer?
        guard let first = path.sequences.first else { return true }
        switch find(first.step, scan, item, isImplicit, &declaration) {
        case .unusual: return false
        case .end: return true
        case .header(let header):
            guard isImplicit || header.letters == HeaderWord.sequence || header.isUndefined else { return true }
            let inside: HeaderSlot.Flags = header.isImplicitInside ? [.isImplicit] : []
            return find(path, scan, (header.start, header.end), flags.union(inside), declaration, in: &slot)
        }
    }

    /// Goes on in the items of a sequence.
    private mutating func find(
        _ path: ElementPath, _ scan: ItemScan, _ items: (start: Int, end: Int), _ flags: HeaderSlot.Flags,
        _ outer: UnsafeRawBufferPointer?, in slot: inout HeaderSlot
    ) -> Bool {
        var isImplicit = flags.contains(.isImplicit)
        var (start, end) = items
        var declaration = outer
        for level in path.sequences.indices {
            guard let item = scan.item(path.sequences[level].item, from: start, to: end, isImplicit: isImplicit) else {
                return false
            }
            guard let item else { return true }
            let isLast = level == path.sequences.count - 1
            let step = isLast ? path.last : path.sequences[level + 1].step
            switch find(step, scan, item, isImplicit, &declaration) {
            case .unusual: return false
            case .end: return true
            case .header(let header):
                if isLast { return set(&slot, header, scan, isImplicit, declaration, flags) }
                guard isImplicit || header.letters == HeaderWord.sequence || header.isUndefined else { return false }
                (start, end) = (header.start, header.end)
                isImplicit = header.isImplicitInside
            }
        }
        return true
    }

    /// An element of an item.
    private func find(
        _ step: ElementPath.Step, _ scan: ItemScan, _ item: (start: Int, end: Int), _ isImplicit: Bool,
        _ declaration: inout UnsafeRawBufferPointer?
    ) -> ItemScan.Found {
        var at = item.start
        var previous: UInt32 = 0
        var block: UInt16 = 0
        while true {
            let found = scan.element(at, end: item.end, isImplicit: isImplicit)
            guard case .header(let header) = found else { return found }
            if header.tag == 0xFFFE_E00D { return .end }
            if header.tag <= previous, previous > 0 { return .unusual }
            previous = header.tag
            at = header.end
            if header.tag == Tag.specificCharacterSet.number {
                declaration = UnsafeRawBufferPointer(rebasing: scan.bytes[header.start..<header.end])
            }
            switch step {
            case .tag(let tag): if header.tag == tag.number { return found }
            case .privateElement(let group, let creator, let low):
                guard header.tag >> 16 == UInt32(group) else { continue }
                let element = UInt16(truncatingIfNeeded: header.tag)
                if (0x10...0xFF).contains(element), block == 0, !header.isUndefined {
                    let value = UnsafeRawBufferPointer(rebasing: scan.bytes[header.start..<header.end])
                    if HeaderReader.isCreator(value, creator) { block = element }
                } else if block != 0, element == block << 8 | UInt16(low) {
                    return found
                }
            }
        }
    }

    private mutating func set(
        _ slot: inout HeaderSlot, _ header: ItemScan.Header, _ scan: ItemScan, _ isImplicit: Bool,
        _ declaration: UnsafeRawBufferPointer?, _ flags: HeaderSlot.Flags
    ) -> Bool {
        let isUnknown = header.letters == HeaderWord.unknown
        let known = DataDictionary.vr(Tag(header.tag)) ?? .UN
        var vr = known
        if !isImplicit, !isUnknown {
            vr = VR(UInt8(truncatingIfNeeded: header.letters), UInt8(truncatingIfNeeded: header.letters >> 8)) ?? .UN
        }
        if header.isUndefined {
            slot = HeaderSlot(
                start: scan.bytes.baseAddress, length: 0, items: header.items, vr: .SQ, flags: [])
            return !isImplicit || known != .OB && known != .OW
        }
        if vr == .SQ {
            guard !isUnknown,
                let items = scan.count(from: header.start, to: header.end, isImplicit: isImplicit)
            else { return false }
            slot = HeaderSlot(start: scan.bytes.baseAddress, length: 0, items: items, vr: .SQ, flags: [])
            return true
        }
        // Whole reading looks at the Pixel Representation of the item.
        if isImplicit, vr == .US, DataDictionary.entry(Tag(header.tag))?.isSignedByPixelRepresentation == true {
            return false
        }
        let value = UnsafeRawBufferPointer(rebasing: scan.bytes[header.start..<header.end])
        let isCut = value.count > HeaderReader.longestValue
        slot = HeaderSlot(
            start: value.baseAddress, length: UInt32(truncatingIfNeeded: min(value.count, HeaderReader.longestValue)),
            items: 0, vr: vr, flags: isCut ? flags.intersection(.isKept).union(.isCut) : flags.intersection(.isKept))
        if let declaration {
            convertItem(&slot, by: SpecificCharacterSet(declared: String(decoding: declaration, as: UTF8.self)))
        }
        if isAtFrame, HeaderReader.holdsText(slot), !HeaderReader.isPlain(slot.bytes) {
            _ = convert(&slot, by: usedCharacterSet)
        }
        return true
    }

    /// Converts text of an item by the item's own character set, where it has one.
    mutating func convertItem(_ slot: inout HeaderSlot, by set: SpecificCharacterSet) {
        guard text.override == nil, HeaderReader.holdsText(slot) else { return }
        let declared = SpecificCharacterSet(
            declared: String(decoding: slots[plan.characterSetSlot].bytes, as: UTF8.self))
        if set == declared || HeaderReader.isPlain(slot.bytes), !set.isUnlikeASCII { return }
        if slot.vr == .UN, !DataSet.isText(slot.bytes) { return }
        _ = convert(&slot, by: set)
    }
}
