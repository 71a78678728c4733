import ResultModel

/// What waits for one destination, in memory: claims cost no query. One lane a patient; the first item of a lane is the
/// only one that may be under way.
struct ReadyQueue {
    /// A waiting item.
    struct Item {
        var id: Int64
        var lane: UInt32
        var attempts: Int
        /// Microseconds since 1970; 0: at once.
        var due: Int64
        /// When it was put into the queue.
        var createdAt: Int64
        /// The report, while memory allows; empty: read it from the database.
        var resident: [Report]
    }

    /// What becomes of an item.
    enum Outcome {
        /// It leaves the queue.
        case gone
        /// It is tried again.
        case again(due: Int64)
    }

    /// Reports kept in memory for a destination; a longer queue is read from the database when its turn comes.
    static let mostResident = 512

    private struct Waiting {
        var items: [Item]
        var head = 0
        var isClaimed = false
    }

    private var lanes: [UInt32: Waiting] = [:]
    /// Lanes whose first item may be due.
    private var ready: [UInt32] = []
    private var readyHead = 0
    /// Lanes whose first item is due later: a binary heap by time.
    private var later: [(due: Int64, lane: UInt32)] = []
    private var claimed: [Int64: UInt32] = [:]
    private var resident = 0
    private(set) var count = 0

    mutating func add(_ item: Item) {
        var item = item
        if resident < Self.mostResident { resident += item.resident.count } else { item.resident = [] }
        count += 1
        guard var lane = lanes.removeValue(forKey: item.lane) else {
            lanes[item.lane] = Waiting(items: [item])
            ready.append(item.lane)
            return
        }
        // A report that was released by a person goes before later ones, but not before what is under way.
        var place = lane.items.count
        let first = lane.isClaimed ? lane.head + 1 : lane.head
        while place > first, lane.items[place - 1].id > item.id { place -= 1 }
        lane.items.insert(item, at: place)
        lanes[item.lane] = lane
        if place == lane.head, !lane.isClaimed { ready.append(item.lane) }
    }

    /// Up to `limit` items that are due, one a lane, and when the next is.
    mutating func claim(_ limit: Int, now: Int64) -> (items: [Item], nextDue: Int64?) {
        while let next = later.first, next.due <= now {
            popLater()
            ready.append(next.lane)
        }
        var items: [Item] = []
        while items.count < limit, readyHead < ready.count {
            let key = ready[readyHead]
            readyHead += 1
            guard var lane = lanes[key], !lane.isClaimed, lane.head < lane.items.count else { continue }
            let item = lane.items[lane.head]
            guard item.due <= now else {
                pushLater(item.due, key)
                continue
            }
            lane.isClaimed = true
            lanes[key] = lane
            claimed[item.id] = key
            items.append(item)
        }
        if readyHead == ready.count {
            ready.removeAll(keepingCapacity: true)
            readyHead = 0
        } else if readyHead > 4_096, readyHead > ready.count / 2 {
            ready.removeFirst(readyHead)
            readyHead = 0
        }
        return (items, readyHead < ready.count ? now : later.first?.due)
    }

    /// A claimed item was settled.
    ///
    /// - Returns: whether it was claimed here.
    @discardableResult
    mutating func settle(_ id: Int64, _ outcome: Outcome) -> Bool {
        guard let key = claimed.removeValue(forKey: id), var lane = lanes.removeValue(forKey: key) else { return false }
        lane.isClaimed = false
        switch outcome {
        case .gone:
            drop(lane.items[lane.head])
            lane.head += 1
        case .again(let due):
            lane.items[lane.head].due = due
            lane.items[lane.head].attempts += 1
        }
        put(lane, key)
        return true
    }

    /// Gives a claimed item back as it was.
    mutating func unclaim(_ id: Int64) {
        guard let key = claimed.removeValue(forKey: id), var lane = lanes.removeValue(forKey: key) else { return }
        lane.isClaimed = false
        put(lane, key)
    }

    /// A person took an item out. One that is under way stays until it is settled.
    mutating func withdraw(_ id: Int64) {
        guard claimed[id] == nil else { return }
        for (key, lane) in lanes {
            guard let place = lane.items.indices.first(where: { $0 >= lane.head && lane.items[$0].id == id }) else {
                continue
            }
            var lane = lane
            drop(lane.items.remove(at: place))
            lanes[key] = nil
            if lane.isClaimed { lanes[key] = lane } else { put(lane, key) }
            return
        }
    }

    /// A person does not want to wait for the next attempt.
    mutating func hasten(_ id: Int64) {
        guard claimed[id] == nil else { return }
        for (key, lane) in lanes {
            guard let place = lane.items.indices.first(where: { $0 >= lane.head && lane.items[$0].id == id }) else {
                continue
            }
            lanes[key]?.items[place].due = 0
            if place == lane.head { ready.append(key) }
            return
        }
    }

    /// Whether an item is under way.
    func isClaimed(_ id: Int64) -> Bool { claimed[id] != nil }

    private mutating func drop(_ item: Item) {
        resident -= item.resident.count
        count -= 1
    }

    private mutating func put(_ lane: Waiting, _ key: UInt32) {
        guard lane.head < lane.items.count else { return }
        var lane = lane
        if lane.head > 32, lane.head > lane.items.count / 2 {
            lane.items.removeFirst(lane.head)
            lane.head = 0
        }
        lanes[key] = lane
        let due = lane.items[lane.head].due
        if due > 0 { pushLater(due, key) } else { ready.append(key) }
    }

    // MARK: Heap

    private mutating func pushLater(_ due: Int64, _ lane: UInt32) {
        later.append((due, lane))
        var child = later.count - 1
        while child > 0, later[child].due < later[(child - 1) / 2].due {
            later.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func popLater() {
        later.swapAt(0, later.count - 1)
        later.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < later.count && later[child].due < later[least].due {
                least = child
            }
            guard least != parent else { return }
            later.swapAt(parent, least)
            parent = least
        }
    }
}
