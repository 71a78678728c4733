import DriverWire
import JSONText

/// Decides what one device is given: pure, from the question, the orders in the store, and the profile's rules.
///
/// Nothing is guessed. A specimen whose open orders are of several patients is held back whole, whoever asks.
public struct OrderPlanner: Sendable {
    /// The device's id.
    public let device: String
    /// Its rules.
    public let rules: OrderRules
    private let map: OrderTestMap

    /// A planner for one device.
    public init(device: String, rules: OrderRules, map: OrderTestMap) {
        self.device = device
        self.rules = rules
        self.map = map
    }

    /// What a question is about.
    public enum Subject: Sendable, Equatable {
        /// Nothing: the device takes a question back, or gets no orders.
        case nothing
        /// One specimen.
        case specimen(String)
        /// All specimens of a patient.
        case patient(String)
        /// All that waits.
        case all
    }

    /// What has to be looked up for a question.
    public func subject(of query: DeviceMessage.Query) -> Subject {
        // LIS02-A2 Q.13: the last request is taken back.
        if query.status == "A" || !rules.download.answersQueries { return .nothing }
        if !query.specimenID.isEmpty { return .specimen(query.specimenID) }
        return query.patientID.isEmpty ? .all : .patient(query.patientID)
    }

    /// The answer to a question, from the orders looked up for its subject. A device that asks always gets one, be it that
    /// nothing is ordered; only to a question that was taken back nothing is said.
    public func answer(_ query: DeviceMessage.Query, _ orders: [LaboratoryOrder]) -> OrderPlan {
        var plan = OrderPlan()
        if query.status == "A" { return plan }
        for (specimen, orders) in Self.bySpecimen(orders) where plan.submissions.count < rules.mostSpecimens {
            let timed = query.specimenID.isEmpty ? orders.filter { Self.isWithin(query, $0) } : orders
            guard !timed.isEmpty else { continue }
            add(specimen, orders, asked: Set(query.tests).subtracting(["ALL"]), token: query.token, to: &plan)
        }
        if plan.submissions.isEmpty { plan.submissions.append(nothing(query)) }
        return plan
    }

    /// What is to be sent unasked: tests that no device has, and those taken back that this device has.
    public func download(_ orders: [LaboratoryOrder]) -> OrderPlan {
        var plan = OrderPlan()
        guard rules.download.isPushed else { return plan }
        for (specimen, orders) in Self.bySpecimen(orders) {
            cancel(specimen, orders, in: &plan)
            let isWaiting = orders.contains { $0.tests.contains { $0.state == .registered } }
            if isWaiting { add(specimen, orders, asked: [], token: "", onlyRegistered: true, to: &plan) }
        }
        return plan
    }

    /// The answer that nothing is ordered.
    public func nothing(_ query: DeviceMessage.Query) -> OrderSubmission {
        let json = JSONValue.object([
            "specimen_id": .string(query.specimenID), "patient": .object(["id": .string(query.patientID)]),
            "tests": .array([]), "known": .bool(false), "token": .string(query.token),
        ])
        return OrderSubmission(json: json.serialized(), specimen: query.specimenID)
    }

    // MARK: One specimen

    private func add(
        _ specimen: String, _ all: [LaboratoryOrder], asked: Set<String>, token: String, onlyRegistered: Bool = false,
        to plan: inout OrderPlan
    ) {
        let open = all.filter { $0.tests.contains { $0.state.isOpen } }
        guard let patient = (open.isEmpty ? all : open).last?.patient else { return }
        let others = (open.isEmpty ? all : open).filter { $0.patient.contradicts(patient) }
        guard others.isEmpty else {
            let ids = Set(open.map(\.patient.id)).sorted().joined(separator: ", ")
            let text =
                "specimen \(specimen): open orders of more than one patient (\(ids)); nothing is given to any device until"
                + " one is cancelled or corrected (hilum orders list --laboratory --specimen \(specimen))"
            plan.problems.append(OrderPlan.Problem(specimen: specimen, text: text))
            return
        }
        var items: [OrderSubmission.Item] = []
        var chosen: [LaboratoryOrder] = []
        for order in all where !order.patient.contradicts(patient) && isFor(order) {
            let before = items.count
            for test in order.tests where isGiven(test, onlyRegistered) {
                take(test, of: specimen, asked, into: &items, &plan)
            }
            if items.count > before { chosen.append(order) }
        }
        guard !items.isEmpty else { return }
        let isAddition = all.contains { $0.tests.contains { $0.device == device && $0.state != .registered } }
        let json = json(specimen, patient, chosen, items, token: token, action: token.isEmpty ? isAddition ? "A" : "N" : "")
        plan.submissions.append(OrderSubmission(json: json, specimen: specimen, items: items))
    }

    private func take(
        _ test: LaboratoryOrder.Test, of specimen: String, _ asked: Set<String>,
        into items: inout [OrderSubmission.Item], _ plan: inout OrderPlan
    ) {
        switch map.meaning(of: test.code) {
        case .notHere: return
        case .ambiguous(let codes):
            let text =
                "specimen \(specimen): test \(test.code) is not given to \(device), whose codes \(codes.joined(separator: ", "))"
                + " all mean it: say which under orders: tests: in its profile"
            plan.problems.append(OrderPlan.Problem(specimen: specimen, text: text))
        case .give(let meaning):
            let codes = asked.isEmpty ? meaning.send : meaning.send.filter(asked.contains)
            let known = Set(items.map(\.code))
            guard known.union(codes).count <= rules.mostTests else {
                let text =
                    "specimen \(specimen): \(device) takes \(rules.mostTests) tests at most; \(test.code) was not given"
                plan.problems.append(OrderPlan.Problem(specimen: specimen, text: text))
                return
            }
            let results = meaning.results.isEmpty ? meaning.send : meaning.results
            items += codes.map { OrderSubmission.Item(code: $0, test: test.number, answeredBy: results) }
        }
    }

    /// Tests that were cancelled after this device took them.
    private func cancel(_ specimen: String, _ orders: [LaboratoryOrder], in plan: inout OrderPlan) {
        for order in orders {
            var items: [OrderSubmission.Item] = []
            for test in order.tests where test.state == .cancelled && test.device == device {
                guard case .give(let meaning) = map.meaning(of: test.code) else { continue }
                items += meaning.send.map { OrderSubmission.Item(code: $0, test: test.number, answeredBy: []) }
            }
            guard !items.isEmpty else { continue }
            let json = json(specimen, order.patient, [order], items, token: "", action: "C")
            plan.submissions.append(
                OrderSubmission(json: json, specimen: specimen, items: items, isCancellation: true))
        }
    }

    private func isFor(_ order: LaboratoryOrder) -> Bool { order.devices.isEmpty || order.devices.contains(device) }

    private func isGiven(_ test: LaboratoryOrder.Test, _ onlyRegistered: Bool) -> Bool {
        if onlyRegistered { return test.state == .registered }
        return test.state.isOpen || (rules.give == .all && test.state == .resulted)
    }

    private func json(
        _ specimen: String, _ patient: LaboratoryOrder.Patient, _ orders: [LaboratoryOrder],
        _ items: [OrderSubmission.Item], token: String, action: String
    ) -> [UInt8] {
        var told = JSONObject()
        for field in rules.patient {
            switch field {
            case .id: told["id"] = .string(patient.id)
            case .name: told["name"] = .string(patient.name)
            case .birthDate: told["birth_date"] = .string(patient.birthDate)
            case .sex: told["sex"] = .string(patient.sex)
            }
        }
        var codes: [String] = []
        for item in items where !codes.contains(item.code) { codes.append(item.code) }
        let priority: LaboratoryOrder.Priority =
            orders.contains { $0.priority == .stat } ? .stat : orders.contains { $0.priority == .asap } ? .asap : .routine
        let placers = Set(orders.map(\.placer))
        let type = orders.last { !$0.specimenType.isEmpty }?.specimenType ?? ""
        var object: JSONObject = [
            "specimen_id": .string(specimen), "patient": .object(told), "tests": .strings(codes),
            "priority": .string(priority.letter), "known": .bool(true),
        ]
        if !type.isEmpty { object["specimen_type"] = .string(rules.specimens[type] ?? type) }
        // One record tells of all; which of several orders it is would be a guess.
        if placers.count == 1, let placer = placers.first { object["placer_id"] = .string(placer) }
        if !action.isEmpty { object["action"] = .string(action) }
        if !token.isEmpty { object["token"] = .string(token) }
        return JSONValue.object(object).serialized()
    }

    // MARK: Choosing

    private static func bySpecimen(_ orders: [LaboratoryOrder]) -> [(String, [LaboratoryOrder])] {
        var places: [String: Int] = [:]
        var groups: [(String, [LaboratoryOrder])] = []
        for order in orders {
            if let place = places[order.specimenID] {
                groups[place].1.append(order)
            } else {
                places[order.specimenID] = groups.count
                groups.append((order.specimenID, [order]))
            }
        }
        return groups
    }

    /// Whether an order is of the time asked about. One that tells no time is of any.
    private static func isWithin(_ query: DeviceMessage.Query, _ order: LaboratoryOrder) -> Bool {
        let time = order.collectedAt.isEmpty ? order.orderedAt : order.collectedAt
        if time.isEmpty { return true }
        // ISO 8601 orders as text; what is written to fewer places stands for all of the day or hour.
        if !query.from.isEmpty, time.prefix(query.from.count) < query.from.prefix(time.count) { return false }
        return query.to.isEmpty || time.prefix(query.to.count) <= query.to.prefix(time.count)
    }
}
