import Contracts
import Dispatch
import DriverWire
import Orders

/// Orders to the device: answers to what it asks, and what it is sent unasked.
extension Conversation {
    /// What is sent unasked.
    struct Download {
        /// Fetched and waiting for an idle line.
        var waiting: [OrderSubmission] = []
        /// There may be more in the store.
        var isWanted = false
        /// The store is being asked, for what waits or whether the first of it may go.
        var isAsking = false
        /// Specimens of whose orders the device has not spoken yet, with when that is given up (monotonic).
        var open: [String: Int64] = [:]
        /// Tests that were sent without a word from the device, and when they may be tried again (monotonic).
        var tried: [Int64: Int64] = [:]
    }

    /// A device has this long to take or refuse an order, in microseconds.
    private static let patience: Int64 = 60_000_000
    /// An order that it said nothing to is not sent again before, in microseconds.
    private static let pause: Int64 = 600_000_000

    /// Looks the orders up and hands them to the driver; queries are answered in the order asked.
    ///
    /// - Parameter ticket: the commit that holds the question. What acknowledges it goes out after that, and after no
    ///   other: the orders are read beside the writer, and the answer has nothing to commit of its own.
    func answer(_ query: DeviceMessage, after ticket: UInt64) {
        let (generation, settings, before) = (generation, settings, answering)
        answersOwed += 1
        answering = Task { [self] in
            await before?.value
            let orders = await settings.answer(query)
            queue.async { [self] in
                answersOwed -= 1
                if generation == self.generation, phase == .running, !hasEnded {
                    // What it is told now it need not be sent.
                    let told = Set(orders.map(\.specimen))
                    if download.waiting.contains(where: { told.contains($0.specimen) }) {
                        download.waiting.removeAll()
                        download.isWanted = true
                    }
                    for order in orders {
                        if settings.download != nil, !order.items.isEmpty { expectWord(on: order) }
                        submit(order, after: ticket)
                    }
                }
                if isIdle { exchangeDriverWhenIdle() }
                checkQuiet()
            }
        }
    }

    private func submit(_ order: OrderSubmission, after ticket: UInt64) {
        guard let driver else { return }
        input += 1
        isIdle = false
        givenOrders.add(order)
        submitted[input] = (order, ticket)
        driver.submit(order.json, at: services.clock.now())
    }

    /// The driver does not take an order: the device was told nothing of it, or in answer to its question that nothing is known.
    func refused(_ order: OrderSubmission, _ batch: DriverBatch) -> [OrderMark] {
        let said = batch.events.compactMap { if case .fault(let fault) = $0 { fault.text } else { nil } }
        return givenOrders.refuse(order, said.joined(separator: "; "))
    }

    /// There may be something to send.
    func ordersChanged() {
        queue.async { [self] in
            guard settings.download != nil else { return }
            download.isWanted = true
            sendOrders()
        }
    }

    /// Sends the next order when the line is idle and the device has answered to the one before.
    func sendOrders() {
        guard let source = settings.download, maySend, !download.isAsking else { return }
        let now = services.clock.now().monotonic
        // Never two orders for one tube at once.
        download.open = download.open.filter { $0.value > now && givenOrders.contains(specimen: $0.key) }
        guard download.open.isEmpty else { return }
        // What the store says must hold what the device has said.
        guard committed == committing else { return }
        if let next = download.waiting.first {
            claim(next, source)
        } else if download.isWanted {
            fetch(source, now)
        }
    }

    private var maySend: Bool {
        phase == .running && !hasEnded && isIdle && isDriverDone && answersOwed == 0 && nextSettings == nil
    }

    private func fetch(_ source: OrderSource, _ now: Int64) {
        download.isWanted = false
        download.isAsking = true
        let generation = generation
        Task { [self] in
            let orders = await source.fetch()
            queue.async { [self] in
                download.isAsking = false
                guard generation == self.generation else { return ordersChanged() }
                download.tried = download.tried.filter { $0.value > now }
                download.waiting = orders.filter { order in
                    !order.items.contains { download.tried[$0.test] != nil }
                }
                // The device said nothing to some of them; they are tried again later.
                if download.waiting.count < orders.count { wake(after: Self.pause) { $0.ordersChanged() } }
                sendOrders()
            }
        }
    }

    /// Sends an order once the store has it as this device's.
    private func claim(_ order: OrderSubmission, _ source: OrderSource) {
        download.isAsking = true
        let generation = generation
        Task { [self] in
            let isOurs = await source.claim(order)
            queue.async { [self] in
                download.isAsking = false
                guard generation == self.generation, download.waiting.first == order else { return ordersChanged() }
                // The device has begun to speak meanwhile: the order keeps its place.
                guard maySend else { return }
                download.waiting.removeFirst()
                // The store gives a part at a time.
                download.isWanted = true
                guard isOurs else { return sendOrders() }
                expectWord(on: order)
                submit(order, after: 0)
            }
        }
    }

    private func expectWord(on order: OrderSubmission) {
        let now = services.clock.now().monotonic
        for item in order.items { download.tried[item.test] = now &+ Self.pause }
        download.open[order.specimen] = now &+ Self.patience
        wake(after: Self.patience) { $0.sendOrders() }
    }

    private func wake(after microseconds: Int64, _ body: @escaping @Sendable (Conversation) -> Void) {
        queue.asyncAfter(deadline: .now() + .microseconds(Int(microseconds))) { [weak self] in
            if let self { body(self) }
        }
    }
}
