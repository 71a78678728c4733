import Contracts
import Foundation
import ResultModel
import Store
import Synchronization
import Testing

/// What the command line asks, from the same process and from another connection.
@Suite struct QueryTests {
    let site = TestSite()

    @Test func reportsByDeviceSpecimenPatientTimeAndState() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "10.0.0.7:1", at: 1)
        var ids: [Int64] = []
        for (specimen, patient) in [("00012", "A-1"), ("12", "A-1"), ("S'3", "B"), ("", "")] {
            ids.append(try await store.put(site.unit(link, site.report(specimen, patient: patient, [("GLU", "5")]))).id)
            site.clock.advance(seconds: 60)
        }
        let reader = try StoreReader(folder: site.folder)
        func found(_ change: (inout ReportFilter) -> Void) async throws -> [Int64] {
            var filter = ReportFilter()
            change(&filter)
            return try await reader.results(filter).map(\.report.id)
        }
        #expect(try await found { _ in } == ids.reversed())
        #expect(try await found { $0.specimen = "00012" } == [ids[0]])
        #expect(try await found { $0.specimen = "S'3" } == [ids[2]])
        #expect(try await found { $0.patient = "A-1" } == [ids[1], ids[0]])
        #expect(try await found { $0.device = "nobody" } == [])
        #expect(try await found { $0.device = "dev" }.count == 4)
        #expect(try await found { $0.since = site.clock.now().unix - 130_000_000 } == [ids[3], ids[2]])
        #expect(try await found { $0.after = ids[1] } == [ids[2], ids[3]])
        #expect(
            try await found {
                $0.before = ids[2]; $0.limit = 1
            } == [ids[1]])
        #expect(try await found { $0.states = [.stored, .repeat] }.count == 4)
        #expect(try await found { $0.states = [.qc] }.isEmpty)
    }

    @Test func aMessageWithItsBytesBothWays() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "10.0.0.7:1", at: 1)
        var part = CommitUnit(device: "dev", conversation: link)
        part.journal = [JournalEntry(.received, unix: 10, bytes: Array("xxHEAD".utf8))]
        _ = try await store.commit(part)
        var unit = site.unit(link, site.report("S1", [("GLU", "5")]), raw: "TAILnext")
        unit.messages[0].start = 2
        unit.messages[0].end = 10
        unit.faults = [
            DriverFault(.notice, "noise", start: 0, end: 2), DriverFault(.refused, "bad checksum", start: 3, end: 5),
        ]
        _ = try await store.commit(unit)
        let row = try #require(try await store.reader.messages(MessageFilter()).first)
        #expect(row.device == "dev" && row.peer == "10.0.0.7:1" && row.kind == "results" && row.protocolName == "LIS2")
        #expect(row.controlID == "17" && row.isComplete && row.start == 2 && row.length == 8 && row.reportCount == 1)
        let detail = try #require(try await store.reader.message(row.id))
        #expect(detail.entries.map { String(decoding: $0.bytes, as: UTF8.self) } == ["HEAD", "TAIL", "\u{6}"])
        #expect(detail.entries.map(\.direction) == [.received, .received, .sent])
        #expect(detail.reports.map(\.report.specimen.id) == ["S1"])
        #expect(detail.faults.map(\.text) == ["bad checksum"])
        #expect(try await store.reader.message(99) == nil)
    }

    @Test func devicesAreCountedAlsoAfterACrash() async throws {
        var store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        var report = site.report("S1", [("GLU", "5"), ("XYZ", "1")])
        report.observations[1].isMapped = false
        _ = try await store.put(site.unit(link, report))
        // As after a crash: another process finds the database before the counters were written.
        let copy = TestSite()
        try FileManager.default.createDirectory(atPath: copy.folder, withIntermediateDirectories: true)
        try await store.reader.backup(to: copy.folder + "/hilum.sqlite")
        await store.close()
        for place in [site, copy] {
            store = try place.open()
            await store.close()
            let device = try #require(try await StoreReader(folder: place.folder).devices().first)
            #expect(device.messages == 1 && device.results == 2 && device.lastSeen != nil)
            #expect(device.unmapped.map(\.code) == ["XYZ"] && device.unmapped.map(\.count) == [1])
        }
    }

    @Test func alarmsAreToldOnceAndCounted() async throws {
        var store = try site.open()
        for _ in 0..<5 { store.raise(subject: "emr", kind: "delivery", text: "refuses connections") }
        await store.close()
        store = try site.open()
        store.raise(subject: "emr", kind: "delivery", text: "still refuses")
        store.raise(subject: "dev", kind: "link", text: "gone")
        store.clear(subject: "dev", kind: "link", text: "back")
        store.clear(subject: "dev", kind: "link", text: "back")
        await store.close()
        let reader = try StoreReader(folder: site.folder)
        let alarms = try await reader.alarms()
        #expect(alarms.map(\.subject) == ["emr", "dev"])
        #expect(alarms[0].count == 6)
        #expect(alarms[0].ended == nil)
        #expect(alarms[0].text == "still refuses")
        #expect(alarms[1].count == 1 && alarms[1].ended != nil && alarms[1].recovery == "back")
        #expect(try await reader.alarms(openOnly: true).map(\.subject) == ["emr"])
    }

    @Test("An alarm that ends while its beginning is being written is ended in the database too")
    func alarmEndsWhileWritten() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        for round in 0..<60 {
            store.raise(subject: "d\(round)", kind: "link", text: "gone")
            try await Task.sleep(for: .microseconds(50 * round))
            store.clear(subject: "d\(round)", kind: "link", text: "back")
            var open = try await store.reader.alarms(openOnly: true)
            for _ in 0..<200 where !open.isEmpty {
                try await Task.sleep(for: .milliseconds(20))
                open = try await store.reader.alarms(openOnly: true)
            }
            try #require(open.isEmpty, "round \(round)")
        }
        // A row may not have been there yet when it was looked for: what counts is that none stays open.
        await store.close()
        let reader = try StoreReader(folder: site.folder)
        #expect(try await reader.alarms(openOnly: true).isEmpty)
        #expect(try await reader.alarms().count == 60)
    }

    @Test func quarantineKeepsTheBytes() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        try await store.quarantine(device: "dev", conversation: 1, bytes: [0, 255, 7], reason: "SIGILL three times")
        let row = try #require(try await store.reader.quarantine().first)
        #expect(row.bytes == [0, 255, 7] && row.device == "dev" && row.reason == "SIGILL three times")
    }

    @Test func watchersSeeWhatIsStored() async throws {
        let store = try site.open()
        defer { store.closeBlocking() }
        let list = SeenSpecimens()
        store.onStored { reports in for report in reports { list.add(report.report.specimen.id + " \(report.state)") } }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for _ in 0..<2 { _ = try await store.put(site.unit(link, site.report("S1", [("GLU", "5")]))) }
        #expect(list.all == ["S1 stored", "S1 repeat"])
    }

    @Test func aBackupIsTheWholeStore() async throws {
        let store = try site.open()
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        for number in 0..<20 { _ = try await store.put(site.unit(link, site.report("S\(number)", [("GLU", "5")]))) }
        let other = TestSite()
        try FileManager.default.createDirectory(atPath: other.folder, withIntermediateDirectories: true)
        let path = other.folder + "/hilum.sqlite"
        try await store.reader.backup(to: path)
        await #expect(throws: StoreFault.self) { try await store.reader.backup(to: path) }
        await store.close()
        let restored = try other.open()
        defer { restored.closeBlocking() }
        #expect(restored.gateway == store.gateway)
        #expect(try await restored.deliverAll(now: site.clock.now().unix).count == 20)
        #expect(try await restored.reader.verify().problems.isEmpty)
    }
}

final class SeenSpecimens: Sendable {
    private let list = Mutex<[String]>([])
    func add(_ text: String) { list.withLock { $0.append(text) } }
    var all: [String] { list.withLock { $0 } }
}
