import Testing

@testable import MLLP

/// What a decoder found, kept.
enum Found: Equatable {
    case message(String, UInt64, UInt64, framed: Bool)
    case noise(UInt64, UInt64, UInt64)
    case brokenOff(String, UInt64, UInt64)
    case tooLong(UInt64, UInt64)

    init(_ event: MLLPDecoder.Event) {
        self =
            switch event {
            case .message(let bytes, let start, let end, let isFramed):
                .message(String(decoding: bytes, as: UTF8.self), start, end, framed: isFramed)
            case .noise(let count, let start, let end): .noise(count, start, end)
            case .brokenOff(let bytes, let start, let end):
                .brokenOff(String(decoding: bytes, as: UTF8.self), start, end)
            case .tooLong(let start, let end): .tooLong(start, end)
            }
    }
}

func decode(
    _ pieces: [[UInt8]], framing: MLLPDecoder.Framing = .blocks, limit: Int = MLLPDecoder.defaultLimit
) -> [Found] {
    var decoder = MLLPDecoder(framing: framing, limit: limit)
    var found: [Found] = []
    for piece in pieces { piece.withUnsafeBytes { decoder.receive($0) { found.append(Found($0)) } } }
    decoder.flush { found.append(Found($0)) }
    #expect(decoder.isIdle)
    return found
}

/// Whole, byte by byte, and in random pieces must give the same.
func decodeEveryWay(
    _ text: String, framing: MLLPDecoder.Framing = .blocks, limit: Int = MLLPDecoder.defaultLimit
) -> [Found] {
    let bytes = Array(text.utf8)
    let whole = decode([bytes], framing: framing, limit: limit)
    #expect(decode(bytes.map { [$0] }, framing: framing, limit: limit) == whole, "byte by byte")
    var random = SplitMix64(seed: UInt64(bytes.count))
    for _ in 0..<20 {
        #expect(decode(random.pieces(of: bytes), framing: framing, limit: limit) == whole, "in pieces")
    }
    return whole
}

@Suite("MLLP blocks")
struct MLLPDecoderTests {
    @Test("one block, several blocks in one read, offsets")
    func blocks() {
        #expect(
            decodeEveryWay("\u{B}MSH|1\r\u{1C}\r\u{B}MSH|2\u{1C}\r") == [
                .message("MSH|1\r", 0, 8, framed: true), .message("MSH|2", 9, 16, framed: true),
            ])
    }

    @Test("endings of real devices", arguments: ["", "\r", "\r\n", "\n", "\r\r"])
    func endings(_ ending: String) {
        let found = decodeEveryWay("\u{B}A\u{1C}\(ending)\u{B}B\u{1C}\(ending)")
        #expect(found.count == 2)
        #expect(found.first == .message("A", 0, 3, framed: true))
    }

    @Test("noise before VT is skipped and counted")
    func noise() {
        #expect(
            decodeEveryWay("\u{2}\u{2}\u{2}\u{B}A\u{1C}\r\u{2}x\u{B}B\u{1C}\rz") == [
                .noise(3, 0, 3), .message("A", 3, 6, framed: true), .noise(2, 7, 9), .message("B", 9, 12, framed: true),
                .noise(1, 13, 14),
            ])
    }

    @Test("VT in a block starts again; the beginning is told as broken off")
    func restart() {
        #expect(
            decodeEveryWay("\u{B}\u{B}MSH|half\u{B}MSH|whole\u{1C}\r") == [
                .brokenOff("MSH|half", 1, 10), .message("MSH|whole", 10, 21, framed: true),
            ])
    }

    @Test("a block without end is broken off when the stream ends")
    func noEnd() { #expect(decodeEveryWay("\u{B}MSH|") == [.brokenOff("MSH|", 0, 5)]) }

    @Test("an empty block is a message without bytes")
    func empty() { #expect(decodeEveryWay("\u{B}\u{1C}\r") == [.message("", 0, 2, framed: true)]) }

    @Test("too long a block is told once and skipped; what follows is read")
    func tooLong() {
        let long = String(repeating: "x", count: 40)
        for framing in [MLLPDecoder.Framing.blocks, .automatic] {
            #expect(
                decodeEveryWay("\u{B}\(long)\u{1C}\r\u{B}ok\u{1C}\r", framing: framing, limit: 20) == [
                    .tooLong(0, 21), .message("ok", 43, 47, framed: true),
                ])
        }
        #expect(
            decodeEveryWay("MSH|\(long)\r\u{B}ok\u{1C}\r", framing: .automatic, limit: 20) == [
                .tooLong(0, 20), .message("ok", 45, 49, framed: true),
            ])
    }

    @Test("a message without an end leaves the memory flat, and is told once")
    func withoutEnd() {
        var decoder = MLLPDecoder(limit: 1 << 20)
        var faults = 0
        [UInt8(0x0B)].withUnsafeBytes { decoder.receive($0) { _ in } }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<64 {
            piece.withUnsafeBytes { decoder.receive($0) { if case .tooLong = $0 { faults += 1 } } }
            #expect(decoder.buffer.capacity <= 1 << 21)
        }
        #expect(faults == 1)
        #expect(!decoder.isIdle)
    }

    @Test("framing and decoding are inverse")
    func roundTrip() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            var wire: [UInt8] = []
            var sent: [[UInt8]] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let message = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    UInt8.random(in: 0x20...0xFF, using: &random)
                }
                sent.append(message)
                MLLP.frame(message, to: &wire)
            }
            var decoder = MLLPDecoder()
            var back: [[UInt8]] = []
            for piece in random.pieces(of: wire) {
                piece.withUnsafeBytes {
                    decoder.receive($0) { if case .message(let bytes, _, _, true) = $0 { back.append(Array(bytes)) } }
                }
            }
            #expect(back == sent)
        }
    }
}

@Suite("Messages without framing")
struct UnframedTests {
    @Test("a line MSH begins a message, the next one ends it, silence ends the last")
    func file() {
        #expect(
            decodeEveryWay("MSH|1\rPID|\rMSH|2\nOBX|\n", framing: .automatic) == [
                .message("MSH|1\rPID|\r", 0, 11, framed: false), .message("MSH|2\nOBX|\n", 11, 22, framed: false),
            ])
    }

    @Test("what only looks like a header is content, or noise outside")
    func lookAlikes() {
        #expect(
            decodeEveryWay("MSHX\rxMSH|\n MSH|1\rNTE|MSH|\rMSHA|\r", framing: .automatic) == [
                .noise(10, 0, 12), .message("MSH|1\rNTE|MSH|\rMSHA|\r", 12, 33, framed: false),
            ])
    }

    @Test("a byte order mark and blank lines do not hide a message")
    func mark() {
        let found = decodeEveryWay("\u{FEFF}MSH|1\r\n\r\n\r\n", framing: .automatic)
        #expect(found.last == .message("MSH|1\r\n\r\n\r\n", 3, 14, framed: false))
    }

    @Test("framed and unframed in one stream; a lost VT costs nothing")
    func mixed() {
        #expect(
            decodeEveryWay("\u{B}MSH|1\r\u{1C}\rMSH|2\r\u{1C}\r\u{2}\u{B}MSH|3\r\u{1C}\r", framing: .automatic) == [
                .message("MSH|1\r", 0, 8, framed: true), .message("MSH|2\r", 9, 16, framed: false), .noise(1, 17, 18),
                .message("MSH|3\r", 18, 26, framed: true),
            ])
    }

    @Test("without automatic framing they are noise")
    func strict() { #expect(decodeEveryWay("MSH|1\r") == [.noise(6, 0, 6)]) }

    @Test("any bytes: no trap, and every byte is inside what was found or between blocks")
    func anyBytes() {
        var random = SplitMix64(seed: 11)
        let alphabet = Array("MSH|\r\n x\u{B}\u{1C}\u{2}".utf8)
        for round in 0..<400 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for framing in [MLLPDecoder.Framing.blocks, .automatic] {
                let found = decodeEveryWay(text, framing: framing, limit: round % 2 == 0 ? 16 : 1000)
                var last: UInt64 = 0
                for item in found {
                    let (start, end) =
                        switch item {
                        case .message(_, let start, let end, _), .noise(_, let start, let end),
                            .brokenOff(_, let start, let end), .tooLong(let start, let end):
                            (start, end)
                        }
                    #expect(start >= last && end >= start && end <= UInt64(bytes.count))
                    last = end
                }
            }
        }
    }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Bytes cut at random places.
    mutating func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(rest.count, 9), using: &self)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
