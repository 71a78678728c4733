import Dispatch
import Foundation
import Glibc
import ImageIndex
import Synchronization

/// Runs an index where somebody may watch it: progress on a terminal, Ctrl-C.
final class IndexWatch: Sendable {
    /// What came of a run.
    struct Outcome: Sendable {
        /// Counts.
        var summary: IndexSummary
        /// The signal that stopped it before its end; nil: none.
        var signal: Int32?
    }

    private let run: IndexRun
    private let showsProgress: Bool
    private let received = Atomic<Int32>(0)
    private let isOver = Atomic<Bool>(false)

    /// Opens what a request names.
    init(_ request: IndexRequest, showsProgress: Bool) throws {
        do throws(IndexFault) { run = try IndexRun(request) } catch { throw Self.failure(error) }
        self.showsProgress = showsProgress && Terminal.error.isTerminal
    }

    /// Runs to the end. The first SIGINT, SIGTERM or SIGHUP stops it with whole rows written; the second ends the program at
    /// once, which leaves whole rows as well.
    func run() async throws -> Outcome {
        let sources = [SIGINT, SIGTERM, SIGHUP].compactMap { source($0) }
        defer { for source in sources { source.cancel() } }
        if showsProgress { run.countTotal() }
        async let drawn: Void = draw()
        let result: Result<IndexSummary, IndexFault> = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [run] in
                do throws(IndexFault) {
                    continuation.resume(returning: .success(try run.run()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        isOver.store(true, ordering: .relaxed)
        await drawn
        switch result {
        case .success(let summary):
            let signal = received.load(ordering: .relaxed)
            return Outcome(summary: summary, signal: signal != 0 && summary.isInterrupted ? signal : nil)
        case .failure(let fault): throw Self.failure(fault)
        }
    }

    /// A signal that is ignored already (`nohup`, a shell's background job) stays so.
    private func source(_ number: Int32) -> (any DispatchSourceSignal)? {
        var before = sigaction()
        sigaction(number, nil, &before)
        if before.__sigaction_handler.sa_handler.map({ unsafeBitCast($0, to: Int.self) }) == 1 { return nil }
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { [self] in
            if received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
            run.stop()
            if showsProgress { Stream.error("\r\u{1B}[Kstopping; once more ends at once\n") }
        }
        source.resume()
        return source
    }

    private func draw() async {
        guard showsProgress else { return }
        var bar = ProgressBar("files")
        while !isOver.load(ordering: .relaxed) {
            try? await Task.sleep(for: .milliseconds(100))
            guard received.load(ordering: .relaxed) == 0 else { continue }
            let now = run.progress
            bar.update(done: now.done, of: now.total, seconds: now.seconds)
        }
        bar.finish()
    }

    /// A fault of the engine as the command's.
    static func failure(_ fault: IndexFault) -> any Error {
        let problem = fault.path.isEmpty ? fault.problem : "\(fault.path): \(fault.problem)"
        switch fault.code {
        // The reader (`head`, a closed pager) has seen enough: not our fault and not an error.
        case .closedPipe: return ExitStatus.well
        case .request: return CommandFailure(.usage, problem, cure: fault.cure)
        case .output, .errors, .state, .resources: return CommandFailure(.ours, problem, cure: fault.cure)
        }
    }
}
