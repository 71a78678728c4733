/// A host with a port as people write it: `10.0.0.7:5000`, `[fd00::7]:5000`.
struct HostAndPort: Sendable, Hashable {
    /// Name or address, without brackets.
    var host: String
    /// 1 … 65535.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil where the text is nothing of the kind.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// `host:port`, an IPv6 address in brackets.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads a key that holds `{host, port}` or `host:port`.
    static func read(_ mapping: inout YAMLMapping, _ key: String) -> (host: String, port: Int)? {
        if mapping.node(key)?.scalar != nil {
            guard let text = mapping.text(key) else { return nil }
            if let both = HostAndPort(text) { return (both.host, both.port) }
            mapping.fault(key, "\"\(text)\" is not host and port", cure: "write \(key): {host: 10.0.0.7, port: 5000}")
            return nil
        }
        return mapping.map(key, required: true) { inner -> (host: String, port: Int)? in
            let host = inner.text("host", required: true)
            let port = inner.integer("port", in: 1...65535, required: true)
            guard let host, let port else { return nil }
            return (host, port)
        }
    }
}

/// Paths in a configuration file.
enum Path {
    /// A relative path counts from the folder of the file it is written in.
    static func resolved(_ path: String, in base: String) -> String {
        if path.hasPrefix("/") || base.isEmpty || base == "." { return path }
        return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }

    /// The folder a file is in; `.` for a bare name.
    static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(milliseconds) / 1000 }
}
