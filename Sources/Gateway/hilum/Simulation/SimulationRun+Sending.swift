extension SimulationRun {
    /// How a send ended.
    enum Outcome {
        /// Every unit was acknowledged.
        case taken
        /// Refused for good.
        case refused(String)
        /// Not taken: the device sends the whole message again.
        case brokenOff(String)
    }

    /// Sends the units of a message, waiting where the device waits.
    mutating func send(_ message: Capture.Message, on line: DeviceLine) throws -> Outcome {
        if case .block(let controlID)? = message.units.first?.kind {
            return try send(block: message.units[0].bytes, controlID: controlID, on: line)
        }
        if case .recorded? = message.units.first?.kind { return try play(message, on: line) }
        try takeFromHost(line, limit: .zero)
        for unit in message.units {
            let outcome: Outcome
            switch unit.kind {
            case .enquiry: outcome = try enquire(unit, on: line)
            case .frame: outcome = try send(frame: unit, on: line)
            case .bareFrame:
                try put(unit.bytes, on: line)
                // Some of these devices are answered and some are not: both is right.
                _ = try answer(
                    on: line, limit: min(plan.answerLimit, .seconds(2)), among: [LISBytes.ack, LISBytes.nak])
                outcome = .taken
            case .end, .block, .recorded:
                try put(unit.bytes, on: line)
                outcome = .taken
            case .conversation:
                try put(unit.bytes, on: line)
                try hear(line, limit: plan.answerLimit)
                outcome = .taken
            }
            if case .taken = outcome { continue }
            try put([LISBytes.eot], on: line)
            return outcome
        }
        let asks = message.units.contains { unit in
            let text = unit.bytes[unit.text]
            return text.starts(with: Array("Q|".utf8)) || text.firstRange(of: Array("\rQ|".utf8)) != nil
        }
        try takeFromHost(line, limit: asks ? .seconds(5) : .zero)
        return .taken
    }

    /// Plays a recording: waits for as much of the host as then, or until it is silent where it says less now, pauses, speaks.
    private mutating func play(_ message: Capture.Message, on line: DeviceLine) throws -> Outcome {
        for unit in message.units {
            guard case .recorded(let pause, let hostBytes) = unit.kind else { continue }
            var heard = 0
            let end = ContinuousClock.now + plan.answerLimit
            var quiet = end
            while heard < hostBytes, ContinuousClock.now < min(end, quiet) {
                if isStopping() { throw SimulatedDevice.Stopped() }
                let bytes = try line.read(limit: .milliseconds(100))
                heard += bytes.count
                if !bytes.isEmpty { quiet = ContinuousClock.now + .seconds(1) }
            }
            if hostBytes > 0, heard == 0 { return .brokenOff("no answer within \(plan.answerLimit.written)") }
            guard self.pause(until: ContinuousClock.now + pause) else { throw SimulatedDevice.Stopped() }
            try put(unit.bytes, on: line)
        }
        try hear(line, limit: plan.answerLimit)
        return .taken
    }

    // MARK: LIS01

    /// LIS01-A2 6.2: ENQ until ACK.
    private mutating func enquire(_ unit: Capture.Unit, on line: DeviceLine) throws -> Outcome {
        for attempt in 0..<6 {
            if attempt == 0 { try put(unit.bytes, on: line) } else { try put([LISBytes.enq], on: line) }
            switch try answer(on: line, limit: plan.answerLimit, among: [LISBytes.ack, LISBytes.nak, LISBytes.enq]) {
            case LISBytes.ack: return .taken
            case LISBytes.nak:
                // LIS01-A2 6.2.6: the receiver is busy; wait at least 10 s.
                guard pause(until: ContinuousClock.now + plan.refusedPause) else { throw SimulatedDevice.Stopped() }
            case LISBytes.enq:
                // LIS01-A2 6.2.7.1: contention; the instrument waits at least 1 s and asks again.
                guard pause(until: ContinuousClock.now + min(.seconds(1), plan.refusedPause)) else {
                    throw SimulatedDevice.Stopped()
                }
            default: return .brokenOff("no answer to ENQ within \(plan.answerLimit.written)")
            }
        }
        return .brokenOff("ENQ was refused six times")
    }

    /// LIS01-A2 6.3: a frame until ACK, at most six times.
    private mutating func send(frame unit: Capture.Unit, on line: DeviceLine) throws -> Outcome {
        for _ in 0..<6 {
            try put(unit.bytes, on: line)
            let answers = [LISBytes.ack, LISBytes.nak, LISBytes.eot]
            switch try answer(on: line, limit: plan.answerLimit, among: answers) {
            case LISBytes.ack, LISBytes.eot: return .taken
            case LISBytes.nak:
                // A frame that was damaged as captured is refused; what the device sent next follows in the capture.
                if !unit.isSound { return .taken }
            default: return .brokenOff("no answer to a frame within \(plan.answerLimit.written)")
            }
        }
        return .brokenOff("a frame was refused six times")
    }

    /// The first of these bytes to come; nil: none within the limit. Other bytes are noise.
    private func answer(on line: DeviceLine, limit: Duration, among answers: [UInt8]) throws -> UInt8? {
        let end = ContinuousClock.now + limit
        while true {
            if isStopping() { throw SimulatedDevice.Stopped() }
            let rest = end - ContinuousClock.now
            if rest <= .zero { return nil }
            let bytes = try line.read(limit: min(rest, .milliseconds(200)))
            if let found = bytes.last(where: { answers.contains($0) }) { return found }
        }
    }

    /// Reads what the other side says until it has been silent for a second; for two when it says nothing at all.
    private func hear(_ line: DeviceLine, limit: Duration) throws {
        let end = ContinuousClock.now + limit
        var quiet = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < min(end, quiet) {
            if isStopping() { throw SimulatedDevice.Stopped() }
            if try !line.read(limit: .milliseconds(200)).isEmpty { quiet = ContinuousClock.now + .seconds(1) }
        }
    }

    /// What the host sends of its own accord (orders, answers to queries): acknowledged and let go.
    private mutating func takeFromHost(_ line: DeviceLine, limit: Duration) throws {
        let first = try line.read(limit: limit)
        guard first.contains(LISBytes.enq) else { return }
        try line.write([LISBytes.ack])
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if isStopping() { throw SimulatedDevice.Stopped() }
            for byte in try line.read(limit: .milliseconds(200)) {
                if byte == LISBytes.eot { return }
                if byte == LISBytes.enq || byte == 0x0A { try line.write([LISBytes.ack]) }
            }
        }
    }

    // MARK: MLLP

    private mutating func send(block: [UInt8], controlID: [UInt8], on line: DeviceLine) throws -> Outcome {
        try put(block, on: line)
        if plan.isOneWay { return .taken }
        var received: [UInt8] = []
        let end = ContinuousClock.now + plan.answerLimit
        while true {
            if isStopping() { throw SimulatedDevice.Stopped() }
            let rest = end - ContinuousClock.now
            if rest <= .zero { return .brokenOff("no acknowledgement within \(plan.answerLimit.written)") }
            received += try line.read(limit: min(rest, .milliseconds(200)))
            while let close = received.firstIndex(of: MLLPBytes.end) {
                let message = received[..<close]
                received.removeSubrange(...close)
                if let outcome = Self.outcome(message, controlID: controlID) { return outcome }
            }
            if received.count > 1 << 20 { return .brokenOff("more than a MiB without an acknowledgement") }
        }
    }

    /// What an acknowledgement says; nil: it is about another message.
    static func outcome(_ message: ArraySlice<UInt8>, controlID: [UInt8]) -> Outcome? {
        guard let code = Capture.field(message, segment: "MSA", number: 1),
            // A message without an id is answered without one, and the field may be left out.
            (Capture.field(message, segment: "MSA", number: 2) ?? []) == controlID
        else { return nil }
        let word = String(decoding: code, as: UTF8.self)
        if word == "AA" || word == "CA" { return .taken }
        let reason = Capture.field(message, segment: "MSA", number: 3) ?? []
        return .refused("\(word) \(String(decoding: reason, as: UTF8.self))")
    }
}
