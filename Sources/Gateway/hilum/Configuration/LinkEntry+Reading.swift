import Transport

extension LinkEntry {
    /// Ways of which one must be written.
    static let ways = ["tcp", "serial", "folder", "dicom"]

    /// Reads `link:`.
    static func read(_ link: inout YAMLMapping, folder base: String) -> LinkEntry? {
        let written = ways.filter { link.has($0) }
        if written.count != 1 {
            link.document.fault(
                line: link.line, "\(link.path): a device has exactly one link, not \(written.count)",
                cure: "write one of \(ways.joined(separator: ", "))")
            return nil
        }
        let tcp = link.map("tcp") { tcp in readTCP(&tcp, base: base) }
        let serial = link.map("serial") { serial in readSerial(&serial) }
        let folder = link.map("folder") { folder in readFolder(&folder, base: base) }
        let dicom = link.map("dicom") { dicom in DICOMLink.read(&dicom) }
        return tcp ?? serial.map { .serial($0) } ?? folder ?? dicom.map { .dicom($0) }
    }

    // MARK: TCP

    private static func readTCP(_ tcp: inout YAMLMapping, base: String) -> LinkEntry? {
        let (listens, connects) = (tcp.has("listen"), tcp.has("connect"))
        guard listens != connects else {
            tcp.document.fault(
                line: tcp.line, "\(tcp.path): write either \"listen\" or \"connect\"",
                cure: "listen: PORT when the device dials the gateway, connect: {host, port} when the gateway dials")
            return nil
        }
        return listens ? readListen(&tcp, base: base) : readConnect(&tcp, base: base)
    }

    private static func readListen(_ tcp: inout YAMLMapping, base: String) -> LinkEntry? {
        let port = tcp.integer("listen", in: 1...65535)
        var settings = TCPListenSettings(port: port ?? 0)
        if let address = tcp.text("address") {
            if IPNetwork(address) == nil || address.contains("/") {
                tcp.fault(
                    "address", "\"\(address)\" is no address", cure: "write 127.0.0.1, 0.0.0.0 or one of this machine")
            }
            settings.address = address
        }
        for text in tcp.texts("peer") ?? [] {
            if let peer = NetworkPeer(text) {
                settings.peers.append(peer)
            } else {
                tcp.fault(
                    "peer", "\"\(text)\" is neither an address nor a network",
                    cure: "write the device's address (10.0.0.7), a network (10.0.0.0/24) or any; names are not taken")
            }
        }
        let isLoopback = IPNetwork(settings.address)?.isLoopback ?? false
        if settings.peers.isEmpty, !isLoopback, !tcp.has("peer") {
            tcp.document.fault(
                line: tcp.line, "\(tcp.path): listens to the network, but nobody may connect",
                cure: "add `peer:` with the device's address, a network such as 10.0.0.0/24, or any")
        }
        switch tcp.choice("second_connection", of: SecondConnection.self) {
        case .keep: settings.secondConnection = .keepBoth
        case .replace: settings.secondConnection = .replaceOld
        case nil: break
        }
        settings.maxConnections = tcp.integer("max_connections", in: 1...1000) ?? settings.maxConnections
        readOptions(&tcp, &settings.options, base: base, role: .server)
        return port == nil ? nil : .listen(settings)
    }

    private static func readConnect(_ tcp: inout YAMLMapping, base: String) -> LinkEntry? {
        guard let (host, port) = HostAndPort.read(&tcp, "connect") else { return nil }
        var settings = TCPConnectSettings(host: host, port: port)
        if let limit = tcp.duration("connect_timeout", in: .milliseconds(100)...(.seconds(300))) {
            settings.connectTimeout = limit.seconds
        }
        if let first = tcp.duration("retry_first", in: .milliseconds(10)...(.seconds(3600))) {
            settings.backoff.first = first.seconds
        }
        if let longest = tcp.duration("retry_longest", in: .milliseconds(10)...(.seconds(3600))) {
            settings.backoff.longest = longest.seconds
        }
        settings.reconnectAtOnce = tcp.flag("reconnect_at_once") ?? false
        readOptions(&tcp, &settings.options, base: base, role: .client)
        return .connect(settings)
    }

    private static func readOptions(
        _ tcp: inout YAMLMapping, _ options: inout TCPOptions, base: String, role: TLSSettings.Role
    ) {
        if let alive = tcp.duration("keep_alive", in: .zero...(.seconds(7200))) {
            options.keepAliveIdle = Int(alive.seconds)
        }
        if let idle = tcp.duration("idle_limit", in: .seconds(1)...(.seconds(7 * 86_400))) {
            options.idleLimit = idle.seconds
        }
        if tcp.has("tls") { options.tls = TLSSettings.read(&tcp, "tls", base: base, role: role) }
    }

    private enum SecondConnection: String, CaseIterable {
        case keep
        case replace
    }

    // MARK: Serial line

    private static func readSerial(_ serial: inout YAMLMapping) -> SerialEntry? {
        let path = serial.text("path", required: true)
        if let path, !path.hasPrefix("/") {
            serial.fault("path", "\"\(path)\" is no device file", cure: "write a whole path, such as /dev/ttyUSB0")
        }
        var entry = SerialEntry(path: path ?? "")
        entry.baud = serial.integer("baud", in: 50...4_000_000)
        entry.dataBits = serial.integer("data_bits", in: 5...8)
        entry.parity = serial.choice("parity", among: [.none, .even, .odd, .mark, .space])
        entry.stopBits = serial.integer("stop_bits", in: 1...2)
        entry.flow = serial.choice("flow", among: [.none, .xonxoff, .rtscts, .dtrdsr])
        entry.dtr = serial.flag("dtr")
        entry.rts = serial.flag("rts")
        return path == nil ? nil : entry
    }

    // MARK: Folder

    private static func readFolder(_ folder: inout YAMLMapping, base: String) -> LinkEntry? {
        guard let path = folder.text("path", required: true) else { return nil }
        var settings = WatchedFolderSettings(path: Path.resolved(path, in: base))
        let pattern = folder.text("pattern")
        settings.pattern = pattern ?? settings.pattern
        if let pattern, pattern.contains("/") || pattern.isEmpty {
            folder.fault("pattern", "is a pattern of file names", cure: "write for instance \"*.csv\"")
        }
        readCompletion(&folder, &settings)
        if let done = folder.text("done") {
            if done.split(separator: "/", omittingEmptySubsequences: false).contains("..") || done.isEmpty {
                folder.fault("done", "leads out of the watched folder", cure: "write a name, or a whole path")
            }
            settings.afterwards = .move(to: done)
        }
        if let poll = folder.duration("poll", in: .milliseconds(100)...(.seconds(3600))) {
            settings.pollInterval = poll.seconds
        }
        if let size = folder.size("max_file_size", in: 1...(1 << 40)) { settings.maxFileSize = Int64(size) }
        settings.recursive = folder.flag("recursive") ?? false
        return .folder(settings, hasPattern: pattern != nil)
    }

    private static func readCompletion(_ folder: inout YAMLMapping, _ settings: inout WatchedFolderSettings) {
        guard let node = folder.node("complete_when") else { return }
        let cure = "write renamed, {stable: 2s} or {companion: .ok}"
        if let word = node.scalar?.string {
            if word == "renamed" {
                settings.completeWhen = .renamed
            } else {
                folder.fault("complete_when", "\"\(word)\" is not possible here", cure: cure)
            }
            return
        }
        _ = folder.map("complete_when") { when -> Bool? in
            if let span = when.duration("stable", in: .milliseconds(100)...(.seconds(3600))) {
                settings.completeWhen = .stable(seconds: span.seconds)
            }
            if let suffix = when.text("companion") {
                if suffix.isEmpty || suffix.contains("/") || when.has("stable") {
                    when.fault("companion", "is the end of a file name, alone", cure: cure)
                }
                settings.completeWhen = .companion(suffix: suffix)
            }
            return true
        }
    }
}
