import Contracts
import DeviceProfile
import DriverWire
import Logging
import Orders

/// Gives one device its orders: looks them up, has them planned, and tells a person what was held back.
struct OrderDesk: Sendable {
    private let planner: OrderPlanner
    private let book: any OrderBook
    private let alarms: any AlarmSink
    private let log = Logger(label: "hilum.orders")
    /// Specimens looked at for one download: the rest follows when these are settled.
    private static let mostAtOnce = 200
    /// Orders looked at for a question about all.
    private static let mostOpen = 5_000

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

    /// What is said to a device that asks: reads on a connection of its own, never behind the writer.
    func answer(_ message: DeviceMessage) async -> [OrderSubmission] {
        var submissions: [OrderSubmission] = []
        // What stands at a place of a rack nobody here knows.
        let isAboutPlaces = message.orders.contains { !$0.rack.isEmpty || !$0.position.isEmpty }
        for query in message.queries {
            if isAboutPlaces, query.specimenID.isEmpty, query.patientID.isEmpty {
                submissions.append(planner.nothing(query))
                continue
            }
            do {
                let orders = try await orders(for: query)
                let plan = planner.answer(query, orders)
                tell(plan, asked: query)
                noteUnlisted(orders, plan)
                submissions += plan.submissions
            } catch {
                // That nothing is ordered may only be said when it is known.
                let text = "orders cannot be read: \(error)"
                alarms.raise(subject: planner.device, kind: "orders", text: "a query was not answered, \(text)")
                submissions.append(planner.nothing(query, error: text))
            }
        }
        // The driver is to know which is the last: some devices take all answers in one message.
        for place in submissions.indices.dropLast() { submissions[place].isFollowed = true }
        return submissions
    }

    /// Open tests, and none that the profile knows: mostly they are another analyser's, but not always.
    private func noteUnlisted(_ orders: [LaboratoryOrder], _ plan: OrderPlan) {
        guard plan.problems.isEmpty, plan.submissions.allSatisfy(\.items.isEmpty) else { return }
        let open = orders.filter { $0.devices.isEmpty || $0.devices.contains(planner.device) }
            .flatMap { order in order.tests.filter(\.state.isOpen).map { (order.specimenID, $0.code) } }
        guard let specimen = open.first?.0 else { return }
        let codes = open.prefix(20).map(\.1).joined(separator: ", ")
        log.notice(
            """
            a device asked, and none of the open tests is known to its profile; if they are this device's, list them \
            under orders: tests:, or set orders: unlisted: send
            """,
            metadata: ["device": "\(planner.device)", "specimen": "\(specimen)", "tests": "\(codes)"])
    }

    /// What is to be sent unasked.
    func download() async -> [OrderSubmission] {
        do {
            var orders: [LaboratoryOrder] = []
            var seen: Set<String> = []
            var last: Int64 = 0
            // What waits for other devices must not keep this one's from being seen.
            while seen.count < Self.mostAtOnce {
                let page = try await book.ordersToSend(
                    device: planner.device, after: last, limit: Self.mostAtOnce)
                guard let end = page.last?.number else { break }
                last = end
                // Whole specimens: who else has orders on one decides whether it may be sent.
                for order in page where planner.concerns(order) && seen.insert(order.specimenID).inserted {
                    orders += try await book.orders(specimen: order.specimenID)
                }
            }
            let plan = planner.download(orders)
            let held = Set(plan.problems.map(\.specimen))
            for specimen in seen where !held.contains(specimen) { clear(Self.kind(specimen)) }
            if plan.problems.isEmpty {
                clear("orders")
            } else {
                alarms.raise(
                    subject: planner.device, kind: "orders",
                    text: plan.problems.prefix(5).map(\.text).joined(separator: "; "))
            }
            return plan.submissions
        } catch {
            alarms.raise(subject: planner.device, kind: "orders", text: "orders cannot be read: \(error)")
            return []
        }
    }

    /// Whether an order may go out: what was read may have changed since.
    func claim(_ submission: OrderSubmission) async -> Bool {
        if submission.isCancellation { return true }
        do {
            return try await book.claim(Array(Set(submission.items.map(\.test))), device: planner.device)
        } catch {
            alarms.raise(subject: planner.device, kind: "orders", text: "orders cannot be marked as sent: \(error)")
            return false
        }
    }

    private func orders(for query: DeviceMessage.Query) async throws -> [LaboratoryOrder] {
        switch planner.subject(of: query) {
        case .nothing: return []
        case .specimen(let id): return try await book.orders(specimen: id)
        case .patient(let id):
            // All orders of the specimens: another patient's on the same specimen holds it back.
            var all: [LaboratoryOrder] = []
            var seen: Set<String> = []
            for order in try await book.openOrders(patient: id, limit: Self.mostAtOnce)
            where seen.insert(order.specimenID).inserted {
                all += try await book.orders(specimen: order.specimenID)
            }
            return all
        // All that is open is all that decides.
        case .all: return try await book.openOrders(limit: Self.mostOpen)
        }
    }

    private func tell(_ plan: OrderPlan, asked query: DeviceMessage.Query) {
        guard planner.subject(of: query) == .specimen(query.specimenID) else {
            for problem in plan.problems {
                alarms.raise(subject: planner.device, kind: Self.kind(problem.specimen), text: problem.text)
            }
            return
        }
        let kind = Self.kind(query.specimenID)
        if plan.problems.isEmpty { return clear(kind) }
        alarms.raise(
            subject: planner.device, kind: kind, text: plan.problems.map(\.text).joined(separator: "; "))
    }

    private func clear(_ kind: String) {
        alarms.clear(subject: planner.device, kind: kind, text: "the orders are clear")
    }

    private static func kind(_ specimen: String) -> String { specimen.isEmpty ? "orders" : "orders \(specimen)" }
}
