import Foundation
import Glibc
import Synchronization

@testable import hilum

/// The gateway's side of a line, as a thread of a few lines: answers LIS01 frames and MLLP blocks, and misbehaves as asked.
/// Written without the codecs of the project, so that both ends do not share an error.
final class FakeHost: Sendable {
    struct Behaviour: Sendable {
        /// Frames or blocks, counted from 1 over all connections, that are answered with NAK or AE.
        var refuses: Set<Int> = []
        /// Frames or blocks after which the connection is closed without an answer.
        var drops: Set<Int> = []
        /// Frames or blocks that are not answered.
        var ignores: Set<Int> = []
        /// Frames or blocks that are answered with noise before the right answer.
        var isNoisy = false
        /// Blocks acknowledged under another id first.
        var isWrongFirst = false
        /// After the first EOT the host sends ENQ, a frame and EOT of its own.
        var asksBack = false
    }

    struct State {
        var received: [UInt8] = []
        var frames: [[UInt8]] = []
        var blocks: [[UInt8]] = []
        var connections = 0
        var badChecksums = 0
        var answersToHost: [UInt8] = []
        var isStopping = false
    }

    let port: Int
    let state = Mutex(State())
    private let listener: ListeningSocket
    private let behaviour: Behaviour

    init(_ behaviour: Behaviour = Behaviour()) throws {
        self.behaviour = behaviour
        listener = try ListeningSocket(HostAndPort(host: "127.0.0.1", port: 0))
        port = listener.port
        Thread.detachNewThread { self.run() }
    }

    func stop() { state.withLock { $0.isStopping = true } }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        while !isStopping {
            guard let line = try? listener.accept(limit: .milliseconds(50)) else { continue }
            state.withLock { $0.connections += 1 }
            serve(line)
            line.close()
        }
    }

    private func serve(_ line: DeviceLine) {
        var pending: [UInt8] = []
        var hasAsked = false
        while !isStopping {
            guard let bytes = try? line.read(limit: .milliseconds(50)) else { return }
            state.withLock { $0.received += bytes }
            pending += bytes
            while let step = Step(pending) {
                pending.removeFirst(step.length)
                let answer: [UInt8]?
                switch step.what {
                case .enquiry: answer = [0x06]
                case .end:
                    answer = nil
                    if behaviour.asksBack, !hasAsked {
                        hasAsked = true
                        guard ask(line) else { return }
                    }
                case .frame(let frame): answer = self.answer(frame)
                case .block(let block): answer = self.answer(block: block)
                case .noise: continue
                }
                guard let answer else {
                    if case .end = step.what { continue }
                    if case .frame = step.what, behaviour.ignores.contains(count) { continue }
                    if case .block = step.what, behaviour.ignores.contains(count) { continue }
                    return
                }
                if (try? line.write(answer)) == nil { return }
            }
        }
    }

    private var count: Int { state.withLock { $0.frames.count + $0.blocks.count } }

    private func answer(_ frame: [UInt8]) -> [UInt8]? {
        let number = state.withLock { state in
            state.frames.append(frame)
            return state.frames.count
        }
        if behaviour.drops.contains(number) || behaviour.ignores.contains(number) { return nil }
        var sum: UInt8 = 0
        let tail = frame.count - 4
        for byte in frame[1..<tail] { sum = sum &+ byte }
        let digits = Array(String(format: "%02X", sum).utf8)
        let isRight = digits == Array(frame[tail..<(tail + 2)])
        if !isRight { state.withLock { $0.badChecksums += 1 } }
        let answer: UInt8 = isRight && !behaviour.refuses.contains(number) ? 0x06 : 0x15
        return behaviour.isNoisy ? [0x00, 0x41, answer] : [answer]
    }

    private func answer(block: [UInt8]) -> [UInt8]? {
        let number = state.withLock { state in
            state.blocks.append(block)
            return state.blocks.count
        }
        if behaviour.drops.contains(number) || behaviour.ignores.contains(number) { return nil }
        let fields = String(decoding: block, as: UTF8.self).split(separator: "\r")[0].split(
            separator: "|", omittingEmptySubsequences: false)
        func acknowledgement(_ code: String, _ id: String) -> [UInt8] {
            [0x0B] + Array("MSH|^~\\&|||||||ACK|1|P|2.3.1\rMSA|\(code)|\(id)\r".utf8) + [0x1C, 0x0D]
        }
        let right = acknowledgement(behaviour.refuses.contains(number) ? "AE" : "AA", String(fields[9]))
        return (behaviour.isNoisy ? [0x02, 0x02] : []) + (behaviour.isWrongFirst ? acknowledgement("AA", "other") : [])
            + right
    }

    /// ENQ, a frame, EOT; what the device answers is kept.
    private func ask(_ line: DeviceLine) -> Bool {
        do {
            for piece in [[0x05], [0x02] + Array("1H|\\^&\r".utf8) + [0x03] + Array("E5\r\n".utf8)] as [[UInt8]] {
                try line.write(piece)
                var answer: [UInt8] = []
                let end = ContinuousClock.now + .seconds(30)
                while answer.isEmpty, ContinuousClock.now < end { answer = try line.read(limit: .milliseconds(100)) }
                state.withLock { $0.answersToHost += answer }
            }
            try line.write([0x04])
            return true
        } catch {
            return false
        }
    }

    /// The next thing in the bytes; nil: it is not whole yet.
    private struct Step {
        enum What {
            case enquiry, end, noise
            case frame([UInt8])
            case block([UInt8])
        }
        var what: What
        var length: Int

        init?(_ bytes: [UInt8]) {
            guard let first = bytes.first else { return nil }
            switch first {
            case 0x05: (what, length) = (.enquiry, 1)
            case 0x04: (what, length) = (.end, 1)
            case 0x02 where bytes.contains(0x0B):
                (what, length) = (.noise, 1)
            case 0x02:
                guard let end = bytes.firstIndex(where: { $0 == 0x03 || $0 == 0x17 }), bytes.count >= end + 5 else {
                    return nil
                }
                (what, length) = (.frame(Array(bytes[...(end + 4)])), end + 5)
            case 0x0B:
                guard let end = bytes.firstIndex(of: 0x1C), bytes.count >= end + 2 else { return nil }
                (what, length) = (.block(Array(bytes[1..<end])), end + 2)
            default: (what, length) = (.noise, 1)
            }
        }
    }
}

/// Captures made for the tests.
enum MadeCapture {
    static func frame(_ number: Int, _ text: String, last: Bool = true, bad: Bool = false) -> [UInt8] {
        let body = Array("\(number)\(text)".utf8) + [last ? 0x03 : 0x17]
        var sum: UInt8 = bad ? 1 : 0
        for byte in body { sum = sum &+ byte }
        return [0x02] + body + Array(String(format: "%02X", sum).utf8) + [0x0D, 0x0A]
    }

    /// Two transfers: one with a frame damaged and sent again and a word that runs over two frames, one plain.
    static let lis: [UInt8] =
        [0x05] + frame(1, "H|\\^&|||XN^1||||||||LIS2-A2|20240102030405\rP|1\rO|1||^^     SAMPLE-7^M", last: false)
        + frame(2, "|^^^WBC\rR|1|^^^WBC|7.4|10*3/uL||N||F||||20240102030400\r", bad: true)
        + frame(2, "|^^^WBC\rR|1|^^^WBC|7.4|10*3/uL||N||F||||20240102030400\r") + frame(3, "L|1|N\r") + [0x04]
        + [0x05] + frame(1, "H|\\^&\rP|1\rO|1|0000123456||^^^GLU\rR|1|^^^GLU|5.1|mmol/L\rC|1|I|of 00001", last: false)
        + frame(2, "23456\rL|1|N\r") + [0x04]

    /// A query: the device waits for the host's transmission.
    static let query: [UInt8] = [0x05] + frame(1, "H|\\^&\rQ|1|^S1||ALL||||||||O\rL|1|N\r") + [0x04]

    static let hl7: [UInt8] =
        [0x02, 0x02] + block("MSH|^~\\&|BC|1|||20240102030405||ORU^R01|17|P|2.3.1\rOBR|1||0007788|x\rOBX|1|NM|WBC||5\r")
        + block("MSH|^~\\&|BC|1|||20240102030405||ORU^R01|18|P|2.3.1\rOBR|1||0007789|x\rOBX|1|NM|WBC||6\r")

    static func block(_ text: String) -> [UInt8] { [0x0B] + Array(text.utf8) + [0x1C, 0x0D] }
}
