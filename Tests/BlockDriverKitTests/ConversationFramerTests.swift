import BlockDriverKit
import Testing

/// Blocks out of bytes: codes, checks that may be missing, noise, limits.
struct ConversationFramerTests {
    static let stx: UInt8 = 0x02
    static let etx: UInt8 = 0x03

    static func run(_ shape: BlockShape, _ bytes: [UInt8], settles: Bool = true) -> [ConversationOutput] {
        var framer = ConversationFramer(shape)
        var outputs: [ConversationOutput] = []
        for byte in bytes { framer.take(byte, outputs: &outputs) }
        if settles { framer.settle(.silent, outputs: &outputs) }
        #expect(framer.received == UInt64(bytes.count))
        return outputs
    }

    static func block(_ text: String, end: [UInt8] = [etx], trailer: [UInt8] = [], at start: UInt64, to end2: UInt64)
        -> ConversationOutput
    {
        .block(SerialBlock(text: Array(text.utf8), endCode: end, trailer: trailer, start: start, end: end2))
    }

    @Test("text between codes, with offsets; line ends between blocks are no noise, other bytes are")
    func blocks() {
        let shape = BlockShape(start: [Self.stx], ends: [BlockShape.End([Self.etx])])
        let bytes = Array("\r\nxy\u{2}AB\u{3}\r\n\u{2}C\u{3}z".utf8)
        #expect(
            Self.run(shape, bytes) == [
                .noise(count: 2, start: 2, end: 4), Self.block("AB", at: 4, to: 8), Self.block("C", at: 10, to: 13),
                .noise(count: 1, start: 13, end: 14),
            ])
    }

    @Test("each end code has its own check; a check may look like any code")
    func checks() {
        let shape = BlockShape(
            start: [Self.stx], ends: [BlockShape.End([0x1D], .bytes(2)), BlockShape.End([Self.etx])], controls: [0x05])
        let bytes: [UInt8] = [0x05, Self.stx, 0x41, 0x1D, Self.stx, Self.etx, Self.stx, 0x42, Self.etx]
        #expect(
            Self.run(shape, bytes) == [
                .control(0x05, at: 0), Self.block("A", end: [0x1D], trailer: [Self.stx, Self.etx], at: 1, to: 6),
                Self.block("B", at: 6, to: 9),
            ])
    }

    @Test("an optional check is told by what follows: the check itself, a start, a line end, silence, another byte")
    func optional() {
        let shape = BlockShape(start: [Self.stx], ends: [BlockShape.End([Self.etx], .optionalXOR)])
        let body: [UInt8] = [Self.stx, 0x41, 0x42, Self.etx]
        let xor: UInt8 = 0x41 ^ 0x42 ^ Self.etx
        func with(_ rest: [UInt8]) -> [ConversationOutput] { Self.run(shape, body + rest) }
        let checked = Self.block("AB", trailer: [xor], at: 0, to: 5)
        let plain = Self.block("AB", at: 0, to: 4)
        #expect(with([xor]) == [checked])
        #expect(with([]) == [plain])
        #expect(with([0x0D]) == [plain])
        #expect(with(body) == [plain, Self.block("AB", at: 4, to: 8)])
        #expect(with([0x7A]) == [Self.block("AB", trailer: [0x7A], at: 0, to: 5)])
        #expect(Self.run(shape, body, settles: false).isEmpty)
    }

    @Test("a check that is the start code as well: the byte after it decides")
    func ambiguous() {
        let shape = BlockShape(start: [Self.stx], ends: [BlockShape.End([Self.etx], .optionalXOR)])
        // 41 ^ 40 ^ 03 = 02
        let body: [UInt8] = [Self.stx, 0x41, 0x40, Self.etx]
        let checked = Self.block("A@", trailer: [Self.stx], at: 0, to: 5)
        #expect(Self.run(shape, body + [Self.stx]) == [checked])
        #expect(Self.run(shape, body + [Self.stx, 0x0D]) == [checked])
        #expect(
            Self.run(shape, body + [Self.stx] + body) == [checked, Self.block("A@", at: 5, to: 9)])
        #expect(
            Self.run(shape, body + body) == [Self.block("A@", at: 0, to: 4), Self.block("A@", at: 4, to: 8)])
    }

    @Test("codes of two bytes; the first byte alone is noise or text")
    func longCodes() {
        let shape = BlockShape(start: [0x01, Self.stx], ends: [BlockShape.End([Self.etx, 0x04])], restarts: true)
        let bytes: [UInt8] = [0x01, 0x41, 0x01, Self.stx, 0x42, Self.etx, 0x43, Self.etx, 0x04]
        #expect(
            Self.run(shape, bytes) == [
                .noise(count: 2, start: 0, end: 2), Self.block("B\u{3}C", end: [Self.etx, 0x04], at: 2, to: 9),
            ])
    }

    @Test("a block that begins again, falls silent or has no end is told with its span; the next one is read")
    func broken() {
        let shape = BlockShape(start: [Self.stx], ends: [BlockShape.End([Self.etx])], longest: 4)
        let again: [UInt8] = [Self.stx, 0x41, Self.stx, 0x42, Self.etx]
        #expect(
            Self.run(shape, again) == [.broken(.restarted, start: 0, end: 2), Self.block("B", at: 2, to: 5)])
        #expect(Self.run(shape, [Self.stx, 0x41]) == [.broken(.silent, start: 0, end: 2)])
        let long = [Self.stx] + [UInt8](repeating: 0x41, count: 5) + [Self.stx, 0x42, Self.etx]
        #expect(Self.run(shape, long) == [.broken(.tooLong, start: 0, end: 6), Self.block("B", at: 6, to: 9)])
    }

    @Test("without a start code the first byte that is not skipped begins a block")
    func noStart() {
        let shape = BlockShape(start: [], ends: [BlockShape.End([0x0C])], restarts: false)
        #expect(Self.run(shape, Array("\r A\rB\u{C}\r".utf8)) == [Self.block("A\rB", end: [0x0C], at: 2, to: 6)])
    }

    @Test("noise without end is told in parts, and nothing of it is kept")
    func endlessNoise() {
        var framer = ConversationFramer(BlockShape(start: [Self.stx], ends: [BlockShape.End([Self.etx])]))
        var outputs: [ConversationOutput] = []
        for _ in 0..<200_000 { framer.take(0x78, outputs: &outputs) }
        #expect(outputs.count == 3 && framer.hasNoise && !framer.isPartial)
    }
}
