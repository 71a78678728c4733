import CPlatform
import Contracts
import DriverWire
import Glibc
import Logging

/// One process of a service, from its start to its end. Used on the thread of its service only.
final class ServiceProcess {
    /// How it ended.
    struct End {
        /// For people.
        var reason: String
        /// What that means if it happened at the first start.
        var fault: DriverEnd
    }

    private enum Descriptor: UInt64 {
        case socket = 0
        case process = 1
        case errors = 2
    }
    static let bellToken: UInt64 = 3

    private let service: HostedService
    private let spawned: SpawnedProcess
    let outlet: Outlet
    let numbering: ServiceNumbering
    private var incoming = FrameBuffer(limit: ServiceMessage.longest, usualSize: 256 << 10)
    private var errorOutput: ErrorOutput
    private let startedAt = ServiceProcess.now()
    private var isStarted = false
    private var refusal: DriverEnd?
    private var endedBecause: String?
    /// Since when it has been asked to end.
    private var stoppingSince: Int64?
    private var isTerminated = false
    /// What it had read when that last changed.
    private var lastTaken: UInt64 = 0
    private var lastTakenAt = ServiceProcess.now()
    /// The call it is in, since when, and whether that was said.
    private var call: (number: UInt64, since: Int64, isTold: Bool) = (0, 0, true)
    private var lastTick = ServiceProcess.now()

    var process: pid_t { spawned.process }

    /// Microseconds, monotonic.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    init(of service: HostedService, numbering: ServiceNumbering) throws(DriverHostFault) {
        self.service = service
        self.numbering = numbering
        let settings = service.settings
        spawned = try SpawnedProcess(
            [settings.executable, service.module, String(settings.largestServiceData), "service"],
            driver: service.driver, arenas: 4)
        errorOutput = ErrorOutput(descriptor: spawned.errors)
        outlet = Outlet(descriptor: spawned.socket, poller: service.poller, token: Descriptor.socket.rawValue)
        _ = hilum_poll_change(service.poller, 0, spawned.socket, 0, Descriptor.socket.rawValue)
        _ = hilum_poll_change(service.poller, 0, spawned.processDescriptor, 0, Descriptor.process.rawValue)
        _ = hilum_poll_change(service.poller, 0, spawned.errors, 0, Descriptor.errors.rawValue)
        outlet.send(ServiceMessage(ServiceHostKind.start, body: service.options))
    }

    /// Hands on what it says, until it has ended.
    func serve(onStarted: (ServiceProcess) -> Void) -> End {
        var ready = [hilum_ready](repeating: hilum_ready(), count: 8)
        while true {
            let count = Int(hilum_poll_wait(service.poller, &ready, Int32(ready.count), 250))
            var hasEnded = false
            for event in ready.prefix(max(0, count)) {
                if event.token == ServiceProcess.bellToken { hilum_bell_clear(service.bell) }
                switch Descriptor(rawValue: event.token) {
                case .socket:
                    if event.writable != 0 { outlet.hasRoom() }
                    if event.readable != 0 { read(whole: false, onStarted) }
                case .errors: report(errorOutput.read())
                case .process: hasEnded = true
                case nil: break
                }
            }
            if hasEnded {
                let exit = hilum_collect(spawned.process)
                if exit.collected != 0 { return end(exit, onStarted) }
            }
            look()
        }
    }

    private func end(_ exit: hilum_exit, _ onStarted: (ServiceProcess) -> Void) -> End {
        read(whole: true, onStarted)
        report(errorOutput.read())
        // Whoever sends now finds no process.
        outlet.shut()
        for descriptor in [spawned.socket, spawned.processDescriptor, spawned.errors] {
            _ = hilum_poll_change(service.poller, 2, descriptor, 0, 0)
        }
        spawned.close()
        if let refusal { return End(reason: "\(DriverOpenFault(refusal))", fault: refusal) }
        let reason =
            endedBecause.map { "it was ended because \($0)" }
            ?? exit.words(largestData: service.settings.largestServiceData)
        return End(reason: reason, fault: .moduleUnusable("the driver \(service.driver) did not start: \(reason)"))
    }

    // MARK: What it says

    private func read(whole: Bool, _ onStarted: (ServiceProcess) -> Void) {
        while true {
            let count = incoming.fill { Int(hilum_read_some(spawned.socket, $0.baseAddress, UInt64($0.count))) }
            guard count > 0 else { return }
            do throws(FrameBuffer.Fault) {
                while let message = try incoming.next({ ServiceMessage(frame: $0) }) {
                    guard let message else { return kill("it sent a message that is none") }
                    take(message, onStarted)
                }
            } catch {
                return kill("it sent a frame that cannot be right (\(error))")
            }
            if !whole { return }
        }
    }

    private func take(_ message: ServiceMessage, _ onStarted: (ServiceProcess) -> Void) {
        if message.kind == ServiceHostKind.refused {
            let reason = message["reason"] ?? "no reason given"
            refusal = message["what"] == "options" ? .optionsRefused(reason) : .moduleUnusable(reason)
            return
        }
        // A service may speak before its start has returned: that it runs is told before what it says.
        if !isStarted {
            isStarted = true
            onStarted(self)
        }
        guard message.kind != ServiceHostKind.started else { return }
        guard let number = numbering.forOwner(message.id) else {
            return kill("it gave a message a number out of range")
        }
        var message = message
        message.id = number
        service.listener.onMessage(message)
    }

    private func report(_ lines: [String]) {
        for line in lines {
            service.log.warning("driver says: \(line)", metadata: ["driver": "\(service.driver)"])
        }
    }

    // MARK: Whether it gets on

    private func look() {
        let now = ServiceProcess.now()
        if service.isStopping { return hurry(now) }
        let settings = service.settings
        if service.shared.withLock({ $0.isFlooded }) {
            return kill("more than \(settings.serviceBacklogLimit >> 20) MiB of messages waited for it to be read")
        }
        let elapsed = now - lastTick
        guard elapsed >= 100_000 else { return }
        lastTick = now
        if let leftOut = errorOutput.leftOut(after: elapsed) { report([leftOut]) }
        // A machine that slept, or starved us, does not count as its silence.
        if elapsed > 2_000_000 { lastTakenAt += elapsed }
        let progress = outlet.progress
        if !progress.waits || progress.taken != lastTaken { (lastTaken, lastTakenAt) = (progress.taken, now) }
        if now - lastTakenAt >= Int64(settings.serviceReadLimit) * 1000 {
            return kill("it did not read what it was told for \(settings.serviceReadLimit) ms")
        }
        if !isStarted, refusal == nil, now - startedAt > Int64(settings.startLimit) * 1000 {
            return kill("the module did not start within \(settings.startLimit) ms")
        }
        lookAtCall(now)
    }

    /// A message must be taken within a second; longer is said, not punished.
    private func lookAtCall(_ now: Int64) {
        let progress = hilum_progress_read(spawned.page)
        if progress.instance == 0 || progress.calls != call.number {
            call = (progress.calls, now, progress.instance == 0)
        } else if !call.isTold, now - call.since > 1_000_000 {
            call.isTold = true
            service.log.warning(
                "service \(service.driver) has been busy with one message for more than a second; others wait",
                metadata: ["driver": "\(service.driver)"])
        }
    }

    // MARK: Its end

    /// Asked to end, then told, then made to.
    private func hurry(_ now: Int64) {
        guard let since = stoppingSince else {
            stoppingSince = now
            shutdown(spawned.socket, Int32(SHUT_WR))
            return
        }
        let limits = service.settings.serviceStopLimit
        let waited = (now - since) / 1000
        if waited >= Int64(limits.asked) + Int64(limits.terminated) {
            Glibc.kill(spawned.process, SIGKILL)
        } else if waited >= Int64(limits.asked), !isTerminated {
            isTerminated = true
            Glibc.kill(spawned.process, SIGTERM)
        }
    }

    private func kill(_ reason: String) {
        if endedBecause == nil { endedBecause = reason }
        Glibc.kill(spawned.process, SIGKILL)
    }
}
