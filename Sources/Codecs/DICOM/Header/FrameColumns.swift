/// Which columns of a row that stands for a frame are found in functional groups, by tag.
final class FrameColumns: @unchecked Sendable {
    /// By hash: place among `tags` + 1; 0: none.
    private let table: UnsafeMutablePointer<UInt8>
    private let tags: UnsafeMutablePointer<UInt32>
    private let columns: UnsafeMutablePointer<Int>
    private let count: Int
    /// Columns by path, looked for in the frame's groups first.
    let paths: [(column: Int, path: ElementPath)]
    /// Columns with the number of the frame.
    let numbers: [Int]
    /// Column of the Image Position, where there is one.
    let position: Int?
    /// The first column that a frame may have of its own.
    let first: Int

    private static let bits: UInt32 = 10
    /// What identifies the instance is never a frame's.
    private static let ofInstance: Set<Tag> = [
        .sopInstanceUID, .seriesInstanceUID, .studyInstanceUID, .sopClassUID, .numberOfFrames, .patientID, .patientName,
        .transferSyntaxUID, .specificCharacterSet,
    ]
    /// Sequences within functional groups that hold what columns show: Diffusion Gradient Direction Sequence, Anatomic Region
    /// Sequence.
    @inline(__always) static func isInner(_ tag: UInt32) -> Bool { tag == 0x0018_9076 || tag == 0x0008_2218 }

    init(_ all: IndexColumns) {
        var found: [(tag: UInt32, column: Int)] = []
        var paths: [(column: Int, path: ElementPath)] = []
        var numbers: [Int] = []
        for (column, source) in all.columns.map(\.source).enumerated() where all.areOfFrames {
            switch source {
            case .element(let tag) where !Self.ofInstance.contains(tag) && found.count < 250:
                found.append((tag.number, column))
            case .path(let path): paths.append((column, path))
            case .frameNumber: numbers.append(column)
            case .element, .privateElement: break
            }
        }
        count = found.count
        table = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << Self.bits)
        table.initialize(repeating: 0, count: 1 << Self.bits)
        tags = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, count))
        columns = UnsafeMutablePointer<Int>.allocate(capacity: max(1, count))
        for (place, entry) in found.enumerated() {
            tags[place] = entry.tag
            columns[place] = entry.column
            var hash = Self.hash(entry.tag)
            while table[hash] != 0 { hash = (hash + 1) & (1 << Int(Self.bits) - 1) }
            table[hash] = UInt8(truncatingIfNeeded: place + 1)
        }
        first = (found.map(\.column) + paths.map(\.column) + numbers).min() ?? all.count
        self.paths = paths
        self.numbers = numbers
        position = found.first { $0.tag == Tag.imagePositionPatient.number }?.column
    }

    deinit {
        table.deallocate()
        tags.deallocate()
        columns.deallocate()
    }

    @inline(__always) private static func hash(_ tag: UInt32) -> Int {
        Int((tag &* 0x9E37_79B1) >> (32 - bits))
    }

    /// Column of an element; nil where it has none.
    @inline(__always) func column(_ tag: UInt32) -> Int? {
        var hash = Self.hash(tag)
        while table[hash] != 0 {
            let place = Int(table[hash]) &- 1
            if tags[place] == tag { return columns[place] }
            hash = (hash &+ 1) & (1 << Int(Self.bits) &- 1)
        }
        return nil
    }
}
