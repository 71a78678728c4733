extension HeaderReader {
    /// Frames without functional groups: as many as Number of Frames says.
    mutating func readPlainFrames(
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int, _ body: (borrowing HeaderReader) -> Void
    ) -> HeaderOutcome {
        let count = max(1, plan.slot(of: .numberOfFrames).flatMap { integer(ofSlot: $0) } ?? 1)
        // A number without frames behind it would be rows without end: each frame has at least a byte.
        if count > prefix.count, !hasByte(at: count - 1, fetch) || count > HeaderFrames.most {
            return .fault(
                DICOMFault(
                    .value, at: 0, tag: .numberOfFrames, "\(count) frames in a file that cannot hold them",
                    cure: "no frame is listed"))
        }
        let positions = gridPositions(count)
        let mark = store.mark
        for number in 1...count {
            store.takeBack(to: mark)
            beginFrame(number)
            if let column = plan.frameColumns.position, number <= positions.count {
                let (start, length) = Array(positions[number - 1].utf8).withUnsafeBytes { store.keep($0) }
                frameSlots[column] = HeaderSlot(
                    start: start, length: UInt32(truncatingIfNeeded: length), items: 0, vr: .DS, flags: .isKept)
            }
            body(self)
        }
        return .read
    }

    private func hasByte(at offset: Int, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int) -> Bool {
        if isPrefixWhole { return false }
        return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { fetch(offset, $0) } > 0
    }

    /// A number of the top level.
    private func integer(ofSlot place: Int) -> Int? {
        let slot = slots[place]
        guard slot.start != nil else { return nil }
        if slot.vr.isString { return DICOMNumber.integer(String(decoding: slot.bytes, as: UTF8.self)) }
        return DataSet(elements: [Element(.numberOfFrames, slot.vr, bytes: [UInt8](slot.bytes))]).integer(
            .numberOfFrames)
    }

    /// Image Position of each frame of a dose: that of the first one moved along the normal of the planes. Offsets count from
    /// the first frame, whose own is 0 or the position itself (PS3.3 C.8.8.3.2). None where one of the three is missing.
    private func gridPositions(_ count: Int) -> [String] {
        func decimals(_ tag: Tag) -> [Double] {
            guard let place = plan.slot(of: tag), slots[place].start != nil, slots[place].vr == .DS else { return [] }
            let text = String(decoding: slots[place].bytes, as: UTF8.self)
            return text.split(separator: "\\").compactMap { DICOMNumber.decimal(String($0)) }
        }
        guard let place = plan.slot(of: HeaderFrames.gridOffsets), slots[place].length > 0 else { return [] }
        let offsets = decimals(HeaderFrames.gridOffsets)
        let origin = decimals(.imagePositionPatient)
        let axes = decimals(.imageOrientationPatient)
        guard offsets.count == count, origin.count == 3, axes.count == 6, let first = offsets.first else { return [] }
        let normal = [
            axes[1] * axes[5] - axes[2] * axes[4], axes[2] * axes[3] - axes[0] * axes[5],
            axes[0] * axes[4] - axes[1] * axes[3],
        ]
        return offsets.map { offset in
            (0..<3).map { DICOMNumber.decimalString(origin[$0] + (offset - first) * normal[$0]) ?? "" }
                .joined(separator: "\\")
        }
    }

    /// Frames of a file that had to be read as a whole.
    mutating func readFrames(of set: DataSet, _ body: (borrowing HeaderReader) -> Void) -> HeaderOutcome {
        if let shared = set.item(HeaderFrames.shared) { readGroups(shared, into: sharedSlots) }
        let items = set.items(HeaderFrames.perFrame)
        if items.isEmpty { return readPlainFrames({ _, _ in 1 }, body) }
        let mark = store.mark
        for (place, item) in items.enumerated() {
            store.takeBack(to: mark)
            beginFrame(place + 1)
            readGroups(item, into: frameSlots)
            body(self)
        }
        return .read
    }

    private mutating func readGroups(_ item: DataSet, into cells: UnsafeMutablePointer<HeaderSlot>) {
        for group in item.elements {
            guard !group.tag.isPrivate, case .items(let items) = group.value, let inner = items.first else { continue }
            readGroup(inner, 0, into: cells)
        }
        for (column, path) in plan.frameColumns.paths {
            guard let (set, tag) = item.find(path), let element = set[tag] else { continue }
            keep(element, in: &cells[column])
        }
    }

    private mutating func readGroup(_ group: DataSet, _ depth: Int, into cells: UnsafeMutablePointer<HeaderSlot>) {
        for element in group.elements {
            if let column = plan.frameColumns.column(element.tag.number) {
                keep(element, in: &cells[column])
            } else if depth == 0, FrameColumns.isInner(element.tag.number),
                case .items(let items) = element.value,
                let inner = items.first
            {
                readGroup(inner, 1, into: cells)
            }
        }
    }

    private mutating func keep(_ element: Element, in cell: inout HeaderSlot) {
        switch element.value {
        case .bytes(let bytes):
            let vr = element.effectiveVR
            if vr == .SQ { return }
            let (start, count) = bytes.prefix(Self.longestValue).withUnsafeBytes { store.keep($0) }
            cell = HeaderSlot(
                start: start, length: UInt32(truncatingIfNeeded: count), items: 0, vr: vr,
                flags: count < bytes.count ? [.isKept, .isCut] : .isKept)
            if vr.isString, !HeaderReader.isPlain(cell.bytes) { _ = convert(&cell, by: usedCharacterSet) }
        case .items, .fragments: return
        }
    }
}
