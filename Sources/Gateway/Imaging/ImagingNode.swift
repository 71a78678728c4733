import Contracts
import DriverWire
import ImagingModel
import Logging
import ResultModel
import Synchronization

/// The gateway as a DICOM application: it starts the `dicom` driver as a node and does what its events ask for
/// (Sources/Drivers/dicom/README.md). Storage, worklist, performed steps, storage commitment, query and retrieve,
/// completion of studies.
public final class ImagingNode: Sendable {
    private let site: ImagingSite
    private let hosting: any ServiceHosting
    private let link = DriverLink()
    private let intake: InstanceIntake
    private let queries: QueryService
    private let commitment: CommitmentService
    private let completion: StudyCompletion
    private let steps: PerformedStepService
    private struct State {
        var listening: [ListeningPort] = []
        var associations: Set<String> = []
        /// The options with which the process is started again are not the present ones.
        var isReconfigured = false
        var timers: Task<Void, Never>?
        var recovery: Task<Void, Never>?
    }
    private let state = Mutex(State())
    private let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// A port on which associations are accepted.
    public struct ListeningPort: Sendable, Equatable {
        /// Local address.
        public var address: String
        /// TCP port, the real one where 0 was asked for.
        public var port: Int
        /// DICOM over TLS.
        public var usesTLS: Bool
    }

    /// A node that is not started.
    ///
    /// - Parameters:
    ///   - lanes: instances that are read, and wait for the disk, side by side: as many as associations usually are busy at a
    ///     time. Those of one association stay in order.
    public init(
        hosting: any ServiceHosting, store: any ImageStore, journal: any Journal, alarms: any AlarmSink,
        clock: any Clock, settings: ImagingSettings, log: Logger, lanes: Int = 8
    ) {
        self.hosting = hosting
        let site = ImagingSite(
            store: store, journal: journal, alarms: alarms, clock: clock, settings: settings, log: log)
        self.site = site
        let completion = StudyCompletion(site)
        self.completion = completion
        intake = InstanceIntake(site, lanes: lanes) { image, count in completion.kept(image, count) }
        queries = QueryService(site)
        commitment = CommitmentService(site, link)
        steps = PerformedStepService(site: site) { step in await completion.ended(step) }
    }

    /// Takes in files that a crash has left, starts the driver and the timers.
    ///
    /// - Throws: `DriverOpenFault` when the module or its options cannot be used.
    public func start() async throws {
        await takeIn(folders: Self.foldersAtStart)
        let instance = try await hosting.startService(
            driver: "dicom", name: "dicom-node", options: DriverOptions.node(site.settings).serialized(),
            onMessage: { [self] message in handle(message) },
            onRestart: { [self] reason in restarted(reason) })
        link.connect(instance)
        commitment.onWork { [wakes] in wakes.continuation.yield() }
        let timers = Task { [self] in await runTimers() }
        state.withLock { $0.timers = timers }
    }

    /// Ends the driver and the timers. What waits goes on at the next start.
    public func stop() async {
        await link.disconnect()?.stop()
        let (timers, recovery) = state.withLock { state in
            defer { (state.timers, state.recovery) = (nil, nil) }
            return (state.timers, state.recovery)
        }
        timers?.cancel()
        recovery?.cancel()
        wakes.continuation.yield()
        await timers?.value
        await site.closeConversations()
    }

    /// Other peers, rules, routes, times. Listeners and folders stay as they were until the next start.
    public func update(_ settings: ImagingSettings) {
        site.update(settings)
        state.withLock { $0.isReconfigured = true }
        configure()
    }

    /// Ports on which associations are accepted now.
    public var listening: [ListeningPort] { state.withLock { $0.listening } }

    /// Associations that are open now.
    public var associations: Int { state.withLock { $0.associations.count } }

    /// A storage commitment report that came over another way: as the result of a request on the sender's association.
    ///
    /// - Returns: false when the transaction is not known.
    /// - Throws: `StoreFault`.
    @discardableResult
    public func commitmentReported(
        transaction: String, committed: [String], failed: [(sopInstance: String, reason: UInt16)]
    ) async throws -> Bool {
        let isOurs = try await site.store.commitmentReported(
            transaction: transaction, committed: committed, failed: failed, now: site.now)
        wakes.continuation.yield()
        return isOurs
    }

    private func configure() {
        link.send(ServiceMessage("configure", body: DriverOptions.node(site.settings).serialized()))
    }

    // MARK: Events of the driver

    private func handle(_ message: ServiceMessage) {
        let call = Call(message: message, link: link, generation: link.generation)
        switch message.kind {
        case "stored": intake.stored(call)
        case "find": queries.find(call)
        case "cancel": queries.cancel(message)
        case "retrieve": queries.retrieve(call)
        case "mpps-create": Task { [steps] in await steps.create(call) }
        case "mpps-set": Task { [steps] in await steps.set(call) }
        case "commit": Task { [commitment] in await commitment.request(call) }
        case "commit-report": Task { [commitment] in await commitment.reported(call) }
        case "result": link.result(message)
        case "associated":
            state.withLock { _ = $0.associations.insert(call.association) }
            commitment.associated(message)
        case "ended": ended(message)
        case "refused":
            site.record("refused", message, reason: message["reason"] ?? "", cure: message["cure"] ?? "")
        case "failed":
            let reason =
                "C-STORE of \(message["sop_class"] ?? "") answered \(message["status"] ?? ""): \(message["reason"] ?? "")"
            site.record("store", message, reason: reason, cure: message["cure"] ?? "")
        case "listening": listening(message)
        case "trouble":
            let text = [message["problem"] ?? "", message["cure"] ?? ""].filter { !$0.isEmpty }.joined(separator: ". ")
            site.alarms.raise(subject: "dicom", kind: "listen", text: text)
        default: site.log.debug("unknown message of the driver", metadata: ["kind": "\(message.kind)"])
        }
    }

    private func listening(_ message: ServiceMessage) {
        let port = ListeningPort(
            address: message["address"] ?? "", port: Int(message["port"] ?? "") ?? 0, usesTLS: message["tls"] == "1")
        state.withLock { $0.listening.append(port) }
        site.alarms.clear(
            subject: "dicom", kind: "listen", text: "associations are accepted on \(port.address):\(port.port)")
        site.log.notice("DICOM listening", metadata: ["address": "\(port.address)", "port": "\(port.port)"])
    }

    private func ended(_ message: ServiceMessage) {
        state.withLock { _ = $0.associations.remove(message["association"] ?? "") }
        commitment.ended(message)
        let how = message["how"] ?? ""
        if !how.isEmpty, how != "released" { site.record(how, message, reason: message["reason"] ?? how) }
    }

    private func restarted(_ reason: String) {
        link.restarted(reason)
        queries.restarted()
        commitment.restarted()
        let isReconfigured = state.withLock { state in
            state.listening.removeAll()
            state.associations.removeAll()
            return state.isReconfigured
        }
        if isReconfigured { configure() }
        site.alarms.raise(
            subject: "dicom", kind: "restart", text: "the DICOM process died and was started again: \(reason)")
        site.alarms.clear(subject: "dicom", kind: "restart", text: "it runs again")
        let recovery = Task { [self] in
            // What was stored and not told is here; senders come again with it, and it is told from a duplicate.
            try? await Task.sleep(for: .seconds(2))
            if !Task.isCancelled { await takeIn(folders: Self.foldersAtRestart) }
        }
        state.withLock { state in
            state.recovery?.cancel()
            state.recovery = recovery
        }
    }

    // MARK: Timers

    private func runTimers() async {
        let wake = wakes.continuation
        // Work that waits for a time is looked for at least once a second: cheap, and right when the clock jumps.
        let ticks = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(500))
                wake.yield()
            }
        }
        defer { ticks.cancel() }
        for await _ in wakes.stream {
            if Task.isCancelled { return }
            do {
                _ = try await completion.run()
                _ = try await commitment.run()
                site.alarms.clear(subject: "dicom", kind: "timers", text: "studies are completed again")
            } catch is CancellationError { return } catch {
                site.alarms.raise(subject: "dicom", kind: "timers", text: "studies cannot be completed: \(error)")
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    // MARK: Recovery

    /// Newest folders that are looked through at a start, and after a restart of the driver.
    private static let foldersAtStart = 26
    private static let foldersAtRestart = 3

    private func takeIn(folders: Int) async {
        let recovery = Recovery(site: site, intake: intake)
        let taken = await recovery.run(folders: folders)
        if taken > 0 {
            site.log.notice("images of the last run taken in", metadata: ["files": "\(taken)"])
        }
    }
}
