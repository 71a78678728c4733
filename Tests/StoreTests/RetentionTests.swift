import Contracts
import Foundation
import ResultModel
import Store
import Testing

/// What is freed, what is kept, and that commits go on.
@Suite struct RetentionTests {
    let site = TestSite()
    private let day: Int64 = 86_400

    private func open(raw: Int64?, results: Int64?) throws -> Store {
        try site.open { $0.retention = StoreConfiguration.Retention(rawBytes: raw, results: results) }
    }

    /// The nth message of a conversation of messages of nine bytes.
    private func placed(_ unit: CommitUnit, _ number: UInt64) -> CommitUnit {
        var unit = unit
        unit.messages[0].start = number * 9
        unit.messages[0].end = number * 9 + 9
        return unit
    }

    @Test func oldIsFreedAndWhatWaitsIsKept() async throws {
        var store = try open(raw: 10 * day, results: 30 * day)
        let link = try await store.openConversation(device: "dev", peer: "p", at: site.clock.now().unix)
        for number in 0..<UInt64(40) {
            let destinations = number == 5 ? ["down"] : ["emr"]
            let unit = placed(site.unit(link, site.report("S\(number)", [("GLU", "5")]), to: destinations), number)
            _ = try await store.put(unit)
        }
        var held = site.report("H", [("GLU", "5")])
        held.holds = [Hold(.rule, "look")]
        let heldID = try await store.put(placed(site.unit(link, held), 40)).id
        _ = try await store.deliverAll(now: site.clock.now().unix)

        site.clock.advance(seconds: 11 * day)
        let fresh = try await store.put(placed(site.unit(link, site.report("NEW", [("GLU", "5")])), 41)).id
        var summary = try await store.retain()
        #expect(summary.messages == 0)
        // 41 old rows; two messages keep theirs and the row after it.
        #expect(summary.journalRows == 41 - 3)
        let messages = try await store.reader.messages(MessageFilter())
        let bytes = try await messages.asyncMap { try await store.reader.message($0.id)?.entries.count ?? -1 }
        #expect(messages.count == 42 && bytes.filter { $0 > 0 }.count >= 3)

        site.clock.advance(seconds: 20 * day)
        summary = try await store.retain()
        #expect(summary.messages == 39 && summary.kept == 2)
        let left = try await store.reader.results(ReportFilter())
        #expect(Set(left.map(\.report.specimen.id)) == ["NEW", "H", "S5"])
        #expect(try await store.reader.verify().problems.isEmpty)
        let waiting = try #require(left.first { $0.report.specimen.id == "S5" })
        #expect(try await store.reader.message(waiting.message)?.entries.isEmpty == false)
        try await store.release(report: heldID, who: "li", note: "")
        #expect(try await store.deliverAll(now: site.clock.now().unix).map(\.report.id).sorted() == [heldID, fresh])
        #expect(try await store.deliverAll("down", now: site.clock.now().unix).count == 1)

        // Everything goes, and no number comes again.
        site.clock.advance(seconds: 40 * day)
        summary = try await store.retain()
        #expect(try await store.reader.results(ReportFilter()).isEmpty)
        await store.close()
        store = try open(raw: nil, results: nil)
        defer { store.closeBlocking() }
        let next = try await store.openConversation(device: "dev", peer: "p", at: site.clock.now().unix)
        #expect(try await store.put(site.unit(next, site.report("LAST", [("GLU", "5")]))).id == fresh + 1)
    }

    @Test func theTailOfAnOpenConversationIsKept() async throws {
        let store = try open(raw: day, results: 30 * day)
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var unit = CommitUnit(device: "dev", conversation: link)
        unit.journal = [JournalEntry(.received, unix: site.clock.now().unix, bytes: [1])]
        unit.isIdle = true
        _ = try await store.commit(unit)
        unit.isIdle = false
        unit.journal[0].bytes = [2]
        _ = try await store.commit(unit)
        site.clock.advance(seconds: 5 * day)
        #expect(try await store.retain().journalRows == 1)
        await store.close()
        let again = try site.open()
        defer { again.closeBlocking() }
        #expect(try await again.unfinishedConversations().first?.tail.map(\.bytes) == [[2]])
        #expect(try await again.unfinishedConversations().first?.offset == 1)
    }

    @Test func spaceGoesBackAndCommitsGoOn() async throws {
        let store = try open(raw: 8 * day, results: 8 * day)
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var traffic = SyntheticTraffic(5)
        let start = site.clock.now().unix
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4_000 {
                let unit = traffic.unit(link, device: "dev", at: start)
                group.addTask { _ = try await store.commit(unit) }
            }
            try await group.waitForAll()
        }
        var items: [OutboxItem] = []
        repeat {
            items = try await store.claim(destination: "emr", limit: 500, now: start).items
            try await store.settle(items.map { ($0.id, .delivered(note: "")) }, now: start)
        } while !items.isEmpty
        site.clock.advance(seconds: 9 * day)
        let pass = Task { try await store.retain() }
        var commits = 0
        while commits < 50 {
            _ = try await store.commit(traffic.unit(link, device: "dev", at: site.clock.now().unix))
            commits += 1
        }
        let summary = try await pass.value
        #expect(summary.messages == 4_000 && summary.journalRows == 4_000 && summary.pages > 500)
        #expect(summary.slices > 1)
        await store.close()
        let path = StoreConfiguration.database(in: site.folder)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        #expect(size < 2_500_000)
        #expect(try await StoreReader(folder: site.folder).verify().problems.isEmpty)
    }

    @Test func twoBytesAreStoredForOneReceived() async throws {
        let store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var traffic = SyntheticTraffic(6)
        var received = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2_000 {
                let unit = traffic.unit(link, device: "dev", at: site.clock.now().unix)
                received += unit.journal[0].bytes.count
                group.addTask { _ = try await store.commit(unit) }
            }
            try await group.waitForAll()
        }
        await store.close()
        var stored = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: site.folder) {
            stored += try FileManager.default.attributesOfItem(atPath: site.folder + "/" + name)[.size] as? Int ?? 0
        }
        let ratio = Double(stored) / Double(received)
        #expect(ratio < 2, "\(ratio) bytes stored for a byte received")
    }
}

extension Array {
    func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
