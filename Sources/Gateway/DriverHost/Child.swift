import CPlatform
import DriverWire
import Glibc

/// One process with one module, as the supervisor sees it. Used on the supervisor's thread only.
final class Child {
    /// What the poller says about it: its socket, its end, its standard error.
    enum Descriptor: UInt64 {
        case socket = 0
        case process = 1
        case errors = 2
    }

    let id: UInt64
    let slot: Slot
    private let spawned: SpawnedProcess
    var process: pid_t { spawned.process }
    let outlet: Outlet
    let startedAt: Int64
    private var incoming = FrameBuffer(limit: EventFrame.headerSize + EventFrame.longestBytes)
    private var errorOutput: ErrorOutput

    /// Instances in it by their number here.
    var instances: [UInt32: HostedInstance] = [:]
    private var lastNumber: UInt32 = 0
    /// The module has been loaded.
    var isReady = false
    /// It said why the module cannot be used.
    var refusal: String?
    /// Why we ended it.
    private(set) var endedBecause: String?
    /// Whose events made us end it.
    private var accused: (instance: HostedInstance, input: UInt64)?
    /// Calls answered.
    private var answers: UInt64 = 0
    /// Calls begun when it was last looked at, and how long there was no change.
    private var lastCalls: UInt64 = 0
    private(set) var stalledFor: Int64 = 0

    init(id: UInt64, slot: Slot, settings: DriverHostSettings, poller: Int32, now: Int64) throws(DriverHostFault) {
        // In a device's own process nothing is gathered: what came before a call that crashes is not lost with it.
        let gathers = slot.key.device == nil
        spawned = try SpawnedProcess(
            [settings.executable, slot.module, String(settings.largestData), gathers ? "gather" : "each"],
            driver: slot.driver)
        self.id = id
        self.slot = slot
        errorOutput = ErrorOutput(descriptor: spawned.errors)
        startedAt = now
        outlet = Outlet(descriptor: spawned.socket, poller: poller, token: Child.token(id, .socket))
        _ = hilum_poll_change(poller, 0, spawned.socket, 0, Child.token(id, .socket))
        _ = hilum_poll_change(poller, 0, spawned.processDescriptor, 0, Child.token(id, .process))
        _ = hilum_poll_change(poller, 0, spawned.errors, 0, Child.token(id, .errors))
    }

    static func token(_ id: UInt64, _ descriptor: Descriptor) -> UInt64 { id << 2 | descriptor.rawValue }

    // MARK: Instances

    func hold(_ instance: HostedInstance) {
        repeat { lastNumber = lastNumber &+ 1 } while lastNumber == 0 || instances[lastNumber] != nil
        instances[lastNumber] = instance
        instance.attach(outlet, number: lastNumber)
    }

    /// Whether it held the instance.
    func release(_ instance: HostedInstance) -> Bool {
        guard let number = instances.first(where: { $0.value === instance })?.key else { return false }
        instances[number] = nil
        return true
    }

    // MARK: What comes from it

    /// Reads what is there and gives it to the instances.
    ///
    /// - Returns: what is wrong with it, nil when nothing is. `whole`: read to the end (it has ended).
    func read(whole: Bool) -> String? {
        while true {
            let socket = spawned.socket
            let count = incoming.fill { Int(hilum_read_some(socket, $0.baseAddress, UInt64($0.count))) }
            guard count > 0 else { return nil }
            if let problem = takeFrames() { return problem }
            if !whole { return nil }
        }
    }

    private func takeFrames() -> String? {
        do throws(FrameBuffer.Fault) {
            while true {
                let next: String?? = try incoming.next { body in
                    guard let frame = EventFrame(body: body) else { return "it sent a frame that is none" }
                    return take(frame, UnsafeRawBufferPointer(rebasing: body[EventFrame.headerSize...]))
                }
                guard let outcome = next else { return nil }
                if let problem = outcome { return problem }
            }
        } catch {
            return "it sent a frame that cannot be right (\(error))"
        }
    }

    private func take(_ frame: EventFrame, _ bytes: UnsafeRawBufferPointer) -> String? {
        if frame.kind == .hello {
            if frame.status == 0 { isReady = true } else { refusal = String(decoding: bytes, as: UTF8.self) }
            return nil
        }
        if frame.kind == .opened || frame.kind == .done { answers += 1 }
        let instance = instances[frame.instance]
        let problem = instance?.take(frame, bytes)
        if problem != nil, let instance { accused = (instance, frame.input) }
        if frame.kind == .opened, frame.status != 0 { instances[frame.instance] = nil }
        return problem
    }

    /// Lines it has written to its standard error, no more than a log can bear.
    func readErrors() -> [String] { errorOutput.read() }

    /// What was left out since the last time, in words; nil: nothing.
    func leftOut(after elapsed: Int64) -> String? { errorOutput.leftOut(after: elapsed) }

    // MARK: Whether it gets on

    /// Notes that time has passed. It stands still when calls wait and none was begun since the last look.
    func look(after elapsed: Int64) {
        let calls = hilum_progress_read(spawned.page).calls
        stalledFor = outlet.calls > answers && calls == lastCalls ? stalledFor + elapsed : 0
        lastCalls = calls
    }

    /// The call it is in, or whose events made us end it: instance and number of the call.
    var present: (instance: HostedInstance, input: UInt64)? {
        if let accused { return accused }
        let progress = hilum_progress_read(spawned.page)
        guard progress.instance != 0, let instance = instances[UInt32(truncatingIfNeeded: progress.instance)] else {
            return nil
        }
        return (instance, progress.input)
    }

    // MARK: Its end

    func kill(because reason: String?) {
        if endedBecause == nil { endedBecause = reason }
        Glibc.kill(process, SIGKILL)
    }

    /// Closes everything.
    func close(poller: Int32) {
        outlet.shut()
        for descriptor in [spawned.socket, spawned.processDescriptor, spawned.errors] {
            _ = hilum_poll_change(poller, 2, descriptor, 0, 0)
        }
        spawned.close()
    }
}
