import Contracts
import DICOM
import Imaging
import ImagingModel
import Store
import Synchronization
import Testing

/// The queue of images: one study at a time an association, retries that outlive the gateway, what a person does.
@Suite(.serialized) struct ForwardQueueTests {
    let site = ImagingTestSite()
    private var now: Int64 { site.clock.now().unix }

    private func claim(_ store: Store, _ limit: Int = 100) async throws -> [ForwardItem] {
        try await store.claimImages(destination: "pacs", limit: limit, now: now).items
    }

    @Test func studiesGoSideBySideAndInOrder() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        for number in 1...4 {
            try await running.store(Sample.image(number, study: "1.1"))
            try await running.store(Sample.image(number, study: "1.2"))
        }
        let first = try await claim(store, 3)
        let second = try await claim(store, 3)
        #expect(first.map(\.sopInstance) == (1...3).map { "1.1.1.\($0)" })
        #expect(Set(second.map(\.study)) == ["1.2"])
        #expect(try await claim(store).isEmpty)
        try await store.settleImages(first.map { ($0.id, .delivered(note: "")) }, now: now)
        #expect(try await claim(store).map(\.sopInstance) == ["1.1.1.4"])
        await running.node.stop()
    }

    @Test func retriesWaitAndOutliveTheGateway() async throws {
        var store = try site.openStore()
        let running = try await site.run(store)
        for number in 1...3 { try await running.store(Sample.image(number)) }
        var items = try await claim(store)
        let later = now + 60_000_000
        try await store.settleImages(
            [
                (items[0].id, .delivered(note: "")), (items[1].id, .retry(at: later, reason: "A700 no room")),
                (items[2].id, .dead(reason: "C000 not understood")),
            ], now: now)
        let (none, due) = try await store.claimImages(destination: "pacs", limit: 9, now: now)
        #expect(none.isEmpty && due == later)
        await running.node.stop()
        await store.close()
        store = try site.openStore()
        defer { store.closeBlocking() }
        let (still, dueAgain) = try await store.claimImages(destination: "pacs", limit: 9, now: now)
        #expect(still.isEmpty && dueAgain == later)
        site.clock.advance(seconds: 61)
        items = try await claim(store)
        #expect(items.map(\.attempts) == [1] && items.map(\.sopInstance) == ["\(Sample.study).1.2"])
        let delivery = try #require(try await store.reader.imageDeliveries().first)
        #expect(delivery.waiting == 1 && delivery.dead == 1 && delivery.delivered == 1)
    }

    @Test func whoWaitsIsWoken() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let wakes = Mutex(0)
        store.onImages(destination: "pacs") { wakes.withLock { $0 += 1 } }
        let before = wakes.withLock { $0 }
        try await running.store(Sample.image(1))
        #expect(wakes.withLock { $0 } > before)
        await running.node.stop()
    }

    @Test func aPersonSendsAgainOrGivesUp() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        for number in 1...2 { try await running.store(Sample.image(number)) }
        var items = try await claim(store)
        try await store.settleImages(
            [(items[0].id, .delivered(note: "")), (items[1].id, .dead(reason: "C000"))], now: now)
        let count = try await store.resendImages(
            study: Sample.study, destination: "pacs", onlyFailed: true, who: "li", note: "")
        #expect(count == 1)
        items = try await claim(store)
        #expect(items.map(\.sopInstance) == ["\(Sample.study).1.2"])
        try await store.settleImages([(items[0].id, .dead(reason: "C000"))], now: now)
        #expect(try await store.discardImages(study: Sample.study, destination: "pacs", who: "li", note: "") == 1)
        #expect(
            try await store.resendImages(
                study: Sample.study, destination: "pacs", onlyFailed: false, who: "li", note: "")
                == 2)
        #expect(try await claim(store).count == 2)
        await #expect(throws: StoreRefusal.self) {
            try await store.resendImages(study: "9", destination: "pacs", onlyFailed: true, who: "li", note: "")
        }
        await running.node.stop()
    }
}
