import Glibc
import Transport

extension DeviceLine {
    /// Speed and form of characters on a serial line.
    struct SerialForm: Sendable, Hashable {
        var baud = 9600
        var dataBits = 8
        var parity = "none"
        var stopBits = 1
    }

    /// Opens the far end of a line once.
    ///
    /// - Throws: `DeviceLine.Fault` with what went wrong and what to do.
    static func open(_ address: LineAddress, form: SerialForm, listener: ListeningSocket?) throws -> DeviceLine? {
        switch address {
        case .connect(let place): return try dial(place)
        case .listen: return try listener?.accept(limit: .milliseconds(200))
        case .serial(let path): return try openSerial(path, form: form)
        case .pseudoTerminal: return nil
        }
    }

    private static func dial(_ place: HostAndPort) throws -> DeviceLine {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(place.host, String(place.port), &hints, &found)
        guard status == 0, let first = found else {
            throw Fault(description: "\(place.host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(first) }
        var reason = "no address"
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let info = next?.pointee {
            next = info.ai_next
            let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
            guard descriptor >= 0 else { continue }
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 {
                noDelay(descriptor)
                return DeviceLine(descriptor: descriptor)
            }
            reason = String(cString: strerror(errno))
            _ = Glibc.close(descriptor)
        }
        throw Fault(description: "\(place.description): \(reason)")
    }

    fileprivate static func noDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func openSerial(_ path: String, form: SerialForm) throws -> DeviceLine {
        let descriptor = Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(description: "\(path): \(String(cString: strerror(errno)))") }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else {
            _ = Glibc.close(descriptor)
            throw Fault(description: "\(path) is no serial line")
        }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CREAD | CLOCAL)
        if form.dataBits == 7 { settings.c_cflag = settings.c_cflag & ~tcflag_t(CSIZE) | tcflag_t(CS7) }
        if form.parity != "none" { settings.c_cflag |= tcflag_t(PARENB) }
        if form.parity == "odd" { settings.c_cflag |= tcflag_t(PARODD) }
        if form.stopBits == 2 { settings.c_cflag |= tcflag_t(CSTOPB) }
        cfsetspeed(&settings, speed(form.baud))
        _ = tcsetattr(descriptor, TCSANOW, &settings)
        return DeviceLine(descriptor: descriptor)
    }

    private static func speed(_ baud: Int) -> speed_t {
        let known: [Int: Int32] = [
            1200: B1200, 2400: B2400, 4800: B4800, 9600: B9600, 19_200: B19200, 38_400: B38400, 57_600: B57600,
            115_200: B115200,
        ]
        return speed_t(known[baud] ?? B9600)
    }
}

/// A port on which a simulated device waits to be dialled.
final class ListeningSocket: Sendable {
    private let descriptor: Int32
    /// The port: the one asked for, or the one that 0 came to.
    let port: Int

    init(_ place: HostAndPort) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(place.host, String(place.port), &hints, &found) == 0, let info = found?.pointee else {
            throw DeviceLine.Fault(description: "\(place.host) is no address to listen on")
        }
        defer { freeaddrinfo(found) }
        descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, 4) == 0 else {
            let reason = String(cString: strerror(errno))
            _ = Glibc.close(descriptor)
            throw DeviceLine.Fault(description: "\(place.description): \(reason)")
        }
        port = Self.port(of: descriptor) ?? place.port
    }

    private static func port(of descriptor: Int32) -> Int? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return nil }
        // The port stands at the same place in sockaddr_in and sockaddr_in6, in network order.
        return withUnsafeBytes(of: &address) { Int($0[2]) << 8 | Int($0[3]) }
    }

    deinit { _ = Glibc.close(descriptor) }

    /// The next connection; nil: none within the limit.
    func accept(limit: Duration) throws -> DeviceLine? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(limit.milliseconds)) > 0 else { return nil }
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { return nil }
        DeviceLine.noDelay(connection)
        return DeviceLine(descriptor: connection)
    }
}
