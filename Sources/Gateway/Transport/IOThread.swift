import CPlatform
import Glibc
import Synchronization

/// A thread of its own for a serial line or a watched folder, which wait in poll(2). Links of this kind are few.
enum IOThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread. False when the system gives none.
    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 512 << 10)
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        if result != 0 { body.release() }
        return result == 0
    }
}

/// Wakes one thread that waits in poll(2).
final class WakeSignal: Sendable {
    /// Becomes readable when signalled; -1 when the process has no descriptors left (the thread then wakes by its timer).
    let descriptor: CInt

    init() { descriptor = platform_wake_open() }
    deinit { if descriptor >= 0 { close(descriptor) } }

    func signal() { if descriptor >= 0 { platform_wake_signal(descriptor) } }
    func clear() { if descriptor >= 0 { platform_wake_clear(descriptor) } }

    /// Waits for the signal, or so many seconds.
    func wait(seconds: Double) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, CInt(clamping: Int64(max(0, min(seconds, 86400)) * 1000)))
        clear()
    }
}

/// Tells those who wait that a thread has ended.
final class EndSignal: Sendable {
    private struct State {
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func signal() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state -> Bool in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
