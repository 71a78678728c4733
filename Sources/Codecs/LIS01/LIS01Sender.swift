/// The sending end of a LIS01-A2 link, sans-I/O: a queue of messages, sent one after the other.
///
/// Call `poll` whenever the line is neutral, `answer` for each character received while `isActive`, `timeout` when
/// `deadline` has come. Everything it transmits is immediate: it acknowledges nothing.
public struct LIS01Sender: Sendable {
    /// LIS01-A2 figure 5 (sender).
    enum State: Sendable, Equatable {
        /// Nothing to do, or waiting for the line.
        case neutral
        /// 6.2.3: ENQ sent.
        case enquiry
        /// 6.3.4: a frame sent.
        case frame
    }

    /// What the device wants.
    public let options: LIS01Options
    /// When `timeout` wants to be called; nil: not needed.
    public private(set) var deadline: Int64?
    /// ENQ has been sent and EOT has not: characters received are answers.
    public var isActive: Bool { state != .neutral }
    /// Messages waiting, the one being sent included.
    public var count: Int { queue.count }

    private(set) var state = State.neutral
    private var queue: [(id: UInt64, text: [UInt8])] = []
    private var frames: [[UInt8]] = []
    private var next = 0
    private var sends = 0
    /// Not before this time (6.2.6, 6.2.7, 6.3.5.3).
    private var notBefore: Int64?

    /// A sender with nothing to send.
    public init(options: LIS01Options = LIS01Options()) { self.options = options }

    /// Puts a message at the end of the queue. `text`: whole records, each ended by CR, in the device's character set.
    public mutating func enqueue(id: UInt64, text: [UInt8]) { queue.append((id, text)) }

    /// Takes back a message that is not being sent. False: it is.
    @discardableResult
    public mutating func withdraw(id: UInt64) -> Bool {
        if isActive, queue.first?.id == id { return false }
        queue.removeAll { $0.id == id }
        if queue.isEmpty { deadline = nil }
        return true
    }

    /// The line is neutral: asks for it, if there is something to send and no wait is due.
    public mutating func poll(now: Int64, outputs: inout [LIS01Output]) {
        guard state == .neutral else { return }
        guard let head = queue.first else {
            deadline = nil
            return
        }
        if let notBefore, now < notBefore {
            deadline = notBefore
            return
        }
        notBefore = nil
        frames = LIS01Framing.frames(of: head.text, options: options)
        next = 0
        sends = 0
        state = .enquiry
        deadline = now &+ options.timers.answerToENQ
        outputs.append(.transmit([ControlCharacter.enq], isImmediate: true))
    }

    /// A character received while active. False: it is not ours, the device has the line now and the character (ENQ)
    /// belongs to the receiver.
    public mutating func answer(_ byte: UInt8, now: Int64, outputs: inout [LIS01Output]) -> Bool {
        switch (state, byte) {
        case (.neutral, _): return false
        case (.enquiry, ControlCharacter.ack): sendFrame(now: now, outputs: &outputs)
        case (.enquiry, ControlCharacter.nak):
            // 6.2.6
            finish(.notReady, wait: options.timers.afterNAK, now: now, sendsEOT: false, outputs: &outputs)
        case (.enquiry, _): break  // 6.2.4: other characters are ignored
        case (.frame, ControlCharacter.ack), (.frame, ControlCharacter.eot):
            // 6.3.5: EOT accepts as well.
            next += 1
            sends = 0
            if next < frames.count, byte == ControlCharacter.ack {
                sendFrame(now: now, outputs: &outputs)
            } else if next >= frames.count {
                complete(now: now, isInterrupted: byte == ControlCharacter.eot, outputs: &outputs)
            } else {
                // The receiver may be ignored and will ask again; a message is not left half sent for it.
                sendFrame(now: now, outputs: &outputs)
            }
        case (.frame, ControlCharacter.enq):
            // The device has forgotten our transfer and wants the line: it wins, we start again later.
            finish(.deviceSends, wait: 0, now: now, sendsEOT: false, outputs: &outputs)
            return false
        case (.frame, ControlCharacter.cr), (.frame, ControlCharacter.lf), (.frame, 0): break  // padding of the line
        case (.frame, _):
            // 6.3.4.2, 6.5.1.2: NAK or anything else: the same frame again, six times in all.
            if sends >= options.mostSends {
                let number = (next + 1) & 7
                let wait = options.timers.afterNAK
                finish(.frameRefused(number: number), wait: wait, now: now, sendsEOT: true, outputs: &outputs)
            } else {
                sendFrame(now: now, outputs: &outputs)
            }
        }
        return true
    }

    /// The time of `deadline` has come.
    public mutating func timeout(now: Int64, outputs: inout [LIS01Output]) {
        guard let due = deadline, now >= due else { return }
        switch state {
        case .neutral: poll(now: now, outputs: &outputs)
        case .enquiry:
            finish(.noAnswerToENQ, wait: options.timers.afterNAK, now: now, sendsEOT: true, outputs: &outputs)
        case .frame:
            let fault = LIS01SendFault.noAnswerToFrame(number: (next + 1) & 7)
            finish(fault, wait: options.timers.afterNAK, now: now, sendsEOT: true, outputs: &outputs)
        }
    }

    /// 6.2.7: both sent ENQ. `wait`: how long this end keeps silent.
    mutating func yieldLine(wait: Int64, now: Int64) {
        guard state == .enquiry else { return }
        state = .neutral
        notBefore = now &+ wait
        deadline = notBefore
    }

    /// The other end has done what it wanted the line for.
    mutating func lineIsFree() { notBefore = nil }

    private mutating func sendFrame(now: Int64, outputs: inout [LIS01Output]) {
        guard frames.indices.contains(next) else {
            return complete(now: now, isInterrupted: false, outputs: &outputs)
        }
        state = .frame
        sends += 1
        deadline = now &+ options.timers.answerToFrame
        outputs.append(.transmit(frames[next], isImmediate: true))
    }

    private mutating func complete(now: Int64, isInterrupted: Bool, outputs: inout [LIS01Output]) {
        outputs.append(.transmit([ControlCharacter.eot], isImmediate: true))
        let head = queue.removeFirst()
        release(wait: isInterrupted ? options.timers.interrupt : 0, now: now)
        outputs.append(.sent(id: head.id))
    }

    private mutating func finish(
        _ fault: LIS01SendFault, wait: Int64, now: Int64, sendsEOT: Bool, outputs: inout [LIS01Output]
    ) {
        if sendsEOT { outputs.append(.transmit([ControlCharacter.eot], isImmediate: true)) }
        let head = queue.removeFirst()
        release(wait: wait, now: now)
        outputs.append(.unsent(id: head.id, fault))
    }

    private mutating func release(wait: Int64, now: Int64) {
        state = .neutral
        frames = []
        notBefore = wait > 0 ? now &+ wait : nil
        deadline = notBefore
    }
}
