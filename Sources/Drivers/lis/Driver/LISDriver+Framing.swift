import DriverKit
import LIS01
import LIS02

/// Each of these takes a piece of what was received and returns how much of it: the rest may be for another framing.
extension LISDriver {
    func decide(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) -> Int {
        switch detector.look(at: bytes) {
        case .nothing: return bytes.count
        case .frames(let index):
            mode = .lis01
            link = LIS01Link(role: .computer, options: options.link, received: received &+ UInt64(index))
            return index
        case .block(let index):
            mode = .sohEOT
            return index
        case .records(let index, let kept):
            mode = .records
            let end = received &+ UInt64(index)
            let start = end &- UInt64(kept.count)
            var outputs: [LIS02AssemblerOutput] = []
            kept.withUnsafeBufferPointer {
                assembler.append($0, start: start, end: end, endsText: false, outputs: &outputs)
            }
            detector = FramingDetector()
            recordDeadline = now.monotonic &+ options.link.timers.frameOrEOT
            return index
        }
    }

    func receiveFrames(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) -> Int {
        var outputs: [LIS01Output] = []
        link.receive(bytes, now: now.monotonic, outputs: &outputs)
        handle(outputs, now: now, events: &events)
        return bytes.count
    }

    /// SOH records EOT: no frames, no checksum, one answer for the message.
    func receiveBlocks(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) -> Int {
        if !isInBlock {
            for (index, byte) in bytes.enumerated() {
                if byte == ControlCharacter.soh {
                    isInBlock = true
                    messagesInBlock = 0
                    assembler.reset()
                    recordDeadline = now.monotonic &+ options.link.timers.frameOrEOT
                    return index + 1
                }
                if options.framing == .auto, byte == ControlCharacter.enq || byte == ControlCharacter.stx {
                    mode = .undecided
                    return index
                }
            }
            return bytes.count
        }
        let stop = bytes.firstIndex { $0 == ControlCharacter.eot || $0 == ControlCharacter.soh } ?? bytes.count
        var outputs: [LIS02AssemblerOutput] = []
        append(UnsafeRawBufferPointer(rebasing: bytes[..<stop]), outputs: &outputs)
        recordDeadline = now.monotonic &+ options.link.timers.frameOrEOT
        guard stop < bytes.count else {
            handle(outputs, now: now, events: &events)
            return stop
        }
        isInBlock = false
        recordDeadline = nil
        if bytes[stop] == ControlCharacter.soh {
            handle(outputs, now: now, events: &events)
            breakOff("the device began again", now: now, events: &events)
            return stop
        }
        endBlock(&outputs, end: received &+ UInt64(stop) &+ 1, now: now, events: &events)
        return stop + 1
    }

    /// EOT: the answer is ACK if there were messages and all of them were whole.
    private func endBlock(
        _ outputs: inout [LIS02AssemblerOutput], end: UInt64, now: DriverTime, events: inout [StreamDriverEvent]
    ) {
        let partial = options.needsTerminator && !endsWithTerminator() ? assembler.partial : nil
        if partial == nil { assembler.flush(outputs: &outputs) }
        handle(outputs, now: now, events: &events)
        assembler.reset()
        if partial == nil, messagesInBlock > 0 {
            events.append(.transmit([ControlCharacter.ack], isImmediate: false))
            return
        }
        let text =
            "a block without a whole message (H … L); refused, the device has to send it again."
            + (partial == nil ? "" : " If it never sends L records, set option terminator: optional")
        events.append(.fault(.refused, text, start: partial?.start ?? end, end: end))
        events.append(.transmit([ControlCharacter.nak], isImmediate: true))
    }

    func receiveRecords(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) -> Int {
        var outputs: [LIS02AssemblerOutput] = []
        append(bytes, outputs: &outputs)
        handle(outputs, now: now, events: &events)
        if outputs.contains(where: { if case .message = $0 { true } else { false } }) { events.append(.acknowledge) }
        recordDeadline = assembler.isEmpty ? nil : now.monotonic &+ options.link.timers.frameOrEOT
        return bytes.count
    }

    private func append(_ bytes: UnsafeRawBufferPointer, outputs: inout [LIS02AssemblerOutput]) {
        bytes.withMemoryRebound(to: UInt8.self) { text in
            let end = received &+ UInt64(text.count)
            assembler.append(text, start: received, end: end, endsText: false, outputs: &outputs)
        }
    }

    func handle(_ outputs: [LIS01Output], now: DriverTime, events: inout [StreamDriverEvent]) {
        for output in outputs {
            switch output {
            case .transmit(let bytes, let isImmediate): events.append(.transmit(bytes, isImmediate: isImmediate))
            case .began: assembler.reset()
            case .frame(let frame):
                var messages: [LIS02AssemblerOutput] = []
                frame.text.withUnsafeBufferPointer { text in
                    assembler.append(
                        text, start: frame.start, end: frame.end, endsText: frame.endsText, outputs: &messages)
                }
                handle(messages, now: now, events: &events)
            case .ended(let reason, _, let offset): ended(reason, offset: offset, now: now, events: &events)
            case .fault(let fault, let start, let end):
                events.append(.fault(fault.severity, fault.description, start: start, end: end))
            case .sent(let id): sent(id, events: &events)
            case .unsent(let id, let fault): unsent(id, fault, now: now, events: &events)
            }
        }
    }

    private func ended(_ reason: LIS01End, offset: UInt64, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard assembler.partial != nil else { return }
        // A last record without CR, in a frame that an ETB ended, is whole once nothing follows.
        let isWhole = !options.needsTerminator || reason == .endOfTransmission && endsWithTerminator()
        if reason != .silence, isWhole {
            var outputs: [LIS02AssemblerOutput] = []
            assembler.flush(outputs: &outputs)
            return handle(outputs, now: now, events: &events)
        }
        if reason == .silence {
            return breakOff(
                "nothing came for \(options.link.timers.frameOrEOT / 1_000_000) s", now: now, events: &events)
        }
        // LIS01-A2 6.5.2.3: a sender that gives up repeats the whole message.
        guard let partial = assembler.partial else { return }
        assembler.reset()
        let what = reason == .restart ? "began again" : "ended its transmission"
        let text =
            "the device \(what) after \(partial.count) bytes of a message, before its terminator record (L); dropped, it has to"
            + " send the whole message again. If it never sends L records, set option terminator: optional"
        events.append(.fault(.refused, text, start: partial.start, end: max(partial.end, offset)))
    }
}

extension LIS01Fault {
    /// Who has to look.
    var severity: FaultSeverity {
        switch self {
        case .noise, .repeatedFrame, .restarted, .contention, .busy, .checksum(_, _, accepted: true): .notice
        // What was incomplete is told by itself.
        case .silence: .notice
        case .checksum, .frameNumber, .reusedFrameNumber, .frameWithoutENQ, .bareFrame, .brokenFrame, .frameTooLong,
            .messageTooLong:
            .refused
        }
    }
}
