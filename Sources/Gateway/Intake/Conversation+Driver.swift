import Contracts
import Dispatch
import DriverWire
import Logging
import ResultModel

extension Conversation {
    /// Opens a driver instance for this conversation and feeds it what came meanwhile.
    func openDriver() async throws {
        let (settings, generation) = await onQueue {
            self.generation += 1
            return (self.settings, self.generation)
        }
        let now = services.clock.now()
        let instance = try await services.drivers.open(
            driver: settings.driver, device: device, options: settings.options, at: now,
            onBatch: { [weak self] batch in
                guard let self else { return }
                self.queue.async { if self.generation == generation { self.take(batch) } }
            },
            onEnd: { [weak self] end in
                guard let self else { return }
                self.queue.async { if self.generation == generation { self.driverEnded(end) } }
            },
            onRestart: { [weak self] reason in
                guard let self else { return }
                self.services.alarms.raise(subject: self.device, kind: "driver-restart", text: reason)
                self.services.alarms.clear(subject: self.device, kind: "driver-restart", text: "running again")
            })
        queue.async { [self] in
            guard phase != .closed else { return instance.close() }
            driver = instance
            input = 0
            answeredInput = 0
            submitted.removeAll()
            offsetBase = receivedBytes
            phase = .running
            let said = earlyBatches
            earlyBatches.removeAll()
            for batch in said { take(batch) }
            let waiting = early
            early.removeAll()
            for piece in waiting {
                resumeIfPossible(after: piece.bytes.count)
                feed(piece.bytes, at: piece.time)
            }
            if hasEnded { finishDriver() } else { ordersChanged() }
        }
    }

    func finishDriver() {
        guard let driver else { return }
        input += 1
        driver.finish(at: services.clock.now())
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: body()) } }
    }

    // MARK: Events

    /// One batch: its events in order, then one commit if they need one.
    ///
    /// Batch 0 is what the driver said on being opened; a batch with a number seen before only moves the deadline.
    func take(_ batch: DriverBatch) {
        if phase == .opening { return earlyBatches.append(batch) }
        guard phase == .running else { return }
        answeredInput = max(answeredInput, batch.input)
        isIdle = batch.isIdle && batch.input == input
        var unit = CommitUnit(device: device, conversation: number)
        var needsCommit = false
        var queries: [DeviceMessage] = []
        let ticket = committing + 1
        let submission = submitted.removeValue(forKey: batch.input)
        if batch.isOrderRefused, let order = submission?.order {
            unit.orders += refused(order, batch)
            for mark in unit.orders { download.tried[mark.test] = nil }
            needsCommit = needsCommit || !unit.orders.isEmpty
        }
        for event in batch.events {
            switch event {
            case .transmit(let bytes, _) where submission != nil:
                // An order acknowledges nothing but the question: it follows the commit of that, and needs none.
                outgoing.append(.transmit(bytes), after: submission?.ticket ?? 0)
            case .transmit(let bytes, let isImmediate):
                needsCommit = needsCommit || !isImmediate
                outgoing.append(.transmit(bytes), after: isImmediate ? 0 : ticket)
            case .acknowledge:
                needsCommit = true
                outgoing.append(.acknowledge, after: ticket)
            case .message(let message, let start, let end):
                needsCommit = true
                unit.messages.append(draft(message, start, end))
            case .order(let message, let start, let end):
                needsCommit = true
                unit.messages.append(draft(message, start, end))
                let marks = givenOrders.marks(for: message)
                for mark in marks { download.tried[mark.test] = nil }
                unit.orders += marks
            case .query(let message, let start, let end):
                needsCommit = true
                unit.messages.append(draft(message, start, end))
                queries.append(message)
            case .deadline(let time): setDeadline(time)
            case .fault(let fault):
                needsCommit = needsCommit || fault.severity != .notice
                notedFaults.append(shifted(fault))
                services.observer.fault(device, fault.severity.rawValue, fault.text)
            }
        }
        let owesIdlePoint = batch.isIdle && bytesSinceIdle > Self.idlePointAfter
        if needsCommit || owesIdlePoint { commit(&unit, through: batch) } else if !notedFaults.isEmpty { planFlush() }
        send()
        for query in queries { answer(query, after: ticket) }
        if isIdle {
            exchangeDriverWhenIdle()
            sendOrders()
        }
        checkQuiet()
    }

    private func draft(_ message: DeviceMessage, _ start: UInt64, _ end: UInt64) -> MessageDraft {
        let receivedAt = services.clock.now().unix
        var understood = IntakeDevice.Understood(reports: [], contentDigest: 0)
        if message.kind == .results { understood = settings.understand(message, receivedAt) }
        return MessageDraft(
            kind: message.kind.rawValue, protocolName: message.protocolName, controlID: message.controlID,
            isComplete: message.isComplete, start: offsetBase &+ start, end: offsetBase &+ end,
            contentDigest: understood.contentDigest, reports: understood.reports)
    }

    private func shifted(_ fault: DriverFault) -> DriverFault {
        DriverFault(fault.severity, fault.text, start: offsetBase &+ fault.start, end: offsetBase &+ fault.end)
    }

    // MARK: Commits

    /// Hands in everything noted up to the batch, with its messages.
    private func commit(_ unit: inout CommitUnit, through batch: DriverBatch) {
        let count = noted.firstIndex { $0.input > batch.input } ?? noted.count
        unit.isIdle = batch.isIdle
        hand(in: &unit, noted: count, settles: batch.input)
    }

    /// Commits what was noted although nothing waits for it. The driver may still need it: not idle, unless it said so.
    func flush() {
        guard phase == .running, !noted.isEmpty || !notedFaults.isEmpty else { return }
        var unit = CommitUnit(device: device, conversation: number)
        unit.isIdle = isIdle && answeredInput == input
        hand(in: &unit, noted: noted.count, settles: answeredInput)
    }

    private func hand(in unit: inout CommitUnit, noted count: Int, settles input: UInt64) {
        unit.journal.reserveCapacity(count)
        var bytes = 0
        for element in noted.prefix(count) {
            unit.journal.append(element.entry)
            if element.entry.direction == .received { bytes += element.entry.bytes.count }
        }
        noted.removeFirst(count)
        bytesSinceIdle = unit.isIdle ? 0 : bytesSinceIdle + bytes
        unit.faults = notedFaults
        notedFaults.removeAll()
        committing += 1
        let (ticket, generation, messages, received) = (committing, generation, unit.messages, bytes)
        services.journal.commit(unit) { [weak self] result in
            guard let self else { return }
            self.queue.async { self.committed(ticket, result, received, generation, input, messages) }
        }
    }

    private func committed(
        _ ticket: UInt64, _ result: Result<CommitReceipt, StoreFault>, _ bytes: Int, _ generation: UInt64,
        _ input: UInt64,
        _ messages: [MessageDraft]
    ) {
        committed = max(committed, ticket)
        switch result {
        case .failure(let fault):
            giveUp("nothing is acknowledged, the device will send again: \(fault)", kind: "store")
        case .success(let receipt):
            if ticket == 1 {
                services.alarms.clear(subject: device, kind: "store", text: "results are stored again")
            }
            outgoing.settle(ticket)
            resumeIfPossible(after: bytes)
            if generation == self.generation { driver?.settled(input: input) }
            send()
            if !messages.isEmpty { tell(messages, receipt) }
        }
        if isIdle {
            exchangeDriverWhenIdle()
            sendOrders()
        }
        checkQuiet()
    }

    private func tell(_ messages: [MessageDraft], _ receipt: CommitReceipt) {
        let summaries = messages.map { message in
            MessageDraftSummary(
                kind: message.kind, controlID: message.controlID,
                results: message.reports.reduce(0) { $0 + $1.report.observations.count })
        }
        let stored = receipt.reports.filter { $0.repeats == nil }.map(\.id)
        services.observer.committed(
            device, summaries,
            CommitSummary(
                stored: stored, repeats: receipt.reports.count - stored.count,
                held: receipt.reports.count { $0.isHeld }))
    }

    // MARK: Bytes out

    private func send() {
        guard phase == .running else { return }
        while let action = outgoing.next() {
            switch action {
            case .transmit(let bytes):
                link.send(bytes)
                note(JournalEntry(.sent, unix: services.clock.now().unix, bytes: bytes), input: answeredInput)
            case .acknowledge: link.acknowledge()
            }
        }
    }

    // MARK: Time

    func planFlush() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        queue.asyncAfter(deadline: .now() + Self.flushDelay) { [weak self] in
            guard let self else { return }
            self.isFlushPlanned = false
            self.flush()
        }
    }

    private func setDeadline(_ time: Int64?) {
        deadline = time
        wakeForDeadline()
    }

    /// One timer at most is planned: a driver sets a deadline with each frame, most of which never come.
    private func wakeForDeadline() {
        guard let deadline, plannedWake.map({ $0 > deadline }) ?? true else { return }
        plannedWake = deadline
        let wait = max(0, deadline &- services.clock.now().monotonic)
        queue.asyncAfter(deadline: .now() + .microseconds(Int(clamping: wait))) { [weak self] in
            guard let self else { return }
            if self.plannedWake == deadline { self.plannedWake = nil }
            self.checkDeadline()
        }
    }

    private func checkDeadline() {
        guard phase == .running, let time = deadline, let driver else { return }
        let now = services.clock.now()
        guard now.monotonic >= time else { return wakeForDeadline() }
        deadline = nil
        input += 1
        driver.timeout(at: now)
    }

    // MARK: The driver's end and exchange

    private func driverEnded(_ end: DriverEnd) {
        switch end {
        case .optionsRefused(let text): giveUp("the driver refuses the profile's options: \(text)", kind: "profile")
        case .moduleUnusable(let text): giveUp("the driver cannot be loaded: \(text)", kind: "driver")
        case .quarantined(let bytes, let reason):
            let (journal, device, number, log) = (services.journal, device, number, services.log)
            Task {
                do {
                    try await journal.quarantine(device: device, conversation: number, bytes: bytes, reason: reason)
                } catch { log.error("quarantine failed", metadata: ["device": "\(device)", "error": "\(error)"]) }
            }
            flush()
            giveUp("\(bytes.count) bytes are in quarantine: \(reason)", kind: "quarantine")
        }
    }

    /// New options count from a moment in which the driver needs nothing of what it has received.
    func exchangeDriverWhenIdle() {
        guard let next = nextSettings, phase == .running, isIdle, isDriverDone, outgoing.isEmpty,
            answersOwed == 0
        else { return }
        nextSettings = nil
        settings = next
        driver?.close()
        driver = nil
        phase = .opening
        deadline = nil
        Task {
            do { try await openDriver() } catch {
                queue.async { self.giveUp("cannot open the driver again: \(error)", kind: "driver") }
            }
        }
    }
}
