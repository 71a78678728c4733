extension HeaderReader {
    /// Finds the elements of columns by path in the sequences that were noted. False when whole reading has to.
    mutating func findPaths() -> Bool {
        for special in plan.specials {
            guard case .path(let path) = special.source, special.sequenceSlot >= 0 else { continue }
            let sequence = slots[special.sequenceSlot]
            guard sequence.start != nil, !sequence.flags.contains(.isCut) else { continue }
            // No sequence in the file, for all that the tag says.
            if sequence.vr != .SQ { return false }
            if sequence.items == 0 { continue }
            let scan = ItemScan(bytes: sequence.bytes, table: plan.table)
            guard find(path, scan, sequence, in: special.slot) else { return false }
        }
        return true
    }

    private mutating func find(_ path: ElementPath, _ scan: ItemScan, _ sequence: HeaderSlot, in place: Int) -> Bool {
        var isImplicit = sequence.flags.contains(.isImplicit)
        var (start, end) = (0, scan.bytes.count)
        var declaration: UnsafeRawBufferPointer?
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
                if isLast { return set(place, header, scan, isImplicit, declaration, sequence.flags) }
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
        _ place: Int, _ header: ItemScan.Header, _ scan: ItemScan, _ isImplicit: Bool,
        _ declaration: UnsafeRawBufferPointer?, _ flags: HeaderSlot.Flags
    ) -> Bool {
        let isUnknown = header.letters == HeaderWord.unknown
        let known = DataDictionary.vr(Tag(header.tag)) ?? .UN
        var vr = known
        if !isImplicit, !isUnknown {
            vr = VR(UInt8(truncatingIfNeeded: header.letters), UInt8(truncatingIfNeeded: header.letters >> 8)) ?? .UN
        }
        if header.isUndefined {
            slots[place] = HeaderSlot(
                start: scan.bytes.baseAddress, length: 0, items: header.items, vr: .SQ, flags: [])
            return !isImplicit || known != .OB && known != .OW
        }
        if vr == .SQ {
            guard !isUnknown,
                let items = scan.count(from: header.start, to: header.end, isImplicit: isImplicit)
            else { return false }
            slots[place] = HeaderSlot(start: scan.bytes.baseAddress, length: 0, items: items, vr: .SQ, flags: [])
            return true
        }
        // Whole reading looks at the Pixel Representation of the item.
        if isImplicit, vr == .US, DataDictionary.entry(Tag(header.tag))?.isSignedByPixelRepresentation == true {
            return false
        }
        let value = UnsafeRawBufferPointer(rebasing: scan.bytes[header.start..<header.end])
        if value.count > HeaderReader.longestValue {
            keep(place, value, vr)
        } else {
            slots[place] = HeaderSlot(
                start: value.baseAddress, length: UInt32(truncatingIfNeeded: value.count), items: 0, vr: vr,
                flags: flags.intersection(.isKept))
        }
        if let declaration {
            convertItem(place, by: SpecificCharacterSet(declared: String(decoding: declaration, as: UTF8.self)))
        }
        return true
    }

    /// Converts text of an item by the item's own character set, where it has one.
    mutating func convertItem(_ place: Int, by set: SpecificCharacterSet) {
        guard text.override == nil, HeaderReader.holdsText(slots[place]) else { return }
        let declared = SpecificCharacterSet(
            declared: String(decoding: slots[plan.characterSetSlot].bytes, as: UTF8.self))
        if set == declared || HeaderReader.isPlain(slots[place].bytes), !set.isUnlikeASCII { return }
        if slots[place].vr == .UN, !DataSet.isText(slots[place].bytes) { return }
        convert(place, by: set)
    }
}
