import DriverKit
import DriverWire
import JSONText

/// What must hold for every capture and every stream driver. Each check returns what is wrong; an empty list is well.
public enum DriverChecks {
    /// The capture gives what is expected, whole, byte by byte and in random pieces; as many messages as there are; nothing
    /// lost; the driver idle in the end; a message answered after it, not before.
    public static func decodes(_ type: any StreamDriver.Type, _ options: String, _ capture: CorpusCapture) throws
        -> [String]
    {
        var wrong: [String] = []
        let whole = try Replay.run(type, options, capture.bytes)
        wrong += Comparison(expected: capture.expected["results"]?.array ?? [], actual: whole.rows).differences
        wrong += whole.faults(.lost)
        let results = whole.messages.filter { $0.kind == .results }
        if let count = capture.expected["messages"]?.int, count != results.count {
            wrong.append("\(results.count) messages, not \(count)")
        }
        if !whole.driver.isIdle { wrong.append("not idle after the end of the link") }
        for pieces in [Replay.Pieces.fixed(1), .fixed(7), .random(1), .random(2), .random(3)] {
            let other = try Replay.run(type, options, capture.bytes, pieces: pieces)
            if other.messages != whole.messages { wrong.append("other messages in pieces \(pieces)") }
            if other.spans != whole.spans { wrong.append("other offsets in pieces \(pieces)") }
            if other.transmitted != whole.transmitted { wrong.append("other answers in pieces \(pieces)") }
            if other.faults != whole.faults { wrong.append("other faults in pieces \(pieces)") }
        }
        var open = 0
        for kind in whole.kinds {
            if kind == "message" { open += 1 }
            if kind == "now", open > 0 { wrong.append("an answer at once follows a message that is not stored yet") }
            if kind == "held" || kind == "acknowledge" { open = 0 }
        }
        if open > 0 { wrong.append("\(open) messages were never acknowledged") }
        return wrong
    }

    /// The capture is cut after every byte: nothing is reported that the whole would not give; the end of the link within
    /// a message is told; silence brings the driver back so that the whole capture is read after it.
    public static func truncations(_ type: any StreamDriver.Type, _ options: String, _ bytes: [UInt8]) throws
        -> [String]
    {
        var wrong: [String] = []
        let whole = try Replay.run(type, options, bytes)
        for cut in 0..<bytes.count {
            var short = try Replay(type, options)
            short.feed(Array(bytes.prefix(cut)))
            let wasIdle = short.driver.isIdle
            let before = short.messages.count
            let faults = short.faults.count
            short.finish()
            if !short.driver.isIdle { wrong.append("cut at \(cut): not idle after the end") }
            // What is incomplete waits for a person, and is told: its values have to be those of the whole.
            for message in short.messages where !whole.messages.contains(message) {
                let known = whole.messages.flatMap(\.results)
                if !message.isComplete, short.faults.count > faults,
                    message.results.allSatisfy({ row in known.contains { $0.code == row.code && $0.value == row.value }
                    })
                {
                    continue
                }
                wrong.append("cut at \(cut): reports what the whole does not: \(message.results.map(\.value))")
            }
            let isWithin = whole.spans.contains { $0.lowerBound < cut && cut + 8 < $0.upperBound }
            if isWithin, wasIdle { wrong.append("cut at \(cut): idle within a message") }
            if isWithin, short.messages.count == before, short.faults.count == faults {
                wrong.append("cut at \(cut): nothing is told")
            }
            var silent = try Replay(type, options)
            silent.feed(Array(bytes.prefix(cut)))
            if silent.silence() >= 2000 { wrong.append("cut at \(cut): deadlines without end") }
            if !silent.driver.isIdle { wrong.append("cut at \(cut): not idle after silence") }
            let seen = silent.messages.count
            silent.feed(bytes)
            silent.finish()
            if Array(silent.messages.dropFirst(seen)) != whole.messages {
                wrong.append("cut at \(cut): after silence the capture gives something else")
            }
        }
        return wrong
    }

    /// Noise before and after the capture costs nothing.
    public static func noise(_ type: any StreamDriver.Type, _ options: String, _ bytes: [UInt8], _ noise: [UInt8])
        throws
        -> [String]
    {
        let whole = try Replay.run(type, options, bytes)
        var noisy = try Replay(type, options)
        noisy.feed(noise + bytes + noise, pieces: .fixed(5))
        noisy.finish()
        return noisy.messages == whole.messages ? [] : ["noise changes what is reported: \(noisy.faults)"]
    }

    /// Every byte of the capture is changed in turn: for a format with a check, no result may be reported that the whole
    /// capture does not give.
    public static func damage(
        _ type: any StreamDriver.Type, _ options: String, _ bytes: [UInt8], by change: UInt8 = 0x01
    ) throws -> [String] {
        var wrong: [String] = []
        let whole = try Replay.run(type, options, bytes).rows
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= change
            let replay = try Replay.run(type, options, damaged)
            for row in replay.rows where !whole.contains(row) {
                // Incomplete, it waits for a person; what it says has to be what was sent.
                let isSent = whole.contains { sent in
                    sent.specimen == row.specimen && sent.codes == row.codes && sent.value == row.value
                        && sent.flags == row.flags
                }
                if isSent, replay.messages.contains(where: { !$0.isComplete }) { continue }
                wrong.append("byte \(index) damaged: reports \(row.specimen) \(row.codes) \(row.value) \(row.flags)")
            }
        }
        return wrong
    }

    /// Any bytes, with silence between them: nothing traps, two runs give the same, and a capture that comes after
    /// silence is read.
    public static func garbage(
        _ type: any StreamDriver.Type, _ options: String, _ bytes: [UInt8], rounds: Int = 200
    ) throws -> [String] {
        var wrong: [String] = []
        let whole = try Replay.run(type, options, bytes)
        for round in 0..<rounds {
            var runs: [Replay] = []
            for _ in 0..<2 {
                var generator = SplitMix64(state: UInt64(round))
                var replay = try Replay(type, options)
                for _ in 0..<6 {
                    let count = Int.random(in: 0...200, using: &generator)
                    var piece = (0..<count).map { _ in
                        UInt8.random(in: 0...(round % 2 == 0 ? 255 : 127), using: &generator)
                    }
                    if round % 3 == 0, !bytes.isEmpty {
                        let from = Int.random(in: 0..<bytes.count, using: &generator)
                        piece += bytes[from...].prefix(count)
                    }
                    replay.feed(piece, pieces: .fixed(9))
                    if Bool.random(using: &generator) { replay.silence() }
                }
                replay.silence()
                runs.append(replay)
            }
            if runs[0].messages != runs[1].messages || runs[0].faults != runs[1].faults {
                wrong.append("round \(round): two runs differ")
            }
            let seen = runs[0].messages.count
            runs[0].feed(bytes)
            runs[0].finish()
            if Array(runs[0].messages.dropFirst(seen)) != whole.messages {
                wrong.append("round \(round): the capture is not read after garbage")
            }
        }
        return wrong
    }
}
