import Foundation
import Testing

@testable import ImageIndex

/// Counting of different UIDs, hashes, modalities, inflating piece by piece.
@Suite struct CountTests {
    @Test func countsAreExactUpToTheLimitAndNearBeyond() {
        var count = DistinctCount(exactLimit: 10_000)
        func hash(_ number: Int) -> UInt64 { Array("1.2.840.\(number)".utf8).withUnsafeBytes { InstanceMark.hash($0) } }
        for number in 0..<10_000 {
            count.insert(hash(number))
            count.insert(hash(number / 2))
        }
        #expect(count.count == 10_000 && !count.isEstimate)
        for number in 0..<200_000 { count.insert(hash(number)) }
        #expect(count.isEstimate)
        #expect(abs(count.count - 200_000) < 8_000)
        var none = DistinctCount()
        none.insert(InstanceMark.hash(UnsafeRawBufferPointer(start: nil, count: 0)))
        #expect(none.count == 0)
    }

    @Test func aMillionDifferentHashesAreCountedExactly() {
        func mixed(_ number: UInt64) -> UInt64 { withUnsafeBytes(of: number) { InstanceMark.hash($0) } }
        var count = DistinctCount()
        for number in UInt64(1)...1_000_000 { count.insert(mixed(number)) }
        #expect(count.count == 1_000_000 && !count.isEstimate)
        count.insert(mixed(1_000_001))
        #expect(count.isEstimate && abs(count.count - 1_000_000) < 40_000)
    }

    @Test func marksAreKeptAsTheyAre() {
        let modality = Array("SIXTEEN_BYTES_XY".utf8).withUnsafeBytes { ModalityCode($0) }
        let marks = [InstanceMark(study: 1, series: .max, modality: modality), InstanceMark()]
        #expect([InstanceMark](stored: marks.stored) == marks)
        #expect(modality.text == "SIXTEEN_BYTES_XY" && ModalityCode.none.text.isEmpty)
        #expect([InstanceMark](stored: Array(marks.stored.dropLast())).count == 1)
    }

    /// Deflated by zlib in one block of dynamic codes.
    static let packed =
        "7cvva8wBAMdxtNiMO6zkgfQtKyUt+dEkikUtj4xsknDZ97h2u83d7vZEaZcHlgeoZSu/Soso2UoekORX6wgPtmWdVnuwRvYERcjM/ggPPHi9"
        + "nn0+9a5NJLPNQSITtB8P02GQCzOZMJkJYqnGIBWmZ2YQptrC9MwRtKSPxVJVQa1CoVAoFIr/rNgR5LdMTXx52rT2Z2RgdPb4meyG69HyhSXP"
        + "UiORE2NT7X251smu8uH1h7u33h6JXbowXVj87eSbof0PH68Zq95bePQr+nnplUJDfdvceO5t373JzjnPaxLF5d8fxAd/3B/qn3XrUyR74GBV"
        + "flHl6tIP886d6tx0qK9r5b66fP3Zix97/3zdvODai7vvjpyu7mganZ8pe7VryZ7xYutEOvqyt7iiZ1ty2eXKVVd76oY7akoqWiYbKp7E+9cl"
        + "Ro/+3jjQPV164/X5st3xmzvvvG/eDgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAD8c2Gq8S8="

    @Test(arguments: [1, 7, 4096, 1 << 20]) func streamsInflateInPiecesOfAnySize(piece: Int) throws {
        let packed = [UInt8](try #require(Data(base64Encoded: Self.packed)))
        var stream = InflateStream()
        var all: [UInt8] = []
        for _ in 0..<2 {
            all = []
            while true {
                var buffer = [UInt8](repeating: 0, count: piece)
                let count = try Self.read(&stream, packed, &buffer)
                if count == 0 { break }
                all += buffer[..<count]
            }
            stream.restart()
        }
        #expect(all.count == 72_203)
        #expect(all.reduce(0) { $0 + Int($1) } == 4_761_080)
        #expect(String(decoding: all.prefix(50), as: UTF8.self) == "Hilum is where vessels and nerves enter an organ. ")
        #expect(Array(all.suffix(4)) == Array("Aend".utf8))
    }

    static func read(_ stream: inout InflateStream, _ packed: [UInt8], _ buffer: inout [UInt8]) throws -> Int {
        let result = buffer.withUnsafeMutableBytes { bytes in
            stream.result(into: bytes) { offset, input in
                let count = min(input.count, max(0, packed.count - offset))
                for place in 0..<count { input[place] = packed[offset + place] }
                return count
            }
        }
        return try result.get()
    }

    @Test func streamsThatAreCutOrTwistedAreToldAndEnd() throws {
        let packed = [UInt8](try #require(Data(base64Encoded: Self.packed)))
        var random = SystemRandomNumberGenerator()
        for round in 0..<2000 {
            var bytes = packed
            if round % 2 == 0 {
                bytes = Array(bytes.prefix(Int.random(in: 0..<packed.count, using: &random)))
            } else {
                bytes[Int.random(in: 0..<packed.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            var stream = InflateStream()
            var buffer = [UInt8](repeating: 0, count: 100_000)
            do {
                #expect(try Self.read(&stream, bytes, &buffer) <= 100_000)
            } catch let fault as InflateStream.Fault {
                if round % 2 == 0 { #expect(fault == .truncated) }
            }
        }
    }
}
