import Contracts
import ResultModel
import Store
import Testing

/// Resends, corrections, late preliminary results (DESIGN.md section 1.4).
@Suite struct ResendTests {
    let site = TestSite()

    @Test func aResendIsKeptAndNotPosted() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let report = site.report("S1", [("GLU", "5.1"), ("UREA", "3.3")])
        let first = try await store.put(site.unit(link, report))
        var again = report
        again.controlID = "another"
        site.clock.advance(seconds: 90)
        let second = try await store.put(site.unit(link, again))
        #expect(first.repeats == nil && second.repeats == first.id && !second.corrects)
        #expect(try await store.deliverAll(now: site.clock.now().unix).map(\.report.id) == [first.id])
    }

    @Test func aDifferingValueCorrects() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1"), ("UREA", "3.3")])))
        let fate = try await store.put(site.unit(link, site.report("S1", [("GLU", "6.0"), ("UREA", "3.3")])))
        #expect(fate.corrects && fate.repeats == nil)
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        #expect(posted.count == 2)
        let observations = try #require(posted.last?.report.observations)
        #expect(observations.map(\.replacesEarlier) == [true, false])
        #expect(observations.map(\.status) == [.corrected, .final])
        #expect(posted.last?.report.status == .corrected)
    }

    @Test func theSameValueMeasuredLaterIsNewer() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        let fate = try await store.put(
            site.unit(link, site.report("S1", [("GLU", "5.1")], time: "2024-09-10T11:00:00")))
        #expect(fate.corrects)
    }

    @Test func anOldBatchDoesNotUndoACorrection() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let old = site.report("S1", [("GLU", "5.1")])
        let first = try await store.put(site.unit(link, old))
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "6.0")], time: "2024-09-10T11:00:00")))
        #expect(try await store.put(site.unit(link, old)).repeats == first.id)
    }

    @Test func finalNeverGoesBackToPreliminary() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        let late = site.report("S1", [("GLU", "4.9")], status: .preliminary, time: "2024-09-10T09:59:00")
        let fate = try await store.put(site.unit(link, late))
        #expect(fate.repeats == nil && !fate.corrects)
        var mixed = late
        mixed.observations += site.report("S1", [("NA", "140")]).observations
        _ = try await store.put(site.unit(link, mixed))
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        #expect(posted.map { $0.report.observations.map(\.asSent.code) } == [["GLU"], ["NA"]])
        #expect(posted.last?.report.status == .final)
    }

    @Test func preliminaryThenFinalIsNoCorrection() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")], status: .preliminary)))
        let fate = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.2")])))
        #expect(!fate.corrects && fate.repeats == nil)
    }

    @Test func moreCodesAreANewReport() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        let fate = try await store.put(site.unit(link, site.report("S1", [("NA", "140")])))
        #expect(!fate.corrects && fate.repeats == nil)
        #expect(try await store.deliverAll(now: site.clock.now().unix).count == 2)
    }

    @Test func runsAreToldApart() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        var rerun = site.report("S1", [("GLU", "5.4")])
        rerun.observations[0].run = "2"
        #expect(try await !store.put(site.unit(link, rerun)).corrects)
    }

    @Test(arguments: [(3_600, true), (86_400, false)] as [(Int64, Bool)])
    func aRunningNumberCountsForADay(seconds: Int64, isRepeat: Bool) async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("1", [("GLU", "5.1")])
        report.specimen.isRunningNumber = true
        _ = try await store.put(site.unit(link, report))
        site.clock.advance(seconds: seconds)
        report.receivedAt = site.clock.now().unix
        #expect((try await store.put(site.unit(link, report)).repeats != nil) == isRepeat)
    }

    @Test(arguments: [(6 * 86_400, true), (8 * 86_400, false)] as [(Int64, Bool)])
    func theWindowIsAWeek(seconds: Int64, isRepeat: Bool) async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for (specimen, digest) in [("S1", UInt64(0)), ("", 99)] {
            let report = site.report(specimen, [("GLU", "5.1")])
            _ = try await store.put(site.unit(link, report, digest: digest))
            site.clock.advance(seconds: seconds)
            var again = report
            again.receivedAt = site.clock.now().unix
            #expect((try await store.put(site.unit(link, again, digest: digest)).repeats != nil) == isRepeat)
        }
    }

    @Test func anotherDeviceOrPatientIsAnotherMatter() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let other = try await store.openConversation(device: "dev2", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", patient: "A", [("GLU", "5.1")])))
        #expect(try await store.put(site.unit(link, site.report("S1", patient: "B", [("GLU", "5.1")]))).repeats == nil)
        var elsewhere = site.report("S1", patient: "A", [("GLU", "5.1")])
        elsewhere.device = "dev2"
        #expect(try await store.put(site.unit(other, elsewhere, device: "dev2")).repeats == nil)
    }

    @Test func aResendThatNamesThePatientIsPosted() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        #expect(try await store.put(site.unit(link, site.report("S1", patient: "A", [("GLU", "5.1")]))).repeats == nil)
        let posted = try await store.deliverAll(now: site.clock.now().unix)
        #expect(posted.count == 2)
        // The order is kept although the second names another key.
        #expect(Set(posted.map(\.orderKey)).count == 1)
    }

    @Test func aReportOfWordsOnlyIsRecognisedByItsDigest() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("S1", [])
        report.comments = ["clotted"]
        let first = try await store.put(site.unit(link, report, digest: 5))
        #expect(try await store.put(site.unit(link, report, digest: 5)).repeats == first.id)
        report.comments = ["haemolysed"]
        #expect(try await store.put(site.unit(link, report, digest: 6)).repeats == nil)
    }

    @Test func aMessageOfTwoReportsIsRecognisedReportByReport() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var unit = site.unit(link, site.report("", [("GLU", "5")]), digest: 8)
        unit.messages[0].reports.append((site.report("", [("NA", "140")]), ["emr"]))
        let firsts = try await store.commit(unit).reports.map(\.id)
        #expect(try await store.commit(unit).reports.map(\.repeats) == firsts)
        // A third time points at the first as well.
        #expect(try await store.commit(unit).reports.map(\.repeats) == firsts)
    }

    @Test func heldAndControlReportsAreNotPosted() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var held = site.report("S1", [("GLU", "5.1")])
        held.holds = [Hold(.unmappedCode, "GLU is not known")]
        #expect(try await store.put(site.unit(link, held)).isHeld)
        _ = try await store.put(site.unit(link, site.report("QC1", [("GLU", "5.1")], qc: true)))
        #expect(try await store.deliverAll(now: site.clock.now().unix).isEmpty)
        // The profile learns the code and the device sends again: now it goes out, and the held one is done with.
        let fate = try await store.put(site.unit(link, site.report("S1", [("GLU", "5.1")])))
        #expect(fate.repeats == nil && !fate.isHeld)
        #expect(try await store.deliverAll(now: site.clock.now().unix).map(\.report.id) == [fate.id])
    }
}
