import Synchronization

/// Calls something once when nothing was heard for a while.
final class SilenceWatch: Sendable {
    private let lastHeard = Mutex(ContinuousClock.now)
    private let fired = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(limit: Duration, _ act: @escaping @Sendable () -> Void) {
        let started = Task { [weak self] in
            while !Task.isCancelled {
                guard let until = self?.deadline(limit) else { return }
                if until <= ContinuousClock.now {
                    self?.fire(act)
                    return
                }
                try? await Task.sleep(until: until, clock: .continuous)
            }
        }
        task.withLock { $0 = started }
    }

    /// Something was heard.
    func heard() { lastHeard.withLock { $0 = .now } }

    /// Whether it has acted.
    var hasFired: Bool { fired.load(ordering: .acquiring) }

    /// It is over.
    func end() { task.withLock { $0?.cancel() } }

    private func deadline(_ limit: Duration) -> ContinuousClock.Instant { lastHeard.withLock { $0 } + limit }

    private func fire(_ act: () -> Void) {
        fired.store(true, ordering: .releasing)
        act()
    }
}
