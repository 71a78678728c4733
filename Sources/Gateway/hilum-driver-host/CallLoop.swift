import CHilumDriver
import CPlatform
import DriverWire
import Glibc

/// Reads calls, makes them, and tells what the driver says, one call after the other.
struct CallLoop {
    private let module: DriverModule
    private var outlet: EventOutlet
    private let page: UnsafeMutablePointer<hilum_progress>
    private var instances: [UInt32: UnsafeMutableRawPointer] = [:]
    /// Answers are written call by call, not gathered.
    private let writesEach: Bool
    /// When answers were last written: those of a slow driver do not wait for a whole buffer of calls.
    private var lastFlush = 0

    /// Nanoseconds that answers may wait while further calls are at hand.
    private static let longestWait = 2_000_000

    init(module: DriverModule, outlet: EventOutlet, page: UnsafeMutablePointer<hilum_progress>, writesEach: Bool) {
        self.writesEach = writesEach
        self.module = module
        self.outlet = outlet
        self.page = page
    }

    /// Returns when the gateway is gone.
    mutating func run() {
        // Not a property: a call is made while its bytes are looked at in the buffer.
        var calls = FrameBuffer(limit: CallFrame.longest)
        while true {
            let count = calls.fill { Int(hilum_read_some(Int32(HILUM_CHILD_SOCKET), $0.baseAddress, UInt64($0.count))) }
            guard count > 0 else { return }
            lastFlush = CallLoop.nanoseconds()
            do throws(FrameBuffer.Fault) {
                while try takeOne(from: &calls) {
                    let now = CallLoop.nanoseconds()
                    guard writesEach || now - lastFlush > CallLoop.longestWait else { continue }
                    outlet.flush()
                    lastFlush = now
                }
            } catch {
                DriverHostProcess.complain("the stream from the gateway is broken: \(error)")
                exit(ExitStatus.streamBroken)
            }
            outlet.flush()
        }
    }

    private mutating func takeOne(from calls: inout FrameBuffer) throws(FrameBuffer.Fault) -> Bool {
        try calls.next { body in
            guard let frame = CallFrame(body: body) else {
                DriverHostProcess.complain("a call that is none came from the gateway")
                exit(ExitStatus.streamBroken)
            }
            make(frame, UnsafeRawBufferPointer(rebasing: body[CallFrame.headerSize...]))
            return true
        } ?? false
    }

    private mutating func make(_ frame: CallFrame, _ bytes: UnsafeRawBufferPointer) {
        hilum_progress_begin(page, UInt64(frame.instance), frame.input)
        defer { hilum_progress_end(page) }
        var time = hilum_time(
            monotonic_us: frame.monotonic, unix_us: frame.unix, utc_offset_s: frame.utcOffset, reserved: 0)
        let argument = hilum_bytes(bytes: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count)
        if frame.kind == .open { return open(frame, argument, &time) }
        guard let instance = instances[frame.instance] else {
            // Its options were refused while further calls were under way. The gateway counts answers: give one.
            if frame.kind != .close { outlet.send(EventFrame(.done, instance: frame.instance, input: frame.input), "") }
            return
        }
        var status = HILUM_OK
        switch frame.kind {
        case .open: return
        case .close:
            instances[frame.instance] = nil
            return module.close(instance)
        case .receive: status = module.receive(instance, argument, &time)
        case .timeout: status = module.timeout(instance, &time)
        case .finish: status = module.finish(instance, &time)
        case .submit: status = module.submit?(instance, argument, &time) ?? HILUM_UNSUPPORTED
        }
        poll(instance, frame)
        end(.done, instance, frame, status)
    }

    private mutating func open(_ frame: CallFrame, _ options: hilum_bytes, _ time: inout hilum_time) {
        var instance: UnsafeMutableRawPointer?
        var reason = hilum_bytes(bytes: nil, count: 0)
        let status = module.open(options, &time, &instance, &reason)
        if status == HILUM_OK, let instance {
            instances[frame.instance] = instance
            poll(instance, frame)
            return end(.opened, instance, frame, status)
        }
        var answer = EventFrame(.opened, instance: frame.instance, input: frame.input)
        answer.status = status == HILUM_OK ? HILUM_INVALID_OPTIONS : status
        outlet.send(
            answer,
            UnsafeRawBufferPointer(start: reason.bytes, count: reason.bytes == nil ? 0 : min(reason.count, 4096)))
    }

    private mutating func poll(_ instance: UnsafeMutableRawPointer, _ frame: CallFrame) {
        while true {
            var event = hilum_event()
            event.struct_size = UInt32(MemoryLayout<hilum_event>.size)
            guard module.poll(instance, &event) == 1 else { return }
            guard let kind = EventFrame.Kind(rawValue: UInt8(clamping: event.kind)), kind.rawValue < 32 else {
                fault("the driver told an event of unknown kind \(event.kind)", event, frame)
                continue
            }
            var answer = EventFrame(kind, instance: frame.instance, input: frame.input)
            answer.flags = event.flags
            answer.code = event.code
            answer.start = event.start_offset
            answer.end = event.end_offset
            answer.deadline = event.deadline_us
            let count = event.bytes.bytes == nil ? 0 : event.bytes.count
            guard count <= EventFrame.longestBytes else {
                fault("the driver told an event of \(count) bytes, more than \(EventFrame.longestBytes)", event, frame)
                continue
            }
            outlet.send(answer, UnsafeRawBufferPointer(start: event.bytes.bytes, count: count))
        }
    }

    private mutating func fault(_ text: String, _ event: hilum_event, _ frame: CallFrame) {
        var answer = EventFrame(.fault, instance: frame.instance, input: frame.input)
        answer.code = HILUM_FAULT_LOST
        answer.start = event.start_offset
        answer.end = event.end_offset
        outlet.send(answer, text + ": report it to the driver's maker")
    }

    private mutating func end(
        _ kind: EventFrame.Kind, _ instance: UnsafeMutableRawPointer, _ frame: CallFrame, _ status: Int32
    ) {
        var answer = EventFrame(kind, instance: frame.instance, input: frame.input)
        answer.status = status
        answer.isIdle = module.idle(instance) == 1
        outlet.send(answer, "")
    }

    private static func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
