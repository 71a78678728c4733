import LIS01
import Testing

/// Both ends in one process, in simulated time, over lines of several qualities.
struct LinkTests {
    /// Two ends and the bytes on their way.
    struct Pair {
        var device = LIS01Link(role: .instrument)
        var host = LIS01Link(role: .computer)
        var toHost: [UInt8] = []
        var toDevice: [UInt8] = []
        var now: Int64 = 0
        var atHost: [String] = []
        var atDevice: [String] = []
        var sentByDevice: [UInt64] = []
        var unsentByDevice: [UInt64] = []
        var sentByHost: [UInt64] = []
        var unsentByHost: [UInt64] = []
        var contentions = 0
        private var partial: [[String]] = [[], []]

        mutating func take(_ outputs: [LIS01Output], fromHost: Bool) {
            for output in outputs {
                switch output {
                case .transmit(let bytes, _): if fromHost { toDevice += bytes } else { toHost += bytes }
                case .frame(let frame):
                    // A whole message is what ends with L; a transfer broken off before that is void.
                    let side = fromHost ? 0 : 1
                    partial[side].append(String(decoding: frame.text, as: UTF8.self))
                    if frame.text.first == UInt8(ascii: "L") {
                        if fromHost { atHost.append(partial[0].joined()) } else { atDevice.append(partial[1].joined()) }
                        partial[side] = []
                    }
                case .began, .ended: partial[fromHost ? 0 : 1] = []
                case .sent(let id): if fromHost { sentByHost.append(id) } else { sentByDevice.append(id) }
                case .unsent(let id, _): if fromHost { unsentByHost.append(id) } else { unsentByDevice.append(id) }
                case .fault(let fault, _, _): if fault == .contention { contentions += 1 }
                }
            }
        }

        mutating func deliver(spoil: (inout [UInt8], Bool) -> Void = { _, _ in }) {
            var outputs: [LIS01Output] = []
            var bytes = toHost
            toHost = []
            spoil(&bytes, true)
            if !bytes.isEmpty { bytes.withUnsafeBytes { host.receive($0, now: now, outputs: &outputs) } }
            take(outputs, fromHost: true)
            outputs = []
            bytes = toDevice
            toDevice = []
            spoil(&bytes, false)
            if !bytes.isEmpty { bytes.withUnsafeBytes { device.receive($0, now: now, outputs: &outputs) } }
            take(outputs, fromHost: false)
        }

        /// Lets time pass until the next deadline of either end.
        mutating func wait() {
            guard let due = [device.deadline, host.deadline].compactMap({ $0 }).min() else { return }
            now = max(now, due)
            var outputs: [LIS01Output] = []
            if let deadline = device.deadline, deadline <= now { device.timeout(now: now, outputs: &outputs) }
            take(outputs, fromHost: false)
            outputs = []
            if let deadline = host.deadline, deadline <= now { host.timeout(now: now, outputs: &outputs) }
            take(outputs, fromHost: true)
        }

        mutating func run(steps: Int = 500) {
            for _ in 0..<steps {
                deliver()
                if toHost.isEmpty, toDevice.isEmpty {
                    if device.isIdle, host.isIdle { return }
                    wait()
                }
            }
        }

        mutating func send(_ id: UInt64, _ text: String, fromHost: Bool) {
            var outputs: [LIS01Output] = []
            if fromHost {
                host.send(id: id, text: Array(text.utf8), now: now, outputs: &outputs)
            } else {
                device.send(id: id, text: Array(text.utf8), now: now, outputs: &outputs)
            }
            take(outputs, fromHost: fromHost)
        }
    }

    static let message = "H|\\^&\rP|1\rO|1|S1\rR|1|^^^GLU|5\rL|1|N\r"

    @Test("a message each way")
    func bothWays() {
        var pair = Pair()
        pair.send(1, LinkTests.message, fromHost: false)
        pair.run()
        pair.send(2, LinkTests.message, fromHost: true)
        pair.run()
        #expect(pair.atHost == [LinkTests.message] && pair.atDevice == [LinkTests.message])
        #expect(pair.sentByDevice == [1] && pair.sentByHost == [2])
        #expect(pair.now == 0)
    }

    @Test("6.2.7: contention: the instrument asks again after 1 s, the computer waits, both get through")
    func contention() {
        var pair = Pair()
        pair.send(1, LinkTests.message, fromHost: false)
        pair.send(2, LinkTests.message, fromHost: true)
        pair.run()
        #expect(pair.contentions == 2)
        #expect(pair.atHost == [LinkTests.message] && pair.atDevice == [LinkTests.message])
        #expect(pair.now >= 1_000_000 && pair.now < 2_000_000)
    }

    @Test("6.5.2.2: after contention the computer waits 20 s for an ENQ that does not come")
    func contentionWithoutENQ() {
        var host = LIS01Link(role: .computer)
        var outputs: [LIS01Output] = []
        host.send(id: 1, text: Array(LinkTests.message.utf8), now: 0, outputs: &outputs)
        [enq].withUnsafeBytes { host.receive($0, now: 0, outputs: &outputs) }
        #expect(host.deadline == 20_000_000)
        outputs = []
        host.timeout(now: 20_000_000, outputs: &outputs)
        #expect(outputs == [.transmit([enq], isImmediate: true)])
    }

    @Test("the computer waits for the end of the instrument's transfer")
    func waitsItsTurn() {
        var host = LIS01Link(role: .computer)
        var outputs: [LIS01Output] = []
        [enq].withUnsafeBytes { host.receive($0, now: 0, outputs: &outputs) }
        outputs = []
        host.send(id: 1, text: Array(LinkTests.message.utf8), now: 0, outputs: &outputs)
        #expect(outputs == [])
        (frame(1, "H|\\^&\r") + [eot]).withUnsafeBytes { host.receive($0, now: 0, outputs: &outputs) }
        #expect(outputs.last == .transmit([enq], isImmediate: true))
    }

    @Test("a device that takes the line in the middle of our transfer gets it; our message is told as not sent")
    func deviceTakesTheLine() {
        var host = LIS01Link(role: .computer)
        var outputs: [LIS01Output] = []
        host.send(id: 1, text: Array(LinkTests.message.utf8), now: 0, outputs: &outputs)
        [ack].withUnsafeBytes { host.receive($0, now: 0, outputs: &outputs) }
        outputs = []
        ([enq] + frame(1, "H|\\^&\r")).withUnsafeBytes { host.receive($0, now: 0, outputs: &outputs) }
        #expect(outputs.contains(.unsent(id: 1, .deviceSends)))
        #expect(outputs.contains { if case .frame = $0 { true } else { false } })
    }

    /// Bytes are lost, doubled and changed at random, in both directions, until the line becomes good.
    @Test(
        "over a bad line every message arrives, whole, in order; what the sender takes as sent has arrived",
        arguments: 0..<60)
    func badLine(_ seed: Int) {
        var generator = SplitMix64(state: UInt64(seed))
        var pair = Pair()
        var next: UInt64 = 0
        var waiting = (0..<12).map { "H|\\^&|M\($0)\rP|1\rO|1|S\($0)\rR|1|^^^GLU|\($0)\rL|1|N\r" }
        let all = waiting
        var step = 0
        while !waiting.isEmpty, step < 5000 {
            step += 1
            if pair.device.sender.count == 0 {
                if pair.sentByDevice.last == next, next > 0 { waiting.removeFirst() }
                guard let text = waiting.first else { break }
                next += 1
                pair.send(next, text, fromHost: false)
            }
            let isBad = step < 600
            pair.deliver { bytes, isToHost in
                guard isBad else { return }
                // An answer that is doubled, or turned into ACK, deceives any sender: the link has no defence against it.
                if !isToHost {
                    bytes = bytes.compactMap { byte in
                        switch Int.random(in: 0..<40, using: &generator) {
                        case 0: nil
                        case 1: byte == ack ? nak : 0x41
                        default: byte
                        }
                    }
                    return
                }
                bytes = bytes.flatMap { byte -> [UInt8] in
                    switch Int.random(in: 0..<400, using: &generator) {
                    case 0: []
                    case 1: [byte, byte]
                    case 2: [byte ^ UInt8.random(in: 1...255, using: &generator)]
                    default: [byte]
                    }
                }
            }
            if pair.toHost.isEmpty, pair.toDevice.isEmpty { pair.wait() }
        }
        #expect(waiting.isEmpty, "stuck after \(step) steps")
        // A message may arrive twice (its last answer was lost), never out of order. The checksum is one byte: two changes
        // in a frame can pass it, so a message is known by its beginning or its end.
        var distinct: [String] = []
        for text in pair.atHost {
            let known = all.first { text.hasSuffix($0.suffix(14)) || text.hasPrefix($0.prefix(12)) }
            if let known, distinct.last != known { distinct.append(known) }
        }
        #expect(distinct == all)
    }
}
