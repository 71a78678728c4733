import DriverWire
import Foundation
import JSONText
import Testing

@testable import POCT1ADriver

/// Every capture of the family `poct1-a` in the corpus that lies beside the checkout, by the rules of its compare.py.
@Suite("Captures", .enabled(if: Corpus.folder != nil, "no corpus at ../shared/corpus"))
struct CorpusTests {
    @Test("whole, byte by byte, in pieces, with noise around, again and again", arguments: Corpus.captures)
    func capture(_ capture: Corpus.Capture) throws {
        let bytes = try capture.bytes()
        let expected = try capture.expected()
        let whole = try decode([bytes])
        #expect(Corpus.differences(expected["results"]?.array ?? [], whole.messages) == [])
        #expect(whole.messages.count == expected["messages"]?.int)
        #expect(whole.faults.isEmpty)
        for size in [1, 2, 7, 100, 1000] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            let other = try decode(pieces)
            #expect(other.messages == whole.messages && other.transmitted == whole.transmitted, "pieces of \(size)")
        }
        let noisy = try decode([Array("\u{0}\u{5}x<y <?".utf8), bytes, Array("\r\n zz".utf8)])
        #expect(noisy.messages == whole.messages && noisy.faults.allSatisfy { $0.severity == .notice })
        #expect(try decode([bytes, bytes]).messages == whole.messages + whole.messages)
    }

    @Test("broken off at any byte: what is whole is taken, what is not is told", arguments: Corpus.captures)
    func truncated(_ capture: Corpus.Capture) throws {
        let bytes = try capture.bytes()
        let whole = try decode([bytes])
        let ends = whole.events.compactMap { if case .message(_, _, let end) = $0 { Int(end) } else { nil } }
        let roots = ranges(of: Array("<?xml".utf8), in: bytes) + [bytes.count]
        for count in 1..<bytes.count {
            let part = try decode([Array(bytes.prefix(count))])
            #expect(part.messages == Array(whole.messages.prefix(ends.count { $0 <= count })), "after \(count) bytes")
            #expect(part.driver.isIdle)
            let isBetween = roots.contains(count)
            let start = roots.last { $0 <= count } ?? 0
            // Told once the name of the root is known: before that it is noise.
            if !isBetween, count - start > 60 { #expect(part.faults.contains { $0.severity == .lost }, "\(count)") }
        }
        #expect(ends.count == whole.messages.count)
    }

    @Test("the comparison finds what is wrong")
    func comparisonFinds() throws {
        let capture = try #require(Corpus.captures.first)
        let expected = try capture.expected()["results"]?.array ?? []
        var messages = try decode([try capture.bytes()]).messages
        #expect(Corpus.differences(expected, []) != [] && Corpus.differences([], messages) != [])
        messages[0].results[0].value += "1"
        #expect(Corpus.differences(expected, messages) != [])
    }

    private func decode(_ pieces: [[UInt8]]) throws -> Bench {
        var bench = try Bench()
        for piece in pieces { bench.receive(piece) }
        bench.finish()
        return bench
    }

    private func ranges(of text: [UInt8], in bytes: [UInt8]) -> [Int] {
        bytes.indices.filter { bytes[$0...].starts(with: text) }
    }
}
