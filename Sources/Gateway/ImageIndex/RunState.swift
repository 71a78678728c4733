import DICOM
import Synchronization

/// What the threads of a run share.
final class RunState: @unchecked Sendable {
    /// Rows of one batch that are written before it is finished when they come to more, in bytes.
    static let largestPiece = 1 << 20
    /// A slow batch writes what it has after this time, in nanoseconds.
    private static let longestWait = 200_000_000

    let request: IndexRequest
    let columns: IndexColumns
    let form: RowForm
    let output: OrderedOutput
    /// In nanoseconds since 1970.
    let since: Int64?
    /// An earlier run is asked for each file.
    let resumes: Bool
    /// Size and time of each file are taken.
    let keepsStamps: Bool
    /// The writer asks for folders and names.
    let keepsRecords: Bool
    let usedRing = Atomic<Bool>(false)
    private let filesDone = Atomic<Int>(0)
    private let filesMet = Atomic<Int>(0)
    private let bytesRead = Atomic<Int>(0)
    private let lastPiece = Atomic<Int>(MonotonicClock.now)
    private let stopping: StopFlag
    private let gate = Gate()
    private let walk: Walk
    private let known: (any KnownFiles)?
    private var nextTicket = 0

    init(
        _ request: IndexRequest, form: RowForm, output: OrderedOutput, walk: Walk, known: (any KnownFiles)?,
        keepsRecords: Bool, stopping: StopFlag
    ) {
        self.request = request
        columns = request.columns
        self.form = form
        self.output = output
        self.walk = walk
        self.known = known
        self.keepsRecords = keepsRecords
        self.stopping = stopping
        since = request.since.map { $0.multipliedReportingOverflow(by: 1_000_000_000) }.map { product in
            product.overflow ? (product.partialValue < 0 ? Int64.max : Int64.min) : product.partialValue
        }
        resumes = known != nil
        var isEvents = false
        if case .events = form { isEvents = true }
        keepsStamps = request.since != nil || keepsRecords || known != nil || isEvents
    }

    var isStopped: Bool { stopping.isSet }

    /// Takes the next files of the walk; false when there are none, and when the run is stopped.
    func fill(_ batch: Batch) -> Bool {
        gate.holding {
            guard !isStopped else { return false }
            batch.reset()
            walk.fill(batch)
            guard !batch.entries.isEmpty else { return false }
            batch.ticket = nextTicket
            nextTicket += 1
            filesMet.add(batch.entries.count, ordering: .relaxed)
            if let known {
                for entry in batch.entries {
                    batch.known.append(
                        entry.action != .read
                            ? nil
                            : batch.folders[entry.folder].path.withUnsafeBytes {
                                known.known(folder: $0, name: batch.name(entry))
                            })
                }
            }
            return true
        }
    }

    /// Lets the progress know of a batch.
    func count(_ counts: BatchCounts, entries: Int) {
        filesDone.add(entries, ordering: .relaxed)
        bytesRead.add(Int(clamping: counts.bytesRead), ordering: .relaxed)
        lastPiece.store(MonotonicClock.now, ordering: .relaxed)
    }

    /// Writes what a batch has when nothing was written for a while and it is its turn.
    func flushWhenLate(_ batch: Batch) {
        guard !batch.rows.isEmpty,
            MonotonicClock.now - lastPiece.load(ordering: .relaxed) > Self.longestWait, output.isTurn(of: batch)
        else { return }
        output.flush(batch)
        lastPiece.store(MonotonicClock.now, ordering: .relaxed)
    }

    /// Files met, files done, bytes read.
    var progress: (met: Int, done: Int, bytes: Int) {
        (filesMet.load(ordering: .relaxed), filesDone.load(ordering: .relaxed), bytesRead.load(ordering: .relaxed))
    }
}

/// Set once, from any thread.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
