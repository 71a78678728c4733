import DeviceProfile
import Foundation
import Glibc
import Synchronization

/// One connection of a device passed on to its host: bytes at once and unaltered, an end as an end, a reset as a reset.
///
/// A thread for each direction reads and writes with the kernel's own flow control: when one side does not take bytes, the other
/// side feels it as it would without the tap.
final class TCPTap: Sendable {
    private let device: Int32
    private let host: Int32
    private let number: Int
    private let recorder: CaptureRecorder
    private let running = Mutex(2)

    init(device: Int32, host: Int32, number: Int, recorder: CaptureRecorder) {
        self.device = device
        self.host = host
        self.number = number
        self.recorder = recorder
    }

    /// Passes on until both sides have ended, in threads of its own.
    func start() {
        Thread.detachNewThread { self.pass(from: self.device, to: self.host, .device) }
        Thread.detachNewThread { self.pass(from: self.host, to: self.device, .host) }
    }

    private func pass(from source: Int32, to sink: Int32, _ direction: CaptureRecord.Direction) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let who = direction == .device ? "the device" : "the host"
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(source, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                recorder.note("\(who) broke off: \(String(cString: strerror(errno)))", connection: number)
                Self.willReset(sink)
                break
            }
            if count == 0 {
                recorder.note("\(who) ended", connection: number)
                shutdown(sink, Int32(SHUT_WR))
                break
            }
            let bytes = Array(buffer[..<count])
            // Noted first, which does not wait: the answer must not stand before what it answers.
            recorder.record(bytes, direction, connection: number)
            let isSent = Self.sendAll(bytes, to: sink)
            if !isSent {
                Self.willReset(source)
                break
            }
        }
        let isLast = running.withLock { running in
            running -= 1
            return running == 0
        }
        if isLast {
            _ = Glibc.close(device)
            _ = Glibc.close(host)
        }
    }

    private static func sendAll(_ bytes: [UInt8], to sink: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if errno != EINTR { return false }
        }
        return true
    }

    /// The close to come is a reset, and whoever reads from it wakes.
    static func willReset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RD))
    }
}
