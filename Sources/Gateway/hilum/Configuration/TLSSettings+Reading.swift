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

    /// Reads `tls: true` or `tls: {certificate, key, authority, …}`; nil for `false`.
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
            settings.certificate = file(&tls, "certificate", base: base, required: role == .server)
            settings.key = file(&tls, "key", base: base, required: settings.certificate != nil)
            settings.authority = file(&tls, "authority", base: base, required: false)
            settings.minimumVersion =
                tls.choice("minimum_version", among: [.tls10, .tls11, .tls12, .tls13]) ?? .tls12
            if role == .client {
                settings.serverName = tls.text("server_name")
                settings.verifyName = tls.flag("verify_name") ?? true
            }
            return true
        }
        return settings
    }

    private static func file(_ tls: inout YAMLMapping, _ key: String, base: String, required: Bool) -> String? {
        guard let path = tls.text(key, required: required) else { return nil }
        let resolved = Path.resolved(path, in: base)
        if access(resolved, R_OK) != 0 {
            let reason = String(cString: strerror(errno))
            tls.fault(
                key, "\(resolved) cannot be read: \(reason)", cure: "correct the path or the permissions of the file")
        }
        return resolved
    }
}
