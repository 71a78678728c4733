import BlockDriverKit
import DriverKit
import DriverWire
import SerialBlocks

/// The transmission in numbered blocks: SYN and SYN; count and ACK; block and ACK or NAK; SYN and ACK.
extension CoulterTextDriver {
    /// SYN, and digits of the count.
    public func take(control: UInt8, at offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        transmission.lastEvent = now.monotonic
        if control == ControlByte.syn { return takeSYN(at: offset, events: &events) }
        guard HexDigits.value(control) != nil else {
            for index in 0..<transmission.digits.count {
                transmission.addStray(at: offset &- UInt64(transmission.digits.count - index))
            }
            transmission.digits = []
            return transmission.addStray(at: offset)
        }
        // Digits in front of the last two are noise.
        transmission.digits.append(control)
        if transmission.digits.count > 2 {
            transmission.digits.removeFirst()
            return transmission.addStray(at: offset &- 2)
        }
        if transmission.digits.count == 2, let good = answers.good {
            events.append(.transmit(good, isImmediate: true))
        }
    }

    private func takeSYN(at offset: UInt64, events: inout [StreamDriverEvent]) {
        if transmission.state == .ending {
            transmission.reset()
            if let good = answers.good { events.append(.transmit(good, isImmediate: true)) }
            return
        }
        if transmission.state == .receiving { tellUnfinished("the device began again", events: &events) }
        transmission.reset()
        transmission.state = .begun
        if answers.good != nil { events.append(.transmit([ControlByte.syn], isImmediate: true)) }
    }

    /// STX, number (2 digits), text, CRC of the text (4 digits), ETX.
    func takeBlock(_ block: SerialBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        transmission.lastEvent = now.monotonic
        takeCount(events: &events)
        let text = block.text
        guard text.count > 6, let number = HexDigits.value(text.prefix(2)),
            let wanted = HexDigits.value(text.suffix(4))
        else { return refuse(block, "a block without number and check digits", events: &events) }
        let content = text[2..<text.count - 4]
        guard options.crc.matches(content, wanted) else {
            return refuse(
                block, "block \(number) of \(transmission.count) is damaged: its CRC is wrong", events: &events)
        }
        guard transmission.state == .receiving else {
            if transmission.state == .ending, Int(number) == transmission.last {
                return repeated(block, events: &events)
            }
            return refuse(block, "block \(number) without the count of blocks before it", events: &events)
        }
        if Int(number) == transmission.last, transmission.last > 0 { return repeated(block, events: &events) }
        guard Int(number) == transmission.last + 1 else {
            return refuse(
                block, "block \(number) came where block \(transmission.last + 1) is due", events: &events)
        }
        if transmission.last == 0 { transmission.start = block.start }
        transmission.content += content
        transmission.last = Int(number)
        guard transmission.last >= transmission.count else {
            if let good = answers.good { events.append(.transmit(good, isImmediate: false)) }
            return
        }
        let whole = SerialBlock(text: transmission.content, start: transmission.start, end: block.end)
        transmission.content = []
        transmission.state = .ending
        if isRepeat(whole, now: now, events: &events) { return }
        hand(on: whole.text, whole, now: now, events: &events)
    }

    private func repeated(_ block: SerialBlock, events: inout [StreamDriverEvent]) {
        let text = "block \(transmission.last) came again; it was taken before"
        events.append(.fault(.notice, text, start: block.start, end: block.end))
        if let good = answers.good { events.append(.transmit(good, isImmediate: false)) }
    }

    /// Two digits before a block say how many there are, and that a transmission begins.
    private func takeCount(events: inout [StreamDriverEvent]) {
        tellStray(events: &events)
        guard !transmission.digits.isEmpty else { return }
        let digits = transmission.digits
        if transmission.state == .receiving { tellUnfinished("the device began again", events: &events) }
        transmission.reset()
        guard digits.count == 2, let count = HexDigits.value(digits), (1...Transmission.mostBlocks).contains(Int(count))
        else { return }
        transmission.count = Int(count)
        transmission.state = .receiving
    }

    private func tellStray(events: inout [StreamDriverEvent]) {
        guard let stray = transmission.stray else { return }
        let text =
            "\(stray.count) bytes between blocks mean nothing. If they come often: check speed, data bits and parity of the line"
        events.append(.fault(.notice, text, start: stray.start, end: stray.end))
        transmission.stray = nil
    }

    private func tellUnfinished(_ why: String, events: inout [StreamDriverEvent]) {
        guard transmission.last > 0 || transmission.count > 0 else { return }
        let text =
            "\(why) after block \(transmission.last) of \(transmission.count); nothing of it was taken: send the sample again from the"
            + " device"
        let start = transmission.last > 0 ? transmission.start : link.received
        events.append(.fault(.lost, text, start: start, end: link.received))
    }

    func giveUp(_ why: String, events: inout [StreamDriverEvent]) {
        for _ in transmission.digits { transmission.addStray(at: link.received) }
        tellStray(events: &events)
        if transmission.state == .receiving { tellUnfinished(why, events: &events) }
        transmission.reset()
    }
}
