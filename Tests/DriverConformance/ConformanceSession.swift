import Contracts
import DriverHost
import DriverWire
import Foundation
import Synchronization
import Testing

/// The driver host of the conformance tests: real modules in real processes.
enum ConformanceHost {
    /// Modules stand beside the test runner, or in the folder named by HILUM_DRIVER_MODULES.
    static func make(_ given: ConformanceCase) throws -> DriverHost {
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = URL(fileURLWithPath: runner).deletingLastPathComponent().path
        let named = ProcessInfo.processInfo.environment["HILUM_DRIVER_MODULES"]
        let folders = [given.moduleFolder, named, built].compactMap { $0 }
        return try DriverHost(
            settings: DriverHostSettings(moduleFolders: folders, executable: built + "/hilum-driver-host"))
    }
}

/// One instance that is fed, in time that the test makes.
final class ConformanceSession: Sendable {
    /// A message with where it came from.
    struct Message: Equatable {
        var message: DeviceMessage
        var start: UInt64
        var end: UInt64
    }

    /// All it said.
    struct Outcome {
        var messages: [Message] = []
        var transmitted: [UInt8] = []
        var faults: [DriverFault] = []
        var batches: [DriverBatch] = []
        var deadline: Int64?
        var isIdle = true
        var restarts: [String] = []
        var end: DriverEnd?
        var inputs: UInt64 = 0
        var answered: UInt64 = 0
        var keepsAll = true
        /// Messages, also when they are not kept.
        var messageCount = 0
    }

    private let outcomes = Mutex(Outcome())
    private let clock = Mutex(Instant(unix: 1_710_000_000_000_000, monotonic: 1_000_000, utcOffset: 28_800))
    private let held = Mutex<(any DriverInstance)?>(nil)

    var outcome: Outcome { outcomes.withLock { $0 } }
    private var instance: (any DriverInstance)? { held.withLock { $0 } }

    init(_ given: ConformanceCase, _ host: DriverHost, device: String = "device") async throws {
        let instance = try await host.open(
            driver: given.driver, device: device, options: given.options, at: clock.withLock { $0 },
            onBatch: { [weak self] in self?.take($0) },
            onEnd: { [weak self] end in self?.outcomes.withLock { $0.end = end } },
            onRestart: { [weak self] reason in self?.outcomes.withLock { $0.restarts.append(reason) } })
        held.withLock { $0 = instance }
    }

    /// Long runs keep counts only.
    func keepNothing() { outcomes.withLock { $0.keepsAll = false } }

    var messageCount: Int { outcomes.withLock { $0.messageCount } }

    private func take(_ batch: DriverBatch) {
        outcomes.withLock { outcome in
            outcome.answered = max(outcome.answered, batch.input)
            outcome.isIdle = batch.isIdle
            if outcome.keepsAll { outcome.batches.append(batch) }
            for event in batch.events {
                switch event {
                case .transmit(let bytes, _): if outcome.keepsAll { outcome.transmitted += bytes }
                case .message(let message, let start, let end), .query(let message, let start, let end),
                    .order(let message, let start, let end):
                    outcome.messageCount += 1
                    if outcome.keepsAll { outcome.messages.append(Message(message: message, start: start, end: end)) }
                case .deadline(let time): outcome.deadline = time
                case .fault(let fault): if outcome.keepsAll { outcome.faults.append(fault) }
                case .acknowledge: break
                }
            }
        }
    }

    // MARK: Calls

    /// Lets time pass; the wall clock may jump besides.
    func wait(seconds: Double = 0, clockJump: Int64 = 0) {
        clock.withLock { time in
            time.monotonic += Int64(seconds * 1e6)
            time.unix += Int64(seconds * 1e6) + clockJump
        }
    }

    private func count() -> Instant {
        outcomes.withLock { $0.inputs += 1 }
        return clock.withLock { $0 }
    }

    func feed(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return }
        let time = count()
        instance?.receive(Array(bytes), at: time)
    }

    func feed(_ bytes: [UInt8], pieces: Pieces, _ random: inout SplitMix64) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = pieces.next(&random)
            feed(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
    }

    func finish() {
        let time = count()
        instance?.finish(at: time)
    }

    func close() { instance?.close() }

    /// Waits for the answers to all calls made.
    func answers() async throws {
        let start = ProcessInfo.processInfo.systemUptime
        while true {
            // Looked at in place: a copy would make each batch that comes meanwhile copy all that was kept.
            if outcomes.withLock({ $0.end != nil || $0.answered == $0.inputs }) { return }
            try #require(ProcessInfo.processInfo.systemUptime - start < 60, "no answer within a minute")
            try await Task.sleep(for: .microseconds(200))
        }
    }

    /// More deadlines in an hour of silence than any device asks for.
    static let mostDeadlines = 2000

    /// Nothing comes: every deadline the driver sets is met, until it sets none, or an hour has passed.
    ///
    /// - Returns: how many deadlines were met.
    func silence() async throws -> Int {
        let start = clock.withLock { $0.monotonic }
        var met = 0
        while met < ConformanceSession.mostDeadlines {
            try await answers()
            let deadline: Int64? = outcomes.withLock { outcome in
                defer { outcome.deadline = nil }
                return outcome.end == nil ? outcome.deadline : nil
            }
            guard let deadline, deadline - start < 3_600_000_000 else { break }
            clock.withLock { time in
                let passed = max(0, deadline - time.monotonic)
                time.monotonic += passed
                time.unix += passed
            }
            let time = count()
            instance?.timeout(at: time)
            met += 1
        }
        return met
    }
}

/// How bytes come.
enum Pieces: Sendable, CaseIterable {
    case whole, one, seven, random

    func next(_ random: inout SplitMix64) -> Int {
        switch self {
        case .whole: .max
        case .one: 1
        case .seven: 7
        case .random: Int.random(in: 1...64, using: &random)
        }
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
