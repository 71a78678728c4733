/// One end of a LIS01-A2 link: receiver and sender on one line, with the rule for contention.
///
/// Feed `receive`, call `timeout` when `deadline` has come, hand messages to `send`; take the outputs in order.
public struct LIS01Link: Sendable {
    /// Which end this is: in contention the instrument wins (6.2.7).
    public enum Role: Sendable {
        /// The computer: a gateway, an LIS.
        case computer
        /// The instrument: a simulator.
        case instrument
    }

    /// Which end.
    public let role: Role
    /// The receiving half.
    public private(set) var receiver: LIS01Receiver
    /// The sending half.
    public private(set) var sender: LIS01Sender
    /// Bytes received so far.
    public private(set) var received: UInt64 = 0
    /// 6.5.2.2: contention was lost, the instrument's ENQ is awaited.
    private var awaitsENQ = false

    /// A neutral line. `received`: where in the stream the first byte is that will be fed.
    public init(role: Role = .computer, options: LIS01Options = LIS01Options(), received: UInt64 = 0) {
        self.role = role
        self.received = received
        receiver = LIS01Receiver(options: options)
        sender = LIS01Sender(options: options)
    }

    /// When `timeout` wants to be called; nil: not needed.
    public var deadline: Int64? {
        // While the other end sends, our own waits do not count.
        switch (receiver.deadline, receiver.isInTransfer ? nil : sender.deadline) {
        case (let first?, let second?): min(first, second)
        case (let first, let second): first ?? second
        }
    }

    /// Line neutral, nothing received that is still needed, nothing to send.
    public var isIdle: Bool { receiver.isIdle && !sender.isActive && sender.count == 0 && !awaitsENQ }

    /// Tells the receiver that what it accepted has been taken as a whole message.
    public mutating func messageEnded() { receiver.messageEnded() }

    /// False: ENQ is answered with NAK.
    public mutating func setReady(_ isReady: Bool) { receiver.isReady = isReady }

    /// Queues a message for the other end and asks for the line if it is neutral. `text`: whole records, each ended by CR.
    public mutating func send(id: UInt64, text: [UInt8], now: Int64, outputs: inout [LIS01Output]) {
        sender.enqueue(id: id, text: text)
        poll(now: now, outputs: &outputs)
    }

    /// Takes back a message that is not being sent. False: it is.
    public mutating func withdraw(id: UInt64) -> Bool {
        let isWithdrawn = sender.withdraw(id: id)
        if sender.count == 0 { awaitsENQ = false }
        return isWithdrawn
    }

    /// Asks the sender of a long transfer for the line, by EOT in place of ACK (6.3.5). Off again once it has yielded.
    public mutating func interrupt() { receiver.wantsLine = true }

    /// Takes bytes from the line. `now`: microseconds, never backwards.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, now: Int64, outputs: inout [LIS01Output]) {
        var index = 0
        while index < bytes.count, sender.isActive {
            let byte = bytes[index]
            if sender.state == .enquiry, byte == ControlCharacter.enq {
                contend(offset: received &+ UInt64(index), now: now, outputs: &outputs)
            } else if !sender.answer(byte, now: now, outputs: &outputs) {
                break
            }
            index += 1
        }
        if index < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
            receiver.receive(rest, offset: received &+ UInt64(index), now: now, outputs: &outputs)
            if receiver.isInTransfer { awaitsENQ = false }
        }
        received &+= UInt64(bytes.count)
        poll(now: now, outputs: &outputs)
    }

    /// The time of `deadline` has come.
    public mutating func timeout(now: Int64, outputs: inout [LIS01Output]) {
        receiver.timeout(now: now, offset: received, outputs: &outputs)
        if sender.isActive { sender.timeout(now: now, outputs: &outputs) }
        poll(now: now, outputs: &outputs)
    }

    private mutating func contend(offset: UInt64, now: Int64, outputs: inout [LIS01Output]) {
        switch role {
        case .computer:
            // 6.5.2.2: the instrument will ask again; until then the computer keeps silent, 20 s at most.
            awaitsENQ = true
            sender.yieldLine(wait: sender.options.timers.contentionComputer, now: now)
        case .instrument:
            sender.yieldLine(wait: sender.options.timers.contentionInstrument, now: now)
        }
        outputs.append(.fault(.contention, start: offset, end: offset &+ 1))
    }

    private mutating func poll(now: Int64, outputs: inout [LIS01Output]) {
        guard !receiver.isInTransfer else {
            // The instrument has taken the line: its turn ends with EOT, then ours begins.
            if !sender.isActive, role == .computer { sender.lineIsFree() }
            return
        }
        receiver.wantsLine = false
        if !sender.isActive {
            sender.poll(now: now, outputs: &outputs)
            if sender.isActive || sender.count == 0 { awaitsENQ = false }
        }
    }
}
