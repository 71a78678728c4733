import Glibc
import JSONText

/// A command's end of the control socket.
struct ControlClient {
    /// The state folder.
    let state: String

    /// Asks the running gateway.
    ///
    /// - Returns: what came of it; nil: no gateway runs on this state folder.
    /// - Throws: `CommandFailure` when there is one and it cannot be asked.
    func ask(_ request: ControlRequest, limit: Duration = .seconds(60)) throws(CommandFailure) -> JSONObject? {
        guard let descriptor = try connection() else { return nil }
        defer { close(descriptor) }
        var span = timeval(tv_sec: max(1, Int(limit.milliseconds / 1000)), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &span, socklen_t(MemoryLayout<timeval>.size))
        let line = request.json.serialized() + [0x0A]
        guard line.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == line.count else {
            throw CommandFailure(.ours, "the gateway does not take the request: \(String(cString: strerror(errno)))")
        }
        let reply = try readLine(descriptor)
        guard let json = try? JSONValue(parsing: reply) else {
            throw CommandFailure(.ours, "the gateway's answer is not understood", cure: "use the same version of hilum")
        }
        switch ControlReply.read(json) {
        case .success(let object): return object
        case .failure(let fault): throw CommandFailure(.wrong, fault.problem, cure: fault.cure)
        }
    }

    private func connection() throws(CommandFailure) -> Int32? {
        let path = ControlPath.socket(state: state)
        let place = ControlPath.reachable(path)
        defer { if place.folder >= 0 { close(place.folder) } }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CommandFailure(.ours, "no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status == 0 { return descriptor }
        let reason = errno
        close(descriptor)
        // No file, or one that nobody listens on: the gateway does not run.
        if reason == ENOENT || reason == ECONNREFUSED || reason == ENOTDIR { return nil }
        throw CommandFailure(
            .wrong, "\(path): \(String(cString: strerror(reason)))",
            cure: "run the command as the gateway's user, or root")
    }

    private func readLine(_ descriptor: Int32) throws(CommandFailure) -> [UInt8] {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 {
                if count < 0, errno == EINTR { continue }
                throw CommandFailure(
                    .ours, "the gateway gave no answer", cure: "look at its log; the request may be done")
            }
            line += buffer.prefix(count)
            if let end = line.firstIndex(of: 0x0A) { return Array(line[..<end]) }
        }
    }
}
