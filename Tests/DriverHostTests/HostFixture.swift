import Contracts
import DriverHost
import DriverWire
import Foundation
import Synchronization
import Testing

/// A driver host over modules compiled for the test, in a folder of its own.
struct HostFixture {
    let host: DriverHost
    let folder: String
    var settings: DriverHostSettings

    init(_ change: (inout DriverHostSettings) -> Void = { _ in }) throws {
        folder = try BadDriver.folder()
        // The test runner and the executable are built side by side.
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = Bundle.allBundles.map(\.bundlePath) + [runner]
        let executable = built.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/hilum-driver-host" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        settings = DriverHostSettings(
            moduleFolders: [folder], executable: try #require(executable, "hilum-driver-host is not built"))
        settings.answerLimit = 2000
        settings.largestData = 128 << 20
        change(&settings)
        host = try DriverHost(settings: settings)
    }

    /// Opens an instance and records what it says.
    func open(_ device: String, driver: String = "faulty", options: String = "{}") async throws -> Recorder {
        let recorder = Recorder()
        let instance = try await host.open(
            driver: driver, device: device, options: Array(options.utf8), at: Recorder.time(0),
            onBatch: { recorder.take($0) }, onEnd: { recorder.end($0) }, onRestart: { recorder.restarted($0) })
        recorder.hold(instance)
        return recorder
    }
}

/// Compiles the drivers that misbehave, once a process.
enum BadDriver {
    private static let compiled = Mutex<String?>(nil)

    static func folder() throws -> String {
        try compiled.withLock { compiled in
            if let compiled { return compiled }
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let folder = FileManager.default.temporaryDirectory.path + "/hilum-bad-drivers-\(getpid())"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let modules = [
                ("faulty", "faulty", []), ("faulty", "wrongabi", ["-DWRONG_ABI"]),
                ("faulty", "broken", ["-DBROKEN_TABLE"]), ("faulty", "old", ["-DOLD_TABLE"]),
                ("service", "service", ["-pthread"]), ("service", "broken-service", ["-pthread", "-DBROKEN_TABLE"]),
            ]
            for (source, name, flags) in modules {
                try run(
                    ["cc", "-shared", "-fPIC", "-O1", "-w"] + flags + [
                        "-I", root.deletingLastPathComponent().path + "/Sources/Interop/CHilumDriver/include",
                        root.path + "/DriverConformance/BadDrivers/\(source).c",
                        "-o", "\(folder)/libhilum-driver-\(name).so",
                    ])
            }
            try Data("no library".utf8).write(to: URL(fileURLWithPath: "\(folder)/libhilum-driver-text.so"))
            compiled = folder
            return folder
        }
    }

    /// By `system`: Foundation's Process waits on a run loop, which a thread of the test pool does not have.
    private static func run(_ arguments: [String]) throws {
        let command = arguments.map { "'\($0)'" }.joined(separator: " ")
        try #require(system(command) == 0, "\(command)")
    }
}

/// What an instance said.
final class Recorder: Sendable {
    struct Said {
        var batches: [DriverBatch] = []
        var end: DriverEnd?
        var restarts: [String] = []
        var inputs: UInt64 = 0
        var instance: (any DriverInstance)?
        /// When batches came, seconds.
        var times: [Double] = []
    }

    private let said = Mutex(Said())

    static func time(_ second: Int64) -> Instant {
        Instant(unix: 1_700_000_000_000_000 + second * 1_000_000, monotonic: 5_000_000 + second * 1_000_000)
    }

    func hold(_ instance: any DriverInstance) { said.withLock { $0.instance = instance } }
    func take(_ batch: DriverBatch) {
        said.withLock {
            $0.batches.append(batch)
            $0.times.append(ProcessInfo.processInfo.systemUptime)
        }
    }
    func end(_ end: DriverEnd) { said.withLock { $0.end = end } }
    func restarted(_ reason: String) { said.withLock { $0.restarts.append(reason) } }

    var all: Said { said.withLock { $0 } }
    var instance: (any DriverInstance)? { all.instance }

    /// Feeds bytes, each call a second later than the one before.
    func feed(_ text: String) {
        let (instance, input) = said.withLock { said in
            said.inputs += 1
            return (said.instance, said.inputs)
        }
        instance?.receive(Array(text.utf8), at: Recorder.time(Int64(input)))
    }

    /// Values of the results of all messages, in order.
    var values: [String] {
        all.batches.flatMap(\.events).compactMap { event in
            if case .message(let message, _, _) = event { message.results.first?.value } else { nil }
        }
    }

    /// Numbers of the calls answered, without what was told on being opened or started again.
    var numbers: [UInt64] {
        var numbers: [UInt64] = []
        for batch in all.batches where batch.input > numbers.last ?? 0 { numbers.append(batch.input) }
        return numbers
    }

    /// Waits until something holds, at most thirty seconds.
    func wait(_ what: String, until isSo: (Said) -> Bool) async throws {
        for _ in 0..<6000 {
            if isSo(all) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("waited in vain for: \(what); batches \(numbers), end \(String(describing: all.end))")
    }

    func waitForAnswers() async throws {
        try await wait("all answers") { said in said.end != nil || said.batches.last?.input == said.inputs }
    }
}
