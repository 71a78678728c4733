import Contracts
import Dispatch
import DriverWire
import Logging
import Orders

/// One link from open to close. Everything happens on one serial queue, in order; nothing blocks.
///
/// Order of what matters: bytes are noted for the journal, then fed to the driver; a batch of driver events becomes one
/// commit when it holds a message, an answer that acknowledges something, or a fault; answers wait in `outgoing` for
/// the commit they follow. What acknowledges nothing goes in its turn without a commit.
final class Conversation: @unchecked Sendable {
    /// Where the conversation stands.
    enum Phase {
        /// The journal and the driver are being opened; bytes are kept until they are.
        case opening
        case running
        /// The link is gone or given up; what is durable stays, nothing more is sent.
        case closed
    }

    /// Bytes that were received or sent but are not in a commit yet.
    struct Noted {
        /// Number of the driver call that was fed with them; what is sent counts to the call before it.
        var input: UInt64
        var entry: JournalEntry
    }

    // @unchecked: every stored property below is touched on `queue` only.
    let queue: DispatchQueue
    let device: String
    let link: any Link
    let services: Intake.Services
    var settings: IntakeDevice
    var phase = Phase.opening
    var number: Int64 = 0
    var driver: (any DriverInstance)?
    /// Counts driver instances: events of an instance that was replaced are told apart by it.
    var generation: UInt64 = 0
    /// Number of the last call on the driver instance.
    var input: UInt64 = 0
    /// Bytes received before the present driver instance was opened: its offsets start at 0.
    var offsetBase: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var early: [(bytes: [UInt8], time: Instant)] = []
    /// What the driver said before it was known to be open.
    var earlyBatches: [DriverBatch] = []
    var hasEnded = false
    var noted: [Noted] = []
    /// Faults that need no commit of their own.
    var notedFaults: [DriverFault] = []
    var outgoing = OutgoingQueue()
    /// Number of the last commit handed in, and of the last that came back.
    var committing: UInt64 = 0
    var committed: UInt64 = 0
    var uncommittedBytes = 0
    /// Bytes committed since the last unit that told an idle point: what a crash would have read again.
    var bytesSinceIdle = 0
    var isReading = true
    var isIdle = true
    var isFlushPlanned = false
    /// The driver's deadline on the monotonic clock, and the time for which the one timer is planned.
    var deadline: Int64?
    var plannedWake: Int64?
    var nextSettings: IntakeDevice?
    /// Queries whose orders are being looked up, one after the other.
    var answersOwed = 0
    var answering: Task<Void, Never>?
    /// What the driver was handed and the device has said nothing of yet.
    var givenOrders = GivenOrders()
    var download = Download()
    /// Orders by the number of the call that handed them to the driver, with the commit that their answer follows.
    var submitted: [UInt64: (order: OrderSubmission, ticket: UInt64)] = [:]
    var whenQuiet: [@Sendable () -> Void] = []
    /// Closes the conversation in the journal.
    var closing: Task<Void, Never>?

    /// Bytes that may wait for their commit before the device is held up.
    static let pauseAbove = 4 << 20
    /// And below which it may go on.
    static let resumeBelow = 1 << 20
    /// A device that never pauses has an idle point committed after so many bytes, so that a recovery stays short.
    static let idlePointAfter = 16 << 10
    /// Bytes without an acknowledgement to give (noise, keep-alives) are committed this long after they came.
    static let flushDelay = DispatchTimeInterval.milliseconds(1000)

    /// Told once the conversation is closed in the journal.
    let onClosed: @Sendable (Conversation) -> Void

    init(
        device: IntakeDevice, link: any Link, services: Intake.Services,
        onClosed: @escaping @Sendable (Conversation) -> Void
    ) {
        self.onClosed = onClosed
        self.device = device.id
        settings = device
        self.link = link
        self.services = services
        queue = DispatchQueue(label: "hilum.conversation.\(device.id)")
    }

    // MARK: What the intake tells

    func begin() {
        let unix = services.clock.now().unix
        Task { [self] in
            do {
                let number = try await services.journal.openConversation(device: device, peer: link.peer, at: unix)
                queue.async { self.number = number }
                try await openDriver()
            } catch {
                queue.async { self.giveUp("cannot begin: \(error)", kind: "driver") }
            }
        }
    }

    func received(_ bytes: [UInt8], at time: Instant) {
        queue.async { [self] in
            switch phase {
            case .opening:
                early.append((bytes, time))
                pauseIfNeeded(adding: bytes.count)
            case .running: feed(bytes, at: time)
            case .closed: break
            }
        }
    }

    func ended() {
        queue.async { [self] in
            guard !hasEnded, phase != .closed else { return }
            hasEnded = true
            // A file is moved or marked, a connection closed, once everything is durable and answered.
            whenQuiet.append { [self] in link.finished() }
            if phase == .running {
                finishDriver()
                checkQuiet()
            }
        }
    }

    func down(_ reason: String) {
        queue.async { [self] in
            guard phase != .closed else { return }
            services.log.info("link down", metadata: ["device": "\(device)", "reason": "\(reason)"])
            outgoing.removeAll()
            if phase == .running, !hasEnded {
                hasEnded = true
                finishDriver()
            }
            // The batch of `finish` is still to come; the journal is closed once all is quiet.
            whenQuiet.append { [self] in close() }
            checkQuiet()
        }
    }

    func update(_ device: IntakeDevice) {
        queue.async { [self] in
            if device.driver == settings.driver, device.options == settings.options {
                settings = device
            } else {
                nextSettings = device
                exchangeDriverWhenIdle()
            }
        }
    }

    /// Commits what was received, closes the driver and the conversation in the journal.
    func stop() async {
        await becomeQuiet()
        let closing = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.closing) }
        }
        await closing?.value
    }

    private func becomeQuiet() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async { [self] in
                guard phase == .running else {
                    close()
                    return continuation.resume()
                }
                outgoing.removeAll()
                whenQuiet.append { [self] in
                    close()
                    continuation.resume()
                }
                flush()
                checkQuiet()
            }
        }
    }

    // MARK: Bytes in

    func feed(_ bytes: [UInt8], at time: Instant) {
        guard let driver else { return }
        input += 1
        receivedBytes += UInt64(bytes.count)
        note(JournalEntry(.received, unix: time.unix, bytes: bytes), input: input)
        isIdle = false
        driver.receive(bytes, at: time)
        pauseIfNeeded(adding: bytes.count)
    }

    func note(_ entry: JournalEntry, input: UInt64) {
        noted.append(Noted(input: input, entry: entry))
        planFlush()
    }

    private func pauseIfNeeded(adding count: Int) {
        uncommittedBytes += count
        if isReading, uncommittedBytes > Self.pauseAbove {
            isReading = false
            link.setReading(false)
            flush()
        }
    }

    func resumeIfPossible(after count: Int) {
        uncommittedBytes -= min(count, uncommittedBytes)
        if !isReading, uncommittedBytes < Self.resumeBelow {
            isReading = true
            link.setReading(true)
        }
    }

    // MARK: The end

    /// The link cannot be served: say why and let the device come again; nothing was acknowledged.
    func giveUp(_ reason: String, kind: String) {
        guard phase != .closed else { return }
        services.log.error("conversation given up", metadata: ["device": "\(device)", "reason": "\(reason)"])
        services.alarms.raise(subject: device, kind: kind, text: reason)
        outgoing.removeAll()
        link.close(reason: reason)
        close()
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        driver?.close()
        driver = nil
        let (journal, number, unix, isIdle) = (services.journal, number, services.clock.now().unix, isIdle)
        // A conversation that ends in mid-message is closed as well: the driver was told of the end and has said what
        // is missing. Only a crash leaves a tail to replay.
        defer { checkQuiet() }
        closing = Task { [self, log = services.log] in
            if number != 0 {
                do { try await journal.closeConversation(number, at: unix) } catch {
                    log.warning(
                        "conversation not closed",
                        metadata: ["device": "\(device)", "error": "\(error)", "idle": "\(isIdle)"])
                }
            }
            onClosed(self)
        }
    }

    /// Runs what waits for the moment in which the driver owes nothing and all commits are back.
    func checkQuiet() {
        guard !whenQuiet.isEmpty else { return }
        switch phase {
        case .opening: return
        case .running:
            guard isDriverDone else { return }
            flush()
            guard committed == committing else { return }
        case .closed: break
        }
        let actions = whenQuiet
        whenQuiet.removeAll()
        for action in actions { action() }
    }

    /// Every call on the driver was answered by its batch.
    var isDriverDone: Bool { driver == nil || answeredInput >= input }
    /// Number of the last call whose batch came.
    var answeredInput: UInt64 = 0
}
