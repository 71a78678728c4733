import Delivery
import Glibc
import Transport

extension TLSSettings {
    /// Which end of the connection the gateway is.
    enum Role {
        /// Others connect: a certificate is needed.
        case server
        /// The gateway connects.
        case client
    }

    /// Reads `tls: true` or `tls: {certificate, key, authority, …}` of a device; nil for `false`.
    static func read(_ mapping: inout YAMLMapping, _ key: String, base: String, role: Role) -> TLSSettings? {
        var settings = TLSSettings()
        if mapping.node(key)?.scalar != nil {
            guard mapping.flag(key) == true else { return nil }
            if role == .server {
                mapping.fault(
                    key, "a listener needs a certificate", cure: "write \(key): {certificate: FILE.pem, key: FILE.pem}")
            }
            return settings
        }
        _ = mapping.map(key) { tls -> Bool? in
            settings.certificate = ReadableFile.read(&tls, "certificate", base: base, required: role == .server)
            settings.key = ReadableFile.read(&tls, "key", base: base, required: settings.certificate != nil)
            settings.authority = ReadableFile.read(&tls, "authority", base: base)
            settings.minimumVersion =
                tls.choice("minimum_version", among: [.tls10, .tls11, .tls12, .tls13]) ?? settings.minimumVersion
            if role == .client {
                settings.serverName = tls.text("server_name")
                settings.verifyName = tls.flag("verify_name") ?? true
            }
            return true
        }
        return settings
    }
}

extension TLSSpec {
    /// Reads `tls: true` or `tls: {authority, certificate, key, …}` of a destination; nil for `false`.
    static func read(_ mapping: inout YAMLMapping, _ key: String, base: String) -> TLSSpec? {
        var spec = TLSSpec()
        if mapping.node(key)?.scalar != nil { return mapping.flag(key) == true ? spec : nil }
        _ = mapping.map(key) { tls -> Bool? in
            spec.trustedCertificates = ReadableFile.read(&tls, "authority", base: base) ?? ""
            spec.certificate = ReadableFile.read(&tls, "certificate", base: base) ?? ""
            spec.privateKey = ReadableFile.read(&tls, "key", base: base, required: !spec.certificate.isEmpty) ?? ""
            spec.serverName = tls.text("server_name") ?? ""
            spec.checksName = tls.flag("verify_name") ?? true
            spec.minimumVersion =
                tls.choice("minimum_version", among: [.tls10, .tls11, .tls12, .tls13]) ?? spec.minimumVersion
            return true
        }
        return spec
    }
}

/// Files that the configuration names and that must be readable.
enum ReadableFile {
    /// The path that a key names, relative to the configuration; a fault is recorded where the file cannot be read.
    static func read(_ mapping: inout YAMLMapping, _ key: String, base: String, required: Bool = false) -> String? {
        mapping.text(key, required: required).map { checked($0, key, &mapping, base: base) }
    }

    /// The whole path.
    static func checked(_ path: String, _ key: String, _ mapping: inout YAMLMapping, base: String) -> String {
        let resolved = Path.resolved(path, in: base)
        if access(resolved, R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            mapping.fault(
                key, "\(resolved) cannot be read: \(reason)", cure: "correct the path or the permissions of the file")
        }
        return resolved
    }
}
