import Contracts
import ResultModel
import Store
import Testing

/// Corrections that a person sends after a replay: to the same places, under the same names, never to another chart.
@Suite struct CorrectionTests {
    let site = TestSite()

    private func right(_ report: Report, _ change: (inout Report) -> Void) -> Report {
        var right = report
        right.profileRevision = "newer"
        change(&right)
        return right
    }

    @Test func aCorrectionGoesWhereTheReportWent() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let report = site.report("S1", patient: "P1", [("GLU", "5.1"), ("UREA", "3.3")])
        let first = try await store.put(site.unit(link, report, to: ["emr", "copy"]))
        let number = try await store.correct(
            report: first.id, with: right(report) { $0.observations[0].value = .text("51") }, who: "me", note: "unit")
        let row = try #require(try await store.reader.report(number))
        #expect(row.state == .stored && row.repeats == first.id)
        #expect(row.report.status == .corrected && row.report.receivedAt == report.receivedAt)
        #expect(row.report.observations.map(\.status) == [.corrected, .final])
        #expect(row.report.observations.map(\.replacesEarlier) == [true, false])
        #expect(row.deliveries.map(\.destination) == ["emr", "copy"])
        #expect(try await store.reader.notes().first?.action == "correct")
        // Its bytes are those of the message corrected.
        let detail = try #require(try await store.reader.message(row.message))
        #expect(detail.message.kind == Store.correctionKind)
        #expect(detail.entries.filter { $0.direction == .received }.flatMap(\.bytes) == Array("raw bytes".utf8))
        #expect(try await store.reader.corrections().flatMap(\.reports).map(\.report.id) == [number])
        // Both go out, the correction after what it corrects.
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        #expect(posted.filter { $0.report.id == first.id }.isEmpty == false)
        #expect(posted.last?.report.id == number)
        // The device's own repetition of the old words is a repeat; the first report cannot be corrected any more.
        let again = try await store.put(site.unit(link, report))
        #expect(again.repeats == number)
        await #expect(throws: StoreRefusal.self) {
            try await store.correct(
                report: first.id, with: right(report) { $0.observations[0].value = .text("52") }, who: "me", note: "")
        }
        // The correction itself can.
        let next = try await store.correct(
            report: number, with: right(report) { $0.observations[0].value = .text("53") }, who: "me", note: "again")
        #expect(next > number)
    }

    @Test func whatCouldReachAnotherChartIsRefused() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let report = site.report("S1", patient: "P1", [("GLU", "5.1"), ("UREA", "3.3")])
        let first = try await store.put(site.unit(link, report))
        let changes: [@Sendable (inout Report) -> Void] = [
            { $0.specimen.id = "S2" }, { $0.patient?.id = "P2" }, { $0.patient = nil }, { $0.device = "other" },
            { $0.patient?.alternateIDs = ["P3"] }, { $0.specimen.isRunningNumber = true }, { $0.isQC = true },
            { $0.order.placerID = "9" }, { $0.holds = [Hold(.rule, "")] }, { $0.observations.removeLast() },
            { $0.observations.swapAt(0, 1) }, { $0.observations[0].asSent.code = "G" },
            { $0.observations[0].loinc = Coding(system: Coding.loinc, code: "1-8") },
            { $0.observations[0].localCode = "L" }, { $0.observations[0].run = "2" },
            { $0.observations[0].role = .raw }, { $0.observations[0].status = .preliminary }, { _ in },
        ]
        for (place, change) in changes.enumerated() {
            let wrong = right(report) {
                if place < changes.count - 1 { $0.observations[0].value = .text("51") }
                change(&$0)
            }
            await #expect(throws: StoreRefusal.self, "\(place)") {
                try await store.correct(report: first.id, with: wrong, who: "me", note: "")
            }
        }
        #expect(try await store.reader.results(ReportFilter()).count == 1)
        #expect(try await store.reader.messages(MessageFilter()).count == 1)
        #expect(try await store.reader.notes().isEmpty)
        // After all these refusals the store still stores.
        #expect(try await store.put(site.unit(link, site.report("S9", [("GLU", "5")]))).repeats == nil)
    }

    @Test func whatWasNotGivenOutOrWasReplacedIsNotCorrected() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        func refuses(_ id: Int64, _ report: Report) async {
            await #expect(throws: StoreRefusal.self) {
                try await store.correct(
                    report: id, with: right(report) { $0.observations[0].value = .text("51") }, who: "me", note: "")
            }
        }
        var held = site.report("S1", [("GLU", "5.1")])
        held.holds = [Hold(.rule, "look")]
        await refuses(try await store.put(site.unit(link, held)).id, site.report("S1", [("GLU", "5.1")]))
        let nowhere = site.report("S2", [("GLU", "5.1")])
        await refuses(try await store.put(site.unit(link, nowhere, to: [])).id, nowhere)
        let old = site.report("S3", [("GLU", "5.1")])
        let first = try await store.put(site.unit(link, old))
        _ = try await store.put(site.unit(link, site.report("S3", [("GLU", "6.0")])))
        await refuses(first.id, old)
        await refuses(999, old)
        // Where a person decided that it does not go, its correction does not go either.
        let discarded = site.report("S4", [("GLU", "5.1")])
        let fate = try await store.put(site.unit(link, discarded, to: ["emr"]))
        try await store.discard(item: fate.id << 8, who: "me", note: "no")
        await refuses(fate.id, discarded)
    }
}

/// Reading conversations for a replay.
@Suite struct ReplayReadingTests {
    let site = TestSite()

    @Test func conversationsRowsAndTheirMessages() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let one = try await store.openConversation(device: "dev", peer: "p", at: 1_000)
        let two = try await store.openConversation(device: "other", peer: "p", at: 2_000)
        for number in 0..<6 {
            let link = number % 2 == 0 ? one : two
            var unit = site.unit(link, site.report("S\(number)", [("GLU", "5")]))
            let before = UInt64(number / 2 * 9)
            unit.messages[0].start = before
            unit.messages[0].end = before + 9
            unit.isIdle = number < 4
            _ = try await store.put(unit)
            site.clock.advance(seconds: 10)
        }
        try await store.closeConversation(two, at: site.clock.now().unix)
        let reader = store.reader
        var filter = ConversationFilter()
        filter.device = "other"
        #expect(try await reader.conversations(filter).map(\.id) == [two])
        filter.device = nil
        filter.until = 2_000
        #expect(try await reader.conversations(filter).map(\.id) == [one])
        filter.until = nil
        filter.since = site.clock.now().unix + 1
        #expect(try await reader.conversations(filter).map(\.id) == [one], "it goes on")
        let rows = try await reader.journal(of: one, after: 0)
        #expect(rows.map(\.start) == [0, 9, 18] && rows.map(\.end) == [9, 18, 27])
        #expect(rows.map(\.isIdle) == [true, true, false])
        #expect(try await reader.journal(of: one, after: rows[2].id).isEmpty)
        for (index, row) in rows.enumerated() {
            let messages = try await reader.messages(of: one, rows: row.id...row.id)
            #expect(messages.flatMap(\.reports).map(\.report.specimen.id) == ["S\(index * 2)"])
            #expect(try await !reader.mayMissMessages(ofRow: row.id))
        }
        #expect(try await reader.messages(of: two, rows: 0...Int64.max).count == 3)
        #expect(try await reader.idleRow(of: one, before: .max) == rows[1].id)
        #expect(try await reader.idleRow(of: one, beforeByte: 0) == 0)
        #expect(try await reader.idleRow(of: one, beforeByte: 9) == rows[0].id)
        #expect(try await reader.idleRow(of: one, beforeByte: 20) == rows[1].id)
        var all = MessageFilter()
        #expect(try await reader.countResultMessages(all, until: nil) == 6)
        all.device = "dev"
        #expect(try await reader.countResultMessages(all, until: nil) == 3)
        #expect(try await reader.countResultMessages(all, until: 5) == 0)
    }

    @Test func afterRetentionWhatIsMissingIsKnown() async throws {
        let store = try site.open {
            $0.retention.results = 30 * 86_400
            $0.retention.rawBytes = 30 * 86_400
        }
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var held = site.report("H1", [("GLU", "5")])
        held.holds = [Hold(.rule, "look")]
        for number in 0..<4 {
            let report = number == 1 ? held : site.report("S\(number)", [("GLU", "5")])
            var unit = site.unit(link, report, to: [])
            unit.messages[0].start = UInt64(number * 9)
            unit.messages[0].end = UInt64(number * 9 + 9)
            _ = try await store.put(unit)
            if number == 2 { site.clock.advance(seconds: 60 * 86_400) }
        }
        _ = try await store.retain()
        let reader = store.reader
        let kept = try await reader.messages(MessageFilter()).map(\.id).sorted()
        #expect(kept == [2, 4], "the held one and the new one")
        let rows = try await reader.journal(of: link, after: 0)
        // The rows of the held message stay, and one more for its acknowledgement: of the messages of that one nothing is kept.
        #expect(rows.map(\.id) == [2, 3, 4])
        #expect(try await reader.mayMissMessages(ofRow: 3))
        #expect(try await reader.messages(of: link, rows: 3...3).isEmpty)
        #expect(try await reader.messages(of: link, rows: 4...4).map(\.message.id) == [4])
        #expect(rows.first?.start == 9, "what is before is known to be gone")
    }
}
