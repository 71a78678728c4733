import Testing

@testable import SerialBlocks

struct BlockFramerTests {
    static func run(
        _ bytes: [UInt8], _ options: BlockFramer.Options = .init(), step: Int = .max
    ) -> ([BlockFramer.Output], BlockFramer) {
        var framer = BlockFramer(options)
        var outputs: [BlockFramer.Output] = []
        var index = 0
        while index < bytes.count {
            let end = index + min(step, bytes.count - index)
            Array(bytes[index..<end]).withUnsafeBytes { framer.receive($0, outputs: &outputs) }
            index = end
        }
        return (outputs, framer)
    }

    static func blocks(_ outputs: [BlockFramer.Output]) -> [String] {
        outputs.compactMap {
            if case .block(let block) = $0 { String(decoding: block.text, as: UTF8.self) } else { nil }
        }
    }

    @Test("blocks with offsets, noise around them, line ends between them, in any pieces")
    func plain() {
        let bytes = Array("xy\u{2}AB\u{3}\r\n\u{2}C\u{3}z".utf8)
        let (whole, framer) = Self.run(bytes)
        #expect(
            whole == [
                .noise(count: 2, start: 0, end: 2),
                .block(.init(text: Array("AB".utf8), end: 3, trailer: [], startOffset: 2, endOffset: 6)),
                .block(.init(text: Array("C".utf8), end: 3, trailer: [], startOffset: 8, endOffset: 11)),
            ])
        #expect(!framer.isIdle)
        for step in 1...5 { #expect(Self.run(bytes, step: step).0 == whole) }
        var flushed = framer
        var outputs: [BlockFramer.Output] = []
        flushed.flushNoise(outputs: &outputs)
        #expect(outputs == [.noise(count: 1, start: 11, end: 12)])
        #expect(flushed.isIdle)
    }

    @Test("a start code inside a block begins again; the part before is told")
    func restart() {
        let (outputs, framer) = Self.run(Array("\u{2}ABC\u{2}D\u{3}".utf8))
        #expect(
            outputs == [
                .restarted(count: 3, start: 0, end: 4),
                .block(.init(text: Array("D".utf8), end: 3, trailer: [], startOffset: 4, endOffset: 7)),
            ])
        #expect(framer.isIdle)
    }

    @Test("trailer, several end codes, start codes of two bytes, bytes left out")
    func options() {
        var options = BlockFramer.Options()
        options.start = [1, 2]
        options.ends = [3, 0x17]
        options.trailer = 1
        options.dropped = [0x0D, 0x0A]
        // The trailer may hold any byte, also a start or end code.
        let bytes: [UInt8] = [1, 2, 0x41, 0x0D, 0x42, 0x17, 1, 1, 0x41, 1, 2, 0x43, 3, 3, 1]
        for step in [1, 2, 3, 100] {
            let (outputs, framer) = Self.run(bytes, options, step: step)
            #expect(
                outputs == [
                    .block(.init(text: [0x41, 0x42], end: 0x17, trailer: [1], startOffset: 0, endOffset: 7)),
                    .noise(count: 2, start: 7, end: 9),
                    .block(.init(text: [0x43], end: 3, trailer: [3], startOffset: 9, endOffset: 14)),
                ])
            #expect(framer.partial?.start == 14)
        }
    }

    @Test("a block beyond the limit is told once and skipped; the next one is read")
    func limit() {
        var options = BlockFramer.Options()
        options.limit = 10
        let long = [2] + [UInt8](repeating: 0x41, count: 5000)
        for step in [1, 7, 10_000] {
            let (outputs, framer) = Self.run(long + [3, 2, 0x42, 3], options, step: step)
            #expect(outputs.count == 2)
            #expect(outputs.first == .tooLong(start: 0, end: 11))
            #expect(Self.blocks(outputs) == ["B"])
            #expect(framer.isIdle)
        }
    }

    @Test("endless noise is told each 4,096 bytes and takes no memory")
    func noise() {
        let (outputs, framer) = Self.run([UInt8](repeating: 0x55, count: 10_000), step: 100)
        #expect(outputs == [.noise(count: 4096, start: 0, end: 4096), .noise(count: 4096, start: 4096, end: 8192)])
        #expect(!framer.isIdle)
    }

    @Test("cut at any byte and reset, the next block is read")
    func silence() {
        let block = Array("\u{2}ABCDEF\u{3}".utf8)
        for cut in 0..<block.count {
            var (outputs, framer) = Self.run(Array(block.prefix(cut)))
            #expect((framer.partial != nil) == (cut > 0))
            framer.reset()
            #expect(framer.isIdle && outputs.isEmpty)
            block.withUnsafeBytes { framer.receive($0, outputs: &outputs) }
            #expect(Self.blocks(outputs) == ["ABCDEF"])
        }
    }
}
