extension LIS01Receiver {
    mutating func begin(offset: UInt64) {
        state = .number
        text = []
        frameStart = offset
        number = 0
        isBare = false
        isOverlong = false
        endsText = false
        sum = 0
    }

    mutating func takeNumber(_ byte: UInt8) {
        state = .text
        let isDigit = byte >= 0x30 && byte <= 0x37
        if style == .bare || style == .either && !isDigit {
            isBare = true
            sum = byte
            text.append(byte)
        } else {
            number = byte
            sum = byte
        }
    }

    mutating func close(_ byte: UInt8, offset: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        endsText = byte == ControlCharacter.etx
        sum &+= byte
        if isBare, style == .bare || isWholeMessage(text) {
            state = .outside
            judgeBare(end: offset &+ 1, now: now, outputs: &outputs)
        } else if options.checksum == .none {
            state = .outside
            judge(checkDigits: nil, end: offset &+ 1, now: now, outputs: &outputs)
        } else {
            state = .check1
        }
    }

    /// A frame with number: 6.5.1.2 says when it is refused.
    mutating func judge(
        checkDigits: (UInt8, UInt8)?, end: UInt64, now: Int64, outputs: inout [LIS01Output]
    ) {
        // The fault was told when the limit was passed.
        if isOverlong { return answer(ControlCharacter.nak, now: now, outputs: &outputs) }
        if isBare { return refuse(.bareFrame, end: end, now: now, outputs: &outputs) }
        if !options.requiresENQ { beginWithoutENQ(checkDigits, now: now, outputs: &outputs) }
        guard isInTransfer else { return refuse(.frameWithoutENQ, end: end, now: now, outputs: &outputs) }
        if let checkDigits {
            let high = LIS01Checksum.value(of: checkDigits.0)
            let low = LIS01Checksum.value(of: checkDigits.1)
            if let high, let low, high << 4 | low == sum {
            } else {
                let sent = [checkDigits.0, checkDigits.1]
                let isTaken = options.checksum == .noted
                let fault = LIS01Fault.checksum(sent: sent, computed: sum, accepted: isTaken)
                if !isTaken { return refuse(fault, end: end, now: now, outputs: &outputs) }
                outputs.append(.fault(fault, start: frameStart, end: end))
            }
        }
        let value = Int(number) - 0x30
        if let lastText, value == lastNumber, lastText == text {
            outputs.append(.fault(.repeatedFrame(number: value), start: frameStart, end: end))
            text = []
            return answer(now: now, outputs: &outputs)
        }
        if options.checksFrameNumbers, value != (lastNumber + 1) & 7 {
            let fault: LIS01Fault =
                lastText != nil && value == lastNumber
                ? .reusedFrameNumber(number: value) : .frameNumber(sent: number, expected: (lastNumber + 1) & 7)
            return refuse(fault, end: end, now: now, outputs: &outputs)
        }
        style = .numbered
        if accept(end: end, now: now, outputs: &outputs) { lastNumber = value & 7 }
    }

    /// `requiresENQ` is false: a whole frame 1 that begins with a header begins a transfer phase, also within one, because
    /// the recording may lack the EOT as well. The same frame again is a repeat, as ever.
    private mutating func beginWithoutENQ(
        _ checkDigits: (UInt8, UInt8)?, now: Int64, outputs: inout [LIS01Output]
    ) {
        guard number == UInt8(ascii: "1"), beginsWithHeader(text), text != lastText else { return }
        if let checkDigits {
            guard let high = LIS01Checksum.value(of: checkDigits.0), let low = LIS01Checksum.value(of: checkDigits.1),
                high << 4 | low == sum
            else { return }
        }
        if isInTransfer {
            if lastNumber == 0 { return }
            if messageLength > 0 { outputs.append(.fault(.restarted, start: frameStart, end: frameStart)) }
            self.end(.restart, offset: frameStart, outputs: &outputs)
        }
        isInTransfer = true
        deadline = now &+ options.timers.frameOrEOT
        outputs.append(.began(offset: frameStart))
    }

    /// A frame without number and checksum.
    private mutating func judgeBare(end: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        // The fault was told when the limit was passed.
        if isOverlong { return answer(ControlCharacter.nak, now: now, outputs: &outputs) }
        style = .bare
        accept(end: end, now: now, outputs: &outputs)
    }

    @discardableResult
    private mutating func accept(end: UInt64, now: Int64, outputs: inout [LIS01Output]) -> Bool {
        if messageLength > options.longestMessage - text.count {
            text = []
            if hasToldLength {
                answer(ControlCharacter.nak, now: now, outputs: &outputs)
            } else {
                hasToldLength = true
                refuse(.messageTooLong(limit: options.longestMessage), end: end, now: now, outputs: &outputs)
            }
            return false
        }
        messageLength += text.count
        frames &+= 1
        lastText = text
        outputs.append(.frame(LIS01Frame(text: text, endsText: endsText, start: frameStart, end: end)))
        text = []
        answer(now: now, outputs: &outputs)
        return true
    }

    private mutating func refuse(_ fault: LIS01Fault, end: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        text = []
        outputs.append(.fault(fault, start: frameStart, end: end))
        answer(ControlCharacter.nak, now: now, outputs: &outputs)
    }

    private mutating func answer(_ byte: UInt8? = nil, now: Int64, outputs: inout [LIS01Output]) {
        let byte = byte ?? (wantsLine ? ControlCharacter.eot : ControlCharacter.ack)
        outputs.append(.transmit([byte], isImmediate: byte == ControlCharacter.nak))
        if isInTransfer { deadline = now &+ options.timers.frameOrEOT }
    }

    private func beginsWithHeader(_ text: [UInt8]) -> Bool {
        text.count >= 3 && text[0] == UInt8(ascii: "H") && !isWordOrBlank(text[1]) && !isWordOrBlank(text[2])
    }

    private func isWordOrBlank(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x7F...0xFF: true
        default: false
        }
    }

    /// Text that begins with a header record and ends with a terminator record.
    private func isWholeMessage(_ text: [UInt8]) -> Bool {
        guard text.count >= 5, text[0] == UInt8(ascii: "H"), endsText else { return false }
        let delimiter = text[1]
        var end = text.count
        while end > 0, text[end - 1] <= 0x20 { end -= 1 }
        var start = end
        while start > 0, text[start - 1] != ControlCharacter.cr, text[start - 1] != ControlCharacter.lf { start -= 1 }
        while start < end, text[start] <= 0x20 { start += 1 }
        guard start < end, text[start] == UInt8(ascii: "L") else { return false }
        return start + 1 == end || text[start + 1] == delimiter
    }
}
