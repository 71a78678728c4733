/// The bytes of one message, from its header record to its terminator record.
public struct LIS02Text: Sendable, Equatable {
    /// Records as sent, in the device's character set.
    public var bytes: [UInt8]
    /// Where the message begins in the stream.
    public var start: UInt64
    /// One past where it ends.
    public var end: UInt64
    /// False: no terminator record was seen.
    public var isTerminated: Bool
    /// A text from its parts.
    public init(bytes: [UInt8], start: UInt64, end: UInt64, isTerminated: Bool) {
        self.bytes = bytes
        self.start = start
        self.end = end
        self.isTerminated = isTerminated
    }
}

/// What `LIS02Assembler` has to say.
public enum LIS02AssemblerOutput: Sendable, Equatable {
    /// A message.
    case message(LIS02Text)
    /// Text that belongs to no message: `count` bytes before a header record, comment lines not counted.
    case stray(count: Int, start: UInt64, end: UInt64)
    /// A message longer than the limit was dropped, up to the next header record.
    case tooLong(limit: Int, start: UInt64, end: UInt64)
}

/// Cuts a run of text into messages H … L (LIS02-A2 5.2), whatever frames or blocks brought it.
///
/// Works on bytes: CR, LF and the letters that begin records mean themselves in every character set in use. Memory is
/// bounded by the limit.
public struct LIS02Assembler: Sendable {
    /// Most bytes in one message.
    public let limit: Int
    /// What has come of the message so far; text before a header is not kept.
    private var buffer: [UInt8] = []
    private var lineStart = 0
    private var hasHeader = false
    private var delimiter: UInt8 = 0
    private var isSkipping = false
    private var start: UInt64 = 0
    private var end: UInt64 = 0
    private var endsOpen = false
    private var strayCount = 0
    /// Bytes of the open line that were not kept.
    private var dropped = 0
    private var strayStart: UInt64 = 0
    private var strayEnd: UInt64 = 0
    /// A header seen while a line is still open: only so much of a line outside messages is kept.
    private static let longestStrayLine = 8

    /// An assembler with nothing in it. `limit`: bytes.
    public init(limit: Int = 64 << 20) { self.limit = limit }

    /// Nothing of a message has come.
    public var isEmpty: Bool { partial == nil }
    /// A message has begun and not ended: where in the stream, and how many bytes of it have come.
    public var partial: (start: UInt64, end: UInt64, count: Int)? {
        hasHeader || canBecomeHeader ? (start: start, end: end, count: buffer.count) : nil
    }

    /// Takes text. `start`, `end`: the span of the stream it came from; a span as long as the text is taken byte for byte.
    /// `endsText`: the link says that a text ends here (ETX, EOT): an open record ends with it.
    public mutating func append(
        _ text: UnsafeBufferPointer<UInt8>, start: UInt64, end: UInt64, endsText: Bool,
        outputs: inout [LIS02AssemblerOutput]
    ) {
        let isExact = end &- start == UInt64(text.count)
        if endsOpen, lineStart < buffer.count, LIS02Assembler.beginsRecord(text, delimiter: openDelimiter) {
            // The last text ended without CR, and this one begins with a record: the CR was left out.
            buffer.append(0x0D)
            scan(at: start, exact: nil, end: start, outputs: &outputs)
        }
        endsOpen = false
        self.end = end
        var index = 0
        while index < text.count {
            // By lines, so that memory stays bounded outside messages and a limit is noticed early.
            var stop = index
            while stop < text.count, text[stop] != 0x0D, text[stop] != 0x0A { stop += 1 }
            let hasEnd = stop < text.count
            if hasEnd { stop += 1 }
            add(UnsafeBufferPointer(rebasing: text[index..<stop]), at: isExact ? start &+ UInt64(index) : start)
            if hasEnd {
                let after = isExact ? start &+ UInt64(stop) : end
                scan(at: start, exact: after, end: after, outputs: &outputs)
            }
            if buffer.count > limit { drop(end: end, outputs: &outputs) }
            index = stop
        }
        if endsText { endText(outputs: &outputs) }
    }

    /// The link says that nothing more follows: what has come is handed over, terminated or not.
    public mutating func flush(outputs: inout [LIS02AssemblerOutput]) {
        if lineStart < buffer.count {
            buffer.append(0x0D)
            scan(at: end, exact: nil, end: end, outputs: &outputs)
        }
        if hasHeader { take(upTo: buffer.count, isTerminated: false, end: end, outputs: &outputs) }
        reportStray(outputs: &outputs)
        reset()
    }

    /// Forgets what has come of a message.
    public mutating func reset() {
        buffer.removeAll(keepingCapacity: buffer.capacity < 1 << 16)
        lineStart = 0
        hasHeader = false
        isSkipping = false
        endsOpen = false
    }

    private mutating func add(_ line: UnsafeBufferPointer<UInt8>, at offset: UInt64) {
        var line = line
        if !hasHeader {
            if buffer.isEmpty {
                // Indentation is no part of a record, and must not fill what is kept of a line.
                var blanks = 0
                while blanks < line.count, line[blanks] <= 0x20 { blanks += 1 }
                line = UnsafeBufferPointer(rebasing: line[blanks...])
                start = offset &+ UInt64(blanks)
            }
            if buffer.count > LIS02Assembler.longestStrayLine, !canBecomeHeader {
                // A line that is no header: only its length is of interest.
                dropped &+= line.count
                return
            }
        }
        buffer.append(contentsOf: line)
    }

    /// The field delimiter of the message, or of the header that is still an open line.
    private var openDelimiter: UInt8 { hasHeader ? delimiter : canBecomeHeader ? buffer[1] : 0 }

    /// Leading blanks aside, the open line begins like a header.
    private var canBecomeHeader: Bool {
        buffer.withUnsafeBufferPointer { LIS02Delimiters.beginsHeader(LIS02Assembler.trimmed($0)) }
    }

    /// A line has ended at the end of the buffer.
    private mutating func scan(
        at offset: UInt64, exact: UInt64?, end: UInt64, outputs: inout [LIS02AssemblerOutput]
    ) {
        let line = buffer.withUnsafeBufferPointer { buffer -> Line in
            let line = LIS02Assembler.trimmed(UnsafeBufferPointer(rebasing: buffer[lineStart...]))
            if line.isEmpty { return .empty }
            if LIS02Delimiters.beginsHeader(line) { return .header(line[1]) }
            if hasHeader, line[0] == UInt8(ascii: "L"), line.count == 1 || line[1] == delimiter { return .terminator }
            return line[0] == UInt8(ascii: "#") ? .remark : .other
        }
        switch line {
        case .header(let delimiter):
            if hasHeader {
                // A new message without the end of the one before.
                let began = lineStart
                let rest = Array(buffer[began...])
                take(upTo: began, isTerminated: false, end: offset, outputs: &outputs)
                buffer = rest
                start = exact.map { $0 &- UInt64(rest.count) } ?? offset
            }
            reportStray(outputs: &outputs)
            isSkipping = false
            hasHeader = true
            self.delimiter = delimiter
            lineStart = buffer.count
        case .terminator: take(upTo: buffer.count, isTerminated: true, end: end, outputs: &outputs)
        case .empty, .remark, .other:
            if hasHeader {
                lineStart = buffer.count
            } else {
                if case .other = line, !isSkipping {
                    if strayCount == 0 { strayStart = start }
                    strayCount &+= buffer.count &+ dropped
                    strayEnd = end
                }
                buffer.removeAll(keepingCapacity: true)
                lineStart = 0
                dropped = 0
            }
        }
    }

    private enum Line {
        case empty
        case header(UInt8)
        case terminator
        case remark
        case other
    }

    private mutating func endText(outputs: inout [LIS02AssemblerOutput]) {
        guard lineStart < buffer.count else { return }
        let isTerminator = buffer.withUnsafeBufferPointer { buffer in
            let line = LIS02Assembler.trimmed(UnsafeBufferPointer(rebasing: buffer[lineStart...]))
            return hasHeader && !line.isEmpty && line[0] == UInt8(ascii: "L")
                && (line.count == 1 || line[1] == delimiter)
        }
        if isTerminator { take(upTo: buffer.count, isTerminated: true, end: end, outputs: &outputs) }
        endsOpen = !isTerminator
    }

    private mutating func take(
        upTo count: Int, isTerminated: Bool, end: UInt64, outputs: inout [LIS02AssemblerOutput]
    ) {
        let bytes = count == buffer.count ? buffer : Array(buffer[..<count])
        buffer = []
        outputs.append(.message(LIS02Text(bytes: bytes, start: start, end: end, isTerminated: isTerminated)))
        lineStart = 0
        hasHeader = false
        endsOpen = false
    }

    private mutating func drop(end: UInt64, outputs: inout [LIS02AssemblerOutput]) {
        outputs.append(.tooLong(limit: limit, start: start, end: end))
        reset()
        buffer = []
        isSkipping = true
    }

    private mutating func reportStray(outputs: inout [LIS02AssemblerOutput]) {
        guard strayCount > 0 else { return }
        outputs.append(.stray(count: strayCount, start: strayStart, end: max(strayStart, strayEnd)))
        strayCount = 0
    }

    private static func trimmed(_ line: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = line.count
        while start < end, line[start] <= 0x20 { start += 1 }
        while end > start, line[end - 1] <= 0x20 { end -= 1 }
        return UnsafeBufferPointer(rebasing: line[start..<end])
    }

    private static func beginsRecord(_ text: UnsafeBufferPointer<UInt8>, delimiter: UInt8) -> Bool {
        guard text.count >= 2, text[1] == delimiter else { return false }
        switch text[0] {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return true
        default: return false
        }
    }
}
