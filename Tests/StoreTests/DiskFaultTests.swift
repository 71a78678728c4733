import Contracts
import Foundation
import ResultModel
import Store
import Testing

/// A small disk of its own, which only root can make; without it these tests say that they were skipped.
final class SmallDisk: Sendable {
    let folder: String

    /// nil: not root, or mounting is not allowed here.
    init?(megabytes: Int) {
        folder = NSTemporaryDirectory() + "hilum-disk-\(UUID().uuidString)"
        guard getuid() == 0, mkdir(folder, 0o700) == 0 else { return nil }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            rmdir(folder)
            return nil
        }
    }

    deinit {
        umount2(folder, 2)
        rmdir(folder)
    }
}

@Suite struct DiskFaultTests {
    @Test func aFullDiskRefusesAndRecoversByItself() async throws {
        guard let disk = SmallDisk(megabytes: 12) else {
            print("skipped: a small tmpfs needs root and the right to mount")
            return
        }
        let clock = TestClock()
        let store = try Store(StoreConfiguration(folder: disk.folder + "/state", clock: clock))
        defer { store.closeBlocking() }
        let link = try await store.openConversation(device: "dev", peer: "p", at: 1)
        let ballast = disk.folder + "/ballast"
        var acknowledged: [String] = []
        var refused = 0
        var traffic = SyntheticTraffic(3)
        for number in 0..<4_000 where refused < 5 {
            if number == 200 {
                // All but a little of the room that is left, however much the log has taken by now.
                let room = try FileManager.default.attributesOfFileSystem(forPath: disk.folder)[.systemFreeSize] as? Int
                let size = max(0, (room ?? 0) - (2 << 20))
                #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: size)))
            }
            var unit = traffic.unit(link, device: "dev", at: clock.now().unix)
            unit.messages[0].reports[0].report.specimen.id = "D\(number)"
            do {
                _ = try await store.commit(unit)
                acknowledged.append("D\(number)")
            } catch let fault as StoreFault {
                #expect(fault.code == .diskFull, "\(fault)")
                refused += 1
            }
        }
        #expect(refused == 5 && acknowledged.count > 200)
        try FileManager.default.removeItem(atPath: ballast)
        // Nothing is handed in: the store finds out by itself, and the alarm ends. While the disk was full there may have
        // been no room to write it down either: it is written with its end then.
        var alarms = try await store.reader.alarms()
        for _ in 0..<300 where alarms.isEmpty || alarms.contains(where: { $0.ended == nil }) {
            try await Task.sleep(for: .milliseconds(200))
            alarms = try await store.reader.alarms()
        }
        #expect(alarms.first?.text.contains("full") == true)
        #expect(alarms.first?.ended != nil)
        var after = traffic.unit(link, device: "dev", at: clock.now().unix)
        after.messages[0].reports[0].report.specimen.id = "AFTER"
        _ = try await store.commit(after)
        var filter = ReportFilter()
        filter.limit = 10_000
        let stored = try await store.reader.results(filter).reversed().map(\.report.specimen.id)
        #expect(stored == acknowledged + ["AFTER"])
        #expect(try await store.reader.verify().problems.isEmpty)
    }

    @Test func aDamagedDatabaseIsNamed() async throws {
        let site = TestSite()
        let store = try site.open()
        await store.close()
        let path = StoreConfiguration.database(in: site.folder)
        try Data(repeating: 0x55, count: 8_192).write(to: URL(fileURLWithPath: path))
        do {
            try await site.open().close()
            Issue.record("a damaged database was opened")
        } catch let fault as StoreFault { #expect(fault.code == .corrupt && fault.text.contains("restore")) }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        let site = TestSite()
        _ = FileManager.default.createFile(atPath: site.folder, contents: Data())
        do {
            try await site.open().close()
            Issue.record("opened a store in a file")
        } catch let fault as StoreFault { #expect(fault.text.contains(site.folder)) }
    }
}
