import Delivery
import Glibc

extension DestinationEntry {
    static let ways = ["hl7", "fhir", "folder"]

    /// Reads an entry of `destinations:`.
    static func read(_ entry: inout YAMLMapping, folder base: String) -> DestinationEntry? {
        let id = Identifier.read(&entry, "id")
        let name = entry.text("name") ?? ""
        let isEnabled = entry.flag("enabled") ?? true
        let lanes = entry.integer("lanes", in: 1...64)
        let retry = entry.map("retry") { retry in readRetry(&retry) } ?? RetryPolicy()
        guard let kind = readKind(&entry, base: base), let id else { return nil }
        let usual: Int
        if case .fhir = kind { usual = 4 } else { usual = 1 }
        let spec = DestinationSpec(id: id, kind: kind, lanes: lanes ?? usual, retry: retry)
        return DestinationEntry(place: entry.place(), name: name, isEnabled: isEnabled, written: spec)
    }

    private static func readRetry(_ retry: inout YAMLMapping) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.initialDelay = retry.duration("first", in: .milliseconds(10)...(.seconds(3600))) ?? policy.initialDelay
        policy.longestDelay =
            retry.duration("longest", in: .milliseconds(10)...(.seconds(86_400)))
            ?? max(policy.initialDelay, policy.longestDelay)
        policy.refusals = retry.integer("refusals", in: 1...1000) ?? policy.refusals
        policy.silences = retry.integer("silences", in: 1...1000) ?? policy.silences
        policy.longestRetryAfter =
            retry.duration("longest_retry_after", in: .seconds(1)...(.seconds(86_400))) ?? policy.longestRetryAfter
        if policy.longestDelay < policy.initialDelay {
            retry.fault("longest", "is shorter than \"first\"", cure: "make it at least \(policy.initialDelay.written)")
        }
        return policy
    }

    private static func readKind(_ entry: inout YAMLMapping, base: String) -> DestinationSpec.Kind? {
        let written = ways.filter { entry.has($0) }
        let isLater = entry.has("dicom")
        if isLater { entry.fault("dicom", "is not available in this version", cure: "remove it") }
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

    private static func readHL7(_ hl7: inout YAMLMapping, base: String) -> HL7DestinationSpec? {
        let host = hl7.text("host", required: true)
        let port = hl7.integer("port", in: 1...65535, required: true)
        var spec = HL7DestinationSpec(host: host ?? "", port: port ?? 0)
        if hl7.has("tls") { spec.tls = TLSSpec.read(&hl7, "tls", base: base) }
        spec.connectTimeout =
            hl7.duration("connect_timeout", in: .milliseconds(100)...(.seconds(300))) ?? spec.connectTimeout
        spec.answerTimeout = hl7.duration("timeout", in: .milliseconds(100)...(.seconds(3600))) ?? spec.answerTimeout
        spec.isOneMessageAConnection = hl7.flag("one_message_a_connection") ?? spec.isOneMessageAConnection
        spec.profile = ReceiverProfile.read(&hl7)
        return host == nil || port == nil ? nil : spec
    }

    private static func readFHIR(_ fhir: inout YAMLMapping, base: String) -> FHIRDestinationSpec? {
        let url = fhir.text("url", required: true)
        var spec = FHIRDestinationSpec(base: url ?? "")
        if let url, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            fhir.fault(
                "url", "\"\(url)\" is no address of a FHIR server", cure: "write for instance https://emr.example/fhir")
        } else if let url, url.contains("@") {
            fhir.fault("url", "credentials do not stand in the address", cure: "use auth: {user: …, password_file: …}")
        }
        spec.credentials = fhir.map("auth") { auth in readCredentials(&auth, base: base) } ?? .none
        if fhir.has("tls") { spec.tls = TLSSpec.read(&fhir, "tls", base: base) }
        spec.timeout = fhir.duration("timeout", in: .milliseconds(100)...(.seconds(3600))) ?? spec.timeout
        _ = fhir.map("headers") { headers -> Bool? in
            for name in headers.keys {
                guard let value = headers.text(name) else { continue }
                if name.lowercased() == "authorization" || value.contains(where: \.isNewline) {
                    headers.fault(name, "does not stand here", cure: "use auth:, which keeps secrets out of this file")
                } else {
                    spec.headers.append(FHIRDestinationSpec.Header(name: name, value: value))
                }
            }
            return true
        }
        spec.mapping = FHIRMappingSpec.read(&fhir)
        if spec.credentials != .none, url?.hasPrefix("http://") == true {
            fhir.fault("url", "credentials would go over the network unprotected", cure: "use https://", .warning)
        }
        return url == nil ? nil : spec
    }

    private static func readFolder(_ folder: inout YAMLMapping, base: String) -> FolderDestinationSpec? {
        guard let path = folder.text("path", required: true) else { return nil }
        let resolved = Path.resolved(path, in: base)
        var status = stat()
        if stat(resolved, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
            folder.fault("path", "there is no folder \(resolved)", cure: "make it: mkdir -p \(resolved)")
        }
        switch folder.choice("format", of: FolderFormat.self) ?? .hl7 {
        case .hl7: return FolderDestinationSpec(path: resolved, form: .hl7(ReceiverProfile.read(&folder)))
        case .fhir: return FolderDestinationSpec(path: resolved, form: .fhir(FHIRMappingSpec.read(&folder)))
        }
    }

    private enum FolderFormat: String, CaseIterable {
        case hl7
        case fhir
    }

    private static func readCredentials(
        _ auth: inout YAMLMapping, base: String
    ) -> FHIRDestinationSpec.Credentials? {
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

    private static func readSecret(_ auth: inout YAMLMapping, _ stem: String, base: String) -> SecretReference? {
        let (path, name) = (auth.text("\(stem)_file"), auth.text("\(stem)_env"))
        if let path { return .file(ReadableFile.checked(path, "\(stem)_file", &auth, base: base)) }
        guard let name else { return nil }
        if getenv(name) == nil {
            auth.fault(
                "\(stem)_env", "the environment has no \(name)", cure: "set it where the gateway is started", .warning)
        }
        return .environment(name)
    }
}
