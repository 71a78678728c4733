import Glibc
import Synchronization
import Transport

/// A device played from a capture through its real protocol: it waits for every acknowledgement, repeats what was refused or
/// broken off, and connects again when the line is lost.
///
/// `run` blocks its thread until the plan is done or `stop` is called.
final class SimulatedDevice: Sendable {
    /// Why a run ended early.
    struct Stopped: Error {}

    let plan: SimulationPlan
    private let onEvent: @Sendable (SimulationEvent) -> Void
    private let isStopping = Mutex(false)

    init(_ plan: SimulationPlan, onEvent: @escaping @Sendable (SimulationEvent) -> Void) {
        self.plan = plan
        self.onEvent = onEvent
    }

    /// Ends the run at the next answer or within 200 ms.
    func stop() { isStopping.withLock { $0 = true } }

    /// Plays the capture.
    ///
    /// - Throws: `DeviceLine.Fault` when the line can never be had: a port in use, no pseudo-terminal.
    func run() throws -> SimulationTotals {
        var run = try SimulationRun(plan, onEvent: onEvent, isStopping: { [self] in isStopping.withLock { $0 } })
        run.play()
        return run.totals
    }
}

/// One run of a simulated device: all its state.
struct SimulationRun {
    let plan: SimulationPlan
    let onEvent: @Sendable (SimulationEvent) -> Void
    let isStopping: @Sendable () -> Bool
    var totals = SimulationTotals()
    var random: SplitMix64
    private var line: DeviceLine?
    private let listener: ListeningSocket?
    private var lastTrouble = ""

    init(
        _ plan: SimulationPlan, onEvent: @escaping @Sendable (SimulationEvent) -> Void,
        isStopping: @escaping @Sendable () -> Bool
    ) throws {
        self.plan = plan
        self.onEvent = onEvent
        self.isStopping = isStopping
        random = SplitMix64(state: plan.seed)
        if case .listen(let place) = plan.address { listener = try ListeningSocket(place) } else { listener = nil }
        if case .pseudoTerminal(let path) = plan.address { line = try DeviceLine.pseudoTerminal(linkedAt: path) }
    }

    /// Plays the capture as often as the plan says.
    mutating func play() {
        var repetition = 0
        var due = ContinuousClock.now
        while plan.count.map({ repetition < $0 }) ?? true {
            for (index, original) in plan.capture.messages.enumerated() {
                guard pause(until: due) else { return }
                due = max(due + plan.interval, ContinuousClock.now - .seconds(1))
                guard deliver(original, repetition: repetition, index: index) else { return }
            }
            repetition += 1
        }
    }

    // MARK: A message

    /// Sends a message until it is taken, refused or given up. False: stopped.
    private mutating func deliver(_ original: Capture.Message, repetition: Int, index: Int) -> Bool {
        let (units, identity) = prepare(original, repetition: repetition, index: index)
        var sends = 0
        while !isStopping() {
            guard let line = connected() else { return false }
            sends += 1
            do {
                let start = ContinuousClock.now
                switch try send(units, on: line) {
                case .taken:
                    totals.acknowledged += 1
                    let span = ContinuousClock.now - start
                    totals.latencies.append(span.microseconds)
                    onEvent(.acknowledged(identity, after: span))
                    return true
                case .refused(let reason):
                    totals.refused += 1
                    onEvent(.refused(identity, reason))
                    return true
                case .brokenOff(let reason):
                    if let most = plan.attempts, sends >= most {
                        totals.refused += 1
                        onEvent(.refused(identity, "given up after \(sends) sends: \(reason)"))
                        return true
                    }
                    totals.repeated += 1
                    onEvent(.repeated(identity, reason))
                }
            } catch is SimulatedDevice.Stopped {
                return false
            } catch {
                disconnect("\(error)")
                totals.repeated += 1
                onEvent(.repeated(identity, "\(error)"))
            }
            guard pause(until: ContinuousClock.now + plan.retryPause) else { return false }
        }
        return false
    }

    private func prepare(
        _ original: Capture.Message, repetition: Int, index: Int
    ) -> (Capture.Message, SimulatedMessage) {
        var message = original
        var specimens: [String]
        if var rewriter = plan.rewriter {
            let text = MessageText(original)
            if plan.movesTimes, let latest = CaptureTime.latest(text) {
                rewriter.shift = CaptureTime.localNow() - latest
            }
            (message, specimens) = rewriter.rewritten(
                original, serial: repetition &* plan.capture.messages.count &+ index)
        } else {
            specimens = SpecimenTokens.identifiers(MessageText(original)).map { String(decoding: $0, as: UTF8.self) }
        }
        var control = ""
        if case .block(let id)? = message.units.first?.kind { control = String(decoding: id, as: UTF8.self) }
        specimens = specimens.map { $0.filter { $0 != "\t" && $0 != "," } }
        return (
            message,
            SimulatedMessage(repetition: repetition, index: index, specimens: specimens, controlID: control)
        )
    }

    // MARK: The line

    /// The line, opened if need be; nil: stopped.
    private mutating func connected() -> DeviceLine? {
        while !isStopping() {
            if let line { return line }
            do {
                if let opened = try DeviceLine.open(plan.address, form: plan.form, listener: listener) {
                    line = opened
                    lastTrouble = ""
                    onEvent(.connected)
                    return opened
                }
            } catch {
                disconnect("\(error)")
                _ = pause(until: ContinuousClock.now + plan.retryPause)
            }
        }
        return nil
    }

    private mutating func disconnect(_ reason: String) {
        if case .pseudoTerminal = plan.address {
        } else {
            line?.close()
            line = nil
        }
        if reason != lastTrouble { onEvent(.disconnected(reason)) }
        lastTrouble = reason
    }

    /// Waits; false: stopped.
    func pause(until time: ContinuousClock.Instant) -> Bool {
        while !isStopping() {
            let rest = time - ContinuousClock.now
            if rest <= .zero { return true }
            usleep(UInt32(clamping: min(rest, .milliseconds(100)).microseconds))
        }
        return false
    }

    /// Puts bytes on the line, whole or in random pieces.
    mutating func put(_ bytes: [UInt8], on line: DeviceLine) throws {
        guard let most = plan.pieces, most > 0 else { return try line.write(bytes) }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + Int(random.next() % UInt64(most)))
            try line.write(Array(bytes[start..<end]))
            start = end
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
struct SplitMix64: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension DeviceLine {
    /// Our end of a new pseudo-terminal whose device file has a link at `path`.
    static func pseudoTerminal(linkedAt path: String) throws -> DeviceLine {
        let terminal: PseudoTerminal
        do {
            terminal = try PseudoTerminal()
        } catch {
            throw Fault(description: "\(error)")
        }
        // Held open, so that our end does not fail while nobody else has the line open.
        let held = Glibc.open(terminal.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK { unlink(path) }
        guard held >= 0, symlink(terminal.path, path) == 0 else {
            let reason = String(cString: strerror(errno))
            if held >= 0 { _ = Glibc.close(held) }
            throw Fault(description: "pty:\(path): \(reason)")
        }
        return DeviceLine(descriptor: dup(terminal.master)) {
            unlink(path)
            _ = Glibc.close(held)
            terminal.close()
        }
    }
}

extension CaptureTime {
    /// The machine's civil time as seconds since 1970 as if it were UTC.
    static func localNow() -> Int64 {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int64(now) + Int64(parts.tm_gmtoff)
    }
}
