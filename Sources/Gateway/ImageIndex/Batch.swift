import DICOM
import Glibc

/// Some files that stand beside each other in the walk: what a worker takes at once, and what it found of them.
///
/// Belongs to one thread at a time: the one that walks, then a worker, then the one that writes. Used again and again.
final class Batch: @unchecked Sendable {
    /// Files a batch.
    static let capacity = 64
    /// Folders a batch: each is an open descriptor.
    static let folderCapacity = 16

    /// A file as the walk met it, and what became of it.
    struct Entry {
        /// Place in `folders`.
        var folder: Int
        /// Offset in `names`.
        var name: Int
        /// Bytes, without the NUL at their end.
        var length: Int
        /// The walk was told this path: it is there or the request is wrong.
        var isNamed = false
        /// Why it cannot be read; nil: it can.
        var problem: WalkProblem?
        var action = Action.read
        /// As it is; only where the run keeps stamps.
        var stamp = FileStamp(size: 0, modified: 0, inode: 0)
        /// Bytes of rows before this file's, those written out already included.
        var start = 0
        /// Faults and marks of the batch before this file's.
        var firstFault = 0
        var firstMark = 0
        /// Rows of the batch before this file's.
        var firstRow = 0
        /// Where its rows begin in the output; set by the writer.
        var place: Int64 = 0
        /// Too much came of it (a large archive) to be kept with the state: it is read again the next time.
        var isForgotten = false
    }

    enum Action: UInt8 {
        /// Its beginning is read.
        case read
        /// Its rows are taken over.
        case unchanged
        /// Left out by `since`.
        case older
        /// A fault instead of a row.
        case fault
    }

    /// Place of the batch in the order of the output.
    var ticket = 0
    private(set) var folders: [Folder] = []
    var entries: [Entry] = []
    /// What an earlier run knows of each entry; empty when nothing is known of any.
    var known: [KnownFile?] = []
    private(set) var names = UnsafeMutablePointer<CChar>.allocate(capacity: 1 << 14)
    private var namesCapacity = 1 << 14
    private var namesCount = 0

    /// Rows not written out yet.
    var rows = RowBuffer(capacity: 0)
    /// Bytes of rows written out before the batch was finished.
    var flushed = 0
    var faults: [FileFault] = []
    var marks: [InstanceMark] = []
    var counts = BatchCounts()
    /// The entry that is being read.
    var current = 0
    /// Entries whose beginning in the output is known, and those that are recorded; of the writer.
    var emitted = 0
    var recorded = 0
    /// Faults that are in the errors file.
    var faultsTold = 0

    init() {
        entries.reserveCapacity(Self.capacity)
        marks.reserveCapacity(Self.capacity)
    }

    deinit { names.deallocate() }

    func reset() {
        folders.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        known.removeAll(keepingCapacity: true)
        faults.removeAll()
        marks.removeAll(keepingCapacity: true)
        rows.removeAll()
        namesCount = 0
        flushed = 0
        counts = BatchCounts()
        current = 0
        emitted = 0
        recorded = 0
        faultsTold = 0
    }

    /// Whether one more file of a folder fits.
    @inline(__always) func hasRoom(for folder: Folder) -> Bool {
        if entries.count >= Self.capacity { return false }
        return folders.count < Self.folderCapacity || folders.last === folder
    }

    /// Adds a file; room was asked for.
    func add(
        _ folder: Folder, _ name: UnsafeRawBufferPointer, isNamed: Bool = false, problem: WalkProblem? = nil
    ) {
        if folders.last !== folder { folders.append(folder) }
        if namesCount + name.count + 1 > namesCapacity { growNames(name.count + 1) }
        if let start = name.baseAddress {
            UnsafeMutableRawPointer(names + namesCount).copyMemory(from: start, byteCount: name.count)
        }
        names[namesCount + name.count] = 0
        var entry = Entry(folder: folders.count - 1, name: namesCount, length: name.count)
        entry.isNamed = isNamed
        entry.problem = problem
        if problem != nil { entry.action = .fault }
        entries.append(entry)
        namesCount += name.count + 1
    }

    private func growNames(_ more: Int) {
        let capacity = max(namesCapacity * 2, namesCount + more)
        let grown = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
        grown.update(from: names, count: namesCount)
        names.deallocate()
        names = grown
        namesCapacity = capacity
    }

    /// Bytes of a name.
    func name(_ entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: names + entry.name, count: entry.length)
    }

    /// Closes the folders once all is read.
    ///
    /// - Parameter keepsPaths: the writer asks for their paths.
    func closeFolders(keepsPaths: Bool) {
        if keepsPaths {
            for place in folders.indices { folders[place] = folders[place].closed }
        } else {
            folders.removeAll(keepingCapacity: true)
        }
    }
}

/// What the walk itself found wrong.
enum WalkProblem: Equatable {
    /// A call failed with this number.
    case failed(errno: Int32)
    /// A FIFO, a socket or a device.
    case notRegular
    /// More folders in each other than are walked.
    case tooDeep
    /// The path is the output or another file that this run writes.
    case ours
}

/// Counts of a batch, added to the summary when it is written.
struct BatchCounts {
    var files = 0
    var read = 0
    var rows = 0
    var unchanged = 0
    var changed = 0
    var new = 0
    var older = 0
    var bytesRead: Int64 = 0
}
