import Contracts
import ResultModel
import Store
import Testing

/// Resend, discard, release, and that a person cannot bring back what was replaced.
@Suite struct ActionTests {
    let site = TestSite()

    private func dead(_ store: Store, _ report: Report) async throws -> Int64 {
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, report))
        let now = site.clock.now().unix
        let item = try #require(try await store.claim(destination: "emr", limit: 1, now: now).items.first)
        try await store.settle([(item.id, .dead(reason: "AR: unknown patient"))], now: now)
        return item.id
    }

    @Test func aDeadLetterIsSentAgainUnderItsOwnId() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let item = try await dead(store, site.report("S1", [("GLU", "5")]))
        let row = try #require(try await store.reader.queue(QueueFilter()).first)
        #expect(row.state == .dead && row.note == "AR: unknown patient" && row.attempts == 1)
        #expect(try await store.resend(item: item, who: "zhang", note: "patient registered") == item)
        #expect(try await store.deliverAll(now: site.clock.now().unix).map(\.id) == [item])
        let note = try #require(try await store.reader.notes().first)
        #expect(
            note.who == "zhang" && note.action == "resend" && note.number == item && note.text == "patient registered")
    }

    @Test func aDeliveredItemIsSentAgainAsANewOne() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5")])))
        let first = try #require(try await store.deliverAll(now: site.clock.now().unix).first)
        let second = try await store.resend(item: first.id, who: "li", note: "")
        #expect(second != first.id)
        #expect(try await store.deliverAll(now: site.clock.now().unix).map(\.id) == [second])
        #expect(try await store.reader.report(first.report.id)?.deliveries.map(\.id) == [first.id, second])
    }

    @Test func aCorrectionMakesADeadLetterUnnecessary() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let item = try await dead(store, site.report("S1", [("GLU", "5")]))
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "6")])))
        var filter = QueueFilter()
        filter.states = [.superseded]
        #expect(try await store.reader.queue(filter).map(\.id) == [item])
        await #expect(throws: StoreRefusal.self) { try await store.resend(item: item, who: "li", note: "") }
    }

    @Test func aResendLeavesOutWhatWasReplaced() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let item = try await dead(store, site.report("S1", [("GLU", "5"), ("NA", "140")]))
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "6")])))
        try await store.resend(item: item, who: "li", note: "")
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        // In the order of their numbers, as everything of one specimen.
        #expect(posted.map { $0.report.observations.map(\.asSent.code) } == [["NA"], ["GLU"]])
    }

    @Test func aDiscardedItemIsNeverDelivered() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for specimen in ["S1", "S2"] {
            _ = try await store.put(site.unit(link, site.report(specimen, patient: "A", [("GLU", "5")])))
        }
        let now = site.clock.now().unix
        let first = try #require(try await store.claim(destination: "emr", limit: 9, now: now).items.first)
        // One under way, one waiting behind it.
        try await store.discard(item: first.id, who: "li", note: "wrong tube")
        try await store.settle([(first.id, .retry(at: now, reason: "no answer"))], now: now)
        let second = try #require(try await store.claim(destination: "emr", limit: 9, now: now).items.first)
        #expect(second.report.specimen.id == "S2")
        try await store.settle([(second.id, .retry(at: now, reason: "no answer"))], now: now)
        try await store.discard(item: second.id, who: "li", note: "")
        #expect(try await store.deliverAll(now: now + 1).isEmpty)
        await #expect(throws: StoreRefusal.self) { try await store.discard(item: second.id, who: "li", note: "") }
        await #expect(throws: StoreRefusal.self) { try await store.discard(item: 12_345, who: "li", note: "") }
    }

    @Test func aWaitingItemGoesAtOnceWhenAPersonAsks() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5")])))
        let now = site.clock.now().unix
        let item = try #require(try await store.claim(destination: "emr", limit: 1, now: now).items.first)
        try await store.settle([(item.id, .retry(at: now + 600_000_000, reason: "down"))], now: now)
        #expect(try await store.claim(destination: "emr", limit: 1, now: now).items.isEmpty)
        try await store.resend(item: item.id, who: "li", note: "")
        #expect(try await store.claim(destination: "emr", limit: 1, now: now).items.map(\.id) == [item.id])
    }

    @Test func aHeldReportIsReleasedToWhereItWouldHaveGone() async throws {
        var store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("S1", [("GLU", "5")])
        report.holds = [Hold(.rule, "first result of this patient")]
        let fate = try await store.put(site.unit(link, report, to: ["emr", "folder"]))
        await store.close()
        store = try site.open()
        defer { store.closeBlocking() }
        var held = ReportFilter()
        held.states = [.held]
        #expect(try await store.reader.results(held).map(\.report.id) == [fate.id])
        try await store.release(report: fate.id, who: "wang", note: "checked")
        #expect(try await store.deliverAll("emr", now: site.clock.now().unix).map(\.report.id) == [fate.id])
        #expect(try await store.deliverAll("folder", now: site.clock.now().unix).map(\.report.id) == [fate.id])
        #expect(try await store.reader.results(held).isEmpty)
        await #expect(throws: StoreRefusal.self) { try await store.release(report: fate.id, who: "wang", note: "") }
    }

    @Test func aReleaseNeverUndoesANewerResult() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("S1", [("GLU", "5"), ("NA", "140")])
        report.holds = [Hold(.rule, "look")]
        let fate = try await store.put(site.unit(link, report))
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "6")])))
        try await store.release(report: fate.id, who: "wang", note: "")
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        #expect(posted.first { $0.report.id == fate.id }?.report.observations.map(\.asSent.code) == ["NA"])
    }

    @Test func aHeldReportCanBeDiscarded() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("S1", [("GLU", "5")])
        report.holds = [Hold(.noOwner, "whose?")]
        let fate = try await store.put(site.unit(link, report))
        try await store.discard(report: fate.id, who: "wang", note: "test tube")
        #expect(try await store.reader.report(fate.id)?.state == .discarded)
        await #expect(throws: StoreRefusal.self) { try await store.release(report: fate.id, who: "wang", note: "") }
    }
}
