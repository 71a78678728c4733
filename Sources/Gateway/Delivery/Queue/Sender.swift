import Contracts

/// Hands items to one receiver.
protocol Sender: Sendable {
    /// One attempt at an item. Called for at most one item at a time in each lane.
    ///
    /// - Parameters:
    ///   - lane: 0 to lanes - 1; a sender may keep a connection for each.
    func deliver(_ item: OutboxItem, lane: Int) async -> Attempt
    /// Ends connections; attempts under way end as `abandoned`.
    func close() async
    /// Called when something is odd that no attempt can tell (an acknowledgement for nothing).
    func onOddity(_ tell: @escaping @Sendable (Oddity) -> Void)
}

/// Something about the receiver that a person should know, or that is over.
enum Oddity: Sendable, Equatable {
    /// An acknowledgement that names no message of ours.
    case wrongAcknowledgement(text: String)
    /// Acknowledgements are right again.
    case rightAcknowledgement
}
