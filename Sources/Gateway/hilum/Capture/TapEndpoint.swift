import Glibc
import Transport

/// One side of a tapped line: a serial port or a connection. Reads and writes do not block.
final class TapEndpoint {
    /// What a read found.
    enum Read {
        case bytes([UInt8])
        /// Nothing at the moment.
        case nothing
        /// The other end is gone, and how.
        case gone(String)
    }

    private let port: SerialPort?
    private let socket: Int32
    /// For poll(2).
    var descriptor: Int32 { port?.descriptor ?? socket }

    /// A serial port.
    init(_ port: SerialPort) {
        self.port = port
        socket = -1
    }

    /// A connection; it is closed with this.
    init(socket: Int32) {
        port = nil
        self.socket = socket
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        port?.close()
        if port == nil { _ = Glibc.close(socket) }
    }

    /// Reads what is there.
    func read() -> Read {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count: Int
        if let port {
            switch buffer.withUnsafeMutableBytes({ port.read(into: $0) }) {
            case .bytes(let read): count = read
            case .nothing: return .nothing
            case .gone(let code): return .gone(code == 0 ? "hung up" : String(cString: strerror(code)))
            }
        } else {
            count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count < 0 {
                return errno == EAGAIN || errno == EINTR ? .nothing : .gone(String(cString: strerror(errno)))
            }
            if count == 0 { return .gone("ended") }
        }
        return .bytes(Array(buffer.prefix(count)))
    }

    /// Writes what is taken at the moment.
    ///
    /// - Returns: how many bytes; nil: the other end is gone.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        if let port { return bytes.withUnsafeBytes { port.write($0) } }
        let count = bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
}
