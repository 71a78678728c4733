import Synchronization

/// Lets one asynchronous caller through at a time, in the order in which they came.
final class AsyncGate: Sendable {
    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func withTurn(_ work: @Sendable () async -> Void) async {
        await withCheckedContinuation { continuation in
            let goesAtOnce = state.withLock { state -> Bool in
                guard state.isBusy else {
                    state.isBusy = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if goesAtOnce { continuation.resume() }
        }
        await work()
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
