extension LIS01Receiver {
    /// Where in a frame the receiver is (LIS01-A2 6.3.1).
    enum State: Int, Sendable {
        /// Between frames, and outside the transfer phase.
        case outside
        /// Behind STX: the frame number is due.
        case number
        /// In the text.
        case text
        /// Behind ETB or ETX: the first digit of the checksum is due.
        case check1
        /// The second digit is due.
        case check2
    }

    /// What a character is to the receiver.
    enum CharacterClass: Int, Sendable {
        case enq
        case stx
        case eot
        /// ETB or ETX.
        case close
        case other

        init(_ byte: UInt8) {
            switch byte {
            case ControlCharacter.enq: self = .enq
            case ControlCharacter.stx: self = .stx
            case ControlCharacter.eot: self = .eot
            case ControlCharacter.etb, ControlCharacter.etx: self = .close
            default: self = .other
            }
        }
    }

    /// What is done.
    enum Action: Sendable {
        /// 6.2, 6.3.4: the sender asks for the line, or starts again.
        case establish
        /// 6.3.1: a frame begins.
        case begin
        /// 6.4: the transfer phase ends.
        case terminate
        /// 6.5.1.1: a character outside frames is ignored.
        case ignore
        /// 6.3.2: the frame number.
        case number
        /// 6.3.1: a character of the text.
        case text
        /// 6.3.1: the text ends.
        case close
        /// 6.3.3: first digit of the checksum.
        case check1
        /// 6.3.3: second digit; the frame is judged.
        case check2
    }

    /// LIS01-A2 figure 6 (receiver), as rows of states and columns of characters. ENQ, STX and EOT are never text
    /// (6.3.4), so wherever they come they mean themselves: the frame they interrupt is lost and will be sent again.
    static let table: [[Action]] = [
        //           ENQ         STX     EOT         ETB, ETX  other
        /* outside */ [.establish, .begin, .terminate, .ignore, .ignore],
        /* number  */ [.establish, .begin, .terminate, .close, .number],
        /* text    */ [.establish, .begin, .terminate, .close, .text],
        /* check1  */ [.establish, .begin, .terminate, .check1, .check1],
        /* check2  */ [.establish, .begin, .terminate, .check2, .check2],
    ]

    mutating func step(_ byte: UInt8, offset: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        let kind = CharacterClass(byte)
        switch LIS01Receiver.table[state.rawValue][kind.rawValue] {
        case .establish:
            leaveFrame(offset: offset, outputs: &outputs)
            establish(offset: offset, now: now, outputs: &outputs)
        case .begin:
            leaveFrame(offset: offset, outputs: &outputs)
            begin(offset: offset)
        case .terminate:
            leaveFrame(offset: offset, outputs: &outputs)
            terminate(offset: offset, now: now, outputs: &outputs)
        case .ignore:
            if noiseCount == 0 { noiseStart = offset }
            noiseCount &+= 1
        case .number: takeNumber(byte)
        case .text: break  // taken in bulk by `receive`
        case .close: close(byte, offset: offset, now: now, outputs: &outputs)
        case .check1:
            check = byte
            state = .check2
        case .check2:
            state = .outside
            judge(checkDigits: (check, byte), end: offset &+ 1, now: now, outputs: &outputs)
        }
    }

    private mutating func leaveFrame(offset: UInt64, outputs: inout [LIS01Output]) {
        reportNoise(outputs: &outputs)
        guard state != .outside else { return }
        // A lone STX is a sign of life of some devices, not a frame.
        if state != .number { outputs.append(.fault(.brokenFrame, start: frameStart, end: offset)) }
        state = .outside
        text = []
    }

    private mutating func establish(offset: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        if options.doubledControls, isInTransfer, frames == 0, let last = lastENQ, now &- last < options.timers.doubled
        {
            return
        }
        lastENQ = now
        if isInTransfer {
            // A phase without a frame has nothing to lose: a sign of life, or our ACK was lost.
            if frames > 0 { outputs.append(.fault(.restarted, start: offset, end: offset &+ 1)) }
            end(.restart, offset: offset, outputs: &outputs)
        }
        guard isReady else {
            outputs.append(.fault(.busy, start: offset, end: offset &+ 1))
            outputs.append(.transmit([ControlCharacter.nak], isImmediate: true))
            return
        }
        isInTransfer = true
        deadline = now &+ options.timers.frameOrEOT
        outputs.append(.began(offset: offset))
        outputs.append(.transmit([ControlCharacter.ack], isImmediate: true))
    }

    private mutating func terminate(offset: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        lastEOT = now
        // EOT in neutral state ends nothing (a doubled one, or the sender gave up before it had the line).
        guard isInTransfer else { return }
        end(.endOfTransmission, offset: offset &+ 1, outputs: &outputs)
    }
}
