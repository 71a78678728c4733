import Contracts
import Foundation
import ResultModel
import Store
import Synchronization
import Testing

/// Kill -9 at random instants: whatever was acknowledged outside the process is there afterwards.
///
/// The process that is killed is this test binary, started again with an environment variable that lets `victim` run.
/// Loss of the page cache is another matter: the end-to-end suite proves by strace that each answer follows its fdatasync.
@Suite struct CrashTests {
    private static let variable = "HILUM_STORE_CRASH_FOLDER"

    @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] == nil))
    func acknowledgedIsThereAfterKill() async throws {
        let site = TestSite()
        try FileManager.default.createDirectory(atPath: site.folder, withIntermediateDirectories: true)
        var random = SplitMix(11)
        var acknowledged: Set<String> = []
        for round in 0..<6 {
            let output = Pipe()
            let victim = Process()
            victim.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            victim.arguments = ["--testing-library", "swift-testing", "--filter", "CrashTests"]
            victim.environment = ProcessInfo.processInfo.environment.merging([Self.variable: site.folder]) { $1 }
            victim.standardOutput = FileHandle.nullDevice
            victim.standardError = output
            try victim.run()
            let marks = MarkReader(output.fileHandleForReading)
            // Only once it acknowledges: starting takes as long as the machine is busy.
            for _ in 0..<600 where marks.count <= 10 { try await Task.sleep(for: .milliseconds(50)) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...300, using: &random)))
            kill(victim.processIdentifier, SIGKILL)
            victim.waitUntilExit()
            acknowledged.formUnion(await marks.all())

            let store = try site.open()
            var filter = ReportFilter()
            filter.limit = .max
            let stored = try await store.reader.results(filter).map(\.report.specimen.id)
            #expect(acknowledged.subtracting(stored).isEmpty, "round \(round)")
            #expect(Set(stored).count == stored.count)
            #expect(try await store.reader.verify().problems.isEmpty)
            let counts = try await store.reader.queueCounts()
            #expect(counts.map(\.waiting) == [stored.count])
            await store.close()
        }
        #expect(acknowledged.count > 60)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment[variable] != nil))
    func victim() async throws {
        let folder = try #require(ProcessInfo.processInfo.environment[Self.variable])
        let store = try Store(StoreConfiguration(folder: folder, clock: TestClock()))
        let links = try await [
            store.openConversation(device: "dev", peer: "a", at: 1),
            store.openConversation(device: "dev", peer: "b", at: 1),
        ]
        let site = TestSite()
        let start = UInt64(getpid()) << 20
        for number in 0..<UInt64(200_000) {
            let specimen = "S\(start + number)"
            let unit = site.unit(links[Int(number % 2)], site.report(specimen, [("GLU", "5")]))
            store.commit(unit) { result in
                guard (try? result.get()) != nil else { return }
                let mark = Array("@\(specimen)\n".utf8)
                _ = write(STDERR_FILENO, mark, mark.count)
            }
            if number % 8 == 7 { _ = try await store.openConversation(device: "dev", peer: "c", at: 1) }
        }
    }
}

/// Lines that begin with `@`, as they come.
final class MarkReader: Sendable {
    private let ended: Task<Void, Never>
    private let place: Place

    init(_ handle: FileHandle) {
        let (stream, feed) = AsyncStream.makeStream(of: Data.self)
        handle.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                feed.finish()
            } else {
                feed.yield(data)
            }
        }
        let place = Place()
        ended = Task { for await data in stream { place.add(data) } }
        self.place = place
    }

    var count: Int { place.marks.count }

    /// All marks, once the other side is gone.
    func all() async -> [String] {
        await ended.value
        return place.marks
    }

    private final class Place: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func add(_ data: Data) { bytes.withLock { $0 += data } }
        /// Whole lines only: the last may be torn by the kill.
        var marks: [String] {
            let all = bytes.withLock { $0 }
            return all.split(separator: 10, omittingEmptySubsequences: false).dropLast()
                .filter { $0.first == 64 }.map { String(decoding: $0.dropFirst(), as: UTF8.self) }
        }
    }
}
