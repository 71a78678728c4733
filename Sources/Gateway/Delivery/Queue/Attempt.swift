/// What became of one attempt to hand one item to a receiver.
enum Attempt: Sendable, Equatable {
    /// The receiver has it and says so.
    case delivered(note: String)
    /// The receiver will never take it, or we cannot make it: a person has to look.
    case refused(reason: String)
    /// The receiver answered with an error; it may take it later. Counted for the item.
    case failed(reason: String, retryAfter: Duration?)
    /// The receiver asks to try this item again; nothing is wrong with it (a conflict of versions).
    case busy(reason: String)
    /// The receiver cannot be reached, does not answer or is overloaded. `isSent`: the item had gone out, so it may be
    /// the item that stops it.
    case unreachable(reason: String, isSent: Bool, retryAfter: Duration?)
    /// A process of ours ended while the item was on its way: says nothing about the receiver, but counts for the item, which
    /// may be what ended it.
    case interrupted(reason: String)
    /// Broken off by us.
    case abandoned
}
