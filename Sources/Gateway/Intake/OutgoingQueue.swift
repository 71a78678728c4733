/// What waits to go out on a link, in the order in which the driver said it. An element goes when everything it follows
/// is durable and everything before it has gone: the promise of DESIGN.md section 1.1.
struct OutgoingQueue {
    enum Action: Sendable, Equatable {
        /// Put on the wire.
        case transmit([UInt8])
        /// The link's own acknowledgement (a file is moved or marked).
        case acknowledge
    }

    private var elements: [(ticket: UInt64, action: Action)] = []
    private var head = 0
    /// Highest number of a commit that is durable. Commits of one conversation become durable in order.
    private(set) var durable: UInt64 = 0

    var isEmpty: Bool { head == elements.count }

    /// Adds an action that may go once the commit with number `ticket` is durable; 0: at once, in its turn.
    mutating func append(_ action: Action, after ticket: UInt64) { elements.append((ticket, action)) }

    /// The commit with this number is durable.
    mutating func settle(_ ticket: UInt64) { durable = max(durable, ticket) }

    /// The next action that may go now.
    mutating func next() -> Action? {
        guard head < elements.count, elements[head].ticket <= durable else { return nil }
        let action = elements[head].action
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        }
        return action
    }

    /// Nothing of it may go any more: the store failed, the link is gone.
    mutating func removeAll() {
        elements.removeAll()
        head = 0
    }
}
