import Glibc

/// A mutual exclusion lock with a condition. The library's `Mutex` has none to wait on.
final class Gate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }

    func unlock() { pthread_mutex_unlock(mutex) }

    /// Leaves the lock until somebody wakes all, and takes it again.
    func wait() { pthread_cond_wait(condition, mutex) }

    func wakeAll() { pthread_cond_broadcast(condition) }

    func holding<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        lock()
        defer { unlock() }
        return try body()
    }
}

/// A thread of its own, to be waited for.
struct IndexThread: ~Copyable {
    private var thread: pthread_t

    /// Starts it; nil when there can be no more threads.
    init?(_ body: @escaping @Sendable () -> Void) {
        final class Start: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for its end.
    consuming func join() { pthread_join(thread, nil) }

    /// Somebody else waits for its end.
    consuming func release() -> pthread_t { thread }

    /// Lets it end by itself.
    consuming func detach() { pthread_detach(thread) }
}

/// Several threads that do the same.
struct WorkerThreads: ~Copyable {
    private var threads: [pthread_t] = []

    /// Starts as many as there can be; nil when there can be none.
    init?(count: Int, _ body: @escaping @Sendable () -> Void) {
        for _ in 0..<count {
            guard let thread = IndexThread(body) else { break }
            threads.append(thread.release())
        }
        if threads.isEmpty { return nil }
    }

    /// Waits for the end of all.
    consuming func join() { for thread in threads { pthread_join(thread, nil) } }
}
