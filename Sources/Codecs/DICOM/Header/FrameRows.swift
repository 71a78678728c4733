/// What rows of the frames of one image have in common, as it was written last: the path and the columns before the first one
/// that a frame may have of its own, and cells that say the same as in the frame before. Nearly all do.
///
/// Belongs to a reader and to the form that wrote with it last; a new image or another form begins anew.
final class FrameRows: @unchecked Sendable {
    /// What one column said last.
    struct Cell {
        /// Bytes of the value; -1: nothing is remembered.
        var length: Int32 = -1
        var vr = VR.UN
        var flags: HeaderSlot.Flags = []
        /// Bytes that were written for it.
        var count: UInt8 = 0
    }

    /// Values up to this many bytes are remembered; what was written for them, with what stands before it.
    static let mostValue = 64
    static let mostText = 160
    /// A value, then what was written for it; the latter is copied by 32 bytes at a time.
    private static let stride = mostValue + mostText

    private let cells: UnsafeMutablePointer<Cell>
    private let memory: UnsafeMutableRawPointer
    private let columns: Int
    /// What stands between the cells of the form that writes.
    private var frame: RowFrame?
    private var path: [UInt8] = []
    private(set) var isPathText = true
    /// The row up to the first column that is a frame's; empty: not written yet.
    private var beginning: [UInt8] = []

    init(columns: Int) {
        self.columns = columns
        cells = .allocate(capacity: max(1, columns))
        cells.initialize(repeating: Cell(), count: columns)
        memory = .allocate(byteCount: columns * Self.stride + 32, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: columns * Self.stride + 32)
    }

    deinit {
        cells.deallocate()
        memory.deallocate()
    }

    /// Forgets what was written.
    func begin() {
        frame = nil
        beginning.removeAll(keepingCapacity: true)
        cells.update(repeating: Cell(), count: columns)
    }

    /// Appends the beginning of a row as it was before; false when there is none for this form and path.
    @inline(__always) func putBeginning(
        _ path: UnsafeRawBufferPointer, _ frame: RowFrame, to buffer: inout RowBuffer
    ) -> Bool {
        guard self.frame === frame, !beginning.isEmpty, self.path.count == path.count else { return false }
        guard self.path.withUnsafeBytes({ Self.isEqual($0, path) }) else { return false }
        buffer.append(beginning)
        return true
    }

    /// Compares as many bytes of two paths as the first one has.
    private static func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        while place &+ 8 <= left.count {
            if left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            {
                return false
            }
            place &+= 8
        }
        while place < left.count {
            if left[place] != right[place] { return false }
            place &+= 1
        }
        return true
    }

    /// Remembers the beginning of a row.
    func keepBeginning(
        _ path: UnsafeRawBufferPointer, _ frame: RowFrame, isPathText: Bool, _ row: UnsafeRawBufferPointer
    ) {
        if self.frame !== frame { begin() }
        self.frame = frame
        self.path = [UInt8](path)
        self.isPathText = isPathText
        beginning = [UInt8](row)
    }

    /// Writes a cell and what stands before it as it was written before; nil when the value is another. At most `mostText` + 31 bytes are written over.
    @inline(__always) func put(
        _ column: Int, _ slot: HeaderSlot, limit: UnsafeRawPointer, to output: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        let cell = cells[column]
        guard cell.length == Int32(truncatingIfNeeded: slot.length), cell.vr == slot.vr, cell.flags == slot.flags,
            let start = slot.start
        else { return nil }
        let kept = UnsafeRawPointer(memory + column &* Self.stride)
        let count = Int(cell.length)
        var place = 0
        var differs: UInt64 = 0
        while place &+ 8 <= count {
            differs |=
                start.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                ^ kept.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            place &+= 8
        }
        if place < count {
            guard limit - start >= place &+ 8 else { return nil }
            let mask: UInt64 = (1 &<< UInt64(truncatingIfNeeded: (count &- place) &* 8)) &- 1
            let left = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let right = UInt64(littleEndian: kept.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            differs |= (left ^ right) & mask
        }
        if differs != 0 { return nil }
        let text = kept + Self.mostValue
        var copied = 0
        repeat {
            typealias Chunk = SIMD32<UInt8>
            output.storeBytes(
                of: text.loadUnaligned(fromByteOffset: copied, as: Chunk.self), toByteOffset: copied, as: Chunk.self)
            copied &+= 32
        } while copied < Int(cell.count)
        return output + Int(cell.count)
    }

    /// Remembers what was written for a value.
    @inline(__always) func keep(_ column: Int, _ slot: HeaderSlot, _ text: UnsafeRawBufferPointer) {
        guard let start = slot.start, slot.length <= Self.mostValue, text.count <= Self.mostText, slot.vr != .SQ else {
            cells[column].length = -1
            return
        }
        let kept = memory + column &* Self.stride
        kept.copyMemory(from: start, byteCount: Int(slot.length))
        if let base = text.baseAddress { (kept + Self.mostValue).copyMemory(from: base, byteCount: text.count) }
        cells[column] = Cell(
            length: Int32(truncatingIfNeeded: slot.length), vr: slot.vr, flags: slot.flags,
            count: UInt8(truncatingIfNeeded: text.count))
    }
}
