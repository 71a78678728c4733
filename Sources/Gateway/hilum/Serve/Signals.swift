import Dispatch
import Glibc

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
        AsyncStream { continuation in
            let sources = [(SIGINT, Request.stop), (SIGTERM, .stop), (SIGHUP, .reload)].map { number, request in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(request) }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
    }
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
