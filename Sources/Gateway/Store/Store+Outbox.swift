import Contracts
import GRDB
import ResultModel

extension Store: Outbox {
    /// Items of a destination that are due, one of a key at a time, in order.
    public func claim(
        destination: String, limit: Int, now: Int64
    ) async throws -> (items: [OutboxItem], nextDue: Int64?) {
        let (waiting, nextDue) = board.claim(destination, max(0, limit), now: now)
        let missing = waiting.filter(\.resident.isEmpty).map { $0.id >> 8 }
        let read: [Int64: Result<Report, StoreFault>]
        do { read = missing.isEmpty ? [:] : try await reader.posted(missing) } catch {
            board.unclaim(destination, waiting.map(\.id))
            throw error
        }
        var items: [OutboxItem] = []
        items.reserveCapacity(waiting.count)
        for item in waiting {
            let report: Report
            switch (item.resident.first, read[item.id >> 8]) {
            case (let resident?, _): report = resident
            case (nil, .success(let found)?): report = found
            case (nil, let failure):
                let reason = if case .failure(let fault)? = failure { fault.text } else { "it is not there" }
                try await settle([(item.id, .dead(reason: "the stored report cannot be read: \(reason)"))], now: now)
                continue
            }
            items.append(
                OutboxItem(
                    id: item.id, gateway: gateway, destination: destination, orderKey: UInt64(item.lane),
                    report: report,
                    attempts: item.attempts, createdAt: item.createdAt))
        }
        return (items, nextDue)
    }

    /// Records what became of claimed items; durable when it returns.
    public func settle(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws {
        guard !outcomes.isEmpty else { return }
        let result: StoreFault? = await withCheckedContinuation { continuation in
            writer.submit(
                GroupWriter.Job(
                    work: { session, _ in
                        for (item, outcome) in outcomes { try session.settle(item, outcome, now: now) }
                    },
                    finish: { continuation.resume(returning: $0) }, size: outcomes.count &* 64))
        }
        if let result { throw result }
    }

    /// Calls `wake` whenever an item may have become due, and once at once.
    public func onWork(destination: String, _ wake: @escaping @Sendable () -> Void) { board.onWork(destination, wake) }
}

extension Store: AlarmSink {
    /// Something is wrong.
    public func raise(subject: String, kind: String, text: String) {
        alarms.raise(subject: subject, kind: kind, text: text)
    }

    /// It is well again.
    public func clear(subject: String, kind: String, text: String) {
        alarms.clear(subject: subject, kind: kind, text: text)
    }
}

extension WriteSession {
    func settle(_ item: Int64, _ outcome: DeliveryOutcome, now: Int64) throws {
        switch outcome {
        case .delivered(let note):
            try statements.settle.bind(OutboxState.delivered.rawValue).bindNull().bind(now)
                .bind(note.isEmpty ? nil : note.bounded).bind(item).run()
            effects.settled.append((item, .gone))
        case .dead(let reason):
            // A person may have discarded it while it was under way: that stands.
            try statements.dead.bind(now).bind(reason.bounded).bind(item).run()
            effects.settled.append((item, .gone))
        case .retry(let due, let reason):
            let isOpen = try statements.retry.bind(due).bind(reason.bounded).bind(item).first { _ in true } != nil
            effects.settled.append((item, isOpen ? .again(due: due) : .gone))
        }
    }
}
