/// Where a transmission in numbered blocks stands (analysers' sheet 5.6).
struct Transmission {
    enum State: Equatable {
        /// Nothing is under way.
        case neutral
        /// SYN was exchanged: the count of blocks is due.
        case begun
        /// The count has come: blocks are due.
        case receiving
        /// All blocks have come: SYN is due.
        case ending
    }

    /// More would be no report of one sample.
    static let mostBlocks = 64

    var state = State.neutral
    /// Hexadecimal digits that came last outside of blocks: the count of blocks.
    var digits: [UInt8] = []
    var count = 0
    var content: [UInt8] = []
    /// Number of the block taken last.
    var last = 0
    var start: UInt64 = 0
    var lastEvent: Int64 = 0
    /// Bytes outside of blocks that mean nothing.
    var stray: (count: Int, start: UInt64, end: UInt64)?

    var isAtRest: Bool { state == .neutral && digits.isEmpty && stray == nil }

    mutating func reset() {
        state = .neutral
        digits = []
        count = 0
        content = []
        last = 0
    }

    mutating func addStray(at offset: UInt64) {
        if let known = stray {
            stray = (known.count + 1, known.start, offset &+ 1)
        } else {
            stray = (1, offset, offset &+ 1)
        }
    }
}
