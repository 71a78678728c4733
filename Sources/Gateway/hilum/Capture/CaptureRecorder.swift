import DeviceProfile
import Dispatch
import Glibc
import Synchronization

/// Writes what passes a tap, on a queue of its own: a slow or full disk never holds up the line.
final class CaptureRecorder: Sendable {
    /// What may wait for the disk; beyond it events are dropped, and the gap is written down.
    static let mostWaiting = 64 << 20

    private struct State {
        var start: Int64?
        var waiting = 0
        /// Bytes on the line by direction.
        var device = 0
        var host = 0
        /// Bytes of the line that are not in the file.
        var lost = 0
        /// Part of `lost` that the file does not tell of yet.
        var untold = 0
        var length: off_t = 0
        var isFinished = false
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "hilum.capture")
    private let state = Mutex(State())

    /// - Throws: `DeviceLine.Fault` when the file is there already or cannot be made.
    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DeviceLine.Fault(description: "\(path): \(String(cString: strerror(errno)))")
        }
        put(Array(CaptureRecord.signature.utf8), weight: 0)
    }

    /// Bytes from the device, from the host, and bytes that could not be written.
    var totals: (device: Int, host: Int, lost: Int) { state.withLock { ($0.device, $0.host, $0.lost) } }

    /// Takes what passes. Never waits: the order of the calls is the order in the file, and the times rise in it.
    func record(_ bytes: [UInt8], _ direction: CaptureRecord.Direction, connection: Int) {
        state.withLock { state in
            let now = Self.now()
            let start = state.start ?? now
            state.start = start
            switch direction {
            case .device: state.device += bytes.count
            case .host: state.host += bytes.count
            case .event: break
            }
            if state.waiting + bytes.count > Self.mostWaiting {
                state.lost += bytes.count
                state.untold += bytes.count
                return
            }
            state.waiting += bytes.count
            queue.async { self.keep(bytes, direction, connection: connection, since: now - start) }
        }
    }

    /// On the queue.
    private func keep(_ bytes: [UInt8], _ direction: CaptureRecord.Direction, connection: Int, since: Int64) {
        // What passes after the end is passed on, but the file is closed.
        if state.withLock({ $0.isFinished }) { return }
        let untold = state.withLock { $0.untold }
        if untold > 0 {
            let text = Array("\(untold) bytes before this are not here: the disk was full or slow".utf8)
            if put(CaptureRecord.line(microseconds: since, connection: connection, .event, text), weight: 0) {
                state.withLock { $0.untold -= untold }
            }
        }
        let line = CaptureRecord.line(microseconds: since, connection: connection, direction, bytes)
        put(line, weight: direction == .event ? 0 : bytes.count)
        state.withLock { $0.waiting -= bytes.count }
    }

    /// Says what happened to a connection.
    func note(_ text: String, connection: Int) { record(Array(text.utf8), .event, connection: connection) }

    /// Writes what waits and closes the file.
    func finish() {
        queue.sync {
            state.withLock { $0.isFinished = true }
            fsync(descriptor)
            _ = Glibc.close(descriptor)
        }
    }

    /// A line is in the file whole or not at all.
    @discardableResult
    private func put(_ line: [UInt8], weight: Int) -> Bool {
        var sent = 0
        while sent < line.count {
            let count = line[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                let length = state.withLock { state in
                    state.lost += weight
                    state.untold += weight
                    return state.length
                }
                ftruncate(descriptor, length)
                lseek(descriptor, length, SEEK_SET)
                return false
            }
        }
        state.withLock { $0.length += off_t(line.count) }
        return true
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
