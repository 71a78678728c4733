import DriverKit
import DriverWire
import JSONText
import LIS01
import LIS02

/// The driver `lis`: LIS02 records (ASTM E1394) over a LIS01 link (ASTM E1381), over its common departures, or over no link
/// layer at all. What a profile can say is in the README beside this folder.
public final class LISDriver: StreamDriver {
    /// `lis`
    public static let name = "lis"
    /// Version of the module.
    public static let version = "1.0.0"

    enum Mode {
        /// `framing: auto`, before anything has told which framing it is.
        case undecided
        case lis01
        case sohEOT
        case records
    }

    let options: LISOptions
    var mode: Mode
    var link: LIS01Link
    var assembler: LIS02Assembler
    var detector = FramingDetector()
    /// Bytes received.
    var received: UInt64 = 0
    /// Inside SOH … EOT.
    var isInBlock = false
    var messagesInBlock = 0
    /// 30 s after the last byte of a message that has no link with timers.
    var recordDeadline: Int64?
    var outbox = OrderOutbox()
    /// Answers to the questions of one message, until the last of them is here.
    var answers: [DeviceOrder] = []
    private var toldDeadline: Int64?

    /// Opens an instance with the options of a profile.
    public init(options: JSONValue, now: DriverTime) throws(OptionsFault) {
        self.options = try LISOptions(options)
        assembler = LIS02Assembler(limit: self.options.link.longestMessage)
        link = LIS01Link(role: .computer, options: self.options.link)
        switch self.options.framing {
        case .auto: mode = .undecided
        case .lis01, .bare: mode = .lis01
        case .sohEOT: mode = .sohEOT
        case .records: mode = .records
        }
    }

    /// Nothing received so far is still needed, nothing is to be sent.
    public var isIdle: Bool {
        let isLineIdle =
            switch mode {
            case .undecided: detector.isEmpty
            case .lis01: link.isIdle
            case .sohEOT: !isInBlock
            case .records: true
            }
        return isLineIdle && assembler.isEmpty && outbox.isEmpty && answers.isEmpty
    }

    /// Bytes from the device, in any pieces.
    public func receive(_ bytes: UnsafeRawBufferPointer, now: DriverTime, events: inout [StreamDriverEvent]) {
        var rest = bytes
        while !rest.isEmpty {
            let taken: Int
            switch mode {
            case .undecided: taken = decide(rest, now: now, events: &events)
            case .lis01: taken = receiveFrames(rest, now: now, events: &events)
            case .sohEOT: taken = receiveBlocks(rest, now: now, events: &events)
            case .records: taken = receiveRecords(rest, now: now, events: &events)
            }
            received &+= UInt64(taken)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        }
        tellDeadline(events: &events)
    }

    /// The last deadline has come.
    public func timeout(now: DriverTime, events: inout [StreamDriverEvent]) {
        toldDeadline = nil
        if mode == .lis01 {
            var outputs: [LIS01Output] = []
            link.timeout(now: now.monotonic, outputs: &outputs)
            handle(outputs, now: now, events: &events)
        }
        if let due = recordDeadline, now.monotonic >= due {
            recordDeadline = nil
            isInBlock = false
            breakOff("nothing came for \(options.link.timers.frameOrEOT / 1_000_000) s", now: now, events: &events)
        }
        tellDeadline(events: &events)
    }

    /// The other side has closed, or the file ends.
    public func finish(now: DriverTime, events: inout [StreamDriverEvent]) {
        if mode == .records || options.needsTerminator == false {
            var outputs: [LIS02AssemblerOutput] = []
            // What is incomplete is told below, not handed on.
            if !options.needsTerminator || endsWithTerminator() { assembler.flush(outputs: &outputs) }
            handle(outputs, now: now, events: &events)
        }
        if mode == .lis01, !link.receiver.isIdle, assembler.partial == nil {
            let text =
                "the link was closed in the middle of a transfer; no message had come whole, the device sends it again"
            events.append(.fault(.notice, text, start: received, end: received))
        }
        breakOff("the link was closed", now: now, events: &events)
        if mode == .undecided, detector.skipped > 0 {
            let text =
                "\(detector.skipped) bytes came, and nothing among them that this protocol begins with: ENQ, STX, SOH or a"
                + " header record (H|\\^&). Does the device speak another protocol, or another speed or parity?"
            events.append(.fault(.lost, text, start: 0, end: received))
        }
        answers.removeAll()
        giveUpOrders(events: &events)
        detector = FramingDetector()
        link = LIS01Link(role: .computer, options: options.link, received: received)
        isInBlock = false
        recordDeadline = nil
        tellDeadline(events: &events)
    }

    /// An order for the device, or the answer to a query (`hilum_driver.h`: submit).
    public func submit(_ order: JSONValue, now: DriverTime, events: inout [StreamDriverEvent]) -> SubmitOutcome {
        let outcome = accept(order, now: now, events: &events)
        tellDeadline(events: &events)
        return outcome
    }

    /// A message of which only a part came will not be repeated as far as anyone knows.
    func breakOff(_ why: String, now: DriverTime, events: inout [StreamDriverEvent]) {
        guard let partial = assembler.partial else { return }
        assembler.reset()
        let text =
            "\(why) after \(partial.count) bytes of a message, before its terminator record (L); what had come is not a"
            + " whole message and was not taken. Have the device send it again; if it never sends L, set option"
            + " terminator: optional"
        events.append(.fault(.lost, text, start: partial.start, end: partial.end))
    }

    /// Whether what has come of a message would be whole if nothing more came: its last line lacks but its end.
    func endsWithTerminator() -> Bool {
        var copy = assembler
        var outputs: [LIS02AssemblerOutput] = []
        copy.flush(outputs: &outputs)
        return outputs.contains { if case .message(let text) = $0 { text.isTerminated } else { false } }
    }

    private func tellDeadline(events: inout [StreamDriverEvent]) {
        let linkDeadline = mode == .lis01 ? link.deadline : nil
        let deadline: Int64?
        switch (linkDeadline, recordDeadline) {
        case (let first?, let second?): deadline = min(first, second)
        case (let first, let second): deadline = first ?? second
        }
        if deadline != toldDeadline {
            toldDeadline = deadline
            events.append(.deadline(deadline))
        }
    }
}
