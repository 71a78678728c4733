import CPlatform
import Contracts
import Glibc
import Logging
import Synchronization

/// Starts, watches and restarts the processes. Everything but `perform` happens on its one thread.
///
/// The thread lives as long as the host: children ask to be killed when the thread that started them ends.
final class Supervisor: @unchecked Sendable {
    let settings: DriverHostSettings
    let log: Logger
    private let poller: Int32
    private let bell: Int32
    private static let bellToken = UInt64.max

    private struct Tasks {
        var waiting: [@Sendable () -> Void] = []
        var isStopped = false
    }
    private let tasks = Mutex(Tasks())

    // @unchecked: what follows is touched on the supervisor's thread only.
    var slots: [Slot.Key: Slot] = [:]
    var children: [UInt64: Child] = [:]
    var ownProcess: Set<String>
    private var lastChild: UInt64 = 0
    private var lastTick: Int64 = 0
    private var whenStopped: (() -> Void)?
    var isStopping: Bool { whenStopped != nil }

    init(settings: DriverHostSettings, log: Logger) throws(DriverHostFault) {
        self.settings = settings
        self.log = log
        ownProcess = settings.ownProcess
        poller = hilum_poll_create()
        bell = hilum_bell_create()
        guard poller >= 0, bell >= 0, hilum_poll_change(poller, 0, bell, 0, Supervisor.bellToken) == 0 else {
            throw DriverHostFault(text: "the system gives no descriptors: raise the limit of open files")
        }
    }

    /// Starts the thread; it ends with `stop`.
    func start() throws(DriverHostFault) {
        let retained = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Supervisor>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        guard result == 0 else {
            retained.release()
            throw DriverHostFault(text: "the system gives no thread: raise the limit of processes")
        }
        pthread_detach(thread)
    }

    /// Does something on the supervisor's thread; `refused` here and now if it has stopped.
    func perform(else refused: () -> Void = {}, _ task: @escaping @Sendable () -> Void) {
        let isTaken = tasks.withLock { tasks in
            guard !tasks.isStopped else { return false }
            tasks.waiting.append(task)
            return true
        }
        if isTaken { hilum_bell_ring(bell) } else { refused() }
    }

    // MARK: The thread

    private func run() {
        var ready = [hilum_ready](repeating: hilum_ready(), count: 64)
        lastTick = now()
        while true {
            let count = Int(hilum_poll_wait(poller, &ready, Int32(ready.count), children.isEmpty ? wait() : tickLength))
            for index in 0..<min(count, ready.count) { handle(ready[index]) }
            tick()
            if isStopping, children.isEmpty { break }
        }
        let rest = tasks.withLock { tasks in
            tasks.isStopped = true
            return tasks.waiting
        }
        // Each task checks what is there; none may be left without its answer.
        for task in rest { task() }
        close(poller)
        close(bell)
        whenStopped?()
    }

    /// Milliseconds between two looks at the children.
    private var tickLength: Int32 { Int32(clamping: min(250, max(10, settings.answerLimit / 8))) }

    /// Without children only a planned start has to be waited for.
    private func wait() -> Int32 { slots.values.contains { $0.startAt != nil } ? tickLength : -1 }

    func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    private func handle(_ ready: hilum_ready) {
        if ready.token == Supervisor.bellToken {
            hilum_bell_clear(bell)
            let waiting = tasks.withLock { tasks in
                defer { tasks.waiting = [] }
                return tasks.waiting
            }
            for task in waiting { task() }
            return
        }
        guard let child = children[ready.token >> 2] else { return }
        switch Child.Descriptor(rawValue: ready.token & 3) {
        case .socket:
            if ready.writable != 0 { child.outlet.hasRoom() }
            if ready.readable != 0, let problem = child.read(whole: false) { child.kill(because: problem) }
            greet(child)
        case .errors: report(child.readErrors(), of: child)
        case .process: collect(child)
        case nil: break
        }
    }

    private func greet(_ child: Child) {
        guard child.isReady, child.slot.failedStarts > 0 else { return }
        child.slot.failedStarts = 0
    }

    func report(_ lines: [String], of child: Child) {
        for line in lines {
            log.warning(
                "driver says: \(line)",
                metadata: ["driver": "\(child.slot.driver)", "device": "\(child.slot.key.device ?? "shared")"])
        }
    }

    private func tick() {
        let now = now()
        let elapsed = now - lastTick
        guard elapsed >= Int64(tickLength) * 1000 else { return }
        lastTick = now
        // A machine that slept, or starved us, does not count as a child's silence: one tick counts as one tick.
        let counted = min(elapsed, 2 * Int64(tickLength) * 1000)
        for child in children.values {
            child.look(after: counted)
            if let leftOut = child.leftOut(after: elapsed) { report([leftOut], of: child) }
            if child.isReady, child.stalledFor >= Int64(settings.answerLimit) * 1000 {
                child.kill(because: "it did not get on for \(settings.answerLimit) ms")
            } else if !child.isReady, child.refusal == nil, now - child.startedAt > Int64(settings.startLimit) * 1000 {
                child.kill(because: "the module was not loaded within \(settings.startLimit) ms")
            }
        }
        for slot in Array(slots.values) { look(at: slot, now) }
    }

    private func look(at slot: Slot, _ now: Int64) {
        if let startAt = slot.startAt, startAt <= now {
            slot.startAt = nil
            fill(slot)
        }
        guard slot.key.device != nil, let child = slot.child, child.instances.isEmpty, slot.waiting.isEmpty else {
            slot.emptySince = nil
            return
        }
        // A device that comes again within half a minute finds its process.
        let since = slot.emptySince ?? now
        slot.emptySince = since
        if now - since > 30_000_000 { child.kill(because: nil) }
    }

    // MARK: Starting

    /// Gives an instance to the process of its slot.
    func place(_ instance: HostedInstance, module: String) {
        guard !isStopping else { return instance.finish(.moduleUnusable("the driver host has stopped")) }
        let key = Slot.Key(
            driver: instance.driver, device: ownProcess.contains(instance.device) ? instance.device : nil)
        let slot = slots[key] ?? Slot(key: key, module: module)
        slots[key] = slot
        slot.waiting.append(instance)
        slot.emptySince = nil
        if slot.startAt == nil { fill(slot) }
    }

    /// Starts the process of a slot if it has none, and hands over what waits.
    func fill(_ slot: Slot) {
        slot.waiting.removeAll { $0.hasEnded }
        guard !isStopping, !slot.waiting.isEmpty else { return }
        if slot.child == nil {
            lastChild += 1
            do throws(DriverHostFault) {
                let child = try Child(id: lastChild, slot: slot, settings: settings, poller: poller, now: now())
                slot.child = child
                children[child.id] = child
            } catch {
                return cannotStart(slot, error)
            }
        }
        guard let child = slot.child, child.endedBecause == nil else { return }
        let waiting = slot.waiting
        slot.waiting = []
        for instance in waiting { child.hold(instance) }
    }

    private func cannotStart(_ slot: Slot, _ fault: DriverHostFault) {
        log.error("\(fault.text)", metadata: ["driver": "\(slot.driver)"])
        // Who has not been opened yet is told; who was running waits for a better time.
        let unopened = slot.waiting.filter { !$0.isOpen }
        slot.waiting.removeAll { !$0.isOpen }
        for instance in unopened { instance.finish(.moduleUnusable(fault.text)) }
        if !slot.waiting.isEmpty { slot.startAt = now() + 1_000_000 }
    }

    func remove(_ instance: HostedInstance) {
        for slot in slots.values {
            slot.waiting.removeAll { $0 === instance }
            if let child = slot.child, child.release(instance) { return }
        }
    }

    func setOwnProcess(_ isOwn: Bool, device: String) {
        if isOwn { ownProcess.insert(device) } else { ownProcess.remove(device) }
    }

    // MARK: Ending

    func stop(_ whenStopped: @escaping () -> Void) {
        guard !isStopping else { return whenStopped() }
        self.whenStopped = whenStopped
        for slot in slots.values {
            for instance in slot.waiting { instance.finish(.moduleUnusable("the driver host has stopped")) }
            slot.waiting = []
        }
        for child in children.values {
            for instance in child.instances.values { instance.close() }
            child.kill(because: "stopping")
        }
    }

    private func collect(_ child: Child) {
        let end = hilum_collect(child.process)
        guard end.collected != 0 else { return }
        _ = child.read(whole: true)
        report(child.readErrors(), of: child)
        children[child.id] = nil
        if child.slot.child === child { child.slot.child = nil }
        let present = child.present
        child.close(poller: poller)
        if !isStopping { recover(child, end, present) }
    }
}
