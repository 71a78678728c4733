import Synchronization

/// The queues of all destinations in memory, and who is told when one has work.
final class QueueBoard: Sendable {
    private let queues: Mutex<[String: ReadyQueue]>
    private let wakers = Mutex<[String: @Sendable () -> Void]>([:])

    init(_ queues: [String: ReadyQueue]) { self.queues = Mutex(queues) }

    /// Calls `wake` from now on, and once for what waits already.
    func onWork(_ destination: String, _ wake: @escaping @Sendable () -> Void) {
        wakers.withLock { $0[destination] = wake }
        wake()
    }

    func claim(_ destination: String, _ limit: Int, now: Int64) -> (items: [ReadyQueue.Item], nextDue: Int64?) {
        queues.withLock { $0[destination]?.claim(limit, now: now) ?? ([], nil) }
    }

    /// Gives claimed items back as they were: the database could not be read.
    func unclaim(_ destination: String, _ items: [Int64]) {
        queues.withLock { queues in for item in items { queues[destination]?.unclaim(item) } }
    }

    func isClaimed(_ item: Int64) -> Bool { queues.withLock { $0.values.contains { $0.isClaimed(item) } } }

    /// Items waiting or under way, by destination.
    var counts: [String: Int] { queues.withLock { $0.mapValues(\.count) } }

    /// A transaction is durable.
    func apply(_ effects: WriteSession.Effects) {
        guard
            !effects.queued.isEmpty || !effects.settled.isEmpty || !effects.withdrawn.isEmpty
                || !effects.hastened.isEmpty
        else { return }
        let touched = queues.withLock { queues in
            var touched = Set<String>()
            for (destination, item) in effects.queued {
                queues[destination, default: ReadyQueue()].add(item)
                touched.insert(destination)
            }
            // Names first: a loop over the dictionary's own keys would copy every queue at its first change.
            let names = Array(queues.keys)
            for (item, outcome) in effects.settled {
                for destination in names where queues[destination]?.settle(item, outcome) == true {
                    touched.insert(destination)
                    break
                }
            }
            for item in effects.withdrawn { for destination in names { queues[destination]?.withdraw(item) } }
            for (destination, item) in effects.hastened {
                queues[destination]?.hasten(item)
                touched.insert(destination)
            }
            return touched
        }
        let calls = wakers.withLock { wakers in touched.compactMap { wakers[$0] } }
        for wake in calls { wake() }
    }
}

/// Who is told that there are orders to look at.
final class OrderWatchers: Sendable {
    private let watchers = Mutex<[@Sendable () -> Void]>([])

    func add(_ wake: @escaping @Sendable () -> Void) { watchers.withLock { $0.append(wake) } }

    func tell() { for wake in watchers.withLock({ $0 }) { wake() } }
}

/// Who is shown reports as they are stored.
final class Watchers: Sendable {
    private let watchers = Mutex<[@Sendable ([StoredReport]) -> Void]>([])

    func add(_ watcher: @escaping @Sendable ([StoredReport]) -> Void) { watchers.withLock { $0.append(watcher) } }

    func tell(_ reports: [StoredReport]) {
        guard !reports.isEmpty else { return }
        for watcher in watchers.withLock({ $0 }) { watcher(reports) }
    }
}
