import Glibc

/// What a simulated device is connected by: blocking reads and writes with a limit of time.
final class DeviceLine {
    /// Why there is no connection.
    struct Fault: Error, CustomStringConvertible {
        /// What happened.
        var description: String
    }

    private var descriptor: Int32
    private let end: @Sendable () -> Void

    init(descriptor: Int32, end: @escaping @Sendable () -> Void = {}) {
        self.descriptor = descriptor
        self.end = end
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close() }

    /// Closes the line.
    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
        end()
    }

    /// The descriptor for calls that wait, without limit of time; whoever takes it closes it.
    func detach() -> Int32 {
        let taken = descriptor
        descriptor = -1
        _ = fcntl(taken, F_SETFL, fcntl(taken, F_GETFL) & ~O_NONBLOCK)
        var limit = timeval(tv_sec: 0, tv_usec: 0)
        setsockopt(taken, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return taken
    }

    /// Puts all bytes on the line.
    func write(_ bytes: [UInt8], limit: Duration = .seconds(30)) throws {
        var sent = 0
        let start = ContinuousClock.now
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                guard ContinuousClock.now - start < limit else {
                    throw Fault(description: "the other side takes no bytes")
                }
                _ = wait(for: POLLOUT, limit: .milliseconds(200))
            } else if errno != EINTR {
                throw Fault(description: "writing failed: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Bytes that came within the limit; empty: none.
    func read(limit: Duration) throws -> [UInt8] {
        guard wait(for: POLLIN, limit: limit) else { return [] }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { return Array(buffer.prefix(count)) }
        if count == 0 { throw Fault(description: "the other side has closed") }
        if errno == EAGAIN || errno == EINTR { return [] }
        throw Fault(description: "reading failed: \(String(cString: strerror(errno)))")
    }

    private func wait(for event: Int32, limit: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        let milliseconds = min(max(limit.milliseconds, 0), 3_600_000)
        return poll(&entry, 1, Int32(milliseconds)) > 0
    }
}
