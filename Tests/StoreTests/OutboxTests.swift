import Contracts
import ResultModel
import Store
import Synchronization
import Testing

/// Claims, order, retries, dead letters.
@Suite struct OutboxTests {
    let site = TestSite()

    @Test func oneOfAPatientAtATimeAndOthersDoNotWait() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for (specimen, patient) in [("S1", "A"), ("S2", "A"), ("S3", "B")] {
            _ = try await store.put(site.unit(link, site.report(specimen, patient: patient, [("GLU", "5")])))
        }
        let now = site.clock.now().unix
        let first = try await store.claim(destination: "emr", limit: 10, now: now).items
        #expect(first.map(\.report.specimen.id) == ["S1", "S3"])
        #expect(try await store.claim(destination: "emr", limit: 10, now: now).items.isEmpty)
        try await store.settle([(first[1].id, .delivered(note: "AA"))], now: now)
        #expect(try await store.claim(destination: "emr", limit: 10, now: now).items.isEmpty)
        try await store.settle([(first[0].id, .retry(at: now + 5_000_000, reason: "busy"))], now: now)
        let (none, due) = try await store.claim(destination: "emr", limit: 10, now: now)
        #expect(none.isEmpty && due == now + 5_000_000)
        let again = try await store.claim(destination: "emr", limit: 10, now: now + 5_000_000).items
        #expect(again.map(\.id) == [first[0].id] && again.first?.attempts == 1)
        #expect(again.first?.createdAt == first[0].createdAt)
        // A dead letter does not hold up the patient's later results.
        try await store.settle([(first[0].id, .dead(reason: "AR"))], now: now)
        #expect(
            try await store.claim(destination: "emr", limit: 10, now: now).items.map(\.report.specimen.id) == ["S2"])
    }

    @Test func claimedItemsComeAgainAfterARestart() async throws {
        var store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for specimen in ["S1", "S2", "S3"] {
            _ = try await store.put(site.unit(link, site.report(specimen, patient: "P" + specimen, [("GLU", "5")])))
        }
        let now = site.clock.now().unix
        let before = try await store.claim(destination: "emr", limit: 10, now: now).items
        try await store.settle(
            [(before[0].id, .delivered(note: "AA")), (before[1].id, .retry(at: now + 9, reason: "x"))], now: now)
        await store.close()
        store = try site.open()
        defer { store.closeBlocking() }
        let after = try await store.claim(destination: "emr", limit: 10, now: now + 9).items
        #expect(Set(after.map(\.id)) == Set(before.dropFirst().map(\.id)))
        #expect(after.allSatisfy { $0.gateway == before[0].gateway })
        #expect(after.first { $0.id == before[1].id }?.attempts == 1)
        for item in after { #expect(item.report == before.first { $0.id == item.id }?.report) }
    }

    @Test func theDestinationIsWoken() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let waker = CountingWaker()
        store.onWork(destination: "emr") { waker.wake() }
        let before = waker.count
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5")]), to: ["folder"]))
        #expect(waker.count == before)
        _ = try await store.put(site.unit(link, site.report("S2", [("GLU", "5")]), to: ["emr", "folder"]))
        #expect(waker.count == before + 1)
    }

    @Test func orderHoldsForRandomOutcomes() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var random = SplitMix(7)
        var expected: [String: [String]] = [:]
        for number in 0..<200 {
            let patient = "P\(Int.random(in: 0..<12, using: &random))"
            expected[patient, default: []].append("S\(number)")
            _ = try await store.put(
                site.unit(link, site.report("S\(number)", patient: patient, [("GLU", "\(number)")])))
        }
        var now = site.clock.now().unix
        var delivered: [String: [String]] = [:]
        var rounds = 0
        while delivered.values.reduce(0, { $0 + $1.count }) < 200, rounds < 5_000 {
            rounds += 1
            now += 1_000
            let limit = Int.random(in: 1...9, using: &random)
            let (items, _) = try await store.claim(destination: "emr", limit: limit, now: now)
            var outcomes: [(item: Int64, outcome: DeliveryOutcome)] = []
            for item in items {
                if Bool.random(using: &random) {
                    delivered[item.report.patient?.id ?? "", default: []].append(item.report.specimen.id)
                    outcomes.append((item.id, .delivered(note: "")))
                } else {
                    outcomes.append(
                        (item.id, .retry(at: now + Int64.random(in: 0..<9_000, using: &random), reason: "no")))
                }
            }
            try await store.settle(outcomes.shuffled(using: &random), now: now)
        }
        #expect(delivered == expected)
    }
}

final class CountingWaker: Sendable {
    private let calls = Mutex(0)
    var count: Int { calls.withLock { $0 } }
    func wake() { calls.withLock { $0 += 1 } }
}
