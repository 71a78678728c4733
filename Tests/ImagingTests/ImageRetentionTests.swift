import Contracts
import DICOM
import Foundation
import Imaging
import ImagingModel
import Store
import Testing

/// Files of images go when every archive has taken them, and not before.
@Suite(.serialized) struct ImageRetentionTests {
    let site = ImagingTestSite()

    private func settle(_ store: Store, _ outcome: DeliveryOutcome) async throws {
        let now = site.clock.now().unix
        let items = try await store.claimImages(destination: "pacs", limit: 99, now: now).items
        try await store.settleImages(items.map { ($0.id, outcome) }, now: now)
    }

    private func files(_ store: Store) async throws -> [Bool] {
        try await store.files(study: Sample.study, series: nil, instance: nil).map {
            !$0.path.isEmpty && FileManager.default.fileExists(atPath: $0.path)
        }
    }

    @Test func onlyWhatWasDelivered() async throws {
        let store = try site.openStore { $0.retention = .init(images: 3_600) }
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let first = try site.write(Sample.image(1))
        try await running.store(Sample.image(1), path: first)
        try await running.store(Sample.image(2))
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.state == .complete }
        try await settle(store, .retry(at: site.clock.now().unix, reason: "down"))
        site.clock.advance(seconds: 7_200)
        try await store.retain()
        #expect(try await files(store) == [true, true])
        try await settle(store, .delivered(note: ""))
        try await store.retain()
        #expect(try await files(store) == [false, false])
        #expect(!FileManager.default.fileExists(atPath: first))
        #expect(try await store.studies(ImageQuery(.study)).isEmpty)
        #expect(try await store.reader.study(Sample.study)?.study.isFreed == true)
        // It comes again: as a new one, forwarded again.
        #expect(try await running.store(Sample.image(1)) == "0000")
        #expect(try await store.studies(ImageQuery(.study)).first?.instanceCount == 2)
        #expect(try await files(store) == [true, false])
        #expect(
            try await store.claimImages(destination: "pacs", limit: 9, now: site.clock.now().unix).items.map(
                \.sopInstance)
                == ["\(Sample.study).1.1"])
        await running.node.stop()
    }

    @Test func onlyWhatWasCommittedWhereThatIsAskedFor() async throws {
        let store = try site.openStore { $0.retention = .init(results: 700_000, images: 3_600) }
        defer { store.closeBlocking() }
        var settings = ImagingSettings(
            folder: site.folder + "/images",
            forward: { _, _, _ in [ImageRoute(destination: "pacs", asksCommitment: true)] })
        settings.devices = site.settings().devices
        let running = try await site.run(store, settings)
        try await running.store(Sample.image(1))
        site.clock.advance(seconds: 61)
        _ = try await running.study { $0.state == .complete }
        try await settle(store, .delivered(note: ""))
        site.clock.advance(seconds: 7_200)
        try await store.retain()
        #expect(try await files(store) == [true])
        let now = site.clock.now().unix
        let items = try await store.imagesToCommit(destination: "pacs", again: 0, now: now)
        try await store.commitmentRequested(transaction: "1.9", items: items.map(\.id), now: now)
        #expect(
            try await store.commitmentReported(
                transaction: "1.9", committed: items.map(\.sopInstance), failed: [], now: now))
        try await store.retain()
        #expect(try await files(store) == [false])
        // Later its rows go as well; the next study gets a number of its own.
        let number = try #require(try await store.reader.study(Sample.study)?.study.number)
        site.clock.advance(seconds: 800_000)
        try await store.retain()
        #expect(try await store.reader.study(Sample.study) == nil)
        try await running.store(Sample.image(1, study: "1.2.3"))
        #expect(try await store.reader.study("1.2.3")?.study.number == number + 1)
        await running.node.stop()
    }
}
