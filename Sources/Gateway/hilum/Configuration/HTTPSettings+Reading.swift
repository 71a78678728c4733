import Delivery

extension FHIRDestinationSpec {
    /// Reads `auth:` of a destination over HTTP.
    static func readCredentials(_ auth: inout YAMLMapping, base: String) -> Credentials? {
        for key in ["bearer", "token", "password"] where auth.has(key) {
            let stem = key == "password" ? "password" : "bearer"
            auth.fault(
                key, "secrets do not stand in this file", cure: "write \(stem)_file: PATH or \(stem)_env: VARIABLE")
        }
        let bearer = SecretReference.read(&auth, "bearer", base: base)
        let user = auth.text("user")
        let password = SecretReference.read(&auth, "password", base: base)
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

    /// Reads `headers:` of a destination over HTTP.
    static func readHeaders(_ entry: inout YAMLMapping) -> [Header] {
        entry.map("headers") { headers -> [Header]? in
            var read: [Header] = []
            for name in headers.keys {
                guard let value = headers.text(name) else { continue }
                if name.lowercased() == "authorization" || value.contains(where: \.isNewline) {
                    headers.fault(name, "does not stand here", cure: "use auth:, which keeps secrets out of this file")
                } else {
                    read.append(Header(name: name, value: value))
                }
            }
            return read
        } ?? []
    }

    /// Records what is wrong with the address of a server.
    static func check(url: String?, hasCredentials: Bool, _ entry: inout YAMLMapping, what: String, example: String) {
        guard let url else { return }
        if !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            entry.fault("url", "\"\(url)\" is no address of a \(what)", cure: "write for instance \(example)")
        } else if url.contains("@") {
            entry.fault("url", "credentials do not stand in the address", cure: "use auth: {user: …, password_file: …}")
        }
        if hasCredentials, url.hasPrefix("http://") {
            entry.fault("url", "credentials would go over the network unprotected", cure: "use https://", .warning)
        }
    }
}
