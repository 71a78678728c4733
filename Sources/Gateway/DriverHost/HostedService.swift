import CPlatform
import Contracts
import DriverWire
import Glibc
import Logging
import Synchronization

/// A service driver as its owner holds it. It outlives its processes: a thread of its own starts one after the other, until it
/// is stopped.
final class HostedService: ServiceInstance, @unchecked Sendable {
    /// What its owner wants to be told.
    struct Listener: Sendable {
        var onMessage: @Sendable (ServiceMessage) -> Void
        var onRestart: @Sendable (String) -> Void
    }

    struct Shared {
        /// Where messages go, and their numbers there; nil while there is no process that the owner knows of.
        var outlet: (Outlet, ServiceNumbering)?
        /// The process that runs.
        var process: pid_t?
        var restarts = 0
        var isStopping = false
        /// The thread has ended.
        var hasEnded = false
        /// More waits for the process than is allowed.
        var isFlooded = false
        var opening: CheckedContinuation<Void, any Error>?
        var stopping: [CheckedContinuation<Void, Never>] = []
    }

    let driver: String
    let name: String
    let module: String
    let options: [UInt8]
    let settings: DriverHostSettings
    let log: Logger
    let listener: Listener
    let shared = Mutex(Shared())
    let poller: Int32
    let bell: Int32

    init(
        driver: String, name: String, module: String, options: [UInt8], settings: DriverHostSettings, log: Logger,
        listener: Listener
    ) throws(DriverHostFault) {
        self.driver = driver
        self.name = name
        self.module = module
        self.options = options
        self.settings = settings
        self.listener = listener
        var log = log
        log[metadataKey: "service"] = "\(name)"
        self.log = log
        poller = hilum_poll_create()
        bell = hilum_bell_create()
        guard poller >= 0, bell >= 0, hilum_poll_change(poller, 0, bell, 0, ServiceProcess.bellToken) == 0 else {
            for descriptor in [poller, bell] where descriptor >= 0 { close(descriptor) }
            throw DriverHostFault(text: "the system gives no descriptors: raise the limit of open files")
        }
    }

    deinit {
        close(poller)
        close(bell)
    }

    // MARK: The owner's calls

    func send(_ message: ServiceMessage) {
        guard let (outlet, numbering) = shared.withLock({ $0.outlet }) else { return }
        guard let number = numbering.onSocket(message.id) else {
            log.debug("a message to a process that has ended, left out", metadata: ["kind": "\(message.kind)"])
            return
        }
        var message = message
        message.id = number
        guard outlet.send(message) > settings.serviceBacklogLimit else { return }
        shared.withLock { $0.isFlooded = true }
        hilum_bell_ring(bell)
    }

    func stop() async {
        end()
        await withCheckedContinuation { continuation in
            let isOver = shared.withLock { shared in
                if !shared.hasEnded { shared.stopping.append(continuation) }
                return shared.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }

    /// Begins to end it.
    func end() {
        shared.withLock { $0.isStopping = true }
        hilum_bell_ring(bell)
    }

    /// For the list of processes; nil while there is none.
    var processNow: DriverProcess? {
        let (process, restarts) = shared.withLock { ($0.process, $0.restarts) }
        guard let process else { return nil }
        return DriverProcess(
            driver: driver, device: nil, service: name, process: process,
            resident: SpawnedProcess.residentBytes(of: process), instances: 1, restarts: restarts)
    }

    /// Starts the thread and the first process; returns when the module has taken the options.
    func start() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            shared.withLock { $0.opening = continuation }
            let retained = Unmanaged.passRetained(self)
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<HostedService>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, retained.toOpaque())
            guard result == 0 else {
                retained.release()
                opened(DriverOpenFault(.moduleUnusable("the system gives no thread: raise the limit of processes")))
                return
            }
            pthread_detach(thread)
        }
    }

    /// Lets `start` return, the first time.
    private func opened(_ fault: DriverOpenFault?) {
        let opening = shared.withLock { shared in
            defer { shared.opening = nil }
            return shared.opening
        }
        if let fault { opening?.resume(throwing: fault) } else { opening?.resume() }
    }

    // MARK: The thread

    /// Processes started; touched on the thread only.
    private var starts = 0

    /// The thread lives as long as its processes: these ask to be killed when the thread that started them ends.
    private func run() {
        var pause = settings.serviceRestartPause.first
        var lastEnd: String?
        while !isStopping {
            let before = lastEnd
            var wasStarted = false
            let begun = ServiceProcess.now()
            let end = live { process in
                wasStarted = true
                shared.withLock { shared in
                    shared.outlet = (process.outlet, process.numbering)
                    if before != nil { shared.restarts += 1 }
                }
                if let before {
                    log.notice("service \(driver) runs again", metadata: ["process": "\(process.process)"])
                    listener.onRestart("the driver \(driver) was started again: \(before)")
                }
                opened(nil)
            }
            shared.withLock {
                $0.outlet = nil
                $0.process = nil
                $0.isFlooded = false
            }
            guard !isStopping else { break }
            if lastEnd == nil, !wasStarted {
                opened(DriverOpenFault(end.fault))
                break
            }
            // Why the owner's requests became void: the end of the last process that it knew.
            if wasStarted || lastEnd == nil { lastEnd = end.reason }
            if ServiceProcess.now() - begun >= 60_000_000 { pause = settings.serviceRestartPause.first }
            log.error("service \(driver): \(end.reason); started again in \(pause) ms")
            rest(milliseconds: pause)
            pause = min(settings.serviceRestartPause.longest, pause * 2)
        }
        opened(DriverOpenFault(.moduleUnusable("the driver host has stopped")))
        let waiting = shared.withLock { shared in
            shared.hasEnded = true
            defer { shared.stopping = [] }
            return shared.stopping
        }
        for continuation in waiting { continuation.resume() }
    }

    var isStopping: Bool { shared.withLock { $0.isStopping } }

    /// Waits, but not beyond the wish to stop.
    private func rest(milliseconds: Int) {
        let until = ServiceProcess.now() + Int64(milliseconds) * 1000
        var ready = [hilum_ready](repeating: hilum_ready(), count: 4)
        while !isStopping {
            let left = until - ServiceProcess.now()
            guard left > 0 else { return }
            if hilum_poll_wait(poller, &ready, Int32(ready.count), Int32(clamping: left / 1000 + 1)) > 0 {
                hilum_bell_clear(bell)
            }
        }
    }

    /// One process from its start to its end. `onStarted` is called once, before the first message of it is handed on.
    private func live(onStarted: (ServiceProcess) -> Void) -> ServiceProcess.End {
        do throws(DriverHostFault) {
            let process = try ServiceProcess(of: self, numbering: ServiceNumbering(start: starts))
            starts += 1
            shared.withLock { $0.process = process.process }
            return process.serve(onStarted: onStarted)
        } catch {
            return ServiceProcess.End(reason: error.text, fault: .moduleUnusable(error.text))
        }
    }
}
