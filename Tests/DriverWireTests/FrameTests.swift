import DriverWire
import Testing

/// The frames between gateway and driver process.
@Suite struct FrameTests {
    private struct Taken: Equatable {
        var frame: EventFrame
        var bytes: [UInt8]
    }

    private func random(_ random: inout SplitMix64, longest: Int) -> Taken {
        let kinds: [EventFrame.Kind] = [
            .transmit, .message, .query, .deadline, .fault, .acknowledge, .order, .hello, .opened, .done,
        ]
        var frame = EventFrame(
            kinds.randomElement(using: &random) ?? .done, instance: UInt32.random(in: 0 ... .max, using: &random),
            input: UInt64.random(in: 0 ... .max, using: &random))
        frame.isIdle = Bool.random(using: &random)
        frame.status = Int32.random(in: .min ... .max, using: &random)
        frame.flags = UInt32.random(in: 0 ... .max, using: &random)
        frame.code = UInt32.random(in: 0 ... .max, using: &random)
        frame.start = UInt64.random(in: 0 ... .max, using: &random)
        frame.end = UInt64.random(in: 0 ... .max, using: &random)
        frame.deadline = Int64.random(in: .min ... .max, using: &random)
        let count = [0, 1, 100, 5000, 200_000].randomElement(using: &random) ?? 0
        return Taken(frame: frame, bytes: (0..<min(count, longest)).map { UInt8(truncatingIfNeeded: $0) })
    }

    private func takeAll(_ buffer: inout FrameBuffer, into taken: inout [Taken]) throws {
        while let next = try buffer.next({ body -> Taken? in
            EventFrame(body: body).map { Taken(frame: $0, bytes: Array(body[EventFrame.headerSize...])) }
        }) {
            if let next { taken.append(next) } else { Issue.record("a frame that is none") }
        }
    }

    /// Byte by byte, in pieces, whole, many in one.
    @Test(arguments: [1, 7, 4096, 65_536, 10_000_000, 0])
    func anyPieces(_ size: Int) throws {
        var generator = SplitMix64(state: 3)
        let sent = (0..<60).map { _ in random(&generator, longest: size == 1 || size == 7 ? 300 : 200_000) }
        var stream: [UInt8] = []
        for item in sent { item.bytes.withUnsafeBytes { item.frame.encode($0, into: &stream) } }
        var buffer = FrameBuffer(limit: 300_000, usualSize: 4096)
        var taken: [Taken] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let count = size == 0 ? Int.random(in: 1...30_000, using: &generator) : size
            buffer.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            try takeAll(&buffer, into: &taken)
        }
        #expect(taken == sent)
        #expect(buffer.count == 0)
    }

    @Test func callsComeBackAsTheyWere() throws {
        var stream: [UInt8] = []
        let frame = CallFrame(.submit, instance: 7, input: .max, monotonic: .min, unix: .max, utcOffset: -3600)
        frame.encode([1, 2, 3], into: &stream)
        var buffer = FrameBuffer(limit: 1000)
        buffer.append(stream)
        let back = try buffer.next { (CallFrame(body: $0), Array($0[CallFrame.headerSize...])) }
        #expect(back?.0 == frame)
        #expect(back?.1 == [1, 2, 3])
    }

    @Test func tooLongIsRefusedBeforeItIsHeld() {
        var buffer = FrameBuffer(limit: 1000)
        buffer.append([0xE9, 0x03, 0, 0])
        #expect(throws: FrameBuffer.Fault.tooLong(length: 1001, limit: 1000)) { try buffer.next { _ in 0 } }
        var huge = FrameBuffer(limit: 1000)
        huge.append([0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: FrameBuffer.Fault.tooLong(length: 0xFFFF_FFFF, limit: 1000)) { try huge.next { _ in 0 } }
    }

    @Test func garbageIsNoFrame() {
        var random = SplitMix64(state: 4)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { body in
                if let frame = EventFrame(body: body) {
                    #expect(body.count >= EventFrame.headerSize && body[0] == frame.kind.rawValue)
                }
                if let frame = CallFrame(body: body) {
                    #expect(body.count >= CallFrame.headerSize && body[0] == frame.kind.rawValue)
                }
            }
        }
    }
}
