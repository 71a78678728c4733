import LIS02
import Testing

/// Messages cut out of runs of text, however the text comes.
struct AssemblerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var messages: [String]
        var terminated: [Bool]
        var stray = 0
    }

    static let one = "H|\\^&\rP|1\rL|1|N\r"
    static let cases: [Case] = [
        Case(testDescription: "one", text: one, messages: [one], terminated: [true]),
        Case(
            testDescription: "several", text: one + one + one, messages: [one, one, one],
            terminated: [true, true, true]),
        Case(
            testDescription: "CR LF", text: "H|\\^&\r\nP|1\r\nL|1\r\nH|\\^&\r\nL|1\r\n",
            messages: ["H|\\^&\r\nP|1\r\nL|1\r", "H|\\^&\r\nL|1\r"], terminated: [true, true]),
        Case(testDescription: "LF", text: "H|\\^&\nL|1\n", messages: ["H|\\^&\nL|1\n"], terminated: [true]),
        Case(
            testDescription: "comment lines before H", text: "# what this is\n# and where from\n\nH|\\^&\nL\n",
            messages: ["H|\\^&\nL\n"], terminated: [true]),
        Case(
            testDescription: "indented records", text: "   H|\\^&\r\n   P|1\r\n   L||N\r\n",
            messages: ["H|\\^&\r\n   P|1\r\n   L||N\r"], terminated: [true]),
        Case(
            testDescription: "deep indentation", text: String(repeating: " ", count: 40) + "H|\\^&\rL|1\r",
            messages: ["H|\\^&\rL|1\r"], terminated: [true]),
        Case(
            testDescription: "no CR behind L", text: "H|\\^&\rL|1|N", messages: ["H|\\^&\rL|1|N\r"], terminated: [true]),
        Case(
            testDescription: "L missing before the next H", text: "H|\\^&\rP|1\r" + one,
            messages: ["H|\\^&\rP|1\r", one],
            terminated: [false, true]),
        Case(
            testDescription: "L missing at the end", text: "H|\\^&\rP|1\r", messages: ["H|\\^&\rP|1\r"],
            terminated: [false]),
        Case(
            testDescription: "other delimiters", text: "H@!^\\@x\rL@1\rL|1\r", messages: ["H@!^\\@x\rL@1\r"],
            terminated: [true],
            stray: 4),
        Case(
            testDescription: "stray text", text: "OK\r" + one + "bye\r", messages: [one], terminated: [true], stray: 7),
        Case(
            testDescription: "words that begin with H or L", text: "Hello\rLast\r", messages: [], terminated: [],
            stray: 11),
        Case(
            testDescription: "an L that is no terminator", text: "H|\\^&\rLX|1\rL|1\r",
            messages: ["H|\\^&\rLX|1\rL|1\r"],
            terminated: [true]),
    ]

    static func run(_ text: [UInt8], pieces: [Int], limit: Int = 1 << 20) -> [LIS02AssemblerOutput] {
        var assembler = LIS02Assembler(limit: limit)
        var outputs: [LIS02AssemblerOutput] = []
        var index = 0
        var turn = 0
        while index < text.count {
            let end = min(text.count, index + max(1, pieces[turn % pieces.count]))
            text[index..<end].withUnsafeBufferPointer {
                assembler.append(
                    $0, start: UInt64(index), end: UInt64(end), endsText: false, outputs: &outputs)
            }
            index = end
            turn += 1
        }
        assembler.flush(outputs: &outputs)
        return outputs
    }

    @Test(arguments: cases)
    func cut(_ item: Case) {
        var generator = SplitMix64(state: 3)
        var pieces = [[Int.max >> 1], [1], [2], [7]]
        for _ in 0..<20 { pieces.append((0..<10).map { _ in Int.random(in: 1...9, using: &generator) }) }
        for pieces in pieces {
            let outputs = AssemblerTests.run(Array(item.text.utf8), pieces: pieces)
            let texts = outputs.compactMap { if case .message(let text) = $0 { text } else { nil } }
            #expect(texts.map { String(decoding: $0.bytes, as: UTF8.self) } == item.messages, "pieces \(pieces)")
            #expect(texts.map(\.isTerminated) == item.terminated, "pieces \(pieces)")
            let stray = outputs.reduce(0) { if case .stray(let count, _, _) = $1 { $0 + count } else { $0 } }
            #expect(stray == item.stray, "pieces \(pieces)")
            for text in texts where !item.text.hasPrefix(" ") {
                #expect(text.end >= text.start && text.end <= UInt64(item.text.utf8.count))
            }
        }
    }

    @Test("spans of messages in a stream are exact, whatever the pieces")
    func spans() {
        let text = Array((AssemblerTests.one + AssemblerTests.one).utf8)
        for pieces in [[1], [5], [100]] {
            let spans = AssemblerTests.run(text, pieces: pieces).compactMap {
                if case .message(let text) = $0 { [text.start, text.end] } else { nil }
            }
            #expect(spans == [[0, 16], [16, 32]])
        }
    }

    @Test("texts of frames: a record cut in the middle goes on, a CR that was left out is put in")
    func frames() {
        func run(_ frames: [(String, Bool)]) -> [String] {
            var assembler = LIS02Assembler()
            var outputs: [LIS02AssemblerOutput] = []
            var offset: UInt64 = 0
            for (text, endsText) in frames {
                Array(text.utf8).withUnsafeBufferPointer {
                    assembler.append($0, start: offset, end: offset + 100, endsText: endsText, outputs: &outputs)
                }
                offset += 100
            }
            return outputs.compactMap {
                if case .message(let text) = $0 { String(decoding: text.bytes, as: UTF8.self) } else { nil }
            }
        }
        #expect(run([("H|\\^&\rP|1|", false), ("A|1\rL|1\r", true)]) == ["H|\\^&\rP|1|A|1\rL|1\r"])
        #expect(run([("H|\\^&", true), ("P|1", true), ("L|1|N", true)]) == ["H|\\^&\rP|1\rL|1|N"])
        #expect(run([("H|\\^&\rC|1|a", true), ("b\rL|1\r", true)]) == ["H|\\^&\rC|1|ab\rL|1\r"])
    }

    @Test("a message without end is dropped at the limit, told once, and the next one is read")
    func limit() {
        let endless = Array("H|\\^&\r".utf8) + [UInt8](repeating: 0x41, count: 100_000)
        let text = endless + Array(("\r" + AssemblerTests.one).utf8)
        for pieces in [[64], [4096]] {
            let outputs = AssemblerTests.run(text, pieces: pieces, limit: 10000)
            #expect(outputs.count { if case .tooLong = $0 { true } else { false } } == 1)
            #expect(outputs.count { if case .message = $0 { true } else { false } } == 1)
        }
        let header = Array("H|\\^&".utf8) + [UInt8](repeating: 0x41, count: 100_000)
        #expect(
            AssemblerTests.run(header, pieces: [64], limit: 10000).contains {
                if case .tooLong = $0 { true } else { false }
            })
    }
}
