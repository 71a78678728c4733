import Contracts

extension ImageRunner {
    /// Records outcomes, all that have gathered in one write. What cannot be recorded is kept and tried again: to forget that
    /// an image was delivered would send it twice.
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
                try await queue.settleImages(batch, now: clock.now().unix)
                isStoreFailing = false
                // Studies of which nothing is under way any more may be claimed again.
                mayBeDue = true
                pump()
                if batch.contains(where: { if case .delivered = $0.outcome { true } else { false } }) {
                    await delivered()
                }
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
        guard !isSettling, !outcomes.isEmpty else { return }
        isSettling = true
        await settleAll()
    }
}
