import Contracts
import Dispatch
import Orders
import ResultModel
import Store
import Testing

@Suite("Laboratory orders in the store")
struct LaboratoryOrderTests {
    private func order(
        _ placer: String, _ specimen: String, patient: String = "P1", _ codes: [String],
        action: LaboratoryOrder.Action = .new
    ) -> LaboratoryOrder {
        var order = LaboratoryOrder()
        order.placer = placer
        order.specimenID = specimen
        order.patient.id = patient
        order.tests = codes.map { LaboratoryOrder.Test(code: $0) }
        order.action = action
        return order
    }

    private func states(_ store: Store, _ specimen: String) async throws -> [String: LaboratoryOrder.TestState] {
        var states: [String: LaboratoryOrder.TestState] = [:]
        for order in try await store.orders(specimen: specimen) {
            for test in order.tests { states[test.code] = test.state }
        }
        return states
    }

    @Test("An import twice is an import once; add-on tests join; cancelling leaves results alone")
    func importing() async throws {
        let site = TestSite()
        let store = try site.open()
        var summary = try await store.put(laboratory: [order("PL1", "00123", ["GLU", "K"])])
        #expect(summary.added == 2 && summary.known == 0)
        summary = try await store.put(laboratory: [order("PL1", "00123", ["GLU", "K"])])
        #expect(summary.added == 0 && summary.known == 2)
        try await store.put(laboratory: [order("PL1", "00123", ["NA"], action: .add)])
        #expect(try await states(store, "00123").count == 3)
        #expect(try await store.orders(specimen: "123").isEmpty, "zeros count")
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        _ = try await store.put(site.unit(conversation, site.report("00123", [("GLU", "5.3")])))
        #expect(try await store.cancelLaboratoryOrder(placer: "PL1", specimen: "", test: "", who: "a", note: "") == 2)
        #expect(try await states(store, "00123") == ["GLU": .resulted, "K": .cancelled, "NA": .cancelled])
        await #expect(throws: StoreRefusal.self) {
            try await store.cancelLaboratoryOrder(placer: "PL1", specimen: "", test: "", who: "a", note: "")
        }
        await store.close()
        let again = try site.open()
        #expect(try await states(again, "00123")["GLU"] == .resulted)
        await again.close()
    }

    @Test("A result marks its test and no other: by specimen, patient, code, value and state")
    func resulted() async throws {
        let site = TestSite()
        let store = try site.open()
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        try await store.put(laboratory: [order("PL1", "S1", ["GLU", "K", "CBC"]), order("PL2", "S2", ["GLU"])])
        func put(_ report: Report) async throws { _ = try await store.put(site.unit(conversation, report)) }
        try await put(site.report("S1", patient: "P2", [("GLU", "1")]))
        try await put(site.report("S1", [("K", "4.1")], status: .preliminary))
        try await put(site.report("S1", [("GLU", "1")], qc: true))
        #expect(Set(try await states(store, "S1").values) == [.registered])
        try await put(site.report("S1", patient: "P1", [("GLU", "5.3")]))
        #expect(try await states(store, "S1") == ["GLU": .resulted, "K": .registered, "CBC": .registered])
        #expect(try await states(store, "S2") == ["GLU": .registered])
        // What the device was given under another code, it answers under that.
        let panel = try #require(try await store.orders(specimen: "S1").first?.tests.first { $0.code == "CBC" })
        var unit = CommitUnit(device: "dev", conversation: conversation)
        unit.orders = [OrderMark(test: panel.number, state: .accepted, answeredBy: ["WBC", "RBC"])]
        _ = try await store.commit(unit)
        #expect(try await states(store, "S1")["CBC"] == .accepted)
        try await put(site.report("S1", patient: "P1", [("WBC", "6.1")], time: "2024-09-10T11:00:00"))
        #expect(try await states(store, "S1")["CBC"] == .resulted)
        await store.close()
    }

    @Test("A test that a device has is not moved to another specimen; one that nobody has is")
    func moving() async throws {
        let store = try TestSite().open()
        try await store.put(laboratory: [order("PL1", "S1", ["GLU", "K"])])
        try await store.put(laboratory: [order("PL1", "S2", ["GLU"])])
        #expect(try await states(store, "S1") == ["K": .registered])
        let test = try #require(try await store.orders(specimen: "S2").first?.tests.first)
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        var unit = CommitUnit(device: "dev", conversation: conversation)
        unit.orders = [OrderMark(test: test.number, state: .accepted)]
        _ = try await store.commit(unit)
        await #expect(throws: StoreRefusal.self) { try await store.put(laboratory: [order("PL1", "S3", ["GLU"])]) }
        #expect(try await store.orders(specimen: "S3").isEmpty, "a refused import leaves nothing")
        await store.close()
    }

    @Test("A specimen of two patients: a result that names none of them answers neither's test")
    func ambiguousResult() async throws {
        let site = TestSite()
        let store = try site.open()
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        try await store.put(laboratory: [order("PL1", "S1", ["GLU"]), order("PL2", "S1", patient: "P2", ["K"])])
        _ = try await store.put(site.unit(conversation, site.report("S1", [("GLU", "5.3")])))
        #expect(Set(try await states(store, "S1").values) == [.registered])
        _ = try await store.put(site.unit(conversation, site.report("S1", patient: "P1", [("GLU", "5.4")])))
        #expect(try await states(store, "S1") == ["GLU": .resulted, "K": .registered])
        await store.close()
    }

    @Test(
        "Of two devices that may be sent a test, one gets it, also after a restart; a refusal elsewhere changes nothing"
    )
    func claiming() async throws {
        let site = TestSite()
        var store = try site.open()
        try await store.put(laboratory: [order("PL1", "S1", ["GLU", "K"])])
        let tests = try await store.orders(specimen: "S1").flatMap(\.tests).map(\.number)
        #expect(try await store.claim(tests, device: "a"))
        #expect(try await !store.claim(Array(tests.prefix(1)), device: "b"))
        #expect(try await store.ordersToSend(device: "b", limit: 10).isEmpty)
        await store.close()
        store = try site.open()
        #expect(try await store.ordersToSend(device: "a", limit: 10).count == 1)
        #expect(try await store.claim(tests, device: "a"))
        func mark(_ device: String, _ state: LaboratoryOrder.TestState) async throws {
            let conversation = try await store.openConversation(device: device, peer: "p", at: 0)
            var unit = CommitUnit(device: device, conversation: conversation)
            unit.orders = tests.map { OrderMark(test: $0, state: state, note: "why") }
            _ = try await store.commit(unit)
        }
        try await mark("a", .accepted)
        #expect(try await !store.claim(tests, device: "a"), "what it has it is not sent")
        try await mark("b", .refused)
        #expect(Set(try await states(store, "S1").values) == [.accepted])
        // Cancelled before it went out: not claimed, whatever was read before.
        try await store.put(laboratory: [order("PL2", "S2", ["NA"])])
        let other = try await store.orders(specimen: "S2").flatMap(\.tests).map(\.number)
        try await store.cancelLaboratoryOrder(placer: "PL2", specimen: "", test: "", who: "a", note: "")
        #expect(try await !store.claim(other, device: "a"))
        await store.close()
    }

    @Test("What is to be sent, and what is to be taken back")
    func sending() async throws {
        let store = try TestSite().open()
        try await store.put(laboratory: [order("PL1", "S1", ["GLU"]), order("PL2", "S2", ["K"])])
        let all = try await store.ordersToSend(device: "dev", limit: 10)
        #expect(all.map(\.specimenID) == ["S1", "S2"])
        let first = try #require(all.first?.number)
        #expect(try await store.ordersToSend(device: "dev", after: first, limit: 10).map(\.specimenID) == ["S2"])
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        let test = try #require(try await store.orders(specimen: "S1").first?.tests.first)
        func mark(_ state: LaboratoryOrder.TestState?) async throws {
            var unit = CommitUnit(device: "dev", conversation: conversation)
            unit.orders = [OrderMark(test: test.number, state: state)]
            _ = try await store.commit(unit)
        }
        try await mark(.accepted)
        #expect(try await store.ordersToSend(device: "dev", limit: 10).map(\.specimenID) == ["S2"])
        try await store.cancelLaboratoryOrder(placer: "PL1", specimen: "S1", test: "GLU", who: "a", note: "")
        #expect(try await store.ordersToSend(device: "dev", limit: 10).map(\.specimenID) == ["S1", "S2"])
        #expect(try await store.ordersToSend(device: "other", limit: 10).map(\.specimenID) == ["S2"])
        try await mark(nil)
        #expect(try await store.ordersToSend(device: "dev", limit: 10).map(\.specimenID) == ["S2"])
        #expect(try await states(store, "S1") == ["GLU": .cancelled])
        await store.close()
    }

    @Test("Whoever asks for orders does not wait for the writer")
    func besideTheWriter() async throws {
        let site = TestSite()
        let store = try site.open()
        try await store.put(laboratory: [order("PL1", "S1", ["GLU"])])
        let conversation = try await store.openConversation(device: "dev", peer: "p", at: 0)
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let isWriterFree = Flag()
        // The writer calls back on its own queue after the commit: held there, it writes nothing more.
        store.commit(site.unit(conversation, site.report("S9", [("GLU", "1")]))) { _ in
            entered.signal()
            release.wait()
            isWriterFree.set()
        }
        await Task.detached { entered.waitBlocking() }.value
        let orders = try await store.orders(specimen: "S1")
        #expect(orders.count == 1)
        #expect(!isWriterFree.isSet, "the answer came while the writer was held")
        release.signal()
        await store.close()
        #expect(isWriterFree.isSet)
    }

    @Test("Old orders go with old results")
    func retention() async throws {
        let site = TestSite()
        let store = try site.open { $0.retention = .init(rawBytes: nil, results: 86_400 * 30, images: nil) }
        try await store.put(laboratory: [order("PL1", "S1", ["GLU"])])
        site.clock.advance(seconds: 86_400 * 20)
        try await store.put(laboratory: [order("PL2", "S2", ["GLU"])])
        site.clock.advance(seconds: 86_400 * 20)
        try await store.retain()
        #expect(try await store.orders(specimen: "S1").isEmpty)
        #expect(try await store.orders(specimen: "S2").count == 1)
        await store.close()
    }
}

extension DispatchSemaphore {
    fileprivate func waitBlocking() { wait() }
}

private final class Flag: @unchecked Sendable {
    private let queue = DispatchQueue(label: "flag")
    private var value = false
    func set() { queue.sync { value = true } }
    var isSet: Bool { queue.sync { value } }
}
