/// The elements of the functional groups of the frame before, in their order: the next frame is mostly laid out alike, and
/// what an element is for is then known without looking for it.
final class FrameOrder: @unchecked Sendable {
    /// What is known of an element: its column; -1: none.
    private struct Entry {
        var tag: UInt32
        var column: Int32
    }

    private static let most = 512
    private let entries: UnsafeMutablePointer<Entry>
    private let columns: FrameColumns
    private var next = 0

    init(_ columns: FrameColumns) {
        self.columns = columns
        entries = .allocate(capacity: Self.most)
        // Tag 0 is no element of a group; it has no column either.
        entries.initialize(repeating: Entry(tag: 0, column: -1), count: Self.most)
    }

    deinit { entries.deallocate() }

    /// The next element is the first one of a frame.
    func begin() { next = 0 }

    /// Column of the next element; nil where it has none.
    @inline(__always) func column(_ tag: UInt32) -> Int? {
        let place = next & (Self.most &- 1)
        next &+= 1
        if entries[place].tag != tag { learn(tag, place) }
        let column = entries[place].column
        return column < 0 ? nil : Int(column)
    }

    @inline(never) private func learn(_ tag: UInt32, _ place: Int) {
        entries[place] = Entry(tag: tag, column: columns.column(tag).map { Int32(truncatingIfNeeded: $0) } ?? -1)
    }
}
