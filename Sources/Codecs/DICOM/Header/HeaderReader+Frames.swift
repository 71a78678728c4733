extension HeaderReader {
    /// Goes through the frames of the file that was read last: `body` is called once for each, in order, with a reader whose
    /// cells are those of the frame. An image of one frame has one; a file that is no image has one row as well.
    ///
    /// The reader has to have been made with `IndexColumns.frames`, or these and others. A cell is that of the frame's own
    /// functional groups (PS3.3 C.7.6.16), else that of the shared ones, else that of the top level. In a dose, Image Position
    /// goes on by the Grid Frame Offset Vector (C.8.8.3.2). The groups of the frames are streamed through the window: a frame's
    /// may have 256 KiB.
    ///
    /// - Parameters:
    ///   - fetch: as in `read`; of the same file, whose prefix is still there.
    ///   - body: gets the reader, whose cells are valid in the call only.
    /// - Returns: `.fault` when the groups are cut off or make no sense; the frames before were given to `body`.
    public mutating func readFrames(
        fetch: (Int, UnsafeMutableRawBufferPointer) -> Int, body: (borrowing HeaderReader) -> Void
    ) -> HeaderOutcome {
        for column in 0..<columns.count { sharedSlots[column] = slots[Int(plan.slotOfColumn[column])] }
        frameRows.begin()
        isAtFrame = true
        defer { isAtFrame = false }
        if let set = frames.dataSet { return readFrames(of: set, body) }
        if let place = plan.slot(of: HeaderFrames.shared), slots[place].length > 0 {
            let shared = slots[place]
            let scan = ItemScan(bytes: shared.bytes, table: plan.table)
            let isImplicit = shared.flags.contains(.isImplicit)
            guard
                let item = scan.item(1, from: 0, to: scan.bytes.count, isImplicit: isImplicit)
            else { return oddGroups(at: 0, HeaderFrames.shared) }
            if let item {
                let flags = shared.flags.intersection(.isKept)
                guard readGroups(scan, item, isImplicit, flags, into: sharedSlots) != nil else {
                    return oddGroups(at: 0, HeaderFrames.shared)
                }
            }
        }
        if frames.start >= 0 { return readPerFrame(fetch, body) }
        return readPlainFrames(fetch, body)
    }

    func oddGroups(at offset: Int, _ tag: Tag) -> HeaderOutcome {
        .fault(
            DICOMFault(
                .structure, at: offset, tag: tag, "functional groups that are not items of sequences",
                cure: "the frames before were read"))
    }

    /// The cells of a frame to begin with.
    mutating func beginFrame(_ number: Int) {
        frameSlots.update(from: sharedSlots, count: columns.count)
        for column in plan.frameColumns.numbers {
            var text = UInt32(truncatingIfNeeded: number).littleEndian
            let (start, _) = withUnsafeBytes(of: &text) { store.keep($0) }
            frameSlots[column] = HeaderSlot(start: start, length: 4, items: 0, vr: .UL, flags: .isKept)
        }
    }

    /// Streams the items of the Per-Frame Functional Groups Sequence.
    private mutating func readPerFrame(
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int, _ body: (borrowing HeaderReader) -> Void
    ) -> HeaderOutcome {
        // The bytes at hand: the prefix, then the window.
        var bytes = prefix
        var origin = 0
        var flags: HeaderSlot.Flags = []
        var isLast = isPrefixWhole
        var at = frames.start
        var number = 0
        let mark = store.mark
        // Moves the window to the item; false when it is there with all that fits.
        func isAtBeginning() -> Bool { origin == at && flags.contains(.isKept) }
        while at < frames.end, number < HeaderFrames.most {
            var needed = 8
            if at >= origin, at - origin <= bytes.count - 8 {
                let header = bytes.loadUnaligned(fromByteOffset: at - origin, as: UInt64.self).littleEndian
                let tag = HeaderWord.tag(header)
                if tag == 0xFFFE_E0DD { return .read }
                guard tag == 0xFFFE_E000 else { return oddGroups(at: at, HeaderFrames.perFrame) }
                let length = Int(header >> 32)
                let isUndefined = length == HeaderWord.undefined
                let start = at - origin + 8
                if !isUndefined, length > HeaderWindow.capacity - 8 { return oddGroups(at: at, HeaderFrames.perFrame) }
                if isUndefined || length <= bytes.count - start {
                    let end = isUndefined ? bytes.count : start + length
                    store.takeBack(to: mark)
                    beginFrame(number + 1)
                    let scan = ItemScan(bytes: bytes, table: plan.table)
                    if let behind = readGroups(scan, (start, end), frames.isImplicit, flags, into: frameSlots),
                        !isUndefined || behind > start && isItemEnd(bytes, behind)
                    {
                        number += 1
                        at = origin + (isUndefined ? behind : end)
                        body(self)
                        continue
                    }
                    if !isUndefined { return oddGroups(at: at, HeaderFrames.perFrame) }
                    needed = HeaderWindow.capacity
                } else {
                    needed = length + 8
                }
            }
            let isSpent = isLast || isAtBeginning() && bytes.count >= needed
            if isSpent {
                if !isLast { return oddGroups(at: at, HeaderFrames.perFrame) }
                return cutFrames(at)
            }
            switch window.move(to: at, atLeast: needed, in: store.window(), fetch) {
            case .fault(let fault): return .fault(fault)
            case .read(let start, let count):
                bytes = UnsafeRawBufferPointer(start: start, count: count)
                origin = at
                flags = .isKept
                isLast = count < needed
            }
        }
        return .read
    }

    /// True when the delimiter of an item stands before an offset.
    private func isItemEnd(_ bytes: UnsafeRawBufferPointer, _ behind: Int) -> Bool {
        HeaderWord.tag(bytes.loadUnaligned(fromByteOffset: behind - 8, as: UInt64.self).littleEndian) == 0xFFFE_E00D
    }

    private func cutFrames(_ offset: Int) -> HeaderOutcome {
        .fault(
            DICOMFault(
                .truncated, at: offset, tag: HeaderFrames.perFrame, "the file ends in the functional groups of a frame",
                cure: "the frames before were read; fetch the file again"))
    }

    /// Reads the functional groups of an item: the elements of their first items, one level further where that is known to hold
    /// what a column shows.
    ///
    /// - Returns: where the item ends, behind its delimiter where it has one; nil when it is not as it should be.
    private mutating func readGroups(
        _ scan: ItemScan, _ item: (start: Int, end: Int), _ isImplicit: Bool, _ flags: HeaderSlot.Flags,
        into cells: UnsafeMutablePointer<HeaderSlot>
    ) -> Int? {
        var at = item.start
        frameOrder.begin()
        groups: while true {
            switch scan.element(at, end: item.end, isImplicit: isImplicit) {
            case .unusual: return nil
            case .end: break groups
            case .header(let group):
                at = group.end
                if group.tag == 0xFFFE_E00D { break groups }
                // Groups of makers are looked into by path only.
                if group.tag & 0x0001_0000 != 0 { continue }
                let isSequence =
                    isImplicit ? DataDictionary.isSequence(group.tag) : group.letters == HeaderWord.sequence
                guard isSequence || group.isUndefined, group.length >= 8 else { continue }
                guard readGroup(scan, group, 0, flags, into: cells) else { return nil }
            }
        }
        for (column, path) in plan.frameColumns.paths {
            var slot = HeaderSlot.absent
            guard find(path, scan, item, isImplicit, flags, in: &slot) else { return nil }
            if slot.start != nil { cells[column] = slot }
        }
        return at
    }

    /// The elements of the first item of one group.
    private mutating func readGroup(
        _ scan: ItemScan, _ group: ItemScan.Header, _ depth: Int, _ flags: HeaderSlot.Flags,
        into cells: UnsafeMutablePointer<HeaderSlot>
    ) -> Bool {
        let isImplicit = group.isImplicitInside
        guard let item = scan.item(1, from: group.start, to: group.end, isImplicit: isImplicit) else { return false }
        guard let item else { return true }
        var at = item.start
        while true {
            switch scan.element(at, end: item.end, isImplicit: isImplicit) {
            case .unusual: return false
            case .end: return true
            case .header(let element):
                at = element.end
                if element.tag == 0xFFFE_E00D { return true }
                if let column = frameOrder.column(element.tag) {
                    set(&cells[column], element, scan, isImplicit, flags)
                } else if depth == 0, FrameColumns.isInner(element.tag), element.length >= 8 {
                    guard readGroup(scan, element, 1, flags, into: cells) else { return false }
                }
            }
        }
    }

    /// A cell from an element of a functional group.
    private mutating func set(
        _ cell: inout HeaderSlot, _ element: ItemScan.Header, _ scan: ItemScan, _ isImplicit: Bool,
        _ flags: HeaderSlot.Flags
    ) {
        let bytes = UnsafeRawBufferPointer(rebasing: scan.bytes[element.start..<element.end])
        var vr = VR.SQ
        if isImplicit || element.letters == HeaderWord.unknown {
            vr = DataDictionary.vr(Tag(element.tag)) ?? .UN
        } else {
            vr = plan.representationTable[HeaderWord.place(element.letters)]
        }
        if vr == .SQ || element.isUndefined { return }
        cell = HeaderSlot(
            start: bytes.baseAddress, length: UInt32(truncatingIfNeeded: min(bytes.count, HeaderReader.longestValue)),
            items: 0, vr: vr, flags: flags)
        if vr.isString, !HeaderReader.isPlain(cell.bytes) { _ = convert(&cell, by: usedCharacterSet) }
    }
}

extension DataDictionary {
    /// True for a sequence of the dictionary.
    static func isSequence(_ tag: UInt32) -> Bool { vr(Tag(tag)) == .SQ }
}
