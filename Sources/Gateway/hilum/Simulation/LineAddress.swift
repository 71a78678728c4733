import Transport

/// Where a simulated device is connected: `tcp:HOST:PORT`, `listen:PORT`, `serial:PATH`, `pty:LINK`.
enum LineAddress: Sendable, Hashable, CustomStringConvertible {
    /// Dials.
    case connect(HostAndPort)
    /// Waits to be dialled, on 127.0.0.1 unless an address is written.
    case listen(HostAndPort)
    /// Opens a serial line.
    case serial(String)
    /// Makes a pseudo-terminal and a link to its device file.
    case pseudoTerminal(String)

    /// Nil for anything else.
    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = String(text[text.index(after: colon)...])
        guard !rest.isEmpty else { return nil }
        switch text[..<colon] {
        case "tcp":
            guard let place = HostAndPort(rest) else { return nil }
            self = .connect(place)
        case "listen":
            guard let place = HostAndPort(rest) ?? HostAndPort("127.0.0.1:\(rest)") else { return nil }
            self = .listen(place)
        case "serial": self = .serial(rest)
        case "pty": self = .pseudoTerminal(rest)
        default: return nil
        }
    }

    /// As written.
    var description: String {
        switch self {
        case .connect(let place): "tcp:\(place.description)"
        case .listen(let place): "listen:\(place.description)"
        case .serial(let path): "serial:\(path)"
        case .pseudoTerminal(let path): "pty:\(path)"
        }
    }
}
