import BlockDriverKit
import DriverKit
import SerialBlocks

extension SynchronDriver {
    /// A line was taken: ACK, or DLE 1 and DLE 0 in turn.
    func accepted(now: DriverTime, events: inout [StreamDriverEvent]) {
        switch options.answers {
        case .none: lastAnswer = []
        case .ack: lastAnswer = [0x06]
        case .dle:
            lastAnswer = [ControlByte.dle, isOdd ? UInt8(ascii: "1") : UInt8(ascii: "0")]
            isOdd.toggle()
        }
        answer(lastAnswer, now: now, events: &events)
        // The end of a transmission: the next one begins anew.
        if endsTransmission {
            endsTransmission = false
            rest()
        }
    }

    /// Says an answer once what it acknowledges is stored, and XON has come where it has to.
    func answer(_ bytes: [UInt8], now: DriverTime, events: inout [StreamDriverEvent]) {
        if bytes.isEmpty {
            events.append(.acknowledge)
        } else if options.waitsForXON {
            held = (bytes, now.monotonic &+ SynchronDriver.turnaround)
        } else {
            events.append(.transmit(bytes, isImmediate: false))
        }
    }

    /// The line is ours, or has to be.
    func release(events: inout [StreamDriverEvent]) {
        guard let waiting = held else { return }
        held = nil
        events.append(.transmit(waiting.bytes, isImmediate: false))
    }

    /// A line is refused at once.
    func refuse(_ block: SerialBlock, _ why: String, events: inout [StreamDriverEvent]) {
        link.forget()
        let isRefused = options.answers != .none
        let cure = isRefused ? "refused, the device sends it again" : "send the sample again from the analyser"
        events.append(.fault(isRefused ? .refused : .lost, "\(why); \(cure)", start: block.start, end: block.end))
        if isRefused { events.append(.transmit([ControlByte.nak], isImmediate: true)) }
    }
}
