extension ProfileReader {
    static let linkKeys = ["tcp", "serial", "folder", "dicom"]
    static let tcpKeys = ["listen", "connect"]
    static let serialKeys = ["baud", "data_bits", "parity", "stop_bits", "flow"]
    static let folderKeys = ["pattern"]
    static let dicomLinkKeys = ["port", "associations", "may"]

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
        if let node = keys["dicom"] { link.dicom = dicom(node) }
        return link
    }

    private mutating func dicom(_ node: SourceNode) -> LinkDefaults.DICOM {
        let keys = section(node, "dicom", keys: ProfileReader.dicomLinkKeys)
        var link = LinkDefaults.DICOM()
        if let node = keys["port"] { link.port = port(node, "port") }
        link.associations = integer(keys["associations"], "associations", in: 1...1000)
        if let node = keys["may"], !node.isNull {
            link.may = list(node, "may").compactMap { choice($0, "may", DICOMService.self) }
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
