import LIS01
import Testing

/// LIS01-A2 section 6, the receiving end. Each case is fed whole, byte by byte and in threes.
struct ReceiverTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var options = LIS01Options()
        var bytes: [UInt8]
        var answers: [UInt8]
        var texts: [String]
        var faults: [LIS01Fault] = []
    }

    /// Its checksum is E5: it has a letter.
    static let h = "H|\\^&\r"
    static let cases: [Case] = [
        Case(
            testDescription: "6.2, 6.3, 6.4: a session", bytes: [enq] + frame(1, h) + frame(2, "P|1\r") + [eot],
            answers: [ack, ack, ack], texts: [h, "P|1\r"]),
        Case(
            testDescription: "neutral: other characters are ignored", bytes: [ack, nak, 0x41, 0x0D], answers: [],
            texts: []),
        Case(
            testDescription: "6.3.2: numbers run 1 … 7 0 1",
            bytes: [enq] + (1...10).flatMap { frame($0, "R|\($0)\r") } + [eot],
            answers: Array(repeating: ack, count: 11), texts: (1...10).map { "R|\($0)\r" }),
        Case(
            testDescription: "6.3.3: a wrong checksum is refused, the frame taken when it comes right",
            bytes: [enq] + [stx] + Array("1H\r".utf8) + [etx] + Array("00\r\n".utf8) + frame(1, "H\r") + [eot],
            answers: [ack, nak, ack], texts: ["H\r"],
            faults: [.checksum(sent: Array("00".utf8), computed: 0x89, accepted: false)]),
        Case(
            testDescription: "6.5.1.3: the same frame again is acknowledged, not taken twice",
            bytes: [enq] + frame(1, h) + frame(1, h) + frame(2, "L\r") + [eot], answers: [ack, ack, ack, ack],
            texts: [h, "L\r"], faults: [.repeatedFrame(number: 1)]),
        Case(
            testDescription: "the last number over another text is refused: nothing may be lost",
            bytes: [enq] + frame(1, h) + frame(1, "P|1\r") + [eot], answers: [ack, ack, nak], texts: [h],
            faults: [.reusedFrameNumber(number: 1)]),
        Case(
            testDescription: "6.3.2: a number out of turn is refused",
            bytes: [enq] + frame(1, h) + frame(3, "P|1\r") + frame(2, "P|1\r") + [eot], answers: [ack, ack, nak, ack],
            texts: [h, "P|1\r"], faults: [.frameNumber(sent: UInt8(ascii: "3"), expected: 2)]),
        Case(
            testDescription: "the first number is 1, a 0 is no repeat", bytes: [enq] + frame(0, h) + [eot],
            answers: [ack, nak], texts: [], faults: [.frameNumber(sent: UInt8(ascii: "0"), expected: 1)]),
        Case(
            testDescription: "noise between frames",
            bytes: [enq] + frame(1, h) + [0, 0x78, 0x79, 0x7A] + frame(2, "L\r") + [eot],
            answers: [ack, ack, ack], texts: [h, "L\r"], faults: [.noise(count: 3)]),
        Case(
            testDescription: "a frame without ENQ is refused", bytes: frame(1, h) + [enq] + frame(1, h) + [eot],
            answers: [nak, ack, ack], texts: [h], faults: [.frameWithoutENQ]),
        Case(
            testDescription: "ENQ in transfer: the sender starts again",
            bytes: [enq] + frame(1, h) + frame(2, "P|1\r") + [enq] + frame(1, h) + [eot],
            answers: [ack, ack, ack, ack, ack], texts: [h, "P|1\r", h], faults: [.restarted]),
        Case(
            testDescription: "ENQ in the middle of a frame",
            bytes: [enq] + frame(1, h).dropLast(6) + [enq] + frame(1, h) + [eot], answers: [ack, ack, ack], texts: [h],
            faults: [.brokenFrame]),
        Case(
            testDescription: "STX in the middle of a frame begins another",
            bytes: [enq] + frame(1, h).dropLast(5) + frame(1, h) + [eot], answers: [ack, ack], texts: [h],
            faults: [.brokenFrame]),
        Case(
            testDescription: "ENQ EOT is a sign of life", bytes: [enq, eot, enq, eot], answers: [ack, ack], texts: []),
        Case(
            testDescription: "no CR LF after the checksum",
            bytes: [enq] + frame(1, h).dropLast(2) + frame(2, "L\r").dropLast(2) + [eot],
            answers: [ack, ack, ack], texts: [h, "L\r"]),
        Case(
            testDescription: "lower-case digits of the checksum",
            bytes: [enq] + frame(1, h).dropLast(4) + lowercase(frame(1, h).suffix(4)) + [eot], answers: [ack, ack],
            texts: [h]),
        Case(
            testDescription: "no checksum at all", options: with { $0.checksum = .none },
            bytes: [enq] + [stx] + Array("1H|\\^&\r".utf8) + [etx, 0x0D, 0x0A] + [stx] + Array("2L\r".utf8) + [etx] + [
                eot
            ],
            answers: [ack, ack, ack], texts: [h, "L\r"]),
        Case(
            testDescription: "a wrong checksum is noted where the profile says so",
            options: with { $0.checksum = .noted },
            bytes: [enq] + [stx] + Array("1H\r".utf8) + [etx] + Array("00\r\n".utf8) + [eot], answers: [ack, ack],
            texts: ["H\r"], faults: [.checksum(sent: Array("00".utf8), computed: 0x89, accepted: true)]),
        Case(
            testDescription: "ENQ and EOT doubled", options: with { $0.doubledControls = true },
            bytes: [enq, enq] + frame(1, h) + [eot, eot] + [enq, enq] + frame(1, h) + [eot, eot],
            answers: [ack, ack, ack, ack], texts: [h, h]),
        Case(
            testDescription: "frame numbers that stand still", options: with { $0.checksFrameNumbers = false },
            bytes: [enq] + frame(1, h) + frame(1, "P|1\r") + frame(1, "P|1\r") + [eot], answers: [ack, ack, ack, ack],
            texts: [h, "P|1\r"], faults: [.repeatedFrame(number: 1)]),
        Case(
            testDescription: "a recording without ENQ and EOT: frame 1 with a header begins, and begins again",
            options: with { $0.requiresENQ = false },
            bytes: frame(1, h) + frame(2, "L\r") + frame(1, "H|\\^&||2\r") + frame(2, "L\r"),
            answers: [ack, ack, ack, ack], texts: [h, "L\r", "H|\\^&||2\r", "L\r"], faults: [.restarted]),
        Case(
            testDescription:
                "without ENQ: a frame that is no header, has another number or a wrong checksum is refused",
            options: with { $0.requiresENQ = false },
            bytes: frame(1, "P|1\r") + frame(2, h) + [stx] + Array("1\(h)".utf8) + [etx] + Array("00\r\n".utf8),
            answers: [nak, nak, nak], texts: [], faults: [.frameWithoutENQ, .frameWithoutENQ, .frameWithoutENQ]),
        Case(
            testDescription: "without ENQ: the same message again is a repeat",
            options: with { $0.requiresENQ = false }, bytes: frame(1, h) + frame(1, h), answers: [ack, ack],
            texts: [h], faults: [.repeatedFrame(number: 1)]),
        Case(
            testDescription: "bare frames", options: with { $0.frames = .bare },
            bytes: [enq] + [stx] + Array("H|\\^&\rL|1\r".utf8) + [etx] + [eot], answers: [ack, ack],
            texts: ["H|\\^&\rL|1\r"]),
        Case(
            testDescription: "either: a whole message without number is a bare frame",
            options: with { $0.frames = .either },
            bytes: [enq] + [stx] + Array("H|\\^&\rL|1\r".utf8) + [etx] + [eot], answers: [ack, ack],
            texts: ["H|\\^&\rL|1\r"]),
        Case(
            testDescription: "either: a frame that lost its number is refused", options: with { $0.frames = .either },
            bytes: [enq] + frame(1, h).prefix(1) + frame(1, h).dropFirst(2) + frame(1, h) + [eot],
            answers: [ack, nak, ack], texts: [h], faults: [.bareFrame]),
        Case(
            testDescription: "a frame too long is refused, the link goes on", options: with { $0.longestFrame = 10 },
            bytes: [enq] + frame(1, "0123456789ABC") + frame(1, h) + [eot], answers: [ack, nak, ack], texts: [h],
            faults: [.frameTooLong(limit: 10)]),
        Case(
            testDescription: "a message too long is refused, told once", options: with { $0.longestMessage = 10 },
            bytes: [enq] + frame(1, h) + frame(2, "0123456789") + frame(2, "0123456789") + [eot],
            answers: [ack, ack, nak, nak], texts: [h], faults: [.messageTooLong(limit: 10)]),
    ]

    static func lowercase(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { $0 >= 0x41 && $0 <= 0x46 ? $0 + 0x20 : $0 }
    }

    static func with(_ change: (inout LIS01Options) -> Void) -> LIS01Options {
        var options = LIS01Options()
        change(&options)
        return options
    }

    @Test(arguments: cases)
    func rule(_ item: Case) {
        for pieces in [Int.max, 1, 3] {
            var line = Line(item.options)
            line.feed(item.bytes, pieces: pieces)
            #expect(line.answers == item.answers, "pieces of \(pieces)")
            #expect(line.texts == item.texts, "pieces of \(pieces)")
            #expect(line.faults == item.faults, "pieces of \(pieces)")
            #expect(line.faults.allSatisfy { !$0.description.isEmpty })
        }
    }

    @Test("ETB text goes on in the next frame, ETX ends it")
    func intermediateFrames() {
        var line = Line()
        line.feed([enq] + frame(1, "H|\\^&|||c3", close: etb) + frame(2, "11\r") + [eot])
        let frames = line.outputs.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
        #expect(frames.map(\.endsText) == [false, true])
        #expect(frames.map(\.start) == [1, 18])
        #expect(frames.last?.end == line.offset - 3)
    }

    @Test("the answer to ENQ and a NAK are immediate, the ACK of a frame is not")
    func immediacy() {
        var line = Line()
        line.feed([enq] + frame(1, ReceiverTests.h) + frame(5, "x") + [eot])
        let immediate = line.outputs.compactMap {
            if case .transmit(_, let isImmediate) = $0 { isImmediate } else { nil }
        }
        #expect(immediate == [true, false, true])
    }

    @Test("each frame comes before its ACK")
    func order() {
        var line = Line()
        line.feed([enq] + frame(1, "a") + frame(2, "b"))
        let kinds = line.outputs.map { output in
            switch output {
            case .began: "began"
            case .frame: "frame"
            case .transmit: "transmit"
            default: "other"
            }
        }
        #expect(kinds == ["began", "transmit", "frame", "transmit", "frame", "transmit"])
    }

    @Test("6.5.2.4: 30 s without frame or EOT end the transfer; each answer starts them anew")
    func silence() {
        var line = Line()
        line.feed([enq])
        #expect(line.receiver.deadline == 30_000_000)
        line.now = 29_000_000
        line.feed(frame(1, ReceiverTests.h))
        #expect(line.receiver.deadline == 59_000_000)
        line.receiver.timeout(now: 58_999_999, offset: line.offset, outputs: &line.outputs)
        #expect(line.ends == [])
        line.receiver.timeout(now: 59_000_000, offset: line.offset, outputs: &line.outputs)
        #expect(line.ends == [.silence])
        #expect(line.receiver.isIdle && line.receiver.deadline == nil)
        line.feed(frame(2, "P|1\r"))
        #expect(line.faults.last == .frameWithoutENQ)
    }

    @Test("a frame longer than 30 s on a slow line is not cut off")
    func slowFrame() {
        var line = Line()
        line.feed([enq])
        let bytes = frame(1, String(repeating: "x", count: 44000))
        for start in stride(from: 0, to: bytes.count, by: 960) {
            line.now += 1_000_000
            line.feed(Array(bytes[start..<min(bytes.count, start + 960)]))
            if let due = line.receiver.deadline, line.now >= due { Issue.record("cut off") }
        }
        #expect(line.texts.count == 1)
    }

    @Test("noise does not hold a transfer open for ever")
    func noiseAndSilence() {
        var line = Line()
        line.feed([enq])
        line.now = 29_999_999
        line.feed([0x41, 0x41])
        #expect(line.receiver.deadline == 30_000_000)
    }

    @Test("busy: NAK to ENQ; wanting the line: EOT in place of ACK")
    func busyAndInterrupt() {
        var line = Line()
        line.receiver.isReady = false
        line.feed([enq])
        #expect(line.answers == [nak])
        line.receiver.isReady = true
        line.receiver.wantsLine = true
        line.feed([enq] + frame(1, ReceiverTests.h))
        #expect(line.answers == [nak, ack, eot])
        #expect(line.texts == [ReceiverTests.h])
    }

    @Test("no input traps, whatever the options; memory stays within the limit")
    func garbage() {
        var generator = SplitMix64(state: 7)
        let likely: [UInt8] = [
            stx, etx, etb, enq, eot, ack, nak, 0x0D, 0x0A, 0x30, 0x31, 0x32, 0x41, 0x48, 0x7C, 0xFF, 0,
        ]
        for round in 0..<300 {
            var options = LIS01Options()
            options.frames = [.numbered, .bare, .either].randomElement(using: &generator) ?? .numbered
            options.checksum = [.required, .noted, .none].randomElement(using: &generator) ?? .required
            options.checksFrameNumbers = round % 2 == 0
            options.doubledControls = round % 3 == 0
            options.longestFrame = 50
            var line = Line(options)
            for _ in 0..<40 {
                line.now += Int64.random(in: 0...10_000_000, using: &generator)
                let count = Int.random(in: 0...40, using: &generator)
                line.feed((0..<count).map { _ in likely.randomElement(using: &generator) ?? 0 }, pieces: round % 5 + 1)
                if let due = line.receiver.deadline, line.now >= due {
                    line.receiver.timeout(now: line.now, offset: line.offset, outputs: &line.outputs)
                }
            }
            #expect(line.texts.allSatisfy { $0.utf8.count <= 51 * 3 })
        }
    }
}
