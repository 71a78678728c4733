import Contracts
import DICOM
import DriverWire
import Imaging
import ImagingModel
import Store
import Testing

/// Storage commitment: as its provider for modalities, and what archives report.
@Suite(.serialized) struct CommitmentTests {
    let site = ImagingTestSite()

    private func request(_ uids: [String], sopClass: String = Sample.ct, transaction: String = "5.5") -> [UInt8] {
        var set = DataSet()
        set.set(.transactionUID, .UI, text: transaction)
        set.set(
            .referencedSOPSequence,
            items: uids.map { uid in
                var item = DataSet()
                item.set(.referencedSOPClassUID, .UI, text: sopClass)
                item.set(.referencedSOPInstanceUID, .UI, text: uid)
                return item
            })
        return set.encoded(as: .explicitLittleEndian)
    }

    private func reports(_ running: RunningNode) -> [ServiceMessage] {
        running.driver.said.filter { $0.kind == "report-commit" }
    }

    private func done(_ message: ServiceMessage) -> ServiceMessage {
        ServiceMessage("result", fields: [ServiceMessage.Field("outcome", "done")])
    }

    @Test func whatIsHeldIsCommittedOnTheSameAssociation() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        running.driver.answering("report-commit", done)
        running.driver.say("associated", ["association": "9"])
        try await running.store(Sample.image(1))
        let held = "\(Sample.study).1.1"
        let answer = try await running.driver.ask(
            "commit", ["association": "9"], body: request([held, "8.8"])
        ).answer
        #expect(answer["status"] == "0000")
        let report = try await eventually { reports(running).first }
        #expect(report["association"] == "9" && report["event"] == "2" && report["host"] == nil)
        let set = try DataSet.parse(report.body, .explicitLittleEndian)
        #expect(set.string(.transactionUID) == "5.5")
        #expect(set.items(.referencedSOPSequence).map { $0.string(.referencedSOPInstanceUID) } == [held])
        #expect(set.items(.failedSOPSequence).map { $0.integer(.failureReason) } == [0x0112])
        _ = try await eventually {
            try await store.dueReports(now: .max, limit: 9).reports.isEmpty ? true : nil
        }
        await running.node.stop()
    }

    @Test func theReportGoesOverANewAssociationAfterARestart() async throws {
        var store = try site.openStore()
        var running = try await site.run(store)
        running.driver.answering("report-commit") { _ in
            ServiceMessage(
                "result",
                fields: [ServiceMessage.Field("outcome", "failed"), ServiceMessage.Field("reason", "refused")])
        }
        running.driver.say("associated", ["association": "9"])
        try await running.store(Sample.image(1))
        let body = request(["\(Sample.study).1.1"])
        _ = try await running.driver.ask("commit", ["association": "9"], body: body)
        _ = try await eventually { reports(running).isEmpty ? nil : true }
        await running.node.stop()
        await store.close()
        store = try site.openStore()
        defer { store.closeBlocking() }
        var settings = site.settings()
        settings.devices[0].host = "10.0.0.9"
        settings.devices[0].port = 104
        running = try await site.run(store, settings)
        running.driver.answering("report-commit", done)
        site.clock.advance(seconds: 60)
        let report = try await eventually { reports(running).first }
        #expect(report["association"] == nil && report["host"] == "10.0.0.9" && report["port"] == "104")
        #expect(report["called"] == "CT1" && report["calling"] == "HILUM" && report["event"] == "1")
        await running.node.stop()
    }

    @Test func itWaitsForThePACSWhereTheSiteSaysSo() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        var settings = ImagingSettings(
            folder: site.folder + "/images",
            forward: { _, _, _ in [ImageRoute(destination: "pacs", asksCommitment: true)] })
        settings.devices = site.settings().devices
        settings.commitmentWaitsFor = ["pacs"]
        let running = try await site.run(store, settings)
        running.driver.answering("report-commit", done)
        running.driver.say("associated", ["association": "9"])
        try await running.store(Sample.image(1))
        let uid = "\(Sample.study).1.1"
        _ = try await running.driver.ask("commit", ["association": "9"], body: request([uid]))
        try await Task.sleep(for: .seconds(1))
        #expect(reports(running).isEmpty)
        let now = site.clock.now().unix
        let items = try await store.claimImages(destination: "pacs", limit: 9, now: now).items
        try await store.settleImages(items.map { ($0.id, .delivered(note: "")) }, now: now)
        #expect(
            try await store.imagesToCommit(destination: "pacs", again: 60_000_000, now: now).map(\.sopInstance) == [uid]
        )
        try await store.commitmentRequested(transaction: "6.6", items: items.map(\.id), now: now)
        #expect(try await store.imagesToCommit(destination: "pacs", again: 60_000_000, now: now).isEmpty)
        let late = now + 61_000_000
        #expect(try await store.imagesToCommit(destination: "pacs", again: 60_000_000, now: late).count == 1)
        // The PACS reports to the node, over an association of its own.
        let answer = try await running.driver.ask(
            "commit-report", ["event": "1"], body: request([uid], transaction: "6.6")
        ).answer
        #expect(answer["status"] == "0000")
        #expect(try await store.imagesToCommit(destination: "pacs", again: 60_000_000, now: late).isEmpty)
        site.clock.advance(seconds: 31)
        let report = try await eventually { reports(running).first }
        #expect(report["event"] == "1")
        await running.node.stop()
    }

    @Test func whatThePACSDoesNotCommitIsSentAgain() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let settings = ImagingSettings(
            folder: site.folder + "/images",
            forward: { _, _, _ in [ImageRoute(destination: "pacs", asksCommitment: true)] })
        let running = try await site.run(store, settings)
        try await running.store(Sample.image(1))
        try await running.store(Sample.image(2))
        let now = site.clock.now().unix
        let items = try await store.claimImages(destination: "pacs", limit: 9, now: now).items
        try await store.settleImages(items.map { ($0.id, .delivered(note: "")) }, now: now)
        try await store.commitmentRequested(transaction: "6.6", items: items.map(\.id), now: now)
        let isKnown = try await running.node.commitmentReported(
            transaction: "6.6", committed: ["\(Sample.study).1.1"], failed: [("\(Sample.study).1.2", 0x0112)])
        #expect(isKnown)
        let again = try await store.claimImages(destination: "pacs", limit: 9, now: now + 1).items
        #expect(again.map(\.sopInstance) == ["\(Sample.study).1.2"])
        let delivery = try #require(try await store.reader.imageDeliveries(study: Sample.study).first)
        #expect(delivery.committed == 1 && delivery.waiting == 1 && delivery.note.contains("no such object"))
        #expect(try await !running.node.commitmentReported(transaction: "6.6", committed: [], failed: []))
        await running.node.stop()
    }

    @Test func requestsThatCannotBeUsed() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        #expect(try await running.driver.ask("commit", body: request([])).answer["status"] == "0115")
        #expect(
            try await running.driver.ask("commit", body: request(["1.1"], transaction: "")).answer["status"] == "0115")
        #expect(try await running.driver.ask("commit", body: [1, 2, 3]).answer["status"] == "0115")
        await running.node.stop()
    }
}
