import DriverWire
import JSONText
import Testing

@testable import Orders

@Suite("What a device is given")
struct OrderPlannerTests {
    private let known = [
        (code: "GLU", loinc: "2345-7", local: "B-GLU"), (code: "K", loinc: "2823-3", local: ""),
        (code: "K2", loinc: "2823-3", local: ""), (code: "WBC", loinc: "6690-2", local: ""),
    ]

    private func planner(_ change: (inout OrderRules) -> Void = { _ in }) -> OrderPlanner {
        var rules = OrderRules()
        rules.tests = ["CBC": OrderRules.Test(send: ["DIFF"], results: ["WBC"]), "HBA1C": OrderRules.Test(send: [])]
        change(&rules)
        return OrderPlanner(device: "d1", rules: rules, map: OrderTestMap(rules, known: known))
    }

    private func order(
        _ specimen: String, patient: String = "P1", _ codes: [String], placer: String = "PL1",
        state: LaboratoryOrder.TestState = .registered
    ) -> LaboratoryOrder {
        var order = LaboratoryOrder()
        order.placer = placer
        order.specimenID = specimen
        order.patient.id = patient
        order.tests = codes.enumerated().map { place, code in
            var test = LaboratoryOrder.Test(code: code)
            test.number = Int64(place) + 1
            test.state = state
            return test
        }
        return order
    }

    private func query(_ specimen: String, tests: [String] = []) -> DeviceMessage.Query {
        var query = DeviceMessage.Query()
        query.specimenID = specimen
        query.tests = tests
        query.token = "T"
        return query
    }

    private func tests(_ submission: OrderSubmission?) -> [String]? {
        guard let submission, let json = try? JSONValue(parsing: submission.json) else { return nil }
        return json["tests"]?.array?.compactMap(\.string)
    }

    @Test("LOINC, local and own codes become the device's; others' tests are left out; panels are expanded")
    func mapping() throws {
        let plan = planner().answer(query("007"), [order("007", ["2345-7", "CBC", "HBA1C", "1988-5", "WBC"])])
        #expect(tests(plan.submissions.first) == ["GLU", "DIFF", "WBC"])
        #expect(plan.problems.isEmpty)
        let json = try JSONValue(parsing: try #require(plan.submissions.first).json)
        #expect(json["specimen_id"]?.string == "007")
        #expect(json["token"]?.string == "T")
        #expect(json["known"]?.bool == true)
        #expect(plan.submissions.first?.items.first { $0.code == "DIFF" }?.answeredBy == ["WBC"])
        #expect(tests(planner().answer(query("1"), [order("1", ["B-GLU"])]).submissions.first) == ["GLU"])
    }

    @Test("LOINC codes listed as a device's own stand back before its own words for them")
    func listedLOINC() {
        let both = [(code: "1742-6", loinc: "1742-6", local: ""), (code: "ALT", loinc: "1742-6", local: "")]
        let alone = [(code: "1742-6", loinc: "1742-6", local: "")]
        #expect(OrderTestMap(OrderRules(), known: both).meaning(of: "1742-6") == .give(OrderRules.Test(send: ["ALT"])))
        #expect(
            OrderTestMap(OrderRules(), known: alone).meaning(of: "1742-6") == .give(OrderRules.Test(send: ["1742-6"])))
        #expect(OrderTestMap(OrderRules(), known: alone).meaning(of: "X") == .notHere)
        var listed = OrderRules()
        listed.fromCodes = false
        #expect(OrderTestMap(listed, known: both).meaning(of: "ALT") == .notHere)
    }

    @Test("A code that two of the device's codes mean is not guessed")
    func ambiguous() {
        let plan = planner().answer(query("1"), [order("1", ["2345-7", "2823-3"])])
        #expect(tests(plan.submissions.first) == ["GLU"])
        #expect(plan.problems.first?.text.contains("K, K2 all mean it") == true)
    }

    @Test("Two patients under one specimen id: nothing is given, a person is told")
    func twoPatients() {
        let orders = [order("1", patient: "P1", ["GLU"]), order("1", patient: "P2", ["GLU"], placer: "PL2")]
        let plan = planner().answer(query("1"), orders)
        #expect(plan.submissions.map(\.items) == [[]])
        #expect(tests(plan.submissions.first) == [])
        #expect(plan.problems.first?.text.contains("more than one patient (P1, P2)") == true)
        var pushed = planner { $0.download = .push }.download(orders)
        #expect(pushed.submissions.isEmpty && pushed.problems.count == 1)
        // What was finished long ago under a number that came round again is nobody's any more.
        pushed = planner().answer(
            query("1"), [order("1", patient: "P1", ["GLU"], state: .resulted), order("1", patient: "P2", ["GLU"])])
        #expect(tests(pushed.submissions.first) == ["GLU"] && pushed.problems.isEmpty)
        var born = order("1", ["K"], placer: "PL2")
        born.patient.birthDate = "1980-02-29"
        var other = order("1", ["GLU"])
        other.patient.birthDate = "1980-02-28"
        #expect(planner().answer(query("1"), [born, other]).problems.count == 1)
    }

    @Test("Nothing ordered, nothing open, another device's: the device hears that nothing is ordered")
    func negative() {
        var elsewhere = order("1", ["GLU"])
        elsewhere.devices = ["d2"]
        for orders in [
            [], [order("1", ["GLU"], state: .resulted)], [order("1", ["GLU"], state: .cancelled)], [elsewhere],
        ] {
            let plan = planner().answer(query("1"), orders)
            #expect(plan.submissions.count == 1 && tests(plan.submissions.first) == [])
        }
        let all = planner { $0.give = .all }.answer(query("1"), [order("1", ["GLU"], state: .resulted)])
        #expect(tests(all.submissions.first) == ["GLU"])
    }

    @Test("A question taken back gets no answer; a question about tests gets those")
    func kinds() {
        var taken = query("1")
        taken.status = "A"
        #expect(planner().answer(taken, [order("1", ["GLU"])]).submissions.isEmpty)
        #expect(planner().subject(of: taken) == .nothing)
        #expect(planner().subject(of: query("")) == .all)
        let some = planner().answer(query("1", tests: ["WBC"]), [order("1", ["GLU", "WBC"])])
        #expect(tests(some.submissions.first) == ["WBC"])
    }

    @Test("What is held is not said to be nothing; each test has a number that stays")
    func heldAndNumbered() throws {
        let held = planner().answer(query("1"), [order("1", patient: "P1", ["GLU"]), order("1", patient: "P2", ["K"])])
        #expect(held.submissions.first?.content["error"]?.string?.contains("more than one patient") == true)
        #expect(planner().answer(query("1"), []).submissions.first?.content["error"] == nil)
        let push = planner { $0.download = .push }
        #expect(push.subject(of: query("1")) == .nothing)
        #expect(push.answer(query("1"), []).submissions.first?.content["error"] != nil)
        let plan = planner().answer(query("1"), [order("1", ["GLU", "CBC"])])
        #expect(plan.submissions.first?.content["test_numbers"]?.array?.compactMap(\.string) == ["1", "2"])
        let some = planner().answer(query("1", tests: ["DIFF"]), [order("1", ["GLU", "CBC"])])
        #expect(some.submissions.first?.content["test_numbers"]?.array?.compactMap(\.string) == ["2"])
    }

    @Test("A test on its way to another device is not sent to this one as well, but given when it asks")
    func claimed() {
        let push = planner { $0.download = .both }
        var order = order("1", ["GLU", "WBC"])
        order.tests[0].device = "d2"
        #expect(push.download([order]).submissions.map { tests($0) } == [["WBC"]])
        #expect(tests(push.answer(query("1"), [order]).submissions.first) == ["GLU", "WBC"])
        order.tests[0].device = "d1"
        #expect(push.download([order]).submissions.map { tests($0) } == [["GLU", "WBC"]])
    }

    @Test("A range holds what lies between two ids written alike; else only the first was asked about")
    func ranges() {
        func asked(_ first: String, _ last: String) -> DeviceMessage.Query {
            var query = query(first)
            query.lastSpecimenID = last
            return query
        }
        let orders = ["A1", "A5", "A9", "A10", "B5", "5", "12", "007"].map { order($0, ["GLU"]) }
        func told(_ first: String, _ last: String) -> [String] {
            planner().answer(asked(first, last), orders).submissions.map(\.specimen)
        }
        #expect(planner().subject(of: asked("A1", "A9")) == .all)
        #expect(told("A1", "A9") == ["A1", "A5", "A9"])
        #expect(told("2", "12") == ["5", "12"])
        #expect(told("001", "010") == ["007"])
        #expect(planner().subject(of: asked("A1", "A10")) == .specimen("A1"))
        #expect(planner().answer(asked("X1", "X9"), orders).submissions.map(\.items) == [[]])
    }

    @Test("No more specimens than a device takes, and a person is told")
    func most() {
        let few = planner { $0.mostSpecimens = 2 }
        let plan = few.answer(query(""), ["1", "2", "3"].map { order($0, ["GLU"]) })
        #expect(plan.submissions.count == 2 && plan.problems.count == 1)
    }

    @Test("All specimens of a time, one submission each")
    func range() {
        var (early, late) = (order("1", ["GLU"]), order("2", ["GLU"], placer: "PL2"))
        early.collectedAt = "2026-11-22T09:00"
        late.collectedAt = "2026-11-23T23:30"
        var all = query("")
        #expect(planner().answer(all, [early, late]).submissions.map(\.specimen) == ["1", "2"])
        all.from = "2026-11-23T00:00:00"
        all.to = "2026-11-23"
        #expect(planner().answer(all, [early, late]).submissions.map(\.specimen) == ["2"])
        all.to = "2026-11-23T12:00"
        #expect(planner().answer(all, [early, late]).submissions.map(\.items) == [[]])
    }

    @Test("Unasked: only what no device has; what is cancelled at this device is taken back")
    func download() throws {
        let push = planner { $0.download = .push }
        var mixed = order("1", ["GLU", "WBC", "CBC"])
        mixed.tests[0].state = .accepted
        mixed.tests[0].device = "d1"
        mixed.tests[2].state = .cancelled
        mixed.tests[2].device = "d1"
        let plan = push.download([mixed])
        #expect(plan.submissions.map { tests($0) } == [["DIFF"], ["WBC"]])
        let actions = try plan.submissions.map { try JSONValue(parsing: $0.json)["action"]?.string }
        #expect(actions == ["C", "A"])
        #expect(plan.submissions.map(\.isCancellation) == [true, false])
        #expect(planner().download([mixed]).submissions.isEmpty)
        #expect(push.concerns(mixed) && !push.concerns(order("1", ["HBA1C", "1988-5"])))
    }
}
