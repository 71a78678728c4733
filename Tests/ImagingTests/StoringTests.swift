import Contracts
import DICOM
import Foundation
import Imaging
import ImagingModel
import Store
import Testing

/// C-STORE: what is answered when, and what becomes of files.
@Suite(.serialized) struct StoringTests {
    let site = ImagingTestSite()

    @Test func anInstanceIsKeptForwardedAndFound() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        for number in 1...3 { #expect(try await running.store(Sample.image(number)) == "0000") }
        let study = try #require(try await running.study())
        #expect(study.instanceCount == 3 && study.seriesCount == 1 && study.modalities == ["CT"])
        #expect(study.patient.id == "P1" && study.patient.name == "Wang^Xiaodong=王^小东")
        #expect(study.study.accession == "A1" && study.state == .receiving && study.device == "ct-1")
        #expect(study.sopClasses == [Sample.ct] && study.callingAE == "CT1" && study.station == "CTROOM1")
        let (items, _) = try await store.claimImages(destination: "pacs", limit: 100, now: site.clock.now().unix)
        #expect(items.map(\.sopInstance) == (1...3).map { "\(Sample.study).1.\($0)" })
        #expect(items.allSatisfy { FileManager.default.fileExists(atPath: $0.path) && $0.study == Sample.study })
        #expect(try await store.claimImages(destination: "pacs", limit: 100, now: site.clock.now().unix).items.isEmpty)
        await running.node.stop()
    }

    @Test func theSameBytesAgainAreAnsweredAndNotKeptTwice() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        #expect(try await running.store(Sample.image(1)) == "0000")
        let again = try site.write(Sample.image(1))
        #expect(try await running.store(Sample.image(1), path: again) == "0000")
        #expect(!FileManager.default.fileExists(atPath: again))
        let row = try await eventually { () -> StudyRow? in
            let row = try await store.reader.study(Sample.study)
            return row?.repeats == 1 ? row : nil
        }
        #expect(row.study.instanceCount == 1 && row.setAside.isEmpty)
        await running.node.stop()
    }

    @Test func otherBytesUnderOneUIDAreKeptBesideAndShown() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let first = try site.write(Sample.image(1))
        try await running.store(Sample.image(1), path: first)
        let original = try Data(contentsOf: URL(fileURLWithPath: first))
        let other = Sample.image(1) { $0.set(.pixelData, .OW, bytes: [UInt8](repeating: 9, count: 32)) }
        let second = try site.write(other)
        #expect(try await running.store(other, path: second) == "0000")
        #expect(try Data(contentsOf: URL(fileURLWithPath: first)) == original)
        #expect(FileManager.default.fileExists(atPath: second))
        let row = try #require(try await store.reader.study(Sample.study))
        #expect(row.study.instanceCount == 1 && row.study.duplicates == 1)
        #expect(row.setAside.map(\.path) == [second] && row.setAside.first?.kind == .duplicate)
        #expect(try await store.knownPaths([first, second, "/nowhere"]) == [first, second])
        await running.node.stop()
    }

    @Test func duplicatesAreRefusedWhereTheSiteSaysSo() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        var settings = site.settings()
        settings.duplicateStatus = 0x0111
        let running = try await site.run(store, settings)
        try await running.store(Sample.image(1))
        let other = Sample.image(1) { $0.set(.studyDescription, .LO, text: "CT head") }
        #expect(try await running.store(other) == "0111")
        #expect(try await store.reader.setAside().count == 1)
        await running.node.stop()
    }

    @Test func twoPatientsInOneStudyAreNeverGuessedAt() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        try await running.store(Sample.image(1))
        #expect(try await running.store(Sample.image(2, patient: "P2")) == "0000")
        let study = try #require(try await running.study())
        #expect(
            study.state == .held && study.instanceCount == 2 && study.patient.id == "P1" && study.hold.contains("P2"))
        site.clock.advance(seconds: 3_600)
        try await Task.sleep(for: .seconds(1.2))
        #expect(try await running.delivered().isEmpty)
        // A person decides; the same other id is not held again.
        try await store.release(study: Sample.study, who: "li", note: "wristband changed")
        try await running.store(Sample.image(3, patient: "P2"))
        site.clock.advance(seconds: 3_600)
        _ = try await running.study { $0.state == .complete && $0.version >= 1 }
        #expect(try await !running.delivered().isEmpty)
        await #expect(throws: StoreRefusal.self) { try await store.release(study: Sample.study, who: "li", note: "") }
        await running.node.stop()
    }

    @Test(arguments: [
        ("no DICOM at all", "C000"), ("uid missing", "C000"), ("path in a uid", "C000"), ("another class", "A900"),
    ])
    func whatCannotBeTakenIsRefusedAndKept(_ what: String, _ status: String) async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        var set = Sample.image(1)
        var path: String?
        var sopClass: String?
        switch what {
        case "no DICOM at all": path = try site.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        case "uid missing": set.remove(.studyInstanceUID)
        case "path in a uid": set.set(.seriesInstanceUID, .UI, text: "../../etc/passwd")
        default: sopClass = "1.2.840.10008.5.1.4.1.1.4"
        }
        #expect(try await running.store(set, sopClass: sopClass, path: path) == status)
        let entry = try #require(try await store.reader.setAside().first)
        #expect(entry.kind == .refused && entry.status == status && !entry.reason.isEmpty)
        #expect(FileManager.default.fileExists(atPath: entry.path) && entry.callingAE == "CT1")
        #expect(try await running.study() == nil)
        await running.node.stop()
    }

    @Test func whatACrashHasLeftIsTakenInOnce() async throws {
        var store = try site.openStore()
        var running = try await site.run(store)
        try await running.store(Sample.image(1))
        await running.node.stop()
        await store.close()
        _ = try site.write(Sample.image(2))
        let again = try site.write(Sample.image(1))
        store = try site.openStore()
        running = try await site.run(store)
        let study = try #require(try await running.study())
        #expect(study.instanceCount == 2)
        #expect(!FileManager.default.fileExists(atPath: again))
        let files = try await store.files(study: Sample.study, series: nil, instance: nil)
        #expect(files.allSatisfy { $0.device == "ct-1" && $0.callingAE == "CT1" })
        await running.node.stop()
        await store.close()
        store = try site.openStore()
        defer { store.closeBlocking() }
        running = try await site.run(store)
        #expect(try await running.study()?.instanceCount == 2)
        await running.node.stop()
    }

    @Test func aFileThatIsTakenTwiceIsNotItsOwnDuplicate() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let path = try site.write(Sample.image(1))
        try await running.store(Sample.image(1), path: path)
        // The same file by another way of writing its path.
        let other = path.replacingOccurrences(of: "/images/", with: "/images/./")
        #expect(try await running.store(Sample.image(1), path: other) == "0000")
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(try await store.reader.study(Sample.study)?.study.instanceCount == 1)
        await running.node.stop()
    }

    @Test func failedAssociationsAreKeptInOneLineEach() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        running.driver.say("refused", ["reason": "calling AE title XX is not known", "cure": "add it", "device": ""])
        running.driver.say("ended", ["how": "released", "association": "2"])
        running.driver.say("ended", ["how": "aborted", "reason": "peer aborted", "association": "3"])
        running.driver.say("failed", ["status": "A700", "reason": "disk full", "sop_class": Sample.ct])
        let lines = try await eventually { () -> [AssociationFailure]? in
            let lines = try await store.reader.associationFailures()
            return lines.count == 3 ? lines : nil
        }
        #expect(lines.map(\.kind) == ["store", "aborted", "refused"])
        #expect(lines.last?.address == "10.0.0.9" && lines.last?.cure == "add it" && lines.last?.calling == "CT1")
        await running.node.stop()
    }

    @Test func theProcessIsToldOfNewPeersAgainAfterARestart() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        var settings = site.settings()
        settings.devices[0].title = "CT9"
        running.node.update(settings)
        running.driver.die()
        let told = running.driver.said.filter { $0.kind == "configure" }
        #expect(told.count == 2 && told.allSatisfy { String(decoding: $0.body, as: UTF8.self).contains("CT9") })
        await running.node.stop()
    }

    @Test func anAnswerToADeadProcessReachesNobody() async throws {
        let store = try site.openStore()
        defer { store.closeBlocking() }
        let running = try await site.run(store)
        let path = try site.write(Sample.image(1))
        _ = running.driver.tell("stored", ["path": path, "size": "600"])
        running.driver.die()
        // The next process counts from 1 again: its first instance must be answered, and once.
        #expect(try await running.store(Sample.image(2)) == "0000")
        _ = try await running.study { $0.instanceCount == 2 }
        #expect(running.driver.said.filter { $0.kind == "answer" && $0.id == 1 }.count <= 2)
        await running.node.stop()
    }

    @Test func everythingIsThereAfterTheStoreWasOpenedAgain() async throws {
        var store = try site.openStore()
        let running = try await site.run(store)
        for number in 1...5 { try await running.store(Sample.image(number, series: 1 + number % 2)) }
        await running.node.stop()
        await store.close()
        store = try site.openStore()
        defer { store.closeBlocking() }
        let study = try #require(try await store.reader.study(Sample.study))
        #expect(study.study.instanceCount == 5 && study.series.map(\.instanceCount).reduce(0, +) == 5)
        #expect(study.series.count == 2 && study.deliveries.first?.waiting == 5)
        let items = try await store.claimImages(destination: "pacs", limit: 3, now: site.clock.now().unix).items
        #expect(items.count == 3)
        try await store.settleImages(
            items.map { ($0.id, .delivered(note: "")) }, now: site.clock.now().unix)
        #expect(try await store.claimImages(destination: "pacs", limit: 9, now: site.clock.now().unix).items.count == 2)
    }
}
