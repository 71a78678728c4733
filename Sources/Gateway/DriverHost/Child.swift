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
    let process: pid_t
    let outlet: Outlet
    let startedAt: Int64
    private let socket: Int32
    private let processDescriptor: Int32
    private let errors: Int32
    private let page: UnsafeMutablePointer<hilum_progress>
    private var incoming = FrameBuffer(limit: EventFrame.headerSize + EventFrame.longestBytes)
    private var errorLines = LineSplitter()
    /// Lines that it may still write to the log in this second, and those that were left out.
    private var lineBudget = Child.linesPerSecond
    private var linesLeftOut = 0
    private static let linesPerSecond = 100.0

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
        var sockets: [Int32] = [-1, -1]
        var pipes: [Int32] = [-1, -1]
        var mapped: UnsafeMutablePointer<hilum_progress>?
        var pid: pid_t = 0
        var pidDescriptor: Int32 = -1
        let progress = hilum_progress_create(&mapped)
        let hasSockets = progress >= 0 && hilum_socket_pair(&sockets) == 0
        let hasPipes = hasSockets && hilum_pipe(&pipes) == 0
        var failure = hasPipes ? 0 : errno
        if hasPipes {
            // In a device's own process nothing is gathered: what came before a call that crashes is not lost with it.
            let gathers = slot.key.device == nil
            failure = Child.spawn(
                [settings.executable, slot.module, String(settings.largestData), gathers ? "gather" : "each"],
                sockets[1], progress, pipes[1], &pid, &pidDescriptor)
        }
        for descriptor in [sockets[1], pipes[1], progress] where descriptor >= 0 { Glibc.close(descriptor) }
        guard failure == 0, let page = mapped else {
            for descriptor in [sockets[0], pipes[0]] where descriptor >= 0 { Glibc.close(descriptor) }
            hilum_progress_unmap(mapped)
            throw DriverHostFault(
                text: """
                    cannot start \(settings.executable) for the driver \(slot.driver): \
                    \(String(cString: strerror(failure))); \(Child.cure(failure))
                    """)
        }
        self.id = id
        self.slot = slot
        self.page = page
        process = pid
        processDescriptor = pidDescriptor
        socket = sockets[0]
        errors = pipes[0]
        startedAt = now
        outlet = Outlet(descriptor: sockets[0], poller: poller, token: Child.token(id, .socket))
        _ = hilum_poll_change(poller, 0, socket, 0, Child.token(id, .socket))
        _ = hilum_poll_change(poller, 0, processDescriptor, 0, Child.token(id, .process))
        _ = hilum_poll_change(poller, 0, errors, 0, Child.token(id, .errors))
    }

    static func token(_ id: UInt64, _ descriptor: Descriptor) -> UInt64 { id << 2 | descriptor.rawValue }

    private static func cure(_ failure: Int32) -> String {
        switch failure {
        case ENOENT, EACCES: "install it there, readable and executable for the gateway's user"
        case EMFILE, ENFILE: "raise the limit of open files (LimitNOFILE in the unit file)"
        case EAGAIN, ENOMEM: "raise the limit of processes or give the machine more memory"
        default: "it is tried again"
        }
    }

    private static func spawn(
        _ arguments: [String], _ socket: Int32, _ progress: Int32, _ errors: Int32, _ pid: inout pid_t,
        _ descriptor: inout Int32
    ) -> Int32 {
        // One arena and no backtraces: small, and quick to die.
        var environment = ["SWIFT_BACKTRACE=enable=no", "MALLOC_ARENA_MAX=1", "LANG=C.UTF-8"]
        if let libraries = getenv("LD_LIBRARY_PATH") {
            environment.append("LD_LIBRARY_PATH=\(String(cString: libraries))")
        }
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        return hilum_spawn(
            arguments.first ?? "", &argumentPointers, &environmentPointers, socket, progress, errors, &pid, &descriptor)
    }

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
            let socket = socket
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
    func readErrors() -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<16 {
            let count = hilum_read_some(errors, &buffer, UInt64(buffer.count))
            guard count > 0 else { break }
            for line in errorLines.take(buffer.prefix(Int(count))) {
                if lineBudget >= 1 {
                    lineBudget -= 1
                    lines.append(line)
                } else {
                    linesLeftOut += 1
                }
            }
        }
        return lines
    }

    /// What was left out since the last time, in words; nil: nothing.
    func leftOut(after elapsed: Int64) -> String? {
        lineBudget = min(Child.linesPerSecond, lineBudget + Child.linesPerSecond * Double(elapsed) / 1e6)
        guard linesLeftOut > 0, lineBudget >= Child.linesPerSecond else { return nil }
        defer { linesLeftOut = 0 }
        return "\(linesLeftOut) more lines, left out"
    }

    // MARK: Whether it gets on

    /// Notes that time has passed. It stands still when calls wait and none was begun since the last look.
    func look(after elapsed: Int64) {
        let calls = hilum_progress_read(page).calls
        stalledFor = outlet.calls > answers && calls == lastCalls ? stalledFor + elapsed : 0
        lastCalls = calls
    }

    /// The call it is in, or whose events made us end it: instance and number of the call.
    var present: (instance: HostedInstance, input: UInt64)? {
        if let accused { return accused }
        let progress = hilum_progress_read(page)
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
        for descriptor in [socket, processDescriptor, errors] {
            _ = hilum_poll_change(poller, 2, descriptor, 0, 0)
            Glibc.close(descriptor)
        }
        hilum_progress_unmap(page)
    }
}
