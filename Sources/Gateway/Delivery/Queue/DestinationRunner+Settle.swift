import Contracts

extension DestinationRunner {
    /// Records outcomes, all that have gathered in one write. What cannot be recorded is kept and tried again: to forget
    /// that an item was delivered would send it twice.
    func settle() {
        guard !isSettling, !outcomes.isEmpty else { return }
        isSettling = true
        Task { await self.settleAll() }
    }

    private func settleAll() async {
        while !outcomes.isEmpty {
            let batch = outcomes
            outcomes = []
            do {
                try await outbox.settle(batch, now: clock.now().unix)
                isStoreFailing = false
                // The next items of these keys may go now.
                mayBeDue = true
                pump()
            } catch {
                outcomes = batch + outcomes
                isStoreFailing = true
                logger.error(
                    "outcomes not recorded; nothing more is sent until they are",
                    metadata: ["destination": "\(spec.id)", "count": "\(outcomes.count)", "error": "\(error)"])
                if isStopping { break }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        isSettling = false
    }

    /// The last records before the end; one attempt, because the store may be going as well.
    func settleBeforeStop() async {
        for _ in 0..<200 where isSettling || isClaiming { try? await Task.sleep(for: .milliseconds(10)) }
        if !isSettling, !outcomes.isEmpty {
            isSettling = true
            await settleAll()
        }
    }
}
