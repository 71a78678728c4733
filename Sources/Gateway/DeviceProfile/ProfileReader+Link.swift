extension ProfileReader {
    static let linkKeys = ["tcp", "serial", "folder"]
    static let tcpKeys = ["listen", "connect"]
    static let serialKeys = ["baud", "data_bits", "parity", "stop_bits", "flow"]
    static let folderKeys = ["pattern"]

    mutating func link(_ node: SourceNode) -> LinkDefaults {
        let keys = section(node, "link", keys: ProfileReader.linkKeys)
        var link = LinkDefaults()
        if let node = keys["tcp"] { link.tcp = tcp(node) }
        if let node = keys["serial"] { link.serial = serial(node) }
        if let node = keys["folder"] {
            let keys = section(node, "folder", keys: ProfileReader.folderKeys)
            var folder = LinkDefaults.Folder()
            let pattern = text(keys["pattern"], "pattern")
            if pattern.contains("/"), let node = keys["pattern"] {
                error(node, "pattern \"\(pattern)\" holds a slash", cure: "write a pattern of file names only: *.csv")
            } else if !pattern.isEmpty {
                folder.pattern = pattern
            }
            link.folder = folder
        }
        return link
    }

    private mutating func tcp(_ node: SourceNode) -> LinkDefaults.TCP? {
        let keys = section(node, "tcp", keys: ProfileReader.tcpKeys)
        if keys.count > 1 {
            error(
                node, "tcp has listen and connect", cure: "keep one: listen when the device dials, connect when we do")
            return nil
        }
        if let node = keys["listen"] { return port(node, "listen").map { .listen(port: $0) } }
        if let node = keys["connect"] { return port(node, "connect").map { .connect(port: $0) } }
        if node.members?.isEmpty ?? false {
            error(node, "tcp has neither listen nor connect", cure: "write listen: 5000 or connect: 5000")
        }
        return nil
    }

    private mutating func port(_ node: SourceNode, _ name: String) -> UInt16? {
        integer(node, name, in: 1...65535).flatMap { UInt16(exactly: $0) }
    }

    private mutating func serial(_ node: SourceNode) -> LinkDefaults.Serial {
        let keys = section(node, "serial", keys: ProfileReader.serialKeys)
        var serial = LinkDefaults.Serial()
        if let baud = integer(keys["baud"], "baud", in: 50...4_000_000) { serial.baud = baud }
        if let bits = integer(keys["data_bits"], "data_bits", in: 7...8) { serial.dataBits = bits }
        if let bits = integer(keys["stop_bits"], "stop_bits", in: 1...2) { serial.stopBits = bits }
        if let parity = choice(keys["parity"], "parity", LinkDefaults.Serial.Parity.self) { serial.parity = parity }
        if let flow = choice(keys["flow"], "flow", LinkDefaults.Serial.Flow.self) { serial.flow = flow }
        return serial
    }
}
