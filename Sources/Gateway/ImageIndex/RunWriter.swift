import DICOM

/// Writes batches, one at a time, in order: rows, faults, what is kept for the next run; and counts.
final class RunWriter: @unchecked Sendable {
    private let output: TextOutput?
    private let sink: (any RowSink)?
    private let errors: ErrorsFile?
    private let state: StateWriter?
    private let keepsRecords: Bool
    private var total = RunCounts()
    private(set) var fault: IndexFault?

    init(
        output: TextOutput?, sink: (any RowSink)?, errors: ErrorsFile?, state: StateWriter?
    ) {
        self.output = output
        self.sink = sink
        self.errors = errors
        self.state = state
        keepsRecords = state != nil
    }

    /// Writes what a batch has; false when that fails, now or earlier.
    func write(_ batch: Batch, isLast: Bool) -> Bool {
        guard fault == nil else {
            // What cannot be written is let go, so that the run ends.
            discard(batch)
            return false
        }
        do {
            try put(batch, isLast: isLast)
        } catch {
            fault = error
            discard(batch)
            return false
        }
        return true
    }

    /// What was counted so far.
    var counts: RunCounts { total }

    private func discard(_ batch: Batch) {
        batch.flushed += batch.rows.count
        batch.rows.removeAll()
        batch.faults.removeAll()
        batch.marks.removeAll()
        batch.faultsTold = 0
    }

    private func put(_ batch: Batch, isLast: Bool) throws(IndexFault) {
        if let sink {
            try batch.rows.withBytes { bytes throws(IndexFault) in
                if !bytes.isEmpty { try sink.take(RowEvents(bytes)) }
            }
        } else if let output {
            if keepsRecords {
                try putEntries(batch, output, isLast: isLast)
            } else {
                try batch.rows.withBytes { bytes throws(IndexFault) in try output.write(bytes) }
            }
        }
        batch.flushed += batch.rows.count
        batch.rows.removeAll()
        if batch.faultsTold < batch.faults.count {
            for fault in batch.faults[batch.faultsTold...] {
                total.errors[fault.reason, default: 0] += 1
                try errors?.add(fault)
            }
            try errors?.flush()
            batch.faultsTold = batch.faults.count
        }
        if let state, let output { try record(batch, state, output, isLast: isLast) } else { countAll(batch) }
        if isLast { total.add(batch.counts) }
    }

    /// Rows of the batch and rows that are taken over, entry by entry.
    private func putEntries(_ batch: Batch, _ output: TextOutput, isLast: Bool) throws(IndexFault) {
        var own = 0
        let last = isLast ? batch.entries.count : min(batch.current + 1, batch.entries.count)
        for index in batch.emitted..<max(batch.emitted, last) {
            let end = batch.entries[index].start - batch.flushed
            if end > own {
                try write(batch, own..<end, output)
                own = end
            }
            batch.entries[index].place = output.position
            if batch.entries[index].action == .unchanged, index < batch.known.count, let known = batch.known[index] {
                try output.carry(known.rows)
            }
        }
        batch.emitted = max(batch.emitted, last)
        if batch.rows.count > own { try write(batch, own..<batch.rows.count, output) }
    }

    private func write(_ batch: Batch, _ range: Range<Int>, _ output: TextOutput) throws(IndexFault) {
        try batch.rows.withBytes { bytes throws(IndexFault) in
            guard range.upperBound <= bytes.count else { return }
            try output.write(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// Counts what is in the batch, and lets it go.
    private func countAll(_ batch: Batch) {
        for mark in batch.marks { total.insert(mark) }
        batch.marks.removeAll(keepingCapacity: true)
        batch.faults.removeAll()
        batch.faultsTold = 0
    }

    /// Keeps what is known now of the files that are done.
    private func record(
        _ batch: Batch, _ state: StateWriter, _ output: TextOutput, isLast: Bool
    ) throws(IndexFault) {
        let done = isLast ? batch.entries.count : batch.current
        for index in batch.recorded..<max(batch.recorded, done) {
            let entry = batch.entries[index]
            // Where the one behind it begins is known: it is done or at hand.
            let following = index + 1 < batch.entries.count ? batch.entries[index + 1] : nil
            let marks = Array(batch.marks[entry.firstMark..<(following?.firstMark ?? batch.marks.count)])
            for mark in marks { total.insert(mark) }
            let faults = Array(batch.faults[entry.firstFault..<(following?.firstFault ?? batch.faults.count)])
            let known = index < batch.known.count ? batch.known[index] : nil
            if let known { state.meet(known) }
            guard entry.action == .read || entry.action == .unchanged, !entry.isForgotten,
                faults.allSatisfy(\.isOfContent)
            else { continue }
            let length =
                entry.action == .unchanged
                ? Int64(known?.rows.count ?? 0) : Int64((following?.start ?? batch.flushed) - entry.start)
            try state.add(
                folder: batch.folders[entry.folder], name: batch.name(entry), stamp: entry.stamp,
                rows: entry.place..<entry.place + length,
                rowCount: (following?.firstRow ?? batch.counts.rows) - entry.firstRow, marks: marks, faults: faults)
        }
        batch.recorded = max(batch.recorded, done)
        try state.settle(output)
        guard !isLast, batch.current < batch.entries.count else { return }
        // The file at hand goes on: what came before is let go, and its own as well when it is too much.
        if batch.marks.count + batch.faults.count > Self.mostKept { batch.entries[batch.current].isForgotten = true }
        let entry = batch.entries[batch.current]
        if entry.isForgotten {
            for mark in batch.marks[entry.firstMark...] { total.insert(mark) }
            batch.marks.removeAll()
            batch.faults.removeAll()
        } else {
            batch.marks.removeFirst(entry.firstMark)
            batch.faults.removeFirst(entry.firstFault)
        }
        batch.entries[batch.current].firstMark = 0
        batch.entries[batch.current].firstFault = 0
        batch.faultsTold = batch.faults.count
    }

    /// Instances and faults of one archive that are kept with the state.
    private static let mostKept = 1 << 16

    /// The end: everything is on its way to the disk.
    func finish(isInterrupted: Bool) throws(IndexFault) {
        do throws(IndexFault) {
            if let fault { throw fault }
            try sink?.finish(isInterrupted: isInterrupted)
            if let state, let output {
                try state.finish(output, isInterrupted: isInterrupted)
            }
            try output?.finish()
            try errors?.finish()
        } catch {
            output?.release()
            state?.abandon()
            throw error
        }
    }
}
