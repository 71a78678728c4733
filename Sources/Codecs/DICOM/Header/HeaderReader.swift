/// Reads the values of chosen elements from the beginnings of many files, one after the other: the hot path of an index and of
/// every instance that arrives.
///
/// Made once for its columns, used for file after file by one thread. A usual file (PS3.10, little endian, its header in the
/// prefix) is passed over once, from element to element by their lengths; nothing is allocated, and a value stays where it is
/// until a row is written. Headers that are longer than the prefix are read through a window of fixed size; what is rare (big
/// endian, deflated, no preamble, representations that are none, odd structure) is left to `DICOMFile.read`, with the same
/// cells as its result.
///
/// Only the top level counts, unless a column is a path. An element that is there twice counts once, the first time. Elements
/// out of order are found as far as the bytes at hand go; from the first one on, up to the pixel data.
public struct HeaderReader: ~Copyable, @unchecked Sendable {
    /// The columns it reads.
    public let columns: IndexColumns
    let choice: CharacterSetChoice
    let plan: HeaderPlan
    /// One for each of `plan.tags`, then one for each column that is none of these.
    let slots: UnsafeMutablePointer<HeaderSlot>
    /// Cells of a row that stands for a frame, by column; and those that all frames have.
    let frameSlots: UnsafeMutablePointer<HeaderSlot>
    let sharedSlots: UnsafeMutablePointer<HeaderSlot>
    let frameRows: FrameRows
    let frameOrder: FrameOrder
    var frames = HeaderFrames()
    var isAtFrame = false
    var store = HeaderStore()
    var window = HeaderWindow()
    /// Blocks of the private creators of `plan.specials` in this file; 0: not met.
    var privateBlocks: [UInt16]
    /// Where reading the prefix by eight bytes has to stop.
    var prefixLimit: UnsafeRawPointer?
    var prefix = UnsafeRawBufferPointer(start: nil, count: 0)
    var isPrefixWhole = false
    /// The file had so many bytes when a window was moved.
    var seen = 0
    var text: HeaderText
    var notes = HeaderNotes()

    /// A reader for columns.
    ///
    /// - Parameter characterSet: by what text is read; `.detect` looks at the text of the columns.
    public init(columns: IndexColumns, characterSet: CharacterSetChoice = .detect) {
        self.columns = columns
        choice = characterSet
        plan = HeaderPlan(columns)
        let count = plan.slotCount
        slots = UnsafeMutablePointer<HeaderSlot>.allocate(capacity: count)
        slots.initialize(repeating: .absent, count: count)
        frameSlots = UnsafeMutablePointer<HeaderSlot>.allocate(capacity: max(1, columns.count))
        frameSlots.initialize(repeating: .absent, count: columns.count)
        sharedSlots = UnsafeMutablePointer<HeaderSlot>.allocate(capacity: max(1, columns.count))
        sharedSlots.initialize(repeating: .absent, count: columns.count)
        frameRows = FrameRows(columns: columns.areOfFrames ? columns.count : 0)
        frameOrder = FrameOrder(plan.frameColumns)
        privateBlocks = [UInt16](repeating: 0, count: plan.specials.count)
        text = HeaderText(characterSet)
    }

    deinit {
        slots.deallocate()
        frameSlots.deallocate()
        sharedSlots.deallocate()
    }

    /// Reads a header. The cells are valid until the next call, and as long as the prefix is.
    ///
    /// - Parameters:
    ///   - prefix: the first bytes of the file; 8 KiB hold nearly every header of one frame.
    ///   - isWholeFile: the prefix ends where the file ends.
    ///   - fetch: reads bytes of the file from an offset into a buffer and returns how many; 0 at the end of the file,
    ///     negative (-errno) on an error. Called only when the prefix is not enough.
    /// - Returns: `.fault` with the offset in the file when it is not DICOM, ends before all that is wanted was passed, cannot
    ///   be read, or needs more than is allowed.
    public mutating func read(
        _ prefix: UnsafeRawBufferPointer, isWholeFile: Bool, fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> HeaderOutcome {
        clear()
        prefixLimit = prefix.baseAddress.map { $0 + prefix.count }
        self.prefix = prefix
        isPrefixWhole = isWholeFile
        seen = prefix.count
        guard let base = prefix.baseAddress, !plan.hasPrivatePaths else {
            return readWhole(prefix, isWholeFile, fetch)
        }
        switch scan(base, prefix.count, isWholeFile, fetch) {
        case .done:
            if plan.hasPaths, !findPaths() {
                clear()
                return readWhole(prefix, isWholeFile, fetch)
            }
            settleText()
            return .read
        case .fault(let fault): return .fault(fault)
        case .unusual:
            clear()
            return readWhole(prefix, isWholeFile, fetch)
        }
    }

    /// By `DICOMFile.read`, whatever the file is: the slow path by itself.
    mutating func readWhole(
        _ prefix: UnsafeRawBufferPointer, _ isWholeFile: Bool, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> HeaderOutcome {
        if let fault = readSlowly(prefix, isWholeFile, fetch) { return .fault(fault) }
        settleText()
        return .read
    }

    private mutating func scan(
        _ base: UnsafeRawPointer, _ count: Int, _ isWholeFile: Bool,
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> HeaderCursor.Outcome {
        let plan = plan
        return plan.wanted.withUnsafeBufferPointer { wanted in
            plan.representations.withUnsafeBufferPointer { representations in
                guard let wanted = wanted.baseAddress, let representations = representations.baseAddress else {
                    return .unusual
                }
                var cursor = HeaderCursor(
                    base: base, count: count, isLast: isWholeFile, wanted: wanted, slots: slots,
                    representations: representations, table: plan.table,
                    representationTable: plan.representationTable, last: plan.last)
                cursor.privateStart = plan.privateGroups.first.map { UInt32($0) << 16 } ?? UInt32.max
                let outcome = cursor.run(&self, fetch)
                if cursor.isImplicit { settleSignedness() }
                return outcome
            }
        }
    }

    /// US becomes SS where Pixel Representation says so; only where the file has no representations.
    private mutating func settleSignedness() {
        guard let place = plan.pixelRepresentationSlot else { return }
        let bytes = slots[place].bytes
        guard bytes.count >= 2, bytes.loadUnaligned(as: UInt16.self).littleEndian == 1 else { return }
        for place in plan.areSignedByPixels.indices
        where plan.areSignedByPixels[place] && slots[place].vr == .US {
            slots[place].vr = .SS
        }
    }

    /// Copies a value that does not stay where it is, or the beginning of a long one.
    mutating func keep(_ place: Int, _ bytes: UnsafeRawBufferPointer, _ vr: VR) {
        let (start, count) = store.keep(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.longestValue)))
        let isCut = count < bytes.count
        if isCut { notes.cut(place) }
        slots[place] = HeaderSlot(
            start: start, length: UInt32(truncatingIfNeeded: count), items: 0, vr: vr,
            flags: isCut ? [.isKept, .isCut] : .isKept)
    }

    /// Takes the items of a sequence that columns by path look into.
    mutating func take(_ place: Int, _ bytes: UnsafeRawBufferPointer, _ stays: Bool) {
        var bytes = bytes
        if !stays {
            let (start, count) = store.keep(bytes)
            guard count == bytes.count else {
                notes.cut(place)
                slots[place].flags.insert(.isCut)
                return
            }
            bytes = UnsafeRawBufferPointer(start: start, count: count)
            slots[place].flags.insert(.isKept)
        }
        slots[place].start = bytes.baseAddress
        slots[place].length = UInt32(truncatingIfNeeded: bytes.count)
    }

    /// True for the creator of a private block.
    static func isCreator(_ value: UnsafeRawBufferPointer, _ creator: String) -> Bool {
        var end = value.count
        while end > 0, value[end - 1] == 0 || value[end - 1] == 0x20 { end -= 1 }
        var start = 0
        while start < end, value[start] == 0x20 { start += 1 }
        return value[start..<end].elementsEqual(creator.utf8)
    }

    mutating func clear() {
        isAtFrame = false
        frames = HeaderFrames()
        window.begin()
        for place in privateBlocks.indices { privateBlocks[place] = 0 }
        slots.update(repeating: .absent, count: plan.slotCount)
        store.removeAll()
        notes.clear()
    }

    /// Cell of a column.
    @inline(__always) func slot(_ column: Int) -> HeaderSlot {
        isAtFrame ? frameSlots[column] : slots[Int(plan.slotOfColumn[column])]
    }

    /// Where reading the bytes of a cell by eight bytes has to stop.
    @inline(__always) func limit(_ slot: HeaderSlot) -> UnsafeRawPointer? {
        slot.flags.contains(.isKept) ? store.limit : prefixLimit
    }
}

/// How reading a header ended.
public enum HeaderOutcome: Sendable, Equatable {
    /// The cells are there.
    case read
    /// There are none; why.
    case fault(DICOMFault)
}
