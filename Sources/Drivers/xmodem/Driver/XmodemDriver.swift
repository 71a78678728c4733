import DriverKit
import DriverWire
import JSONText
import SerialBlocks

/// Results in sections `[n]` of a text that comes by XMODEM.
///
/// Source: XMODEM as described in public; sections as the format description of an ELISA reader gives them. README.md.
public final class XmodemDriver: StreamDriver {
    /// `xmodem`
    public static var name: String { "xmodem" }
    /// Version of the module.
    public static var version: String { "1.0.0" }

    let options: XmodemOptions
    private var receiver = XmodemReceiver()
    /// The transfer under way.
    var transfer: Transfer?
    /// The block taken last: it comes again if our ACK was lost.
    private var last: XmodemBlock?
    /// Sections reported of late, and until when each may come again.
    var reported: [(text: [UInt8], until: Int64)] = []
    private var lastByte: Int64 = 0
    private var told: Int64?
    /// More than a transfer has.
    static let mostReported = 512

    /// Opens an instance.
    public init(options json: JSONValue, now: DriverTime) throws(OptionsFault) { options = try XmodemOptions(json) }

    /// Neither a block nor a transfer is under way, and no repeat is expected.
    public var isIdle: Bool { !receiver.isPartial && transfer == nil && last == nil && reported.isEmpty }

    /// Bytes in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var outputs: [XmodemOutput] = []
        for byte in bytes {
            receiver.take(byte, outputs: &outputs)
            for output in outputs { handle(output, now: now, events: &events) }
            outputs.removeAll(keepingCapacity: true)
        }
        if !bytes.isEmpty { lastByte = now.monotonic }
        askForDeadline(&events)
    }

    /// The deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        told = nil
        if receiver.isPartial, now.monotonic >= lastByte &+ options.silence {
            let text = "a block broke off, or bytes came that are none; the reader is asked to send it again"
            events.append(.fault(.refused, text, start: receiver.received, end: receiver.received))
            receiver.drop()
            say(ControlByte.nak, immediate: true, &events)
        }
        if now.monotonic >= lastByte &+ options.transferSilence {
            end("its end did not come", now: now, events: &events)
            last = nil
        }
        reported.removeAll { now.monotonic >= $0.until }
        askForDeadline(&events)
    }

    /// These readers take no orders.
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        .unsupported
    }

    /// The end of the link.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        if receiver.isPartial {
            let text = "the link ended within a block; send the results again from the reader"
            events.append(.fault(.lost, text, start: receiver.received, end: receiver.received))
            receiver.drop()
        }
        end("the link ended before it", now: now, events: &events)
        last = nil
        reported = []
        askForDeadline(&events)
    }

    private func handle(_ output: XmodemOutput, now: DriverTime, events: inout [StreamDriverEvent]) {
        switch output {
        case .block(let block): take(block, now: now, events: &events)
        case .damaged(let start, let end):
            let text = "the sum of a block is wrong; refused, the reader sends it again"
            events.append(.fault(.refused, text, start: start, end: end))
            if !receiver.isPartial { say(ControlByte.nak, immediate: true, &events) }
        case .end:
            end(nil, now: now, events: &events)
            last = nil
            say(ControlByte.ack, immediate: false, &events)
        case .cancelled:
            end("the reader cancelled it", now: now, events: &events)
            last = nil
        }
    }

    private func take(_ block: XmodemBlock, now: DriverTime, events: inout [StreamDriverEvent]) {
        if let last, last.number == block.number, last.data == block.data {
            let text = "block \(block.number) came again: the answer to it was lost, or nobody gave one; counted once"
            events.append(.fault(.notice, text, start: block.start, end: block.end))
            return say(ControlByte.ack, immediate: false, &events)
        }
        if let open = transfer, block.number == open.next & (block.isSevenBit ? 0x7F : 0xFF) {
            transfer?.add(block)
        } else {
            end("another block than the next one came", now: now, events: &events)
            if block.number != 1 {
                let text =
                    "blocks before block \(block.number) did not come; sections in them are lost: send them again"
                events.append(.fault(.lost, text, start: block.start, end: block.end))
            }
            transfer = Transfer(block)
        }
        last = block
        report(isEnd: false, now: now, events: &events)
        say(ControlByte.ack, immediate: false, &events)
    }

    /// One character; ACK waits until what it answers is stored.
    private func say(_ byte: UInt8, immediate: Bool, _ events: inout [StreamDriverEvent]) {
        if options.answers {
            events.append(.transmit([byte], isImmediate: immediate))
        } else if !immediate {
            events.append(.acknowledge)
        }
    }

    private func askForDeadline(_ events: inout [StreamDriverEvent]) {
        var times = reported.map(\.until)
        if receiver.isPartial { times.append(lastByte &+ options.silence) }
        if transfer != nil || last != nil { times.append(lastByte &+ options.transferSilence) }
        let time = times.min()
        if time == told { return }
        told = time
        events.append(.deadline(time))
    }
}
