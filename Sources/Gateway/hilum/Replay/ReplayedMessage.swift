import Contracts
import ResultModel

/// A message as a replay reads it.
struct ReplayedMessage {
    /// Kind of `DeviceMessage`.
    var kind: String
    /// False when it was broken off.
    var isComplete: Bool
    /// First byte and one past the last, counted over the conversation.
    var start: UInt64
    /// One past the last byte.
    var end: UInt64
    /// When its last bytes came: microseconds since 1970, UTC.
    var unix: Int64
    /// Row of the journal with its last bytes.
    var row: Int64
    /// What is made of it.
    var reports: [Report]
    /// It came only because the conversation ended.
    var isOfEnd: Bool
}

/// A fault that a replay finds.
struct ReplayedFault: Hashable {
    /// First byte, counted over the conversation.
    var start: UInt64
    /// For people.
    var text: String
    /// It came only because the conversation ended.
    var isOfEnd: Bool

    // What was said is the same whenever it was said.
    static func == (left: ReplayedFault, right: ReplayedFault) -> Bool {
        left.start == right.start && left.text == right.text
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(start)
        hasher.combine(text)
    }
}

/// A stretch of a conversation before and after which the driver needed nothing of what it had received.
struct ReplaySegment {
    /// Its bytes, counted over the conversation.
    var start: UInt64
    /// One past the last.
    var end: UInt64
    /// Numbers of its rows in the journal.
    var rows: ClosedRange<Int64>
    /// When it began: microseconds since 1970, UTC.
    var unix: Int64
    /// What the replay reads in it.
    var messages: [ReplayedMessage] = []
    /// What it finds wrong.
    var faults: [ReplayedFault] = []
    /// The device asked for orders or answered to some: what was said to it then is not said again.
    var hasDialogue = false
    /// The driver ended in it.
    var hasCrashed = false
}
