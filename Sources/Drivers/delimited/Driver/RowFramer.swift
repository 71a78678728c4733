/// Finds rows in a stream that comes in any pieces.
///
/// A row ends with LF, CR or CR LF, except within quotes; a quote opens only at the start of a field. Where blocks are used, a
/// start code begins and an end code ends one, and what stands outside is noise. UTF-16 (by its byte order mark, or set) is
/// turned into UTF-8 on the way. Memory is bounded by the longest row; nothing traps.
struct RowFramer {
    /// What was found. Offsets count all bytes given to `receive`, from 0.
    enum Event: Equatable {
        /// A row without its end. `isEnded`: its end was seen, so nothing is missing from it.
        case row([UInt8], start: UInt64, end: UInt64, isEnded: Bool)
        /// A row without anything in it.
        case blank
        /// An end code: the block that began at `start` is whole.
        case blockEnd(start: UInt64, end: UInt64)
        /// A block was broken off by another one, or by the end.
        case blockBroken(start: UInt64, end: UInt64)
        /// Bytes outside blocks.
        case noise(count: UInt64, start: UInt64, end: UInt64)
        /// A row over the limit: skipped up to the next line end.
        case tooLong(start: UInt64, end: UInt64)
    }

    /// Start and end code of blocks; nil: none are used, STX and ETX still end a row.
    struct Codes: Equatable {
        var start: UInt8
        var end: UInt8
    }

    private let codes: Codes?
    private let quote: UInt8?
    private let separators: [UInt8]
    private let limit: Int
    private var units: UnitReader
    private var buffer: [UInt8] = []
    private var rowStart: UInt64 = 0
    private var blockStart: UInt64?
    private var isQuoted = false
    private var isFieldStart = true
    private var isAfterCR = false
    private var isSkipping = false
    private var noiseCount: UInt64 = 0
    private var noiseStart: UInt64 = 0

    init(_ options: DelimitedOptions) {
        codes = options.codes
        quote = options.quote
        separators = options.separator.map { [$0] } ?? DelimitedOptions.usualSeparators
        limit = options.longestRow
        units = UnitReader(options.unicode)
    }

    /// Nothing received so far is still needed.
    var isIdle: Bool { buffer.isEmpty && blockStart == nil && !isSkipping && units.isIdle }

    mutating func receive(_ bytes: some Sequence<UInt8>, _ found: (Event) -> Void) {
        for byte in bytes {
            let start = units.start
            if units.isPlain {
                units.pass()
                take(byte, at: start, next: units.taken, found)
                continue
            }
            guard let text = units.take(byte) else { continue }
            for byte in text { take(byte, at: start, next: units.taken, found) }
        }
    }

    /// The stream has been silent for long, or has ended: the row so far is given as it is.
    mutating func flush(_ found: (Event) -> Void) {
        if codes != nil {
            if let blockStart { found(.blockBroken(start: blockStart, end: units.taken)) }
            blockStart = nil
            clearRow()
        } else {
            endRow(at: units.taken, isEnded: false, found)
        }
        isSkipping = false
        isAfterCR = false
        tellNoise(found)
    }

    /// The stream has ended: what comes next is another one.
    mutating func reset() { units.reset() }

    private mutating func take(_ byte: UInt8, at place: UInt64, next: UInt64, _ found: (Event) -> Void) {
        if let codes {
            if byte == codes.start {
                if let blockStart { found(.blockBroken(start: blockStart, end: place)) }
                tellNoise(found)
                clearRow()
                isSkipping = false
                blockStart = place
                return
            }
            guard let blockStart else {
                if byte > 0x20 { addNoise(at: place) }
                return
            }
            if byte == codes.end {
                endRow(at: next, isEnded: true, found)
                found(.blockEnd(start: blockStart, end: next))
                self.blockStart = nil
                isSkipping = false
                return
            }
        } else if byte == 0x02 || byte == 0x03 || byte == 0x1A {
            // STX, ETX, and the mark of old systems for the end of a file.
            endRow(at: next, isEnded: true, found)
            return
        }
        defer { isAfterCR = byte == 0x0D }
        if byte == 0x0A, isAfterCR { return }
        if byte == 0x0A || byte == 0x0D, !isQuoted {
            if isSkipping {
                isSkipping = false
                clearRow()
            } else if buffer.isEmpty {
                found(.blank)
            } else {
                endRow(at: next, isEnded: true, found)
            }
            return
        }
        if isSkipping { return }
        if buffer.isEmpty { rowStart = place }
        if let quote, byte == quote {
            if isQuoted { isQuoted = false } else if isFieldStart || buffer.last == quote { isQuoted = true }
            isFieldStart = false
        } else if !isQuoted {
            isFieldStart = separators.contains(byte) || isFieldStart && byte == 0x20
        }
        buffer.append(byte)
        if buffer.count > limit {
            found(.tooLong(start: rowStart, end: next))
            clearRow()
            isSkipping = true
        }
    }

    private mutating func endRow(at end: UInt64, isEnded: Bool, _ found: (Event) -> Void) {
        // Quotes that are still open: what belongs to the row cannot be told.
        if !buffer.isEmpty { found(.row(buffer, start: rowStart, end: end, isEnded: isEnded && !isQuoted)) }
        clearRow()
    }

    private mutating func clearRow() {
        buffer.removeAll(keepingCapacity: true)
        isQuoted = false
        isFieldStart = true
    }

    private mutating func addNoise(at place: UInt64) {
        if noiseCount == 0 { noiseStart = place }
        noiseCount &+= 1
    }

    private mutating func tellNoise(_ found: (Event) -> Void) {
        if noiseCount > 0 { found(.noise(count: noiseCount, start: noiseStart, end: noiseStart &+ noiseCount)) }
        noiseCount = 0
    }
}

/// Bytes as they come, or UTF-16 turned into UTF-8.
struct UnitReader {
    /// What the stream is.
    enum Form: Equatable {
        /// Look for a byte order mark at the start; else bytes.
        case detected
        case bytes
        case utf16(isBigEndian: Bool)
    }

    private let wanted: Form
    private var form: Form
    private var pending: [UInt8] = []
    private var high: UInt16?
    /// Bytes taken.
    private(set) var taken: UInt64 = 0

    init(_ form: Form) {
        wanted = form
        self.form = form
    }

    /// A fresh reader would read on alike.
    var isIdle: Bool {
        switch form {
        case .utf16: wanted == form && pending.isEmpty && high == nil
        default: pending.isEmpty
        }
    }

    /// Bytes are text as they are.
    var isPlain: Bool { form == .bytes }

    /// Counts a byte that is text as it is.
    mutating func pass() { taken &+= 1 }

    /// Where the unit begins that the next byte belongs to.
    var start: UInt64 { taken &- UInt64(pending.count) }

    mutating func reset() {
        form = wanted
        pending = []
        high = nil
    }

    /// UTF-8, or bytes as they are; nil: more is needed.
    mutating func take(_ byte: UInt8) -> [UInt8]? {
        taken &+= 1
        switch form {
        case .bytes: return [byte]
        case .detected:
            pending.append(byte)
            let marks: [[UInt8]] = [[0xFF, 0xFE], [0xFE, 0xFF], [0xEF, 0xBB, 0xBF]]
            if marks.contains(where: { $0.count > pending.count && $0.starts(with: pending) }) { return nil }
            let first = pending
            pending = []
            switch first {
            case marks[0]: form = .utf16(isBigEndian: false)
            case marks[1]: form = .utf16(isBigEndian: true)
            case marks[2]: form = .bytes
            default:
                form = .bytes
                return first
            }
            return nil
        case .utf16(let isBigEndian):
            pending.append(byte)
            guard pending.count == 2 else { return nil }
            let unit = UInt16(pending[isBigEndian ? 0 : 1]) << 8 | UInt16(pending[isBigEndian ? 1 : 0])
            pending = []
            return utf8(of: unit)
        }
    }

    private mutating func utf8(of unit: UInt16) -> [UInt8]? {
        if unit & 0xFC00 == 0xD800 {
            high = unit
            return nil
        }
        defer { high = nil }
        var number = UInt32(unit)
        if unit & 0xFC00 == 0xDC00 {
            guard let high else { return Array("\u{FFFD}".utf8) }
            number = 0x10000 + (UInt32(high & 0x3FF) << 10) + UInt32(unit & 0x3FF)
        }
        if number == 0xFEFF { return nil }
        guard let scalar = Unicode.Scalar(number) else { return Array("\u{FFFD}".utf8) }
        return Array(String(Character(scalar)).utf8)
    }
}
