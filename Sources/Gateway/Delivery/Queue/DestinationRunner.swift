import Contracts
import Logging

/// Works off the queue of one destination: claims items, hands each to a free lane of the sender, records what became of
/// it. Items of one key go out one after the other; different keys do not wait for each other. While the receiver is
/// down nothing is sent but one probe at a time.
actor DestinationRunner: QueueRunner {
    let spec: DestinationSpec
    let sender: any Sender
    let outbox: any Outbox
    let alarms: any AlarmSink
    private var news: DestinationNews
    let clock: any Clock
    let logger: Logger

    /// Claimed, not started.
    var ready: [OutboxItem] = []
    var busyKeys: Set<UInt64> = []
    var freeLanes: [Int]
    var inFlight = 0
    var outcomes: [(item: Int64, outcome: DeliveryOutcome)] = []
    var isSettling = false
    var isStoreFailing = false
    var isClaiming = false
    /// Something may be due that no claim has seen.
    var mayBeDue = true
    /// Unix microseconds.
    var nextDue: Int64?
    var isStopping = false
    var ledger: AttemptLedger
    private var timer: Task<Void, Never>?
    /// When the timer fires (microseconds, monotonic).
    private var timerAt: Int64 = 0
    private var loop: Task<Void, Never>?
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    /// Longest time that attempts under way have to end when the destination is stopped.
    static let stopLimit = Duration.seconds(5)

    init(
        spec: DestinationSpec, sender: any Sender, outbox: any Outbox, alarms: any AlarmSink, clock: any Clock,
        logger: Logger
    ) {
        self.spec = spec
        self.sender = sender
        self.outbox = outbox
        self.alarms = alarms
        self.clock = clock
        self.logger = logger
        freeLanes = Array((0..<min(max(spec.lanes, 1), 256)).reversed())
        ledger = AttemptLedger(policy: spec.retry)
        news = DestinationNews(destination: spec.id, alarms: alarms, logger: logger)
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts to work.
    func start() {
        guard loop == nil else { return }
        let subject = spec.id
        let alarms = alarms
        sender.onOddity { oddity in
            switch oddity {
            case .wrongAcknowledgement(let text):
                alarms.raise(subject: subject, kind: AlarmKind.wrongAcknowledgement, text: text)
            case .rightAcknowledgement:
                alarms.clear(
                    subject: subject, kind: AlarmKind.wrongAcknowledgement,
                    text: "acknowledgements name our messages again")
            }
        }
        let wake = wake
        outbox.onWork(destination: spec.id) { wake.yield() }
        wake.yield()
        let wakes = wakes
        loop = Task { [weak self] in
            for await _ in wakes {
                guard let self else { return }
                await self.woken()
            }
        }
    }

    /// Lets attempts under way end, for 5 s at most, gives back what was not begun, and records the outcomes.
    func stop() async {
        guard !isStopping else { return }
        isStopping = true
        timer?.cancel()
        wake.finish()
        loop?.cancel()
        giveBack(ready, reason: "not attempted: the destination was stopped")
        ready = []
        if inFlight > 0 {
            let sender = sender
            let limit = Task {
                try? await Task.sleep(for: DestinationRunner.stopLimit)
                if !Task.isCancelled { await sender.close() }
            }
            await withCheckedContinuation { idleWaiters.append($0) }
            limit.cancel()
        }
        await sender.close()
        await settleBeforeStop()
    }

    private func woken() {
        mayBeDue = true
        pump()
    }

    /// Does whatever can be done now.
    func pump() {
        guard !isStopping else { return }
        startReady()
        claimIfNeeded()
        scheduleTimer()
    }

    private func startReady() {
        guard !isStoreFailing else { return }
        let now = clock.now()
        var index = 0
        while index < ready.count, !freeLanes.isEmpty {
            if ledger.circuit.isOpen, inFlight > 0 || now.monotonic < ledger.circuit.probeAt { return }
            let item = ready[index]
            guard !busyKeys.contains(item.orderKey), let lane = freeLanes.popLast() else {
                index += 1
                continue
            }
            ready.remove(at: index)
            busyKeys.insert(item.orderKey)
            inFlight += 1
            let sender = sender
            Task {
                let attempt = await sender.deliver(item, lane: lane)
                self.finished(item, lane: lane, begun: now.monotonic, attempt)
            }
        }
    }

    private func finished(_ item: OutboxItem, lane: Int, begun: Int64, _ attempt: Attempt) {
        inFlight -= 1
        freeLanes.append(lane)
        busyKeys.remove(item.orderKey)
        let verdict = ledger.judge(attempt, of: item.id, begun: begun, now: clock.now())
        news.tell(verdict, item: item.id, what: "results")
        outcomes.append((item.id, verdict.outcome))
        if case .retry(let at, _) = verdict.outcome {
            // Later items of the key wait behind this one.
            let behind = ready.filter { $0.orderKey == item.orderKey }
            if !behind.isEmpty {
                ready.removeAll { $0.orderKey == item.orderKey }
                for later in behind {
                    outcomes.append(
                        (later.id, .retry(at: at, reason: "waits for item \(item.id), which comes before it")))
                }
            }
        }
        settle()
        pump()
        if inFlight == 0 {
            let waiters = idleWaiters
            idleWaiters = []
            for waiter in waiters { waiter.resume() }
        }
    }

    private func claimIfNeeded() {
        let room = freeLanes.count * 2 + 8
        guard !isClaiming, !isStoreFailing, ready.count < room / 2 + 1 else { return }
        let now = clock.now()
        if ledger.circuit.isOpen, !ready.isEmpty || now.monotonic < ledger.circuit.probeAt { return }
        guard mayBeDue || (nextDue.map { $0 <= now.unix } ?? false) else { return }
        mayBeDue = false
        isClaiming = true
        let limit = ledger.circuit.isOpen ? 1 : max(16, freeLanes.count * 4)
        Task { await self.claim(limit: limit, now: now.unix) }
    }

    private func claim(limit: Int, now: Int64) async {
        do {
            let claimed = try await outbox.claim(destination: spec.id, limit: limit, now: now)
            isClaiming = false
            if isStopping {
                giveBack(claimed.items, reason: "not attempted: the destination was stopped")
                settle()
                return
            }
            ready.append(contentsOf: claimed.items)
            nextDue = claimed.nextDue
            if claimed.items.count >= limit { mayBeDue = true }
            pump()
        } catch {
            isClaiming = false
            mayBeDue = true
            logger.error("claim failed", metadata: ["destination": "\(spec.id)", "error": "\(error)"])
            schedule(after: 1_000_000)
        }
    }

    func giveBack(_ items: [OutboxItem], reason: String) {
        let now = clock.now().unix
        for item in items { outcomes.append((item.id, .retry(at: now, reason: reason))) }
    }

    private func scheduleTimer() {
        let now = clock.now()
        var wait: Int64?
        if ledger.circuit.isOpen, inFlight == 0, !ready.isEmpty || mayBeDue {
            wait = max(0, ledger.circuit.probeAt &- now.monotonic)
        }
        if let nextDue {
            var due = max(0, nextDue &- now.unix)
            if ledger.circuit.isOpen { due = max(due, ledger.circuit.probeAt &- now.monotonic) }
            wait = min(wait ?? due, due)
        }
        if let wait, wait > 0 { schedule(after: wait) }
    }

    /// Looks again after a while, at the latest in a minute (the wall clock may be set).
    private func schedule(after microseconds: Int64) {
        guard !isStopping else { return }
        let now = clock.now().monotonic
        let at = now &+ min(microseconds, 60_000_000)
        // One that fires soon enough is left alone: to look once too often costs less than a timer for each message.
        if timer != nil, timerAt > now, timerAt <= at { return }
        timer?.cancel()
        timerAt = at
        let wake = wake
        timer = Task {
            try? await Task.sleep(for: .microseconds(min(microseconds &+ 1000, 60_000_000)))
            if !Task.isCancelled { wake.yield() }
        }
    }
}
