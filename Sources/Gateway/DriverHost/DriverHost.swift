import Contracts
import DriverWire
import Logging
import Synchronization

/// Holds drivers in processes of their own: one a module, one a device where asked or after that device crashed it.
///
/// A driver that traps, hangs or takes too much memory ends its process only. The process is started again at once, each
/// instance is fed what its driver still needs, and events that were handed out before are not handed out again. Inputs
/// that crash it `crashesBeforeQuarantine` times end their instance (`DriverEnd.quarantined`).
///
/// One thread watches all processes and calls `onBatch`, `onEnd` and `onRestart`; these must not block.
public final class DriverHost: DriverHosting, Sendable {
    private let supervisor: Supervisor
    /// Services that have been started and not stopped.
    let services = Mutex<[HostedService]>([])
    var settings: DriverHostSettings { supervisor.settings }
    var log: Logger { supervisor.log }

    /// Starts no process yet: each is started when its first instance is opened.
    ///
    /// Throws `DriverHostFault` when the system gives no descriptors or no thread.
    /// Without a `log` nothing is logged.
    public init(settings: DriverHostSettings, log: Logger? = nil) throws {
        let log = log ?? Logger(label: "hilum.drivers") { _ in SwiftLogNoOpLogHandler() }
        supervisor = try Supervisor(settings: settings, log: log)
        try supervisor.start()
    }

    deinit {
        for service in services.withLock({ $0 }) { service.end() }
        let supervisor = supervisor
        supervisor.perform { supervisor.stop {} }
    }

    /// Opens an instance; the process of the module is started if there is none. See `DriverHosting`.
    public func open(
        driver: String, device: String, options: [UInt8], at time: Instant,
        onBatch: @escaping @Sendable (DriverBatch) -> Void,
        onEnd: @escaping @Sendable (DriverEnd) -> Void,
        onRestart: @escaping @Sendable (_ reason: String) -> Void
    ) async throws -> any DriverInstance {
        let module = try ModuleSearch(folders: supervisor.settings.moduleFolders).path(of: driver)
        let supervisor = supervisor
        let listener = HostedInstance.Listener(onBatch: onBatch, onEnd: onEnd, onRestart: onRestart)
        let holder = InstanceHolder()
        try await withCheckedThrowingContinuation { continuation in
            let instance = HostedInstance(
                driver: driver, device: device, options: options, openedAt: time,
                replayLimit: supervisor.settings.replayLimit, listener: listener, opening: continuation,
                onClose: { closed in supervisor.perform { supervisor.remove(closed) } })
            holder.hold(instance)
            supervisor.perform(else: { instance.finish(.moduleUnusable("the driver host has stopped")) }) {
                supervisor.place(instance, module: module)
            }
        }
        guard let instance = holder.instance else {
            throw DriverOpenFault(.moduleUnusable("the driver host has stopped"))
        }
        return instance
    }

    /// From its next opening on, the device has a driver process of its own (or none again).
    public func setOwnProcess(_ isOwn: Bool, device: String) {
        let supervisor = supervisor
        supervisor.perform { supervisor.setOwnProcess(isOwn, device: device) }
    }

    /// The processes at this moment: of stream drivers, then services.
    public func processes() async -> [DriverProcess] {
        let supervisor = supervisor
        let processes = await withCheckedContinuation { continuation in
            supervisor.perform(else: { continuation.resume(returning: []) }) {
                continuation.resume(returning: supervisor.processes())
            }
        }
        return processes + services.withLock { $0 }.compactMap(\.processNow)
    }

    /// Ends all instances, services and processes; nothing is told any more. Returns when the processes are gone.
    public func stop() async {
        await stopServices()
        let supervisor = supervisor
        await withCheckedContinuation { continuation in
            supervisor.perform(else: { continuation.resume() }) { supervisor.stop { continuation.resume() } }
        }
    }
}

/// The driver host cannot work at all.
public struct DriverHostFault: Error, Sendable, CustomStringConvertible {
    /// What happened, and what to do.
    public var text: String
    /// Text for people.
    public var description: String { text }
}
