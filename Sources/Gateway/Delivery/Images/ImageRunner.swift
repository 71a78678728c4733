import Contracts
import Logging

/// Works off the queue of images of one archive: claims images of one study for each free lane, hands them to the sender,
/// records what became of each as it becomes known. Studies do not wait for each other. While the archive is down nothing is
/// sent but one image at a time as a probe.
actor ImageRunner: QueueRunner {
    let spec: DestinationSpec
    let sender: any ImageSender
    let queue: any ForwardQueue
    let clock: any Clock
    let logger: Logger
    private let commitment: CommitmentRequester?
    private var news: DestinationNews
    private var ledger: AttemptLedger
    /// When the circuit opened last (microseconds, monotonic).
    private var openedAt = Int64.min

    private let lanes: Int
    private var inFlight = 0
    private var isClaiming = false
    /// Something may be due that no claim has seen.
    var mayBeDue = true
    /// Unix microseconds.
    private var nextDue: Int64?
    var outcomes: [(item: Int64, outcome: DeliveryOutcome)] = []
    var isSettling = false
    var isStoreFailing = false
    private(set) var isStopping = false
    private var timer: Task<Void, Never>?
    /// When the timer fires (microseconds, monotonic).
    private var timerAt: Int64 = 0
    private var loop: Task<Void, Never>?
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    init(
        spec: DestinationSpec, sender: any ImageSender, queue: any ForwardQueue, alarms: any AlarmSink,
        clock: any Clock, logger: Logger, commitment: CommitmentRequester? = nil
    ) {
        self.spec = spec
        self.sender = sender
        self.queue = queue
        self.clock = clock
        self.logger = logger
        self.commitment = commitment
        lanes = min(max(spec.lanes, 1), 64)
        ledger = AttemptLedger(policy: spec.retry)
        news = DestinationNews(destination: spec.id, alarms: alarms, logger: logger)
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts to work.
    func start() async {
        guard loop == nil else { return }
        let wake = wake
        queue.onImages(destination: spec.id) { wake.yield() }
        wake.yield()
        let wakes = wakes
        loop = Task { [weak self] in
            for await _ in wakes {
                guard let self else { return }
                await self.woken()
            }
        }
        await commitment?.start()
    }

    /// Lets what is under way end, for 5 s at most, and records what became of it.
    func stop() async {
        guard !isStopping else { return }
        isStopping = true
        timer?.cancel()
        wake.finish()
        loop?.cancel()
        await commitment?.stop()
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
        for _ in 0..<200 where isSettling || isClaiming { try? await Task.sleep(for: .milliseconds(10)) }
        await settleBeforeStop()
    }

    private func woken() async {
        mayBeDue = true
        pump()
        await commitment?.woken()
    }

    /// Does whatever can be done now.
    func pump() {
        guard !isStopping, !isStoreFailing else { return }
        claimIfNeeded()
        scheduleTimer()
    }

    // MARK: Claiming

    private func claimIfNeeded() {
        guard !isClaiming, inFlight < lanes else { return }
        let now = clock.now()
        if ledger.circuit.isOpen, inFlight > 0 || now.monotonic < ledger.circuit.probeAt { return }
        guard mayBeDue || (nextDue.map { $0 <= now.unix } ?? false) else { return }
        mayBeDue = false
        isClaiming = true
        let limit = ledger.circuit.isOpen ? 1 : max(1, sender.largestBatch)
        Task { await self.claim(limit: limit, now: now.unix) }
    }

    private func claim(limit: Int, now: Int64) async {
        do {
            let claimed = try await queue.claimImages(destination: spec.id, limit: limit, now: now)
            isClaiming = false
            if isStopping {
                for item in claimed.items {
                    let reason = "not attempted: the destination was stopped"
                    outcomes.append((item.id, .retry(at: clock.now().unix, reason: reason)))
                }
                settle()
                return
            }
            nextDue = claimed.nextDue
            if !claimed.items.isEmpty {
                mayBeDue = true
                begin(claimed.items)
            }
            pump()
        } catch {
            isClaiming = false
            mayBeDue = true
            logger.error("claim failed", metadata: ["destination": "\(spec.id)", "error": "\(error)"])
            schedule(after: 1_000_000)
        }
    }

    // MARK: Sending

    private func begin(_ items: [ForwardItem]) {
        inFlight += 1
        let begun = clock.now().monotonic
        let told = AttemptBox(items)
        let sender = sender
        Task {
            await sender.send(items) { item, attempt in
                // One visit for all that gathers until it is made.
                if told.put(item, attempt) { Task { await self.judge(told, begun: begun) } }
            }
            self.ended(told, begun: begun)
        }
    }

    private func judge(_ told: AttemptBox, begun: Int64) {
        for (item, attempt) in told.take() { judge(item, attempt, begun: begun) }
        settle()
    }

    private func judge(_ item: ForwardItem, _ attempt: Attempt, begun: Int64) {
        let now = clock.now()
        if ledger.circuit.isOpen, begun < openedAt, case .refused(let reason) = attempt {
            // The archive refuses everything: the rest of what was sent meanwhile is not given up for that.
            let wait = max(0, ledger.circuit.probeAt &- now.monotonic)
            outcomes.append((item.id, .retry(at: now.unix &+ wait, reason: reason)))
            return
        }
        var verdict = ledger.judge(attempt, of: item.id, begun: begun, now: now)
        if case .outage = verdict.change { openedAt = now.monotonic }
        if case .unreachable(_, isSent: false, _) = attempt, case .retry(let at, let reason) = verdict.outcome {
            // One that fails again and again for want of room at the archive comes less and less often by itself.
            let failures = min(max(0, item.attempts), 1000) + 1
            let own = spec.retry.delay(afterFailures: failures, jitter: Double.random(in: 0...1))
            verdict.outcome = .retry(at: max(at, now.unix &+ own), reason: reason)
        }
        news.tell(verdict, item: item.id, what: "images")
        outcomes.append((item.id, verdict.outcome))
    }

    private func ended(_ told: AttemptBox, begun: Int64) {
        judge(told, begun: begun)
        for item in told.untold() {
            // A sender that forgets an item would otherwise leave it claimed for ever.
            outcomes.append(
                (item.id, .retry(at: clock.now().unix &+ 1_000_000, reason: "nothing is known of the attempt")))
        }
        inFlight -= 1
        settle()
        pump()
        if inFlight == 0 {
            let waiters = idleWaiters
            idleWaiters = []
            for waiter in waiters { waiter.resume() }
        }
    }

    /// Something was recorded as delivered.
    func delivered() async { await commitment?.delivered() }

    // MARK: Waiting

    private func scheduleTimer() {
        let now = clock.now()
        var wait: Int64?
        if ledger.circuit.isOpen, inFlight == 0, mayBeDue { wait = max(0, ledger.circuit.probeAt &- now.monotonic) }
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
