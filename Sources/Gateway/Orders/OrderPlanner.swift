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
        /// All that waits, of a time or a range of specimens or not.
        case all
    }

    /// What has to be looked up for a question.
    public func subject(of query: DeviceMessage.Query) -> Subject {
        // LIS02-A2 Q.13: the last request is taken back.
        if query.status == "A" || !rules.download.answersQueries { return .nothing }
        if !query.specimenID.isEmpty { return SpecimenRange(query) == nil ? .specimen(query.specimenID) : .all }
        return query.patientID.isEmpty ? .all : .patient(query.patientID)
    }

    /// The answer to a question, from the orders looked up for its subject. A device that asks always gets one, be it that
    /// nothing is ordered, or that it cannot be said; only to a question that was taken back nothing is said.
    public func answer(_ query: DeviceMessage.Query, _ orders: [LaboratoryOrder]) -> OrderPlan {
        var plan = OrderPlan()
        if query.status == "A" { return plan }
        let isOne = subject(of: query) == .specimen(query.specimenID)
        let range = SpecimenRange(query)
        let asked = Set(query.tests).subtracting(["ALL"])
        for (specimen, orders) in Self.bySpecimen(orders) where range?.contains(specimen) ?? true {
            guard isOne || orders.contains(where: { Self.isWithin(query, $0) }) else { continue }
            guard plan.submissions.count < rules.mostSpecimens else {
                let text =
                    "\(device) asked for more than \(rules.mostSpecimens) specimens at once (orders: most_specimens); the others"
                    + " were not told to it"
                plan.problems.append(OrderPlan.Problem(specimen: "", text: text))
                break
            }
            add(specimen, orders, asked: asked, token: query.token, to: &plan)
        }
        if plan.submissions.isEmpty {
            // What is held back is not said to be nothing.
            let held = isOne ? plan.problems.first(where: \.isHeldWhole)?.text : nil
            let unasked = rules.download == .push ? "\(device) is sent its orders unasked (orders: download)" : nil
            plan.submissions.append(nothing(query, error: held ?? unasked))
        }
        return plan
    }

    /// Whether an order holds something to send to the device, as far as it tells by itself.
    public func concerns(_ order: LaboratoryOrder) -> Bool {
        order.tests.contains { test in
            if test.state == .cancelled { return test.device == device }
            return isFor(order) && isGiven(test, true) && map.meaning(of: test.code) != .notHere
        }
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

    /// The answer that nothing is ordered, or, with an error, that it cannot be said.
    public func nothing(_ query: DeviceMessage.Query, error: String? = nil) -> OrderSubmission {
        var json: JSONObject = [
            "specimen_id": .string(query.specimenID), "patient": .object(["id": .string(query.patientID)]),
            "tests": .array([]), "known": .bool(false), "token": .string(query.token),
        ]
        if let error { json["error"] = .string(error) }
        return OrderSubmission(content: json, specimen: query.specimenID)
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
            plan.problems.append(OrderPlan.Problem(specimen: specimen, text: text, isHeldWhole: true))
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
        let action = token.isEmpty ? isAddition ? "A" : "N" : ""
        let content = content(specimen, patient, chosen, items, token: token, action: action)
        plan.submissions.append(OrderSubmission(content: content, specimen: specimen, items: items))
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
            let given = self.items(test, meaning).filter { asked.isEmpty || asked.contains($0.code) }
            let codes = given.map(\.code)
            let known = Set(items.map(\.code))
            guard known.union(codes).count <= rules.mostTests else {
                let text =
                    "specimen \(specimen): \(device) takes \(rules.mostTests) tests at most; \(test.code) was not given"
                plan.problems.append(OrderPlan.Problem(specimen: specimen, text: text))
                return
            }
            items += given
        }
    }

    /// A code given to the device for each that the test stands for, with a number that stays the same.
    private func items(_ test: LaboratoryOrder.Test, _ meaning: OrderRules.Test) -> [OrderSubmission.Item] {
        let results = meaning.results.isEmpty ? meaning.send : meaning.results
        return meaning.send.enumerated().map { place, code in
            let number = meaning.send.count == 1 ? "\(test.number)" : "\(test.number).\(place + 1)"
            return OrderSubmission.Item(code: code, test: test.number, number: number, answeredBy: results)
        }
    }

    /// Tests that were cancelled after this device took them.
    private func cancel(_ specimen: String, _ orders: [LaboratoryOrder], in plan: inout OrderPlan) {
        for order in orders {
            var items: [OrderSubmission.Item] = []
            for test in order.tests where test.state == .cancelled && test.device == device {
                guard case .give(let meaning) = map.meaning(of: test.code) else { continue }
                items += self.items(test, meaning)
            }
            guard !items.isEmpty else { continue }
            let content = content(specimen, order.patient, [order], items, token: "", action: "C")
            plan.submissions.append(
                OrderSubmission(content: content, specimen: specimen, items: items, isCancellation: true))
        }
    }

    private func isFor(_ order: LaboratoryOrder) -> Bool { order.devices.isEmpty || order.devices.contains(device) }

    private func isGiven(_ test: LaboratoryOrder.Test, _ onlyRegistered: Bool) -> Bool {
        // One that waits and has a device is on its way to that.
        if onlyRegistered { return test.state == .registered && (test.device.isEmpty || test.device == device) }
        return test.state.isOpen || (rules.give == .all && test.state == .resulted)
    }

    private func content(
        _ specimen: String, _ patient: LaboratoryOrder.Patient, _ orders: [LaboratoryOrder],
        _ items: [OrderSubmission.Item], token: String, action: String
    ) -> JSONObject {
        var told = JSONObject()
        for field in rules.patient {
            switch field {
            case .id: told["id"] = .string(patient.id)
            case .name: told["name"] = .string(patient.name)
            case .birthDate: told["birth_date"] = .string(patient.birthDate)
            case .sex: told["sex"] = .string(patient.sex)
            }
        }
        var (codes, numbers) = ([String](), [String]())
        for item in items where !codes.contains(item.code) {
            codes.append(item.code)
            numbers.append(item.number)
        }
        let priority: LaboratoryOrder.Priority =
            orders.contains { $0.priority == .stat }
            ? .stat : orders.contains { $0.priority == .asap } ? .asap : .routine
        let placers = Set(orders.map(\.placer))
        let type = orders.last { !$0.specimenType.isEmpty }?.specimenType ?? ""
        var object: JSONObject = [
            "specimen_id": .string(specimen), "patient": .object(told), "tests": .strings(codes),
            "test_numbers": .strings(numbers), "priority": .string(priority.letter), "known": .bool(true),
        ]
        if !type.isEmpty { object["specimen_type"] = .string(rules.specimens[type] ?? type) }
        // One record tells of all; which of several orders it is would be a guess.
        if placers.count == 1, let placer = placers.first { object["placer_id"] = .string(placer) }
        if !action.isEmpty { object["action"] = .string(action) }
        if !token.isEmpty { object["token"] = .string(token) }
        return object
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

/// Specimens from one to another. Only where both ends are written alike is it known what lies between.
struct SpecimenRange {
    private let first: [UInt8]
    private let last: [UInt8]
    private let areNumbers: Bool

    /// Nil: the question names one specimen, or none.
    init?(_ query: DeviceMessage.Query) {
        (first, last) = (Array(query.specimenID.utf8), Array(query.lastSpecimenID.utf8))
        guard !first.isEmpty, !last.isEmpty else { return nil }
        let isPlain = Self.isNumber(first) && Self.isNumber(last)
        areNumbers = isPlain && first[0] != 0x30 && last[0] != 0x30
        guard areNumbers || first.count == last.count else { return nil }
    }

    func contains(_ specimen: String) -> Bool {
        let id = Array(specimen.utf8)
        if areNumbers {
            return Self.isNumber(id) && id[0] != 0x30 && !Self.isLess(id, first) && !Self.isLess(last, id)
        }
        return id.count == first.count && !id.lexicographicallyPrecedes(first) && !last.lexicographicallyPrecedes(id)
    }

    private static func isNumber(_ id: [UInt8]) -> Bool { !id.isEmpty && id.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }

    private static func isLess(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count ? one.lexicographicallyPrecedes(other) : one.count < other.count
    }
}
