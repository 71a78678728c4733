import Contracts
import Delivery
import Synchronization

/// A queue of images in memory with the rules of `ForwardQueue`.
final class MemoryForwardQueue: ForwardQueue {
    enum State: Equatable {
        case waiting(due: Int64)
        case claimed
        case delivered(String)
        case dead(String)
    }
    struct Row {
        var item: ForwardItem
        var state = State.waiting(due: 0)
        var reasons: [String] = []
        var isCommitted = false
        var askedAt: Int64?
    }
    struct Broken: Error {}
    struct Contents {
        var rows: [Row] = []
        var wakers: [@Sendable () -> Void] = []
        var settleFailures = 0
        var transactions: [String: [Int64]] = [:]
        var asked: [[Int64]] = []
        var reports: [String] = []
    }
    let contents = Mutex(Contents())

    init(_ items: [ForwardItem] = []) { contents.withLock { $0.rows = items.map { Row(item: $0) } } }

    func add(_ items: [ForwardItem]) {
        contents.withLock { $0.rows += items.map { Row(item: $0) } }
        wake()
    }

    private func wake() { for wake in contents.withLock({ $0.wakers }) { wake() } }

    func claimImages(destination: String, limit: Int, now: Int64) async throws -> (
        items: [ForwardItem], nextDue: Int64?
    ) {
        contents.withLock { contents in
            let mine = contents.rows.indices.filter { contents.rows[$0].item.destination == destination }
            let busy = Set(mine.filter { contents.rows[$0].state == .claimed }.map { contents.rows[$0].item.study })
            var study: String?
            var items: [ForwardItem] = []
            var nextDue: Int64?
            for index in mine {
                guard case .waiting(let due) = contents.rows[index].state else { continue }
                let item = contents.rows[index].item
                if due <= now, !busy.contains(item.study), study == nil || study == item.study, items.count < limit {
                    study = item.study
                    contents.rows[index].state = .claimed
                    items.append(item)
                } else if !busy.contains(item.study) {
                    nextDue = min(nextDue ?? .max, due)
                }
            }
            return (items, nextDue)
        }
    }

    func settleImages(_ outcomes: [(item: Int64, outcome: DeliveryOutcome)], now: Int64) async throws {
        try contents.withLock { contents in
            if contents.settleFailures > 0 {
                contents.settleFailures -= 1
                throw Broken()
            }
            for (id, outcome) in outcomes {
                guard let index = contents.rows.firstIndex(where: { $0.item.id == id }) else { continue }
                contents.rows[index].item.attempts += 1
                switch outcome {
                case .delivered(let note): contents.rows[index].state = .delivered(note)
                case .dead(let reason): contents.rows[index].state = .dead(reason)
                case .retry(let at, let reason):
                    contents.rows[index].state = .waiting(due: at)
                    contents.rows[index].reasons.append(reason)
                }
            }
        }
        wake()
    }

    func onImages(destination: String, _ wake: @escaping @Sendable () -> Void) {
        contents.withLock { $0.wakers.append(wake) }
    }

    func imagesToCommit(destination: String, again: Int64, now: Int64) async throws -> [ForwardItem] {
        contents.withLock { contents in
            let open = contents.rows.filter { row in
                guard case .delivered = row.state, !row.isCommitted else { return false }
                return row.item.destination == destination && row.askedAt.map { $0 <= now - again } ?? true
            }
            return open.filter { $0.item.study == open.first?.item.study }.map(\.item)
        }
    }

    func commitmentRequested(transaction: String, items: [Int64], now: Int64) async throws {
        contents.withLock { contents in
            contents.transactions[transaction] = items
            contents.asked.append(items)
            for index in contents.rows.indices where items.contains(contents.rows[index].item.id) {
                contents.rows[index].askedAt = now
            }
        }
    }

    func commitmentReported(
        transaction: String, committed: [String], failed: [(sopInstance: String, reason: UInt16)], now: Int64
    ) async throws -> Bool {
        let isKnown = contents.withLock { contents in
            contents.reports.append(transaction)
            guard let items = contents.transactions.removeValue(forKey: transaction) else { return false }
            for index in contents.rows.indices where items.contains(contents.rows[index].item.id) {
                let uid = contents.rows[index].item.sopInstance
                if committed.contains(uid) { contents.rows[index].isCommitted = true }
                if let failure = failed.first(where: { $0.sopInstance == uid }) {
                    contents.rows[index].state = .waiting(due: now)
                    contents.rows[index].askedAt = nil
                    contents.rows[index].reasons.append("commitment \(failure.reason)")
                }
            }
            return true
        }
        wake()
        return isKnown
    }

    // MARK: Looking

    func row(_ id: Int64) -> Row? { contents.withLock { $0.rows.first { $0.item.id == id } } }
    var states: [State] { contents.withLock { $0.rows.map(\.state) } }
    var deliveredCount: Int { states.count { if case .delivered = $0 { true } else { false } } }
    var deadCount: Int { states.count { if case .dead = $0 { true } else { false } } }
    var isDone: Bool { deliveredCount + deadCount == states.count }
    var committedCount: Int { contents.withLock { $0.rows.count { $0.isCommitted } } }
}
