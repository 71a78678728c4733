import Contracts

/// Hands images to one archive, those of one study at a time in each lane.
protocol ImageSender: Sendable {
    /// Most instances that one call takes.
    var largestBatch: Int { get }
    /// Sends the items in order. Every item is told exactly once, as soon as it is known what became of it, from any thread;
    /// all of them when this returns.
    func send(_ items: [ForwardItem], told: @escaping @Sendable (_ item: Int64, _ attempt: Attempt) -> Void) async
    /// Ends what is under way: its items end as `abandoned`.
    func close() async
}
