import Contracts
import Foundation
import ResultModel
import Store
import Synchronization
import Testing

/// Units, their order, conversations that a crash left.
@Suite struct JournalTests {
    let site = TestSite()

    @Test func completionsComeInOrderAndOneBadUnitFailsAlone() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let told = Told()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            for number in 0..<300 {
                // Every seventh unit names a conversation that was never opened.
                let conversation = number % 7 == 3 ? 9_999 : link
                let unit = site.unit(conversation, site.report("S\(number)", [("GLU", "5")]))
                store.commit(unit) { result in
                    told.add(number, isStored: (try? result.get()) != nil)
                    if number == 299 { continuation.resume() }
                }
            }
        }
        #expect(told.numbers == Array(0..<300))
        #expect(told.stored == (0..<300).filter { $0 % 7 != 3 })
        var filter = ReportFilter()
        filter.limit = 1_000
        let specimens = try await store.reader.results(filter).reversed().map(\.report.specimen.id)
        #expect(specimens == told.stored.map { "S\($0)" })
    }

    @Test func aBadUnitSaysWhy() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        await #expect(throws: StoreFault.self) {
            _ = try await store.commit(site.unit(77, site.report("S", [("GLU", "5")])))
        }
    }

    @Test func theTailOfAConversationIsFoundAgain() async throws {
        var store = try site.open()
        let (first, second, third) = (
            try await store.openConversation(device: "dev", peer: "a", at: 1),
            try await store.openConversation(device: "dev", peer: "b", at: 1),
            try await store.openConversation(device: "dev", peer: "c", at: 1)
        )
        var idle = CommitUnit(device: "dev", conversation: first)
        idle.journal = [JournalEntry(.received, unix: 5, bytes: [1, 2, 3]), JournalEntry(.sent, unix: 6, bytes: [6])]
        idle.isIdle = true
        _ = try await store.commit(idle)
        var open = CommitUnit(device: "dev", conversation: first)
        open.journal = [JournalEntry(.received, unix: 7, bytes: [4, 5])]
        _ = try await store.commit(open)
        open.journal = [JournalEntry(.sent, unix: 9, bytes: [6]), JournalEntry(.received, unix: 8, bytes: [7])]
        _ = try await store.commit(open)
        idle.conversation = second
        _ = try await store.commit(idle)
        open.conversation = third
        _ = try await store.commit(open)
        try await store.closeConversation(third, at: 10)
        await store.close()

        store = try site.open()
        let unfinished = try await store.unfinishedConversations()
        #expect(unfinished.map(\.id) == [first])
        #expect(unfinished.first?.offset == 3)
        #expect(
            unfinished.first?.tail == [
                JournalEntry(.received, unix: 7, bytes: [4, 5]), JournalEntry(.sent, unix: 9, bytes: [6]),
                JournalEntry(.received, unix: 8, bytes: [7]),
            ])
        // The replay settles it: nothing is left for the next start.
        var settled = CommitUnit(device: "dev", conversation: first)
        settled.isIdle = true
        settled.messages = site.unit(first, site.report("S1", [("GLU", "5")])).messages
        settled.messages[0].start = 3
        settled.messages[0].end = 6
        _ = try await store.commit(settled)
        let detail = try #require(try await store.reader.message(1))
        #expect(detail.entries.map(\.bytes) == [[4, 5], [6], [7]])
        await store.close()
        store = try site.open()
        defer { store.closeBlocking() }
        #expect(try await store.unfinishedConversations().isEmpty)
    }

    @Test func aSecondGatewayIsRefused() async throws {
        let store = try site.open()
        #expect(throws: StoreFault.self) { try site.open() }
        do { _ = try site.open() } catch let fault as StoreFault {
            #expect(fault.code == .locked && fault.text.contains("process \(getpid())"))
        }
        await store.close()
        try await site.open().close()
    }

    @Test func whatIsHandedInBeforeTheEndIsKeptAndLaterIsRefused() async throws {
        let store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let told = Told()
        for number in 0..<100 {
            store.commit(site.unit(link, site.report("S\(number)", [("GLU", "5")]))) { result in
                told.add(number, isStored: (try? result.get()) != nil)
            }
        }
        await store.close()
        #expect(told.stored.count == 100)
        await #expect(throws: StoreFault.self) { _ = try await store.openConversation(device: "dev", peer: "p", at: 1) }
        let reader = try StoreReader(folder: site.folder)
        #expect(try await reader.verify().problems.isEmpty)
        #expect(try await reader.devices().map(\.results) == [100])
    }

    @Test func numbersAreNeverGivenTwiceAndTheGatewayKeepsItsName() async throws {
        var names: Set<String> = []
        var ids: Set<Int64> = []
        for round in 0..<3 {
            let store = try site.open()
            names.insert(store.gateway)
            let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
            ids.insert(try await store.put(site.unit(link, site.report("S\(round)", [("GLU", "5")]))).id)
            await store.close()
        }
        #expect(names.count == 1 && ids.count == 3)
        let name = try #require(names.first)
        #expect(name.count == 4 && name.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) })
    }
}

/// What completions told, in order.
final class Told: Sendable {
    private let all = Mutex<[(number: Int, isStored: Bool)]>([])
    func add(_ number: Int, isStored: Bool) { all.withLock { $0.append((number, isStored)) } }
    var numbers: [Int] { all.withLock { $0.map(\.number) } }
    var stored: [Int] { all.withLock { $0.filter(\.isStored).map(\.number) } }
}
