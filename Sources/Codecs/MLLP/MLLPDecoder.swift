/// Finds messages in a stream that comes in any pieces.
///
/// Order of calls: `receive` as often as bytes come, `flush` when the other side has been silent for long or has closed.
/// Both hand out what they find, in order. Memory never exceeds the limit for one message; nothing traps.
///
/// What real devices do and this puts up with: noise before VT; FS without CR, or with LF or CR LF; VT in the middle of a
/// block (the sender has started again); several blocks in one read; and, with framing `.automatic`, messages that are not
/// framed at all: a line that begins with `MSH` and a delimiter starts one, the next such line, VT, FS or `flush` ends it.
public struct MLLPDecoder: Sendable {
    /// Which ways of marking a message are understood.
    public enum Framing: Sendable, Equatable {
        /// Blocks only; everything outside them is noise.
        case blocks
        /// Blocks, and messages that begin with `MSH` at the start of a line.
        case automatic
    }

    /// What was found. Bytes are valid during the call only. Offsets count all bytes given to `receive`, from 0.
    public enum Event {
        /// A message without its framing. `start` and `end` enclose the framing as well.
        case message(UnsafeRawBufferPointer, start: UInt64, end: UInt64, isFramed: Bool)
        /// Bytes between messages that mean nothing, how many of them; told when the next message begins, or at `flush`.
        case noise(count: UInt64, start: UInt64, end: UInt64)
        /// A block that was broken off: by a new VT, or by the end of the stream.
        case brokenOff(UnsafeRawBufferPointer, start: UInt64, end: UInt64)
        /// A message over the limit: `end` is where it passed it. The rest is skipped up to the next VT or FS.
        case tooLong(start: UInt64, end: UInt64)
    }

    /// Default of `limit`: 64 MiB, above every message with images that analysers are known to send.
    public static let defaultLimit = 64 << 20

    /// Longest message in bytes.
    public let limit: Int
    /// Which ways of marking a message are understood.
    public let framing: Framing

    enum State: Sendable {
        /// Between messages.
        case outside
        /// After FS: one CR and one LF belong to it.
        case afterBlock
        /// Between VT and FS.
        case block
        /// In a message that began with a line `MSH`.
        case unframed
        /// After too long a message.
        case skipping
    }
    var state = State.outside
    /// The message so far; outside: the start of the present line, as far as it may become `MSH|`.
    var buffer: [UInt8] = []
    /// Bytes taken before the present call.
    var taken: UInt64 = 0
    /// Where the present message began.
    var messageStart: UInt64 = 0
    /// Noise not told yet.
    var noiseCount: UInt64 = 0
    var noiseStart: UInt64 = 0
    /// Unframed: where the present line begins in `buffer`. Outside: nil when the line cannot become `MSH|` any more.
    var lineStart: Int? = 0

    /// A decoder at the beginning of a stream.
    public init(framing: Framing = .blocks, limit: Int = defaultLimit) {
        self.framing = framing
        self.limit = max(16, limit)
    }

    /// Nothing received so far is still needed.
    public var isIdle: Bool {
        switch state {
        case .outside, .afterBlock: buffer.isEmpty
        case .block, .unframed, .skipping: false
        }
    }

    /// True in a message that is not framed: only silence or the next message can end it.
    public var isInUnframedMessage: Bool { state == .unframed }

    /// Takes bytes as read.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, _ found: (Event) -> Void) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .outside, .afterBlock: readOutside(bytes, &index, found)
            case .block: readBlock(bytes, &index, found)
            case .unframed: readUnframed(bytes, &index, found)
            case .skipping: skip(bytes, &index)
            }
        }
        taken &+= UInt64(bytes.count)
    }

    /// The stream has ended, or a long silence: what was not framed is complete now; a block that is not is broken off.
    public mutating func flush(_ found: (Event) -> Void) {
        switch state {
        case .outside, .afterBlock:
            countNoise(UInt64(buffer.count), end: taken)
        case .block:
            buffer.withUnsafeBytes { found(.brokenOff($0, start: messageStart, end: taken)) }
        case .unframed:
            buffer.withUnsafeBytes { found(.message($0, start: messageStart, end: taken, isFramed: false)) }
        case .skipping: break
        }
        tellNoise(end: taken, found)
        reset(to: .outside)
    }
}

extension MLLPDecoder {
    mutating func reset(to state: State) {
        self.state = state
        // A large message must not hold its memory for good.
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 16)
        lineStart = 0
    }

    mutating func countNoise(_ count: UInt64, end: UInt64) {
        guard count > 0 else { return }
        if noiseCount == 0 { noiseStart = end &- count }
        noiseCount &+= count
    }

    mutating func tellNoise(end: UInt64, _ found: (Event) -> Void) {
        if noiseCount > 0 { found(.noise(count: noiseCount, start: noiseStart, end: end)) }
        noiseCount = 0
    }

    mutating func readOutside(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ found: (Event) -> Void) {
        while index < bytes.count {
            let byte = bytes[index]
            let offset = taken &+ UInt64(index)
            index &+= 1
            if byte == MLLP.startOfBlock {
                countNoise(UInt64(buffer.count), end: offset)
                tellNoise(end: offset, found)
                reset(to: .block)
                messageStart = offset
                return
            }
            if state == .afterBlock, byte == 0x0D || byte == 0x0A {
                if byte == 0x0A { state = .outside }
                continue
            }
            state = .outside
            if framing == .blocks {
                countNoise(1, end: offset &+ 1)
                continue
            }
            if byte < 0x21 || byte > 0x7E {
                // A line end, indentation, a byte order mark, noise: a message may begin after it.
                countNoise(UInt64(buffer.count), end: offset)
                // Blank lines between messages are nothing to speak of.
                if byte != 0x0D && byte != 0x0A { countNoise(1, end: offset &+ 1) }
                buffer.removeAll(keepingCapacity: true)
                lineStart = byte == 0x20 && lineStart == nil ? nil : 0
                continue
            }
            guard lineStart != nil else {
                countNoise(1, end: offset &+ 1)
                continue
            }
            buffer.append(byte)
            if !MLLPDecoder.mayBeHeader(buffer[...]) {
                countNoise(UInt64(buffer.count), end: offset &+ 1)
                buffer.removeAll(keepingCapacity: true)
                lineStart = nil
            } else if buffer.count == 4 {
                messageStart = offset &- 3
                tellNoise(end: messageStart, found)
                state = .unframed
                lineStart = 0
                return
            }
        }
    }

    mutating func readBlock(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ found: (Event) -> Void) {
        var end = index
        while end < bytes.count, bytes[end] != MLLP.endOfBlock, bytes[end] != MLLP.startOfBlock { end &+= 1 }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
        if buffer.count &+ piece.count > limit {
            let room = UInt64(max(0, limit &- buffer.count))
            found(.tooLong(start: messageStart, end: taken &+ UInt64(index) &+ room))
            reset(to: .skipping)
            index = end
            return
        }
        index = end
        guard end < bytes.count else {
            buffer.append(contentsOf: piece)
            return
        }
        let offset = taken &+ UInt64(end)
        index &+= 1
        let isEnd = bytes[end] == MLLP.endOfBlock
        if buffer.isEmpty {
            tell(piece, isEnd: isEnd, end: offset, found)
        } else {
            buffer.append(contentsOf: piece)
            buffer.withUnsafeBytes { tell($0, isEnd: isEnd, end: offset, found) }
        }
        reset(to: isEnd ? .afterBlock : .block)
        if !isEnd { messageStart = offset }
    }

    private func tell(_ bytes: UnsafeRawBufferPointer, isEnd: Bool, end: UInt64, _ found: (Event) -> Void) {
        if isEnd {
            found(.message(bytes, start: messageStart, end: end &+ 1, isFramed: true))
        } else if !bytes.isEmpty {
            found(.brokenOff(bytes, start: messageStart, end: end))
        }
    }

    mutating func readUnframed(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ found: (Event) -> Void) {
        while index < bytes.count {
            let byte = bytes[index]
            let offset = taken &+ UInt64(index)
            index &+= 1
            if byte == MLLP.endOfBlock || byte == MLLP.startOfBlock {
                let end = byte == MLLP.endOfBlock ? offset &+ 1 : offset
                buffer.withUnsafeBytes { found(.message($0, start: messageStart, end: end, isFramed: false)) }
                reset(to: byte == MLLP.endOfBlock ? .afterBlock : .block)
                messageStart = offset
                return
            }
            if buffer.count >= limit {
                found(.tooLong(start: messageStart, end: offset))
                reset(to: .skipping)
                return
            }
            buffer.append(byte)
            let start = lineStart ?? 0
            if byte == 0x0D || byte == 0x0A {
                lineStart = buffer.count
            } else if start > 0, buffer.count &- start == 4, MLLPDecoder.mayBeHeader(buffer[start...]) {
                let next = offset &- 3
                buffer.withUnsafeBytes {
                    found(
                        .message(
                            UnsafeRawBufferPointer(rebasing: $0[..<start]), start: messageStart, end: next,
                            isFramed: false))
                }
                let header = Array(buffer[start...])
                reset(to: .unframed)
                buffer.append(contentsOf: header)
                messageStart = next
            }
        }
    }

    mutating func skip(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
        while index < bytes.count {
            let byte = bytes[index]
            index &+= 1
            if byte == MLLP.endOfBlock || byte == MLLP.startOfBlock {
                reset(to: byte == MLLP.endOfBlock ? .afterBlock : .block)
                messageStart = taken &+ UInt64(index) &- 1
                return
            }
        }
    }

    /// True when up to four bytes are the beginning of `MSH` and a delimiter (a sign, not a letter or digit).
    static func mayBeHeader(_ line: ArraySlice<UInt8>) -> Bool {
        for (place, byte) in line.enumerated() {
            switch place {
            case 0: if byte != UInt8(ascii: "M") { return false }
            case 1: if byte != UInt8(ascii: "S") { return false }
            case 2: if byte != UInt8(ascii: "H") { return false }
            default:
                switch byte {
                case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
                default: return false
                }
            }
        }
        return true
    }
}
