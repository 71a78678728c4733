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
        var isFetching = false
        /// The specimen whose order the device has not spoken about, and when that was given up (monotonic).
        var open: (specimen: String, until: Int64)?
        /// Tests that were sent without a word from the device, and when they may be tried again (monotonic).
        var tried: [Int64: Int64] = [:]
    }

    /// A device has this long to take or refuse an order, in microseconds.
    private static let patience: Int64 = 60_000_000
    /// An order that it said nothing to is not sent again before, in microseconds.
    private static let pause: Int64 = 600_000_000

    /// Looks the orders up and hands them to the driver; queries are answered in the order asked.
    func answer(_ query: DeviceMessage) {
        let (generation, settings, before) = (generation, settings, answering)
        answersOwed += 1
        answering = Task { [self] in
            await before?.value
            let orders = await settings.answer(query)
            queue.async { [self] in
                answersOwed -= 1
                if generation == self.generation, phase == .running, !hasEnded { submit(orders) }
                if isIdle { exchangeDriverWhenIdle() }
                checkQuiet()
            }
        }
    }

    private func submit(_ orders: [OrderSubmission]) {
        guard let driver else { return }
        for order in orders {
            input += 1
            isIdle = false
            givenOrders.add(order)
            driver.submit(order.json, at: services.clock.now())
        }
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
        guard let fetch = settings.download, phase == .running, !hasEnded, isIdle, isDriverDone, answersOwed == 0
        else { return }
        let now = services.clock.now().monotonic
        if let open = download.open, givenOrders.contains(specimen: open.specimen), now < open.until { return }
        download.open = nil
        if !download.waiting.isEmpty {
            let order = download.waiting.removeFirst()
            for item in order.items { download.tried[item.test] = now &+ Self.pause }
            download.open = (order.specimen, now &+ Self.patience)
            // The store gives a part at a time.
            download.isWanted = true
            queue.asyncAfter(deadline: DispatchTime.now() + DispatchTimeInterval.microseconds(Int(Self.patience))) { [weak self] in
                self?.sendOrders()
            }
            return submit([order])
        }
        // What the store says must hold what the device has said.
        guard download.isWanted, !download.isFetching, committed == committing else { return }
        download.isWanted = false
        download.isFetching = true
        let generation = generation
        Task { [self] in
            let orders = await fetch()
            queue.async { [self] in
                download.isFetching = false
                guard generation == self.generation else { return }
                download.tried = download.tried.filter { $0.value > now }
                download.waiting = orders.filter { order in
                    !order.items.contains { download.tried[$0.test] != nil }
                }
                if download.waiting.count < orders.count {
                    // The device said nothing to some of them; they are tried again later.
                    queue.asyncAfter(deadline: DispatchTime.now() + DispatchTimeInterval.microseconds(Int(Self.pause))) {
                        [weak self] in self?.ordersChanged()
                    }
                }
                if !download.waiting.isEmpty { sendOrders() }
            }
        }
    }
}
