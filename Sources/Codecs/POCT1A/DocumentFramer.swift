/// Finds XML documents in a stream that comes in any pieces: one after another without anything between them, or each in an
/// MLLP block (VT document FS CR).
///
/// Only the shape is looked at: where tags begin and end, and how deep they are. The end tag of the outermost element ends the
/// document. A document that is broken off by the beginning of another one (`<?xml`, a root like `OBS.R01`, VT) is told, and
/// the new one is read. Memory never exceeds the limit for one document; nothing traps.
public struct DocumentFramer: Sendable {
    /// What was found. Offsets count all bytes given to `receive`, from 0.
    public enum Event: Sendable, Equatable {
        /// A document; `isWrapped`: in an MLLP block.
        case document([UInt8], start: UInt64, end: UInt64, isWrapped: Bool)
        /// Bytes that belong to no document.
        case noise(count: UInt64, start: UInt64, end: UInt64)
        /// The beginning of a document that has no end, and why; its root's name as far as known.
        case broken(Break, root: String, start: UInt64, end: UInt64)
    }

    /// Why a document has no end.
    public enum Break: Sendable, Equatable {
        /// Another one begins, or a sign stands in it that XML does not allow.
        case interrupted
        /// The stream ended, or fell silent.
        case ended
        /// Longer than the limit, or too deep.
        case tooLong
    }

    /// Default of `limit`: 1 MiB; devices declare 16,000 bytes and the like.
    public static let defaultLimit = 1 << 20
    /// Elements inside each other.
    static let depthLimit = 64
    /// A beginning shorter than this is noise: so garbage does not become a flood of events.
    static let shortest = 16

    /// Longest document in bytes.
    public let limit: Int

    enum State: Sendable {
        case outside
        /// Between tags; before the root as well.
        case text
        /// After `<`.
        case opened
        /// In the name of a start tag.
        case name
        case startTag
        /// After `/` in a start tag.
        case slash
        case endTag
        case quoted(UInt8)
        /// After `<` in a value.
        case quotedOpen(UInt8)
        case instruction
        /// `<!`, `<!-`, `<!--`, `<![CDATA[`.
        case bang
        case comment
        case data
    }
    private var state = State.outside
    private var buffer: [UInt8] = []
    private var start: UInt64 = 0
    private var taken: UInt64 = 0
    private var depth = 0
    private var hasRoot = false
    private var root = ""
    /// Where the present tag begins in `buffer`.
    private var tagStart = 0
    private var isWrapped = false
    private var noiseCount: UInt64 = 0
    private var noiseStart: UInt64 = 0
    private var noiseEnd: UInt64 = 0

    /// A framer at the beginning of a stream.
    public init(limit: Int = defaultLimit) { self.limit = max(64, limit) }

    /// Nothing received so far is still needed.
    public var isIdle: Bool {
        if case .outside = state { return !isWrapped }
        return false
    }

    /// Takes bytes as read.
    public mutating func receive(_ bytes: some Sequence<UInt8>, _ found: (Event) -> Void) {
        for byte in bytes {
            take(byte, found)
            taken &+= 1
        }
    }

    /// The stream has ended, or has been silent for long.
    public mutating func flush(_ found: (Event) -> Void) {
        giveUp(.ended, found)
        isWrapped = false
        tellNoise(found)
    }

    private mutating func take(_ byte: UInt8, _ found: (Event) -> Void) {
        if byte == 0x0B {
            giveUp(.interrupted, found)
            isWrapped = true
            return
        }
        if case .outside = state {
            outside(byte)
            return
        }
        // No control character but TAB, CR and LF is allowed in XML.
        if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D {
            giveUp(.interrupted, found)
            outside(byte)
            return
        }
        buffer.append(byte)
        inside(byte, found)
        if buffer.count > limit || depth > DocumentFramer.depthLimit { giveUp(.tooLong, found) }
    }

    private mutating func outside(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "<"):
            state = .opened
            buffer = [byte]
            tagStart = 0
            start = taken
            depth = 0
            hasRoot = false
            root = ""
        // Blanks, FS of a block, a byte order mark.
        case 0x20, 0x09, 0x0A, 0x0D, 0x1C, 0xEF, 0xBB, 0xBF: break
        default:
            addNoise(1, at: taken)
            isWrapped = false
        }
    }

    private mutating func inside(_ byte: UInt8, _ found: (Event) -> Void) {
        switch state {
        case .outside: break
        case .text:
            if byte == UInt8(ascii: "<") {
                state = .opened
                tagStart = buffer.count - 1
            } else if depth == 0, byte > 0x20 {
                giveUp(.interrupted, found)
            }
        case .opened: opened(byte, found)
        case .name:
            if byte == UInt8(ascii: "<") {
                restart(found)
            } else if !XMLReader.isNameByte(byte) {
                nameEnds(found)
                state = .startTag
                inStartTag(byte, found)
            }
        case .startTag: inStartTag(byte, found)
        case .slash:
            if byte == UInt8(ascii: ">") {
                closeTag(found)
            } else if byte == UInt8(ascii: "<") {
                restart(found)
            } else {
                giveUp(.interrupted, found)
            }
        case .endTag:
            if byte == UInt8(ascii: "<") {
                restart(found)
            } else if byte == UInt8(ascii: ">") {
                depth -= 1
                closeTag(found)
            }
        case .quoted(let quote):
            if byte == quote {
                state = .startTag
            } else if byte == UInt8(ascii: "<") {
                state = .quotedOpen(quote)
            }
        case .quotedOpen(let quote): quotedOpen(byte, quote, found)
        case .instruction: inInstruction(byte, found)
        case .bang: inBang(found)
        case .comment: if ends(with: "-->") { state = .text }
        case .data: if ends(with: "]]>") { state = .text }
        }
    }

    /// `<` may not stand in a value, but `V="<5.0"` is written: only what could be a tag is taken for the sender starting again.
    private mutating func quotedOpen(_ byte: UInt8, _ quote: UInt8, _ found: (Event) -> Void) {
        switch byte {
        case quote: state = .startTag
        case UInt8(ascii: "<"): break
        case _ where XMLReader.mayFollowOpen(byte): state = .quoted(quote)
        default:
            tagStart = buffer.count - 2
            dropBeforeTag(found)
            state = .opened
            opened(byte, found)
        }
    }

    private mutating func opened(_ byte: UInt8, _ found: (Event) -> Void) {
        switch byte {
        case UInt8(ascii: "?"): state = .instruction
        case UInt8(ascii: "!"): state = .bang
        case UInt8(ascii: "/"):
            if depth > 0 {
                state = .endTag
            } else {
                giveUp(.interrupted, found)
            }
        case UInt8(ascii: "<"): restart(found)
        case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), 0x80...0xFF: state = .name
        default: giveUp(.interrupted, found)
        }
    }

    private mutating func inStartTag(_ byte: UInt8, _ found: (Event) -> Void) {
        switch byte {
        case UInt8(ascii: "<"): restart(found)
        case UInt8(ascii: ">"):
            depth += 1
            state = .text
        case UInt8(ascii: "/"): state = .slash
        case UInt8(ascii: "\""), UInt8(ascii: "'"): state = .quoted(byte)
        default: break
        }
    }

    /// A root inside another document: the sender has started again.
    private mutating func nameEnds(_ found: (Event) -> Void) {
        let name = buffer[(tagStart + 1)..<max(tagStart + 1, buffer.count - 1)]
        if hasRoot, DocumentFramer.isRoot(name) { dropBeforeTag(found) }
        if !hasRoot {
            hasRoot = true
            root = String(decoding: name.prefix(40), as: UTF8.self)
        }
    }

    /// `OBS.R01`: three capitals, a point, R and two digits.
    private static func isRoot(_ name: ArraySlice<UInt8>) -> Bool {
        guard name.count == 7 else { return false }
        let name = Array(name)
        func isCapital(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        return isCapital(name[0]) && isCapital(name[1]) && isCapital(name[2]) && name[3] == UInt8(ascii: ".")
            && name[4] == UInt8(ascii: "R") && isDigit(name[5]) && isDigit(name[6])
    }

    private mutating func inInstruction(_ byte: UInt8, _ found: (Event) -> Void) {
        if byte == UInt8(ascii: "<") {
            restart(found)
        } else if buffer.count - tagStart == 6, tagStart > 0, buffer[tagStart...].starts(with: "<?xml".utf8),
            byte <= 0x20
        {
            dropBeforeTag(found)
            state = .instruction
        } else if ends(with: "?>") {
            state = .text
        }
    }

    private mutating func inBang(_ found: (Event) -> Void) {
        let tag = buffer[tagStart...]
        if tag.elementsEqual("<!--".utf8) {
            state = .comment
        } else if tag.elementsEqual("<![CDATA[".utf8) {
            state = .data
        } else if !"<!--".utf8.starts(with: tag), !"<![CDATA[".utf8.starts(with: tag) {
            // Document types and entities are not accepted.
            giveUp(.interrupted, found)
        }
    }

    private func ends(with text: StaticString) -> Bool {
        guard buffer.count - tagStart >= text.utf8CodeUnitCount + 4 || state.isInstruction else { return false }
        return text.withUTF8Buffer { buffer.suffix($0.count).elementsEqual($0) }
    }

    /// A tag has ended that may end the document.
    private mutating func closeTag(_ found: (Event) -> Void) {
        state = .text
        guard depth <= 0 else { return }
        tellNoise(found)
        found(.document(buffer, start: start, end: taken &+ 1, isWrapped: isWrapped))
        isWrapped = false
        state = .outside
        buffer = []
    }

    /// `<` in the middle of a tag: what stands before it is broken off, and something begins with it.
    private mutating func restart(_ found: (Event) -> Void) {
        tagStart = buffer.count - 1
        dropBeforeTag(found)
        state = .opened
    }

    private mutating func dropBeforeTag(_ found: (Event) -> Void) {
        let rest = Array(buffer[tagStart...])
        let end = taken &+ 1 &- UInt64(rest.count)
        tellBroken(.interrupted, count: tagStart, end: end, found)
        buffer = rest
        start = end
        tagStart = 0
        depth = 0
        hasRoot = false
        root = ""
    }

    private mutating func giveUp(_ reason: Break, _ found: (Event) -> Void) {
        if case .outside = state { return }
        tellBroken(reason, count: buffer.count, end: start &+ UInt64(buffer.count), found)
        state = .outside
        buffer = []
    }

    private mutating func tellBroken(_ reason: Break, count: Int, end: UInt64, _ found: (Event) -> Void) {
        guard count > 0 else { return }
        if hasRoot, count >= DocumentFramer.shortest {
            tellNoise(found)
            found(.broken(reason, root: root, start: start, end: end))
        } else {
            addNoise(UInt64(count), at: start)
        }
    }

    private mutating func addNoise(_ count: UInt64, at place: UInt64) {
        if noiseCount == 0 { noiseStart = place }
        noiseCount &+= count
        noiseEnd = place &+ count
    }

    private mutating func tellNoise(_ found: (Event) -> Void) {
        if noiseCount > 0 { found(.noise(count: noiseCount, start: noiseStart, end: noiseEnd)) }
        noiseCount = 0
    }
}

extension DocumentFramer.State {
    fileprivate var isInstruction: Bool { if case .instruction = self { true } else { false } }
}
