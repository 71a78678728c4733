import Synchronization

/// A consequence of a transaction for the queue of images.
enum ImageEffect: Sendable {
    /// An item waits.
    case queued(destination: String, study: Int64, item: Int64, due: Int64)
    /// An item leaves the queue.
    case gone(destination: String, study: Int64, item: Int64)
    /// An item is tried again.
    case again(destination: String, study: Int64, item: Int64, due: Int64)
    /// A person does not want to wait.
    case hastened(destination: String, study: Int64)
    /// Something that is delivered may have to be committed.
    case wishes(destination: String)
}

/// Which studies wait for which archive, in memory: the items themselves are read when their study is claimed.
final class ForwardBoard: Sendable {
    struct Waiting {
        /// Items that wait or are claimed.
        var count = 0
        /// Earliest time of those that are not claimed.
        var due: Int64 = .max
        /// Items under way.
        var claimed: Set<Int64> = []
        /// Claimed, items not read yet.
        var isOpening = false
    }

    private struct Queue {
        var studies: [Int64: Waiting] = [:]
        /// Studies in the order of their first item.
        var order: [Int64] = []
    }

    private let queues: Mutex<[String: Queue]>
    private let wakers = Mutex<[String: @Sendable () -> Void]>([:])

    /// `waiting`: what the database holds, in the order of the first items.
    init(_ waiting: [(destination: String, study: Int64, count: Int, due: Int64)]) {
        var queues: [String: Queue] = [:]
        for entry in waiting {
            queues[entry.destination, default: Queue()].order.append(entry.study)
            queues[entry.destination]?.studies[entry.study] = Waiting(count: entry.count, due: entry.due)
        }
        self.queues = Mutex(queues)
    }

    func onWork(_ destination: String, _ wake: @escaping @Sendable () -> Void) {
        wakers.withLock { $0[destination] = wake }
        wake()
    }

    /// The first study whose time has come, to be confirmed by `claimed`; or when the next one's does.
    func open(_ destination: String, now: Int64) -> (study: Int64?, nextDue: Int64?) {
        queues.withLock { queues in
            guard let queue = queues[destination] else { return (nil, nil) }
            var nextDue: Int64?
            for study in queue.order {
                guard let waiting = queue.studies[study], !waiting.isOpening, waiting.claimed.isEmpty,
                    waiting.due < .max
                else { continue }
                if waiting.due <= now {
                    queues[destination]?.studies[study]?.isOpening = true
                    // What is queued while the items are read sets it again.
                    queues[destination]?.studies[study]?.due = .max
                    return (study, now)
                }
                nextDue = min(nextDue ?? .max, waiting.due)
            }
            return (nil, nextDue)
        }
    }

    /// The items of an opened study were read. `due`: of the items that were left; nil: none was.
    func claimed(_ destination: String, _ study: Int64, items: [Int64], due: Int64?) {
        queues.withLock { queues in
            queues[destination]?.studies[study]?.isOpening = false
            queues[destination]?.studies[study]?.claimed = Set(items)
            let known = queues[destination]?.studies[study]?.due ?? .max
            queues[destination]?.studies[study]?.due = min(known, due ?? .max)
        }
    }

    /// The items could not be read.
    func unclaim(_ destination: String, _ study: Int64) {
        queues.withLock { queues in
            queues[destination]?.studies[study]?.isOpening = false
            queues[destination]?.studies[study]?.due = 0
        }
    }

    /// Instances that wait or are under way, by destination.
    var counts: [String: Int] {
        queues.withLock { $0.mapValues { $0.studies.values.reduce(0) { $0 + $1.count } } }
    }

    func isClaimed(_ destination: String, _ study: Int64, _ item: Int64) -> Bool {
        queues.withLock { $0[destination]?.studies[study]?.claimed.contains(item) ?? false }
    }

    /// A transaction is durable.
    func apply(_ effects: [ImageEffect]) {
        guard !effects.isEmpty else { return }
        let touched = queues.withLock { queues in
            var touched = Set<String>()
            for effect in effects { touched.insert(Self.apply(effect, &queues)) }
            return touched
        }
        let calls = wakers.withLock { wakers in touched.compactMap { wakers[$0] } }
        for wake in calls { wake() }
    }

    private static func apply(_ effect: ImageEffect, _ queues: inout [String: Queue]) -> String {
        switch effect {
        case .queued(let destination, let study, _, let due):
            if queues[destination] == nil { queues[destination] = Queue() }
            if queues[destination]?.studies[study] == nil {
                queues[destination]?.order.append(study)
                queues[destination]?.studies[study] = Waiting()
            }
            queues[destination]?.studies[study]?.count += 1
            let known = queues[destination]?.studies[study]?.due ?? .max
            queues[destination]?.studies[study]?.due = min(known, due)
            return destination
        case .gone(let destination, let study, let item):
            queues[destination]?.studies[study]?.claimed.remove(item)
            queues[destination]?.studies[study]?.count -= 1
            if let left = queues[destination]?.studies[study]?.count, left <= 0 {
                queues[destination]?.studies[study] = nil
                if let place = queues[destination]?.order.firstIndex(of: study) {
                    queues[destination]?.order.remove(at: place)
                }
            }
            return destination
        case .again(let destination, let study, let item, let due):
            queues[destination]?.studies[study]?.claimed.remove(item)
            let known = queues[destination]?.studies[study]?.due ?? .max
            queues[destination]?.studies[study]?.due = min(known, due)
            return destination
        case .hastened(let destination, let study):
            queues[destination]?.studies[study]?.due = 0
            return destination
        case .wishes(let destination): return destination
        }
    }
}
