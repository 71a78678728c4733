/// Finds blocks between a start code and an end code in what a device sends, whatever pieces it comes in.
///
/// Sans-I/O: bytes in, outputs out. Offsets count all bytes received, from 0. Memory: one block up to `limit`.
public struct BlockFramer: Sendable {
    /// How blocks are marked. Codes are *set* on many analysers, so they are options.
    public struct Options: Sendable, Equatable {
        /// Opens a block; one byte or more (the first one decides where a block begins again).
        public var start: [UInt8] = [ControlByte.stx]
        /// Each of these closes one.
        public var ends: [UInt8] = [ControlByte.etx]
        /// Bytes that follow the end code and belong to the block: check characters.
        public var trailer = 0
        /// Longest text of a block, bytes.
        public var limit = 65_536
        /// Bytes that mean nothing between blocks, and are no noise.
        public var between: Set<UInt8> = [0, ControlByte.cr, ControlByte.lf, ControlByte.dc1, ControlByte.dc3]
        /// Bytes left out of the text wherever they come.
        public var dropped: Set<UInt8> = []
        /// The usual: STX … ETX.
        public init() {}
    }

    /// One block, as it was received.
    public struct Block: Sendable, Equatable {
        /// Between start and end code.
        public var text: [UInt8]
        /// The end code.
        public var end: UInt8
        /// Bytes behind the end code.
        public var trailer: [UInt8]
        /// Offset of the first byte of the start code.
        public var startOffset: UInt64
        /// Offset behind the last byte of the block.
        public var endOffset: UInt64
    }

    /// What was found.
    public enum Output: Sendable, Equatable {
        /// A block, its check not looked at.
        case block(Block)
        /// A block began and another start code came before its end: `count` bytes of text are dropped.
        case restarted(count: Int, start: UInt64, end: UInt64)
        /// A block grew beyond the limit; the rest of it is skipped.
        case tooLong(start: UInt64, end: UInt64)
        /// Bytes outside blocks that mean nothing. Told when they end: at a start code, by `flushNoise`, or each 4,096.
        case noise(count: Int, start: UInt64, end: UInt64)
    }

    private enum State: Equatable {
        case outside
        case start(matched: Int)
        case inside
        case trailer(end: UInt8)
        /// After a block that was too long, until its end or the next start.
        case skipping
    }

    /// The options it was made with.
    public let options: Options
    private var state = State.outside
    private var text: [UInt8] = []
    private var trailer: [UInt8] = []
    private var blockStart: UInt64 = 0
    private var noiseCount = 0
    private var noiseStart: UInt64 = 0
    private var noiseEnd: UInt64 = 0
    /// Bytes received.
    public private(set) var received: UInt64

    /// A framer that has received `received` bytes of the link before.
    public init(_ options: Options, received: UInt64 = 0) {
        self.options = options
        self.received = received
    }

    /// Between blocks, no noise untold: a fresh framer would behave alike.
    public var isIdle: Bool { state == .outside && noiseCount == 0 }

    /// The block of which only a part has come.
    public var partial: (count: Int, start: UInt64, end: UInt64)? {
        state == .outside ? nil : (text.count, blockStart, received)
    }

    /// Takes bytes.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, outputs: inout [Output]) {
        for byte in bytes {
            take(byte, outputs: &outputs)
            received &+= 1
        }
    }

    /// Drops what has come of a block: the device fell silent or the link ended.
    public mutating func reset() {
        state = .outside
        text.removeAll(keepingCapacity: text.capacity <= 65_536)
        trailer.removeAll(keepingCapacity: true)
    }

    /// Tells noise that nothing followed.
    public mutating func flushNoise(outputs: inout [Output]) {
        guard noiseCount > 0 else { return }
        outputs.append(.noise(count: noiseCount, start: noiseStart, end: noiseEnd))
        noiseCount = 0
    }

    private mutating func take(_ byte: UInt8, outputs: inout [Output]) {
        switch state {
        case .outside: takeOutside(byte, outputs: &outputs)
        case .start(let matched):
            if options.start.indices.contains(matched), options.start[matched] == byte {
                advance(matched + 1, outputs: &outputs)
            } else {
                state = .outside
                for index in 0..<matched { noise(at: blockStart &+ UInt64(index), outputs: &outputs) }
                takeOutside(byte, outputs: &outputs)
            }
        case .inside: takeInside(byte, outputs: &outputs)
        case .trailer(let end):
            trailer.append(byte)
            if trailer.count >= options.trailer { close(end, outputs: &outputs) }
        case .skipping:
            if options.ends.contains(byte) {
                state = .outside
            } else if byte == options.start.first {
                begin(outputs: &outputs)
            }
        }
    }

    private mutating func takeOutside(_ byte: UInt8, outputs: inout [Output]) {
        if byte == options.start.first {
            begin(outputs: &outputs)
        } else if !options.between.contains(byte) {
            noise(at: received, outputs: &outputs)
        }
    }

    private mutating func takeInside(_ byte: UInt8, outputs: inout [Output]) {
        if options.ends.contains(byte) {
            if options.trailer == 0 { return close(byte, outputs: &outputs) }
            state = .trailer(end: byte)
            return
        }
        if byte == options.start.first {
            outputs.append(.restarted(count: text.count, start: blockStart, end: received))
            return begin(outputs: &outputs)
        }
        if options.dropped.contains(byte) { return }
        if text.count >= options.limit {
            outputs.append(.tooLong(start: blockStart, end: received))
            reset()
            state = .skipping
            return
        }
        text.append(byte)
    }

    private mutating func begin(outputs: inout [Output]) {
        reset()
        blockStart = received
        advance(1, outputs: &outputs)
    }

    private mutating func advance(_ matched: Int, outputs: inout [Output]) {
        guard matched >= options.start.count else { return state = .start(matched: matched) }
        flushNoise(outputs: &outputs)
        state = .inside
    }

    private mutating func close(_ end: UInt8, outputs: inout [Output]) {
        outputs.append(
            .block(
                Block(
                    text: text, end: end, trailer: trailer, startOffset: blockStart, endOffset: received &+ 1)))
        reset()
    }

    private mutating func noise(at offset: UInt64, outputs: inout [Output]) {
        if noiseCount == 0 { noiseStart = offset }
        noiseCount += 1
        noiseEnd = offset &+ 1
        if noiseCount >= 4096 { flushNoise(outputs: &outputs) }
    }
}
