import LIS01
import Testing

/// LIS01-A2 section 6, the sending end.
struct SenderTests {
    static let text = Array("H|\\^&\rP|1\rL|1\r".utf8)

    struct Bench {
        var sender: LIS01Sender
        var outputs: [LIS01Output] = []
        init(_ options: LIS01Options = LIS01Options()) { sender = LIS01Sender(options: options) }
        mutating func start() {
            sender.enqueue(id: 1, text: SenderTests.text)
            sender.poll(now: 0, outputs: &outputs)
        }
        mutating func answer(_ byte: UInt8, now: Int64 = 0) { _ = sender.answer(byte, now: now, outputs: &outputs) }
        var sent: [[UInt8]] {
            outputs.compactMap {
                if case .transmit(let bytes, let isImmediate) = $0, isImmediate { bytes } else { nil }
            }
        }
        var done: [LIS01Output] {
            outputs.filter {
                switch $0 {
                case .sent, .unsent: true
                default: false
                }
            }
        }
    }

    @Test("a message: ENQ, frames, EOT")
    func message() {
        var bench = Bench()
        bench.start()
        for _ in 0..<4 { bench.answer(ack) }
        #expect(bench.sent == [[enq], frame(1, "H|\\^&\r"), frame(2, "P|1\r"), frame(3, "L|1\r"), [eot]])
        #expect(bench.done == [.sent(id: 1)])
        #expect(!bench.sender.isActive && bench.sender.count == 0)
    }

    @Test("6.2.4: other characters after ENQ are ignored")
    func otherCharacters() {
        var bench = Bench()
        bench.start()
        bench.answer(0x41)
        bench.answer(eot)
        #expect(bench.sent == [[enq]])
    }

    @Test("6.2.6: NAK to ENQ: nothing for 10 s")
    func notReady() {
        var bench = Bench()
        bench.start()
        bench.answer(nak, now: 5)
        #expect(bench.done == [.unsent(id: 1, .notReady)])
        bench.sender.enqueue(id: 2, text: SenderTests.text)
        bench.sender.poll(now: 10_000_004, outputs: &bench.outputs)
        #expect(bench.sent == [[enq]])
        #expect(bench.sender.deadline == 10_000_005)
        bench.sender.timeout(now: 10_000_005, outputs: &bench.outputs)
        #expect(bench.sent == [[enq], [enq]])
    }

    @Test("6.5.2.1: no answer to ENQ within 15 s: EOT")
    func noAnswerToENQ() {
        var bench = Bench()
        bench.start()
        #expect(bench.sender.deadline == 15_000_000)
        bench.sender.timeout(now: 14_999_999, outputs: &bench.outputs)
        #expect(bench.sent == [[enq]])
        bench.sender.timeout(now: 15_000_000, outputs: &bench.outputs)
        #expect(bench.sent == [[enq], [eot]])
        #expect(bench.done == [.unsent(id: 1, .noAnswerToENQ)])
    }

    @Test("6.5.2.3: no answer to a frame within 15 s: EOT")
    func noAnswerToFrame() {
        var bench = Bench()
        bench.start()
        bench.answer(ack, now: 1_000_000)
        bench.sender.timeout(now: 16_000_000, outputs: &bench.outputs)
        #expect(bench.done == [.unsent(id: 1, .noAnswerToFrame(number: 1))])
        #expect(bench.sent.last == [eot])
    }

    @Test("6.5.1.2: the same frame with the same number, six sends, then EOT", arguments: [nak, 0x41])
    func sixSends(_ answer: UInt8) {
        var bench = Bench()
        bench.start()
        bench.answer(ack)
        for _ in 0..<6 { bench.answer(answer) }
        #expect(bench.sent == [[enq]] + Array(repeating: frame(1, "H|\\^&\r"), count: 6) + [[eot]])
        #expect(bench.done == [.unsent(id: 1, .frameRefused(number: 1))])
    }

    @Test("the count of sends begins anew with each frame")
    func sendsPerFrame() {
        var bench = Bench()
        bench.start()
        bench.answer(ack)
        for _ in 0..<3 {
            for _ in 0..<5 { bench.answer(nak) }
            bench.answer(ack)
        }
        #expect(bench.done == [.sent(id: 1)])
    }

    @Test("6.3.5: EOT accepts a frame; after it the sender keeps silent for 15 s")
    func interrupted() {
        var bench = Bench()
        bench.start()
        for answer in [ack, ack, ack, eot] { bench.answer(answer) }
        #expect(bench.done == [.sent(id: 1)])
        bench.sender.enqueue(id: 2, text: SenderTests.text)
        bench.sender.poll(now: 14_999_999, outputs: &bench.outputs)
        #expect(!bench.sender.isActive)
        bench.sender.poll(now: 15_000_000, outputs: &bench.outputs)
        #expect(bench.sender.isActive)
    }

    @Test("frames: divided at 240, record or message in a text, restricted characters left out")
    func framing() {
        var options = LIS01Options()
        options.sendsRecordPerFrame = false
        let long = Array("H|\\^&|||\(String(repeating: "x", count: 500))\rL|1\r".utf8)
        let frames = LIS01Framing.frames(of: long, options: options)
        #expect(frames.map(\.count) == [247, 247, 247 - 240 + long.count - 480])
        #expect(frames.allSatisfy { $0.count <= 247 })
        #expect(frames[0][242] == etb && frames[2].contains(etx))
        options.longestTextSent = 63993
        #expect(LIS01Framing.frames(of: long, options: options).count == 1)
        options.sendsCRLF = false
        options.checksum = .none
        #expect(
            LIS01Framing.frames(of: [0x41, 0x0A, stx, 0x42, 0x0D], options: options) == [
                [stx, 0x31, 0x41, 0x42, 0x0D, etx]
            ])
        options.frames = .bare
        #expect(LIS01Framing.frames(of: [0x41, 0x0D], options: options) == [[stx, 0x41, 0x0D, etx]])
    }
}
