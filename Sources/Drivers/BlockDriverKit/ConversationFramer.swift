/// One block as it came: what stood between the start code and the end code, and what followed.
public struct SerialBlock: Sendable, Equatable {
    /// Bytes after the start code, up to the end code, both left out.
    public var text: [UInt8]
    /// The end code that closed it.
    public var endCode: [UInt8]
    /// What followed the end code: a check, or nothing.
    public var trailer: [UInt8]
    /// Offset of the first byte of the start code, counted from `open`.
    public var start: UInt64
    /// One past the last byte of the trailer.
    public var end: UInt64

    /// A block from its parts.
    public init(text: [UInt8], endCode: [UInt8], trailer: [UInt8], start: UInt64, end: UInt64) {
        self.text = text
        self.endCode = endCode
        self.trailer = trailer
        self.start = start
        self.end = end
    }

    /// Text and end code: what most checks are taken over.
    public var checked: [UInt8] { text + endCode }

    /// Offset, counted from `open`, of a byte of `text`, given how long the start code is.
    public func offset(of index: Int, startCode: Int) -> UInt64 { start &+ UInt64(max(0, startCode &+ index)) }
}

/// What came out of the bytes.
public enum ConversationOutput: Sendable, Equatable {
    /// A block up to its end.
    case block(SerialBlock)
    /// A control character outside of any block that the format gives a meaning.
    case control(UInt8, at: UInt64)
    /// A block that began again, fell silent or grew too long.
    case broken(BrokenBlock, start: UInt64, end: UInt64)
    /// Bytes outside of any block that mean nothing.
    case noise(count: Int, start: UInt64, end: UInt64)
}

/// Why a block is none.
public enum BrokenBlock: Sendable, Equatable {
    /// The start code came again before the end code.
    case restarted
    /// No end code within the limit.
    case tooLong
    /// Nothing came any more.
    case silent
    /// The link was closed.
    case closed
}

/// How blocks begin and end.
public struct BlockShape: Sendable {
    /// What follows an end code.
    public enum Trailer: Sendable, Equatable {
        /// So many bytes.
        case bytes(Int)
        /// One byte, the exclusive or of text and end code, or nothing: told by the byte itself.
        case optionalXOR
    }
    /// An end code with what follows it.
    public struct End: Sendable {
        /// One or two bytes.
        public var code: [UInt8]
        /// What follows.
        public var trailer: Trailer
        /// An end code.
        public init(_ code: [UInt8], _ trailer: Trailer = .bytes(0)) {
            self.code = code
            self.trailer = trailer
        }
    }

    /// One or two bytes; none: the first byte that is not to be skipped begins a block.
    public var start: [UInt8]
    /// End codes, one or two bytes each.
    public var ends: [End]
    /// Control characters outside of blocks that mean something.
    public var controls: Set<UInt8>
    /// Bytes outside of blocks that are not noise: line ends, blanks, flow control.
    public var skipped: Set<UInt8>
    /// The start code within a block begins a new one.
    public var restarts: Bool
    /// Longest text, in bytes.
    public var longest: Int
    /// A block without an end code is given out when nothing more comes, with no end code: pages of a printer.
    public var endsInSilence = false

    /// A shape from its parts.
    public init(
        start: [UInt8], ends: [End], controls: Set<UInt8> = [],
        skipped: Set<UInt8> = [0x00, 0x0A, 0x0D, 0x11, 0x13, 0x20, 0x7F], restarts: Bool = true, longest: Int = 8192
    ) {
        self.start = start
        self.ends = ends
        self.controls = controls
        self.skipped = skipped
        self.restarts = restarts
        self.longest = longest
    }
}

/// Cuts a stream into blocks between a start code and an end code, whatever the pieces it comes in, and tells the control
/// characters between them. It knows end codes with checks of different length, a check that may be missing, codes of two
/// bytes, and blocks without start code.
///
/// Memory is bounded by `BlockShape.longest`. Nothing traps.
public struct ConversationFramer: Sendable {
    /// How blocks begin and end: of those that were given, the one of the block taken last.
    public private(set) var shape: BlockShape
    /// What else blocks may begin and end with.
    private let others: [BlockShape]
    /// Bytes taken so far.
    public private(set) var received: UInt64 = 0

    private enum State {
        case outside
        /// The first byte of a start code of two.
        case starting
        case inside
        case trailer(BlockShape.End, wanted: Int)
        /// The end code came; whether a check follows is told by the next byte, or by silence.
        case deciding(BlockShape.End)
        /// The byte that came is the check expected, and the start code as well.
        case ambiguous(BlockShape.End)
    }
    private var state = State.outside
    private var text: [UInt8] = []
    private var trailer: [UInt8] = []
    private var start: UInt64 = 0
    private var xor: UInt8 = 0
    private var noise = 0
    private var noiseStart: UInt64 = 0
    private var noiseEnd: UInt64 = 0

    /// A framer at the start of a link.
    ///
    /// - Parameter others: shapes with other start codes, of one byte each, that are blocks as well: for devices whose codes
    ///   are a setting and tell themselves.
    public init(_ shape: BlockShape, others: [BlockShape] = []) {
        self.shape = shape
        self.others = others.isEmpty ? [] : [shape] + others
    }

    /// Something was taken in that is not a whole block yet.
    public var isPartial: Bool {
        if case .outside = state { return false }
        return true
    }

    /// A block is whole but for a check that may or may not follow.
    public var isDeciding: Bool {
        switch state {
        case .deciding, .ambiguous: true
        default: false
        }
    }

    /// Noise that has not been told yet.
    public var hasNoise: Bool { noise > 0 }

    /// Takes one byte.
    public mutating func take(_ byte: UInt8, outputs: inout [ConversationOutput]) {
        let offset = received
        received &+= 1
        step(byte, offset, &outputs)
    }

    /// Nothing came for some time, or the link was closed: whatever is held is given up, or given out if it is whole.
    public mutating func settle(_ reason: BrokenBlock, outputs: inout [ConversationOutput]) {
        switch state {
        case .outside: break
        case .starting: addNoise(start, to: received)
        case .deciding(let end): finish(end, at: received, &outputs)
        case .ambiguous(let end):
            trailer = [shape.start.first ?? 0]
            finish(end, at: received, &outputs)
        case .inside where shape.endsInSilence:
            outputs.append(
                .block(SerialBlock(text: text, endCode: [], trailer: [], start: start, end: received)))
            reset()
        case .inside, .trailer:
            outputs.append(.broken(reason, start: start, end: received))
            reset()
        }
        tellNoise(&outputs)
        state = .outside
    }

    private mutating func step(_ byte: UInt8, _ offset: UInt64, _ outputs: inout [ConversationOutput]) {
        switch state {
        case .outside: outside(byte, offset, &outputs)
        case .starting:
            if shape.start.count > 1, byte == shape.start[1] {
                begin(at: start, &outputs)
            } else {
                addNoise(start, to: offset)
                state = .outside
                outside(byte, offset, &outputs)
            }
        case .inside: inside(byte, offset, &outputs)
        case .trailer(let end, let wanted):
            trailer.append(byte)
            if trailer.count >= wanted { finish(end, at: offset &+ 1, &outputs) }
        case .deciding(let end): decide(end, byte, offset, &outputs)
        case .ambiguous(let end):
            // The held byte was the check if a start code, or nothing of a block, follows; else it was the start code.
            if byte == shape.start.first || shape.skipped.contains(byte) || shape.controls.contains(byte) {
                trailer = [shape.start.first ?? 0]
                finish(end, at: offset, &outputs)
                step(byte, offset, &outputs)
            } else {
                finish(end, at: offset &- 1, &outputs)
                step(shape.start.first ?? 0, offset &- 1, &outputs)
                step(byte, offset, &outputs)
            }
        }
    }

    private mutating func outside(_ byte: UInt8, _ offset: UInt64, _ outputs: inout [ConversationOutput]) {
        if byte != shape.start.first, let other = others.first(where: { $0.start == [byte] }) { shape = other }
        guard let first = shape.start.first else {
            if shape.skipped.contains(byte) { return }
            begin(at: offset, &outputs)
            inside(byte, offset, &outputs)
            return
        }
        if byte == first {
            if shape.start.count > 1 {
                start = offset
                state = .starting
            } else {
                begin(at: offset, &outputs)
            }
        } else if shape.controls.contains(byte) {
            tellNoise(&outputs)
            outputs.append(.control(byte, at: offset))
        } else if !shape.skipped.contains(byte) {
            addNoise(offset, to: offset &+ 1)
            if noise >= ConversationFramer.mostNoise { tellNoise(&outputs) }
        }
    }

    /// Noise is told when it ends, or when there is so much.
    static let mostNoise = 65_536

    private mutating func begin(at offset: UInt64, _ outputs: inout [ConversationOutput]) {
        tellNoise(&outputs)
        text.removeAll(keepingCapacity: true)
        trailer = []
        xor = 0
        start = offset
        state = .inside
    }

    private mutating func inside(_ byte: UInt8, _ offset: UInt64, _ outputs: inout [ConversationOutput]) {
        text.append(byte)
        xor ^= byte
        for end in shape.ends where ends(with: end.code) {
            text.removeLast(end.code.count)
            switch end.trailer {
            case .bytes(let count) where count > 0: state = .trailer(end, wanted: count)
            case .bytes: finish(end, at: offset &+ 1, &outputs)
            case .optionalXOR: state = .deciding(end)
            }
            return
        }
        if shape.restarts, let other = others.first(where: { $0.start == [byte] }) { shape = other }
        if shape.restarts, !shape.start.isEmpty, ends(with: shape.start) {
            let next = offset &+ 1 &- UInt64(shape.start.count)
            outputs.append(.broken(.restarted, start: start, end: next))
            begin(at: next, &outputs)
        } else if text.count > shape.longest {
            outputs.append(.broken(.tooLong, start: start, end: offset &+ 1))
            reset()
        }
    }

    private func ends(with code: [UInt8]) -> Bool {
        switch code.count {
        case 1: text.last == code[0]
        case 2: text.count >= 2 && text[text.count - 1] == code[1] && text[text.count - 2] == code[0]
        default: false
        }
    }

    private mutating func decide(
        _ end: BlockShape.End, _ byte: UInt8, _ offset: UInt64, _ outputs: inout [ConversationOutput]
    ) {
        if byte == xor {
            if byte == shape.start.first {
                state = .ambiguous(end)
            } else {
                trailer = [byte]
                finish(end, at: offset &+ 1, &outputs)
            }
        } else if byte == shape.start.first || shape.skipped.contains(byte) || shape.controls.contains(byte) {
            finish(end, at: offset, &outputs)
            step(byte, offset, &outputs)
        } else {
            // A check that is wrong: whoever reads the block refuses it.
            trailer = [byte]
            finish(end, at: offset &+ 1, &outputs)
        }
    }

    private mutating func finish(_ end: BlockShape.End, at offset: UInt64, _ outputs: inout [ConversationOutput]) {
        outputs.append(
            .block(SerialBlock(text: text, endCode: end.code, trailer: trailer, start: start, end: offset)))
        reset()
    }

    private mutating func reset() {
        text.removeAll(keepingCapacity: text.capacity <= 16_384)
        trailer = []
        state = .outside
    }

    private mutating func addNoise(_ from: UInt64, to end: UInt64) {
        if noise == 0 { noiseStart = from }
        noise &+= Int(end &- from)
        noiseEnd = end
    }

    private mutating func tellNoise(_ outputs: inout [ConversationOutput]) {
        guard noise > 0 else { return }
        outputs.append(.noise(count: noise, start: noiseStart, end: noiseEnd))
        noise = 0
    }
}
