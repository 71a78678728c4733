import Contracts
import DriverWire
import Synchronization

/// One driver instance as its owner holds it. It outlives the processes it runs in.
final class HostedInstance: DriverInstance, Sendable {
    /// What its owner wants to be told.
    struct Listener: Sendable {
        var onBatch: @Sendable (DriverBatch) -> Void
        var onEnd: @Sendable (DriverEnd) -> Void
        var onRestart: @Sendable (String) -> Void
    }

    private struct State {
        var log: ReplayLog
        /// Where its calls go; nil while no process holds it.
        var outlet: Outlet?
        /// Its number in that process.
        var number: UInt32 = 0
        var hasEnded = false
        /// Where the offsets of the instance in the present process begin.
        var offsetBase: UInt64 = 0
        /// The deadline that the owner knows, and the one that the driver has in its present process.
        var toldDeadline: Int64?
        var deadline: Int64?
        /// Crashes since the idle point before `culprit`, the call that crashed it last.
        var crashes = 0
        var culprit: UInt64 = 0
        /// Answered once: `open` has returned.
        var isOpen = false
        var opening: CheckedContinuation<Void, any Error>?
    }

    /// Bytes that may be on their way to the process unanswered: a long file does not fill the socket that others share.
    private static let window = 256 << 10

    let driver: String
    let device: String
    let options: [UInt8]
    let listener: Listener
    private let state: Mutex<State>
    private let onClose: @Sendable (HostedInstance) -> Void
    /// Events of the call under way, gathered until its end.
    private let collected = Mutex(Collected())

    private struct Collected {
        var events: [DriverEvent] = []
        var bytes = 0
    }

    init(
        driver: String, device: String, options: [UInt8], openedAt: Instant, replayLimit: Int, listener: Listener,
        opening: CheckedContinuation<Void, any Error>, onClose: @escaping @Sendable (HostedInstance) -> Void
    ) {
        self.driver = driver
        self.device = device
        self.options = options
        self.listener = listener
        self.onClose = onClose
        state = Mutex(State(log: ReplayLog(limit: replayLimit, openedAt: openedAt), opening: opening))
    }

    // MARK: The owner's calls

    func receive(_ bytes: [UInt8], at time: Instant) { call(.receive, bytes, time) }

    func timeout(at time: Instant) { call(.timeout, [], time) }

    func submit(_ order: [UInt8], at time: Instant) { call(.submit, order, time) }

    func finish(at time: Instant) { call(.finish, [], time) }

    /// What the driver needs again after a crash is known by its idle points, so nothing hangs on this.
    func settled(input: UInt64) {}

    func close() {
        let wasOpen = state.withLock { state in
            guard !state.hasEnded else { return false }
            end(&state)
            return true
        }
        if wasOpen { onClose(self) }
    }

    private func call(_ kind: CallFrame.Kind, _ bytes: [UInt8], _ time: Instant) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            if kind == .timeout { state.toldDeadline = nil }
            state.log.append(kind, bytes, time)
            pump(&state)
        }
    }

    private func pump(_ state: inout State) {
        guard let outlet = state.outlet else { return }
        while let call = state.log.nextToSend(window: HostedInstance.window) {
            let frame = CallFrame(
                call.kind, instance: state.number, input: call.number, monotonic: call.time.monotonic,
                unix: call.time.unix, utcOffset: call.time.utcOffset)
            outlet.send(frame, call.bytes)
        }
    }

    private func end(_ state: inout State) {
        state.hasEnded = true
        state.outlet?.send(CallFrame(.close, instance: state.number), [])
        state.outlet = nil
        state.log.removeAll()
    }

    // MARK: The supervisor's calls, all on its thread

    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// A process holds the instance from now on: it is opened there, and what it needs is fed again.
    func attach(_ outlet: Outlet, number: UInt32) {
        collected.withLock { $0 = Collected() }
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.outlet = outlet
            state.number = number
            state.log.restart()
            state.offsetBase = state.log.droppedBytes
            state.deadline = nil
            let time = state.log.droppedTime
            let frame = CallFrame(
                .open, instance: number, monotonic: time.monotonic, unix: time.unix, utcOffset: time.utcOffset)
            outlet.send(frame, options)
            pump(&state)
        }
    }

    /// Its process is gone.
    func detach() { state.withLock { $0.outlet = nil } }

    /// Takes one frame of the process.
    ///
    /// - Returns: what is wrong with what the process says, nil when nothing is.
    func take(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer) -> String? {
        switch frame.kind {
        case .hello: return nil
        case .opened: return opened(frame, bytes)
        case .done: return done(frame)
        default: return collect(frame, bytes)
        }
    }

    private func collect(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer) -> String? {
        let (base, isRepeated) = state.withLock { state in
            if frame.kind == .deadline { state.deadline = frame.deadline < 0 ? nil : frame.deadline }
            return (state.offsetBase, frame.input > 0 && frame.input <= state.log.handedOut)
        }
        guard !isRepeated, let event = DriverEvent(frame, bytes, offsetBase: base) else { return nil }
        return collected.withLock { collected in
            collected.bytes += bytes.count + 64
            collected.events.append(event)
            return collected.bytes <= 4 * EventFrame.longestBytes
                ? nil : "it told more than \(4 * EventFrame.longestBytes >> 20) MiB of events at once"
        }
    }

    private func opened(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer) -> String? {
        let events = collected.withLock { collected in
            defer { collected = Collected() }
            return collected.events
        }
        guard frame.status == 0 else {
            let text = String(decoding: bytes, as: UTF8.self)
            finish(.optionsRefused(text.isEmpty ? "the driver \(driver) gives no reason" : text))
            return nil
        }
        let (opening, batch) = state.withLock { state in
            defer {
                state.opening = nil
                state.isOpen = true
            }
            if state.isOpen { return (state.opening, caughtUp(&state, isIdle: frame.isIdle)) }
            state.toldDeadline = state.deadline
            return (
                state.opening, events.isEmpty ? nil : DriverBatch(input: 0, events: events, isIdle: frame.isIdle)
            )
        }
        opening?.resume()
        if let batch { listener.onBatch(batch) }
        return nil
    }

    private func done(_ frame: EventFrame) -> String? {
        var events = collected.withLock { collected in
            defer { collected = Collected() }
            return collected.events
        }
        if frame.status == 2 {
            events.append(.fault(DriverFault(.refused, "the driver \(driver) takes no orders: none was sent")))
        } else if frame.status != 0, frame.status != 3 {
            events.append(.fault(DriverFault(.refused, "the driver \(driver) failed a call with \(frame.status)")))
        }
        let (problem, batch): (String?, DriverBatch?) = state.withLock { state in
            guard !state.hasEnded else { return (nil, nil) }
            let isOrder = state.log.awaitedKind == .submit
            if state.log.awaitedKind == .timeout, !events.contains(where: \.isDeadline) { state.deadline = nil }
            let answer = state.log.answer(frame.input, isIdle: frame.isIdle)
            if answer == .unexpected { return ("it answered call \(frame.input), which it was not asked", nil) }
            if frame.isIdle, frame.input >= state.culprit { state.crashes = 0 }
            pump(&state)
            if answer == .repeated { return (nil, caughtUp(&state, isIdle: frame.isIdle)) }
            if events.contains(where: \.isDeadline) { state.toldDeadline = state.deadline }
            let batch = DriverBatch(
                input: frame.input, events: events, isIdle: frame.isIdle, isOrderRefused: isOrder && frame.status != 0)
            return (nil, batch)
        }
        if let batch { listener.onBatch(batch) }
        return problem
    }

    /// After a restart the driver's deadline may be another one than the owner knows: tell it.
    private func caughtUp(_ state: inout State, isIdle: Bool) -> DriverBatch? {
        guard state.log.hasCaughtUp, state.deadline != state.toldDeadline else { return nil }
        state.toldDeadline = state.deadline
        return DriverBatch(input: state.log.handedOut, events: [.deadline(state.deadline)], isIdle: isIdle)
    }

    /// A call on this instance crashed the process.
    ///
    /// - Returns: how often the inputs it holds have crashed it by now; nil: they cannot be fed again, as too many of
    ///   them had to be dropped.
    func crashed(in input: UInt64) -> Int? {
        state.withLock { state in
            state.crashes += 1
            state.culprit = max(input, state.culprit)
            return state.log.isComplete ? state.crashes : nil
        }
    }

    /// Whether its inputs can be fed again.
    var isReplayable: Bool { state.withLock { $0.log.isComplete } }
    /// Whether `open` has returned.
    var isOpen: Bool { state.withLock { $0.isOpen } }
    /// Bytes from the device since the last idle point.
    var heldBytes: [UInt8] { state.withLock { $0.log.receivedBytes } }

    /// The instance has ended by itself.
    func finish(_ reason: DriverEnd) {
        let (isFirst, opening) = state.withLock { state in
            let isFirst = !state.hasEnded
            if isFirst { end(&state) }
            defer { state.opening = nil }
            return (isFirst, state.opening)
        }
        if let opening {
            opening.resume(throwing: DriverOpenFault(reason))
        } else if isFirst {
            listener.onEnd(reason)
        }
    }
}

extension DriverEvent {
    /// The event of a frame; nil for frames that are none.
    fileprivate init?(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer, offsetBase: UInt64) {
        let (start, end) = (offsetBase &+ frame.start, offsetBase &+ frame.end)
        switch frame.kind {
        case .transmit: self = .transmit(Array(bytes), isImmediate: frame.flags & 1 != 0)
        case .message: self = .message(DeviceMessage(decoding: bytes), start: start, end: end)
        case .query: self = .query(DeviceMessage(decoding: bytes), start: start, end: end)
        case .order: self = .order(DeviceMessage(decoding: bytes), start: start, end: end)
        case .deadline: self = .deadline(frame.deadline < 0 ? nil : frame.deadline)
        case .fault:
            let severity = DriverFault.Severity(rawValue: frame.code) ?? .lost
            self = .fault(DriverFault(severity, String(decoding: bytes, as: UTF8.self), start: start, end: end))
        case .acknowledge: self = .acknowledge
        case .hello, .opened, .done: return nil
        }
    }

    fileprivate var isDeadline: Bool { if case .deadline = self { true } else { false } }
}
