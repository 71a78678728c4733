import Contracts
import DeviceProfile
import DriverWire
import Orders

/// Gives one device its orders: looks them up, has them planned, and tells a person what was held back.
struct OrderDesk: Sendable {
    private let planner: OrderPlanner
    private let book: any OrderBook
    private let alarms: any AlarmSink
    /// Specimens looked at for one download: the rest follows when these are settled.
    private static let mostAtOnce = 200

    init(device: String, profile: DeviceProfile, book: any OrderBook, alarms: any AlarmSink) {
        let known = profile.codes.exact.compactMap { code, rule -> (code: String, loinc: String, local: String)? in
            guard rule.report, rule.role == nil || rule.role == .result else { return nil }
            return (code, rule.loinc, rule.local)
        }
        planner = OrderPlanner(
            device: device, rules: profile.orders, map: OrderTestMap(profile.orders, known: known))
        self.book = book
        self.alarms = alarms
    }

    /// What is said to a device that asks.
    func answer(_ message: DeviceMessage) async -> [OrderSubmission] {
        var submissions: [OrderSubmission] = []
        for query in message.queries {
            do {
                let orders = try await orders(for: query)
                submissions += told(planner.answer(query, orders), asked: query.specimenID).submissions
            } catch {
                // That nothing is ordered may only be said when it is known.
                raise(query.specimenID, "a query cannot be answered, orders cannot be read: \(error)")
            }
        }
        return submissions
    }

    /// What is to be sent unasked.
    func download() async -> [OrderSubmission] {
        do {
            // Whole specimens: who else has orders on one decides whether it may be sent.
            var orders: [LaboratoryOrder] = []
            var seen: Set<String> = []
            for order in try await book.ordersToSend(device: planner.device, limit: Self.mostAtOnce)
            where seen.insert(order.specimenID).inserted {
                orders += try await book.orders(specimen: order.specimenID)
            }
            return told(planner.download(orders), asked: "").submissions
        } catch {
            raise("", "orders cannot be read: \(error)")
            return []
        }
    }

    private func orders(for query: DeviceMessage.Query) async throws -> [LaboratoryOrder] {
        switch planner.subject(of: query) {
        case .nothing: return []
        case .specimen(let id): return try await book.orders(specimen: id)
        case .patient(let id):
            return try await whole(try await book.openOrders(patient: id, limit: planner.rules.mostSpecimens))
        case .all: return try await whole(try await book.openOrders(limit: planner.rules.mostSpecimens * 4))
        }
    }

    /// All orders of the specimens of these: another patient's on the same specimen holds it back.
    private func whole(_ orders: [LaboratoryOrder]) async throws -> [LaboratoryOrder] {
        var all: [LaboratoryOrder] = []
        var seen: Set<String> = []
        for order in orders where seen.insert(order.specimenID).inserted {
            all += try await book.orders(specimen: order.specimenID)
        }
        return all
    }

    private func told(_ plan: OrderPlan, asked specimen: String) -> OrderPlan {
        for problem in plan.problems { raise(problem.specimen, problem.text) }
        if !specimen.isEmpty, plan.problems.isEmpty {
            alarms.clear(subject: planner.device, kind: Self.kind(specimen), text: "the orders are clear")
        }
        return plan
    }

    private func raise(_ specimen: String, _ text: String) {
        alarms.raise(subject: planner.device, kind: Self.kind(specimen), text: text)
    }

    private static func kind(_ specimen: String) -> String { specimen.isEmpty ? "orders" : "orders \(specimen)" }
}
