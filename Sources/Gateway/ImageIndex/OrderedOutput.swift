/// Brings batches into the order of the walk: workers hand over what they have read, whoever has the next batch writes it
/// and all that wait behind it. At most `window` batches are under way, so that memory stays flat when one of them is slow.
final class OrderedOutput: @unchecked Sendable {
    private let gate = Gate()
    private let window: Int
    private let writer: RunWriter
    /// Finished batches that wait for one before them, by ticket modulo `window`.
    private var waiting: [Batch?]
    private var spares: [Batch] = []
    private var next = 0
    private var isWriting = false
    /// Called once when writing fails.
    private let failed: @Sendable () -> Void

    init(_ writer: RunWriter, jobs: Int, failed: @escaping @Sendable () -> Void) {
        self.writer = writer
        self.failed = failed
        window = jobs * 4
        waiting = [Batch?](repeating: nil, count: window)
    }

    /// A batch to be filled.
    func spareBatch() -> Batch { gate.holding { spares.popLast() } ?? Batch() }

    /// Hands over a batch that is read; gives one to be filled.
    func finish(_ batch: Batch) -> Batch {
        gate.lock()
        while batch.ticket - next >= window { gate.wait() }
        waiting[batch.ticket % window] = batch
        while !isWriting, let ready = waiting[next % window], ready.ticket == next {
            isWriting = true
            waiting[next % window] = nil
            gate.unlock()
            write(ready, isLast: true)
            ready.reset()
            gate.lock()
            next += 1
            isWriting = false
            spares.append(ready)
            gate.wakeAll()
        }
        defer { gate.unlock() }
        return spares.popLast() ?? Batch()
    }

    /// Writes what a batch has so far; waits for its turn. For files with many rows.
    func flush(_ batch: Batch) {
        gate.lock()
        while batch.ticket != next || isWriting { gate.wait() }
        isWriting = true
        gate.unlock()
        write(batch, isLast: false)
        gate.lock()
        isWriting = false
        gate.unlock()
        // Nobody else can write before this batch is finished: none is to be woken.
    }

    /// Whether it is a batch's turn: its rows can be written without waiting.
    func isTurn(of batch: Batch) -> Bool { gate.holding { batch.ticket == next && !isWriting } }

    private func write(_ batch: Batch, isLast: Bool) {
        if !writer.write(batch, isLast: isLast) { failed() }
    }
}
