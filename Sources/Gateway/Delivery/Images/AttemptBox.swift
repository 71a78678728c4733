import Contracts
import Synchronization

/// What a sender tells about the items of one batch, until the runner takes it.
final class AttemptBox: Sendable {
    private struct State {
        /// Of which nothing was told.
        var waiting: [Int64: ForwardItem]
        var told: [(item: ForwardItem, attempt: Attempt)] = []
    }
    private let state: Mutex<State>

    init(_ items: [ForwardItem]) {
        state = Mutex(State(waiting: Dictionary(items.map { ($0.id, $0) }) { first, _ in first }))
    }

    /// True: it is the first since the last `take`. What is told twice counts once.
    func put(_ item: Int64, _ attempt: Attempt) -> Bool {
        state.withLock { state in
            guard let item = state.waiting.removeValue(forKey: item) else { return false }
            state.told.append((item, attempt))
            return state.told.count == 1
        }
    }

    /// What was told since the last time, in order.
    func take() -> [(item: ForwardItem, attempt: Attempt)] {
        state.withLock { state in
            defer { state.told = [] }
            return state.told
        }
    }

    /// Items of which nothing was told, in order.
    func untold() -> [ForwardItem] { state.withLock { $0.waiting.values.sorted { $0.id < $1.id } } }
}
