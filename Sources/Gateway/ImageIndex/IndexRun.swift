import CFileRing
import DICOM
import Glibc
import Synchronization

/// A run of an index: walks the sources, reads the headers, writes rows in the order of the walk.
///
/// Text is written in place: rows stand in the output from the first moment, whole rows at any moment, and a run that is
/// stopped leaves what it has written. A run that resumes writes beside the earlier output (`OUTPUT.new`) and takes its place
/// at the end; rows of files that are unchanged are copied, and no file of theirs is opened. A state is kept only when
/// `IndexRequest.resumes` is set: the first such run reads everything.
public final class IndexRun: Sendable {
    private let state: RunState
    private let writer: RunWriter
    private let known: (any KnownFiles)?
    private let restart: String?
    private let ours: OwnFiles
    private let stopping: StopFlag
    private let isStarted = Atomic<Bool>(false)
    private let start = Atomic<Int>(0)
    private let total = Atomic<Int>(-1)
    /// More threads than any storage needs; each has folders open.
    private static let mostJobs = 32

    /// Opens the output, the errors file and the state. An existing output is emptied, unless the run goes on from it.
    ///
    /// SIGPIPE is blocked in the calling thread from here on, so that a closed pipe is told as `IndexFault.Code.closedPipe`.
    ///
    /// - Throws: `IndexFault` when one of them cannot be opened, or the request asks for what cannot be.
    public init(_ request: IndexRequest) throws(IndexFault) {
        guard !request.sources.isEmpty else {
            throw IndexFault(.request, path: "", "there is nothing to index", cure: "name a file, a folder or a list")
        }
        guard request.errors == nil || request.errors != request.output else {
            throw IndexFault(
                .request, path: request.output, "output and errors are one file",
                cure: "name another file for the errors")
        }
        var request = request
        request.jobs = max(1, min(request.jobs, Self.mostJobs))
        hilum_ignore_closed_pipes()
        // Folders stay open as long as their files are being read.
        hilum_allow_descriptors(4096)
        let opening = try RunOpening(request)
        let errors: ErrorsFile?
        if let path = request.errors { errors = try ErrorsFile(path) } else { errors = nil }
        var written = request.output == "-" ? [] : [request.output]
        if let path = request.errors { written.append(path) }
        let stopping = StopFlag()
        self.stopping = stopping
        ours = OwnFiles(written)
        known = opening.known
        restart = opening.restart
        writer = RunWriter(output: opening.text, sink: opening.sink, errors: errors, state: opening.state)
        let output = OrderedOutput(writer, jobs: request.jobs) { stopping.set() }
        let walk = Walk(request.sources, ours: ours) { stopping.isSet }
        state = RunState(
            request, form: opening.form, output: output, walk: walk, known: opening.known,
            keepsRecords: opening.state != nil, stopping: stopping)
    }

    /// Runs to its end, or until it is stopped. Blocks; to be called once.
    ///
    /// - Throws: `IndexFault` when the output, the errors file or the state cannot be written. What was written are whole rows.
    public func run() throws(IndexFault) -> IndexSummary {
        guard !isStarted.exchange(true, ordering: .relaxed) else {
            throw IndexFault(.request, path: "", "a run runs once", cure: "make another one")
        }
        start.store(MonotonicClock.now, ordering: .relaxed)
        hilum_ignore_closed_pipes()
        let state = state
        let threads = WorkerThreads(count: state.request.jobs) {
            var worker = Worker(state)
            worker.work()
        }
        guard let threads else {
            throw IndexFault(
                .resources, path: "", "no thread can be started", cure: "raise the limit of processes (ulimit -u)")
        }
        threads.join()
        let isInterrupted = stopping.isSet
        try writer.finish(isInterrupted: isInterrupted)
        return summary(isInterrupted: isInterrupted)
    }

    /// Ends the run soon; from any thread. What is written are whole rows.
    public func stop() { stopping.set() }

    /// What was done so far; from any thread.
    public var progress: IndexProgress {
        let now = state.progress
        let total = total.load(ordering: .relaxed)
        return IndexProgress(
            met: now.met, done: now.done, total: total < 0 ? nil : total, bytesRead: Int64(now.bytes),
            seconds: seconds)
    }

    /// Counts the files of the sources in a thread of its own, so that `progress` has a total; lists are not counted, since
    /// they can be read only once.
    public func countTotal() {
        let paths = state.request.sources.compactMap { source -> IndexRequest.Source? in
            if case .path = source { return source }
            return nil
        }
        guard paths.count == state.request.sources.count else { return }
        let (ours, stopping) = (ours, stopping)
        let thread = IndexThread { [weak self] in
            let walk = Walk(paths, ours: ours) { stopping.isSet }
            let batch = Batch()
            var count = 0
            while !stopping.isSet {
                batch.reset()
                walk.fill(batch)
                if batch.entries.isEmpty {
                    self?.total.store(count, ordering: .relaxed)
                    return
                }
                count += batch.entries.count
            }
        }
        thread?.detach()
    }

    private var seconds: Double {
        let start = start.load(ordering: .relaxed)
        return start == 0 ? 0 : Double(MonotonicClock.now - start) / 1e9
    }

    private func summary(isInterrupted: Bool) -> IndexSummary {
        let counts = writer.counts
        var summary = IndexSummary()
        summary.files = counts.sums.files
        summary.read = counts.sums.read
        summary.rows = counts.sums.rows
        summary.unchanged = counts.sums.unchanged
        summary.changed = counts.sums.changed
        summary.new = counts.sums.new
        summary.older = counts.sums.older
        summary.vanished = isInterrupted ? 0 : max(0, known?.unmet ?? 0)
        summary.errors = counts.errors
        summary.notDICOM = counts.errors[FileFault.Reason.notDICOM] ?? 0
        summary.studies = counts.studies.count
        summary.series = counts.series.count
        summary.isEstimate = counts.studies.isEstimate || counts.series.isEstimate
        summary.instances = counts.instances
        summary.bytesRead = counts.sums.bytesRead
        summary.isInterrupted = isInterrupted
        summary.usedRing = state.usedRing.load(ordering: .relaxed)
        summary.restart = restart
        summary.seconds = seconds
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        summary.processorSeconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        return summary
    }
}
