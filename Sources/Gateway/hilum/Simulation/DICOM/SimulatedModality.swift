import DICOM
import Foundation
import Glibc
import Synchronization

/// A modality that makes studies, or sends given files, as modalities do: worklist, step in progress, images over an
/// association, step completed, commitment. It waits for every answer, and opens a new association when one is lost.
///
/// `run` blocks its thread until the plan is done or `stop` is called.
final class SimulatedModality: Sendable {
    let plan: ModalityPlan
    private let onEvent: @Sendable (ModalityEvent) -> Void
    private let isStopping = Mutex(false)
    private let totals = Mutex(ModalityTotals())
    private let nextStudy = Mutex(0)
    private let nextSend = Mutex<ContinuousClock.Instant?>(nil)
    /// Most latencies kept.
    private static let mostLatencies = 1_000_000

    init(_ plan: ModalityPlan, onEvent: @escaping @Sendable (ModalityEvent) -> Void) {
        self.plan = plan
        self.onEvent = onEvent
    }

    /// Ends the run after the instance under way.
    func stop() { isStopping.withLock { $0 = true } }

    var isStopped: Bool { isStopping.withLock { $0 } }

    /// Sends everything.
    func run() -> ModalityTotals {
        let start = ContinuousClock.now
        let threads = max(1, plan.associations)
        let group = DispatchGroup()
        for number in 0..<threads {
            group.enter()
            Thread.detachNewThread { [self] in
                work(number)
                group.leave()
            }
        }
        group.wait()
        return totals.withLock { totals in
            totals.span = ContinuousClock.now - start
            return totals
        }
    }

    private func work(_ thread: Int) {
        while !isStopped {
            let number = nextStudy.withLock { next -> Int in
                defer { next += 1 }
                return next
            }
            if let most = plan.studies, number >= most { return }
            if number >= max(1, plan.associations), !pause(plan.interval) { return }
            var visit = ModalityVisit(self, number: number)
            visit.run()
        }
    }

    // MARK: What visits report

    func tell(_ event: ModalityEvent, bytes: Int = 0) {
        totals.withLock { totals in
            switch event {
            case .stored(_, _, _, let span):
                totals.stored += 1
                totals.bytes += bytes
                if totals.latencies.count < Self.mostLatencies { totals.latencies.append(span.microseconds) }
            case .failed: totals.failed += 1
            case .trouble: totals.troubles += 1
            case .ended: totals.studies += 1
            case .began, .did: break
            }
        }
        onEvent(event)
    }

    func committed(_ count: Int) { totals.withLock { $0.committed += count } }

    /// Waits until the rate allows one more instance; false: stopped.
    func mayCount() -> Bool {
        guard let rate = plan.rate else { return !isStopped }
        let due = nextSend.withLock { next -> ContinuousClock.Instant in
            let now = ContinuousClock.now
            let due = max(next ?? now, now - .seconds(1))
            next = due + .microseconds(Int64(1_000_000 / rate))
            return due
        }
        return pause(due - ContinuousClock.now)
    }

    /// Waits; false: stopped.
    func pause(_ span: Duration) -> Bool {
        let end = ContinuousClock.now + span
        while !isStopped {
            let rest = end - ContinuousClock.now
            if rest <= .zero { return true }
            usleep(UInt32(clamping: min(rest, .milliseconds(100)).microseconds))
        }
        return false
    }
}
