@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Signals that a person or the service manager sends.
enum Signals {
    /// What is asked for.
    enum Request: Sendable {
        /// SIGINT, SIGTERM.
        case stop
        /// SIGHUP.
        case reload
    }

    /// Requests as they come. The signals no longer end the process.
    static func requests() -> AsyncStream<Request> {
        let (stream, continuation) = AsyncStream.makeStream(of: Request.self)
        for (number, request) in [(SIGINT, Request.stop), (SIGTERM, .stop), (SIGHUP, .reload)] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(request) }
            source.resume()
            sources.withLock { $0.append(source) }
        }
        return stream
    }

    /// Kept for as long as the process runs: a source that nobody holds stops.
    private static let sources = Mutex<[any DispatchSourceSignal]>([])
}

/// Tells systemd how the service is (sd_notify(3)); does nothing where nobody asked.
enum ServiceManager {
    static func notify(_ state: String) {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            buffer.copyBytes(from: bytes)
            // An abstract socket is written with @ and begins with NUL.
            if bytes.first == UInt8(ascii: "@") { buffer[0] = 0 }
        }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = Array(state.utf8).withUnsafeBytes { sendto(socket, $0.baseAddress, $0.count, 0, address, length) }
            }
        }
    }
}
