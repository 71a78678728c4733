/// Characters that came outside of blocks: noise, or a block that lost its STX.
struct HeadlessText {
    /// More than any block: what came before is only counted.
    static let most = 2048
    private(set) var text: [UInt8] = []
    /// Offset of the first of them.
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0

    var isEmpty: Bool { end == start }

    mutating func append(_ byte: UInt8, at offset: UInt64) {
        if isEmpty { start = offset }
        end = offset &+ 1
        if text.count >= HeadlessText.most { text.removeFirst(HeadlessText.most / 2) }
        text.append(byte)
    }

    mutating func clear() {
        text.removeAll()
        start = 0
        end = 0
    }
}
