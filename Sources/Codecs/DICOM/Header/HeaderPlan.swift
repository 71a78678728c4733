/// What a reader looks for, worked out once from its columns.
final class HeaderPlan: @unchecked Sendable {
    /// A column that is no element of the top level by its tag.
    struct Special: Sendable {
        var column: Int
        var slot: Int
        var source: IndexColumns.Source
        /// Slot of the sequence that a path begins with; -1: none.
        var sequenceSlot = -1
    }

    /// Table of representations (`HeaderWord.kind`).
    let table: UnsafeMutablePointer<UInt8>
    /// Wanted tags in order, each once.
    let tags: [Tag]
    /// Their numbers, closed by the group of the pixel data.
    let wanted: [UInt32]
    /// Representations of the dictionary, UN for private elements.
    let representations: [VR]
    /// True where Pixel Representation decides between US and SS.
    let areSignedByPixels: [Bool]
    /// Slot of each column.
    let slotOfColumn: UnsafeMutablePointer<UInt16>
    let columnCount: Int
    /// By the same place as in `table`.
    let representationTable: UnsafeMutablePointer<VR>
    /// Columns by private creator, by path, and frame numbers.
    let specials: [Special]
    let slotCount: Int
    /// The last tag that has to be passed.
    let last: UInt32
    /// The sequence of the frames' functional groups; `UInt32.max` where rows are no frames.
    let framesTag: UInt32
    let frameColumns: FrameColumns
    /// Slots of elements that reading needs for itself.
    let syntaxSlot: Int
    let characterSetSlot: Int
    let pixelRepresentationSlot: Int?
    /// Slots of what every instance has (type 1 of SOP Common, General Study and General Series), as far as it is wanted.
    let identifiers: [Int]
    /// Odd groups in which creators are to be looked for.
    let privateGroups: [UInt16]
    /// True for the sequences that columns by path look into.
    let isSequenceOfPath: [Bool]
    /// Wanted elements that may be sequences.
    let sequences: Set<UInt32>
    /// Columns whose path begins with a private sequence: read by whole reading.
    let hasPrivatePaths: Bool
    let hasPaths: Bool

    /// Slot of a wanted element.
    func slot(of tag: Tag) -> Int? { tags.firstIndex(of: tag) }

    init(_ columns: IndexColumns) {
        var all: Set<Tag> = [.transferSyntaxUID, .specificCharacterSet]
        var groups: Set<UInt16> = []
        for column in columns.columns {
            switch column.source {
            case .element(let tag): all.insert(tag)
            case .privateElement(let group, _, _): groups.insert(group)
            case .path(let path):
                switch path.sequences.first?.step {
                case .tag(let tag)?: all.insert(tag)
                case .privateElement(let group, _, _)?: groups.insert(group)
                case nil: break
                }
            case .frameNumber: break
            }
        }
        if columns.areOfFrames {
            all.formUnion([
                .numberOfFrames, HeaderFrames.shared, HeaderFrames.perFrame, HeaderFrames.gridOffsets,
                .imagePositionPatient, .imageOrientationPatient,
            ])
        }
        let signed = all.filter { DataDictionary.entry($0)?.isSignedByPixelRepresentation == true }
        if !signed.isEmpty { all.insert(.pixelRepresentation) }
        let tags = all.sorted()
        func place(_ tag: Tag) -> Int { tags.firstIndex(of: tag) ?? 0 }
        var specials: [Special] = []
        var slotOfColumn: [UInt16] = []
        for (column, source) in columns.columns.map(\.source).enumerated() {
            if case .element(let tag) = source {
                slotOfColumn.append(UInt16(truncatingIfNeeded: place(tag)))
            } else {
                let slot = tags.count + specials.count
                var special = Special(column: column, slot: slot, source: source)
                if case .path(let path) = source, case .tag(let tag)? = path.sequences.first?.step {
                    special.sequenceSlot = place(tag)
                }
                specials.append(special)
                slotOfColumn.append(UInt16(truncatingIfNeeded: slot))
            }
        }
        self.tags = tags
        wanted = tags.map(\.number) + [HeaderCursor.pixelData]
        representations = tags.map { DataDictionary.vr($0) ?? .UN }
        areSignedByPixels = tags.map { signed.contains($0) }
        columnCount = columns.count
        self.slotOfColumn = UnsafeMutablePointer<UInt16>.allocate(capacity: max(1, columnCount))
        for (column, slot) in slotOfColumn.enumerated() { self.slotOfColumn[column] = slot }
        representationTable = HeaderWord.makeRepresentations()
        self.specials = specials
        slotCount = tags.count + specials.count
        let lastGroup = groups.max().map { UInt32($0) << 16 | 0xFFFF } ?? 0
        last = max(tags.last?.number ?? 0, lastGroup)
        syntaxSlot = place(.transferSyntaxUID)
        characterSetSlot = place(.specificCharacterSet)
        pixelRepresentationSlot = signed.isEmpty ? nil : place(.pixelRepresentation)
        identifiers = [Tag.sopInstanceUID, .studyInstanceUID, .seriesInstanceUID].compactMap { tags.firstIndex(of: $0) }
        privateGroups = groups.sorted()
        let paths = specials.compactMap { special -> ElementPath? in
            if case .path(let path) = special.source { path } else { nil }
        }
        isSequenceOfPath = tags.map { tag in
            columns.areOfFrames && tag == HeaderFrames.shared
                || paths.contains { path in
                    if case .tag(tag)? = path.sequences.first?.step { true } else { false }
                }
        }
        hasPrivatePaths = paths.contains { path in
            if case .privateElement? = path.sequences.first?.step { true } else { false }
        }
        sequences = Set(tags.map(\.number))
        framesTag = columns.areOfFrames ? HeaderFrames.perFrame.number : UInt32.max
        frameColumns = FrameColumns(columns)
        table = HeaderWord.makeTable()
        hasPaths = specials.contains { if case .path = $0.source { true } else { false } }
    }

    deinit {
        table.deallocate()
        representationTable.deallocate()
        slotOfColumn.deallocate()
    }
}
