/// The receiving end of a LIS01-A2 link (ASTM E1381), sans-I/O.
///
/// Feed bytes with `receive`, in any pieces; call `timeout` when `deadline` has come. Take the outputs in order: an
/// accepted frame comes before the ACK that answers it, so that a host can make it durable in between. No input traps;
/// memory is bounded by `LIS01Options.longestFrame`.
///
/// The states and what each character does in them are in `LIS01Receiver+Table.swift`; a frame is judged in
/// `LIS01Receiver+Frame.swift`.
public struct LIS01Receiver: Sendable {
    /// What the device does differently.
    public let options: LIS01Options
    /// When `timeout` wants to be called: microseconds of the clock that is handed in; nil: not needed.
    public internal(set) var deadline: Int64?
    /// False: ENQ is answered with NAK (6.2.5).
    public var isReady = true
    /// True: frames are answered with EOT instead of ACK, which accepts them and asks for the line (6.3.5).
    public var wantsLine = false

    /// Between ENQ and EOT (6.3).
    public internal(set) var isInTransfer = false
    var state = State.outside
    /// Frame style once the first good frame has told it.
    var style: LIS01Options.FrameStyle
    /// Frames accepted in this transfer phase.
    var frames = 0
    /// 6.3.2: number of the frame accepted last; 0 after ENQ.
    var lastNumber = 0
    /// Text of the frame accepted last; nil after ENQ.
    var lastText: [UInt8]?
    /// Text accepted since the last `messageEnded`.
    var messageLength = 0
    var hasToldLength = false

    // The frame being received.
    var text: [UInt8] = []
    var frameStart: UInt64 = 0
    var number: UInt8 = 0
    var isBare = false
    var isOverlong = false
    var endsText = false
    var sum: UInt8 = 0
    var check: UInt8 = 0

    var noiseStart: UInt64 = 0
    var noiseCount: UInt64 = 0
    var lastENQ: Int64?
    var lastEOT: Int64?

    /// A receiver in neutral state.
    public init(options: LIS01Options = LIS01Options()) {
        self.options = options
        style = options.frames
    }

    /// Nothing received so far is still needed.
    public var isIdle: Bool { !isInTransfer && (state == .outside || state == .number) }

    /// What was accepted so far has been taken as a whole message: the limit on its length begins anew.
    public mutating func messageEnded() {
        messageLength = 0
        hasToldLength = false
    }

    /// Takes bytes of the stream. `offset`: of the first of them; `now`: microseconds, never backwards.
    public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, offset: UInt64, now: Int64, outputs: inout [LIS01Output]
    ) {
        var index = 0
        while index < bytes.count {
            if state == .text || state == .outside {
                let run = plainRun(bytes, from: index)
                if run > index {
                    take(
                        UnsafeRawBufferPointer(rebasing: bytes[index..<run]), offset: offset &+ UInt64(index),
                        outputs: &outputs)
                    index = run
                    continue
                }
            }
            step(bytes[index], offset: offset &+ UInt64(index), now: now, outputs: &outputs)
            index += 1
        }
        if state != .outside, isInTransfer { deadline = now &+ options.timers.frameOrEOT }
    }

    /// The time of `deadline` has come (6.5.2.4): the incomplete message is dropped.
    public mutating func timeout(now: Int64, offset: UInt64, outputs: inout [LIS01Output]) {
        guard let due = deadline, now >= due else { return }
        deadline = nil
        guard isInTransfer else { return }
        state = .outside
        text = []
        outputs.append(.fault(.silence, start: offset, end: offset))
        end(.silence, offset: offset, outputs: &outputs)
    }

    /// Characters that mean nothing but themselves in text or between frames, in bulk.
    private mutating func take(_ run: UnsafeRawBufferPointer, offset: UInt64, outputs: inout [LIS01Output]) {
        if state == .outside {
            noise(run, offset: offset)
            return
        }
        for byte in run { sum &+= byte }
        if !isOverlong, text.count + run.count > options.longestFrame {
            isOverlong = true
            text = []
            let fault = LIS01Fault.frameTooLong(limit: options.longestFrame)
            outputs.append(.fault(fault, start: frameStart, end: offset &+ UInt64(run.count)))
        }
        if !isOverlong { text.append(contentsOf: run) }
    }

    private mutating func noise(_ run: UnsafeRawBufferPointer, offset: UInt64) {
        var skipped = 0
        if noiseCount == 0 {
            // CR LF behind the checksum belong to the frame (6.3.1); NUL is padding of some lines.
            while skipped < run.count,
                run[skipped] == ControlCharacter.cr || run[skipped] == ControlCharacter.lf
                    || run[skipped] == 0
            {
                skipped += 1
            }
            noiseStart = offset &+ UInt64(skipped)
        }
        noiseCount &+= UInt64(run.count - skipped)
    }

    private func plainRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count, CharacterClass(bytes[index]) == .other { index += 1 }
        return index
    }

    mutating func reportNoise(outputs: inout [LIS01Output]) {
        guard noiseCount > 0 else { return }
        outputs.append(.fault(.noise(count: noiseCount), start: noiseStart, end: noiseStart &+ noiseCount))
        noiseCount = 0
    }

    mutating func end(_ reason: LIS01End, offset: UInt64, outputs: inout [LIS01Output]) {
        outputs.append(.ended(reason, frames: frames, offset: offset))
        isInTransfer = false
        deadline = nil
        frames = 0
        lastNumber = 0
        lastText = nil
        messageEnded()
    }
}
