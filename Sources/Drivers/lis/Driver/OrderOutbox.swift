import DriverWire

/// Orders and answers on their way to the device.
struct OrderOutbox {
    struct Entry {
        var id: UInt64
        var text: [UInt8]
        var event: DeviceMessage
        var isAnswer: Bool
        var isCancellation: Bool
        var attempts = 1

        /// For people.
        var specimens: String { event.orders.map(\.specimenID).joined(separator: ", ") }
    }

    /// More would only hide that the device takes none.
    static let mostEntries = 1000
    private(set) var entries: [Entry] = []
    private var lastID: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    var isFull: Bool { entries.count >= OrderOutbox.mostEntries }

    mutating func add(text: [UInt8], event: DeviceMessage, isAnswer: Bool, isCancellation: Bool) -> UInt64 {
        lastID &+= 1
        entries.append(
            Entry(id: lastID, text: text, event: event, isAnswer: isAnswer, isCancellation: isCancellation))
        return lastID
    }

    mutating func remove(_ id: UInt64) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
        return entries.remove(at: index)
    }

    mutating func countAttempt(_ id: UInt64) {
        if let index = entries.firstIndex(where: { $0.id == id }) { entries[index].attempts += 1 }
    }

    func entry(_ id: UInt64) -> Entry? { entries.first { $0.id == id } }
}
