import Contracts
import DriverWire
import Orders

/// Orders that the driver was handed, until the device says what became of them.
struct GivenOrders {
    private struct Entry {
        var specimen: String
        var item: OrderSubmission.Item
        var isCancellation: Bool
    }

    /// A device that never says a word must not fill the memory.
    private static let most = 4_000
    private var entries: [Entry] = []

    mutating func add(_ submission: OrderSubmission) {
        let codes = Set(submission.items.map(\.code))
        // Given again: the device's next word is about this one.
        entries.removeAll { $0.specimen == submission.specimen && codes.contains($0.item.code) }
        entries += submission.items.map {
            Entry(specimen: submission.specimen, item: $0, isCancellation: submission.isCancellation)
        }
        if entries.count > Self.most { entries.removeFirst(entries.count - Self.most) }
    }

    /// Whether the device owes a word about a specimen.
    func contains(specimen: String) -> Bool { entries.contains { $0.specimen == specimen } }

    /// The driver did not take it.
    mutating func refuse(_ submission: OrderSubmission, _ why: String) -> [OrderMark] {
        let codes = Set(submission.items.map(\.code))
        entries.removeAll { $0.specimen == submission.specimen && codes.contains($0.item.code) }
        var marks: [OrderMark] = []
        for item in submission.items where !marks.contains(where: { $0.test == item.test }) {
            let state: LaboratoryOrder.TestState? = submission.isCancellation ? nil : .refused
            marks.append(OrderMark(test: item.test, state: state, note: why))
        }
        return marks
    }

    /// What an ORDER event says of the tests. A driver that names no tests speaks of all of the specimen.
    mutating func marks(for message: DeviceMessage) -> [OrderMark] {
        var marks: [OrderMark] = []
        let said = message.comments.map(\.text).filter { !$0.isEmpty }.joined(separator: "; ")
        for order in message.orders {
            let word = Word(order.action)
            let codes = Set(order.tests)
            let concerned = entries.filter {
                $0.specimen == order.specimenID && (codes.isEmpty || codes.contains($0.item.code))
            }
            entries.removeAll {
                $0.specimen == order.specimenID && (codes.isEmpty || codes.contains($0.item.code))
            }
            for entry in concerned {
                guard let state = word.state else { continue }
                let why = state == .refused ? (said.isEmpty ? "the device says \(order.action)" : said) : ""
                let mark = OrderMark(
                    test: entry.item.test, state: entry.isCancellation ? nil : state, note: why,
                    answeredBy: entry.item.answeredBy)
                // A test of several codes is refused when one of them is.
                if let known = marks.firstIndex(where: { $0.test == mark.test }) {
                    if state == .refused { marks[known] = mark }
                } else {
                    marks.append(mark)
                }
            }
        }
        return marks
    }

    /// What the word of a driver or protocol means (LIS02: the driver's; HL7: MSA-1, or ORC-1 of ORL).
    private struct Word {
        var state: LaboratoryOrder.TestState?

        init(_ text: String) {
            switch text {
            case "unsent": state = nil
            case "sent": state = .sent
            case "accepted", "AA", "CA", "OK", "CR", "SC", "IP", "": state = .accepted
            default: state = .refused
            }
        }
    }
}
