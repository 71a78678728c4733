import Delivery
import Glibc
import Transport

extension DestinationEntry {
    static let ways = ["hl7", "fhir", "folder"]

    /// Reads an entry of `destinations:`.
    static func read(_ entry: inout YAMLMapping, folder base: String) -> DestinationEntry? {
        let id = Identifier.read(&entry, "id")
        let name = entry.text("name") ?? ""
        let isEnabled = entry.flag("enabled") ?? true
        let first = entry.duration("retry_first", in: .milliseconds(10)...(.seconds(3600)))
        let longest = entry.duration("retry_longest", in: .milliseconds(10)...(.seconds(86_400)))
        let attempts = entry.integer("attempts", in: 1...1000)
        guard let way = readWay(&entry, base: base), let id else { return nil }
        var result = DestinationEntry(place: entry.place(), id: id, name: name, isEnabled: isEnabled, way: way)
        result.retryFirst = first ?? result.retryFirst
        result.retryLongest = longest ?? max(result.retryFirst, result.retryLongest)
        result.attempts = attempts ?? result.attempts
        if result.retryLongest < result.retryFirst {
            entry.fault(
                "retry_longest", "is shorter than retry_first", cure: "make it at least \(result.retryFirst.written)")
        }
        return result
    }

    private static func readWay(_ entry: inout YAMLMapping, base: String) -> Way? {
        let written = ways.filter { entry.has($0) }
        let isLater = entry.has("dicom")
        if isLater {
            entry.fault("dicom", "is not available in this version", cure: "remove it")
        }
        guard written.count == 1 else {
            if !isLater {
                entry.document.fault(
                    line: entry.line, "\(entry.path): a destination is exactly one of hl7, fhir, folder",
                    cure: "write one of them")
            }
            return nil
        }
        let hl7 = entry.map("hl7") { hl7 in readHL7(&hl7, base: base) }
        let fhir = entry.map("fhir") { fhir in readFHIR(&fhir, base: base) }
        let folder = entry.map("folder") { folder in readFolder(&folder, base: base) }
        return hl7.map { .hl7($0) } ?? fhir.map { .fhir($0) } ?? folder.map { .folder($0) }
    }

    private static func readHL7(_ hl7: inout YAMLMapping, base: String) -> HL7Entry? {
        let host = hl7.text("host", required: true)
        let port = hl7.integer("port", in: 1...65535, required: true)
        var entry = HL7Entry(host: host ?? "", port: port ?? 0)
        if hl7.has("tls") { entry.tls = TLSSettings.read(&hl7, "tls", base: base, role: .client) }
        entry.connections = hl7.integer("connections", in: 1...64) ?? entry.connections
        entry.connectTimeout =
            hl7.duration("connect_timeout", in: .milliseconds(100)...(.seconds(300))) ?? entry.connectTimeout
        entry.timeout = hl7.duration("timeout", in: .milliseconds(100)...(.seconds(3600))) ?? entry.timeout
        entry.receiver = ReceiverProfile.read(&hl7)
        return host == nil || port == nil ? nil : entry
    }

    private static func readFHIR(_ fhir: inout YAMLMapping, base: String) -> FHIREntry? {
        let url = fhir.text("url", required: true)
        var entry = FHIREntry(url: url ?? "")
        if let url, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            fhir.fault(
                "url", "\"\(url)\" is no address of a FHIR server", cure: "write for instance https://emr.example/fhir")
        } else if let url, url.contains("@") {
            fhir.fault("url", "credentials do not stand in the address", cure: "use auth: {user: …, password_file: …}")
        }
        entry.auth = fhir.map("auth") { auth in readCredentials(&auth, base: base) } ?? .none
        if fhir.has("tls") { entry.tls = TLSSettings.read(&fhir, "tls", base: base, role: .client) }
        entry.connections = fhir.integer("connections", in: 1...64) ?? entry.connections
        entry.timeout = fhir.duration("timeout", in: .milliseconds(100)...(.seconds(3600))) ?? entry.timeout
        entry.system = readSystem(&fhir)
        if entry.auth != .none, url?.hasPrefix("http://") == true {
            fhir.fault("url", "credentials would go over the network unprotected", cure: "use https://", .warning)
        }
        return url == nil ? nil : entry
    }

    private static func readFolder(_ folder: inout YAMLMapping, base: String) -> FolderEntry? {
        guard let path = folder.text("path", required: true) else { return nil }
        var entry = FolderEntry(path: Path.resolved(path, in: base))
        entry.format = folder.choice("format", of: FolderEntry.Format.self) ?? .hl7
        entry.receiver = ReceiverProfile.read(&folder)
        entry.system = readSystem(&folder)
        return entry
    }

    private static func readSystem(_ mapping: inout YAMLMapping) -> String {
        guard let system = mapping.text("system") else { return "" }
        if !system.contains(":") || system.contains(where: \.isWhitespace) {
            mapping.fault(
                "system", "\"\(system)\" is no URI", cure: "write for instance https://hospital.example/hilum")
        }
        return system
    }

    private static func readCredentials(_ auth: inout YAMLMapping, base: String) -> Credentials? {
        for key in ["bearer", "token", "password"] where auth.has(key) {
            let stem = key == "password" ? "password" : "bearer"
            auth.fault(
                key, "secrets do not stand in this file", cure: "write \(stem)_file: PATH or \(stem)_env: VARIABLE")
        }
        let bearer = readSecret(&auth, "bearer", base: base)
        let user = auth.text("user")
        let password = readSecret(&auth, "password", base: base)
        switch (bearer, user, password) {
        case (let token?, nil, nil): return .bearer(token)
        case (nil, let user?, let password?): return .basic(user: user, password: password)
        default:
            auth.document.fault(
                line: auth.line, "\(auth.path): incomplete",
                cure: "write bearer_file or bearer_env, or user with password_file or password_env")
            return nil
        }
    }

    private static func readSecret(_ auth: inout YAMLMapping, _ stem: String, base: String) -> Secret? {
        if let path = auth.text("\(stem)_file") {
            let resolved = Path.resolved(path, in: base)
            if access(resolved, R_OK) != 0 {
                let reason = String(cString: strerror(errno))
                auth.fault("\(stem)_file", "\(resolved) cannot be read: \(reason)", cure: "correct path or permissions")
            }
            _ = auth.node("\(stem)_env")
            return .file(resolved)
        }
        guard let name = auth.text("\(stem)_env") else { return nil }
        if getenv(name) == nil {
            auth.fault(
                "\(stem)_env", "the environment has no \(name)", cure: "set it where the gateway is started", .warning)
        }
        return .environment(name)
    }
}
