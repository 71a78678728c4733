import Contracts
import Synchronization

/// Carries the receipt of a unit from its transaction to its end.
final class UnitReceipt: Sendable {
    private let content = Mutex(CommitReceipt(reports: []))

    func set(_ receipt: CommitReceipt) { content.withLock { $0 = receipt } }

    var value: CommitReceipt { content.withLock { $0 } }
}
