import Synchronization

/// Carries the value of a job from its transaction to its end.
final class ValueBox<Value: Sendable>: Sendable {
    private let content = Mutex<Result<Value, StoreRefusal>?>(nil)

    func set(_ value: Result<Value, StoreRefusal>?) { content.withLock { $0 = value } }

    var value: Result<Value, StoreRefusal>? { content.withLock { $0 } }
}
