import Delivery
import Transport

extension DICOMSettings {
    /// Reads `dicom:`.
    static func read(_ dicom: inout YAMLMapping, base: String, state: String) -> DICOMSettings {
        var settings = DICOMSettings(place: dicom.place())
        settings.title = ApplicationEntityTitle.read(&dicom, "ae_title") ?? settings.title
        settings.listeners = readListeners(&dicom, base: base)
        settings.callingTLS = dicom.map("calling_tls") { tls in CallingTLS.read(&tls, base: base) }
        let folder = dicom.text("folder")
        settings.folder = folder.map { Path.resolved($0, in: base) } ?? Path.resolved("images", in: state)
        settings.largestPDU = dicom.integer("max_pdu", in: 4096...131_072) ?? settings.largestPDU
        settings.associations = dicom.integer("associations", in: 1...1000) ?? settings.associations
        settings.idleTimeout =
            dicom.duration("idle_timeout", in: .seconds(1)...(.seconds(86_400))) ?? settings.idleTimeout
        settings.requestTimeout =
            dicom.duration("request_timeout", in: .seconds(1)...(.seconds(300))) ?? settings.requestTimeout
        settings.answerTimeout =
            dicom.duration("answer_timeout", in: .seconds(1)...(.seconds(3600))) ?? settings.answerTimeout
        settings.largestInstance = dicom.size("largest_instance", in: (1 << 20)...(1 << 40)) ?? settings.largestInstance
        settings.takesAnyTitle = dicom.flag("any_called") ?? false
        settings.completion = dicom.map("completion") { completion in Completion.read(&completion) } ?? Completion()
        settings.commitmentWaitsFor =
            dicom.map("commitment") { commitment in commitment.texts("wait_for") ?? [] } ?? []
        settings.duplicates = dicom.choice("duplicates", of: DuplicateAnswer.self) ?? settings.duplicates
        settings.documents =
            dicom.map("documents") { mapping in
                var documents = Documents()
                documents.unverified = mapping.choice("unverified", of: Documents.Unverified.self) ?? .preliminary
                documents.largest = mapping.size("largest", in: 0...(256 << 20))
                return documents
            } ?? Documents()
        settings.web = dicom.map("web") { web in Web.read(&web, base: base) }
        settings.moveDestinations = dicom.maps("move_destinations") { entry in MoveDestination.read(&entry) }
        return settings
    }

    private static func readListeners(_ dicom: inout YAMLMapping, base: String) -> [Listener] {
        let hasList = dicom.has("listen")
        for key in ["port", "address", "tls"] where hasList && dicom.has(key) {
            dicom.fault(key, "stands beside \"listen\"", cure: "write it into the entries of listen:")
        }
        guard hasList else {
            guard dicom.has("port") else {
                dicom.document.fault(
                    line: dicom.line, "\(dicom.path): no port is given",
                    cure: "add `port: 11112`, or `listen:` with several")
                return []
            }
            return Listener.read(&dicom, base: base).map { [$0] } ?? []
        }
        return dicom.maps("listen") { entry in Listener.read(&entry, base: base) }
    }

    /// TLS of associations that the gateway opens; nil: none is set up.
    var tlsForCalling: CallingTLS? {
        if let callingTLS { return callingTLS }
        guard let own = listeners.lazy.compactMap(\.tls).first(where: { !$0.authority.isEmpty }) else { return nil }
        return CallingTLS(
            certificate: own.certificate, key: own.key, authority: own.authority, profile: own.profile)
    }

    /// Base URL of DICOMweb as it is told to the EMR; nil: DICOMweb is off.
    var webURL: String? {
        guard let web else { return nil }
        if !web.url.isEmpty { return web.url }
        let host = HostAndPort(host: web.address, port: web.port).description
        return "\(web.certificate.isEmpty ? "http" : "https")://\(host)/dicom-web"
    }
}

extension DICOMSettings.Listener {
    /// Reads an entry of `listen:`, or the same keys in `dicom:` itself.
    static func read(_ entry: inout YAMLMapping, base: String) -> DICOMSettings.Listener? {
        var listener = DICOMSettings.Listener(place: entry.place("port"))
        let port = entry.integer("port", in: 1...65535, required: true)
        listener.port = port ?? 0
        listener.address = LocalAddress.read(&entry, "address") ?? listener.address
        if entry.has("tls") {
            listener.tls = entry.map("tls") { tls in DICOMSettings.ListenerTLS.read(&tls, base: base) }
        }
        return port == nil ? nil : listener
    }
}

extension DICOMSettings.ListenerTLS {
    /// Reads `tls:` of a listener.
    static func read(_ tls: inout YAMLMapping, base: String) -> DICOMSettings.ListenerTLS {
        var settings = DICOMSettings.ListenerTLS()
        settings.certificate = ReadableFile.read(&tls, "certificate", base: base, required: true) ?? ""
        settings.key = ReadableFile.read(&tls, "key", base: base, required: true) ?? ""
        settings.authority = ReadableFile.read(&tls, "authority", base: base) ?? ""
        let clients = tls.choice("clients", of: DICOMSettings.ClientCertificates.self)
        settings.clients = clients ?? (settings.authority.isEmpty ? .none : .required)
        settings.profile = tls.choice("profile", of: DICOMSettings.TLSProfile.self) ?? settings.profile
        if settings.clients != .none, settings.authority.isEmpty {
            tls.fault(
                "clients", "nobody vouches for the certificates of peers",
                cure: "add `authority:` with the PEM file of who signs them, or write clients: none")
        }
        return settings
    }
}

extension DICOMSettings.CallingTLS {
    /// Reads `calling_tls:`.
    static func read(_ tls: inout YAMLMapping, base: String) -> DICOMSettings.CallingTLS {
        var settings = DICOMSettings.CallingTLS()
        settings.certificate = ReadableFile.read(&tls, "certificate", base: base) ?? ""
        settings.key = ReadableFile.read(&tls, "key", base: base, required: !settings.certificate.isEmpty) ?? ""
        settings.authority = ReadableFile.read(&tls, "authority", base: base, required: true) ?? ""
        settings.profile = tls.choice("profile", of: DICOMSettings.TLSProfile.self) ?? settings.profile
        return settings
    }
}

extension DICOMSettings.Completion {
    /// Reads `completion:`.
    static func read(_ mapping: inout YAMLMapping) -> DICOMSettings.Completion {
        var completion = DICOMSettings.Completion()
        let range: ClosedRange<Duration> = .seconds(1)...(.seconds(7 * 86_400))
        completion.quiet = mapping.duration("quiet", in: range) ?? completion.quiet
        completion.afterStep = mapping.duration("after_mpps", in: .zero...(.seconds(86_400))) ?? completion.afterStep
        return completion
    }
}

extension DICOMSettings.Web {
    /// Reads `web:`.
    static func read(_ web: inout YAMLMapping, base: String) -> DICOMSettings.Web? {
        var settings = DICOMSettings.Web(place: web.place("port"))
        let port = web.integer("port", in: 1...65535, required: true)
        settings.port = port ?? 0
        settings.address = LocalAddress.read(&web, "address") ?? settings.address
        _ = web.map("tls") { tls -> Bool? in
            settings.certificate = ReadableFile.read(&tls, "certificate", base: base, required: true) ?? ""
            settings.key = ReadableFile.read(&tls, "key", base: base, required: true) ?? ""
            settings.authority = ReadableFile.read(&tls, "authority", base: base) ?? ""
            return true
        }
        if web.has("token") {
            web.fault(
                "token", "secrets do not stand in this file", cure: "write token_file: PATH or token_env: VARIABLE")
        }
        settings.token = SecretReference.read(&web, "token", base: base)
        settings.url = web.text("url") ?? ""
        if !settings.url.isEmpty, !settings.url.hasPrefix("http://"), !settings.url.hasPrefix("https://") {
            web.fault(
                "url", "\"\(settings.url)\" is no address", cure: "write https://HOST/dicom-web as others reach it")
        }
        while settings.url.hasSuffix("/") { settings.url.removeLast() }
        settings.checkOpenness(&web)
        return port == nil ? nil : settings
    }

    /// Images that anybody on the network can read are a mistake, not a setting.
    private func checkOpenness(_ web: inout YAMLMapping) {
        guard !(IPNetwork(address)?.isLoopback ?? false) else { return }
        if token == nil, authority.isEmpty {
            web.document.fault(
                line: web.line, "\(web.path): open to the network, and anybody may read",
                cure: "add token_file: PATH, or tls: with authority: for clients with certificates")
        } else if certificate.isEmpty {
            web.fault(
                "address", "patients' images and the token would go over the network unprotected",
                cure: "add tls: {certificate: …, key: …}, or put a proxy with TLS before it and keep 127.0.0.1",
                .warning)
        }
    }
}

extension DICOMSettings.MoveDestination {
    /// Reads an entry of `move_destinations:`.
    static func read(_ entry: inout YAMLMapping) -> DICOMSettings.MoveDestination? {
        let title = ApplicationEntityTitle.read(&entry, "ae", required: true)
        let host = entry.text("host", required: true)
        let port = entry.integer("port", in: 1...65535, required: true)
        let isSecure = entry.flag("tls") ?? false
        guard let title, let host, let port else { return nil }
        return DICOMSettings.MoveDestination(title: title, host: host, port: port, isSecure: isSecure)
    }
}

/// Addresses of this machine.
enum LocalAddress {
    /// Reads an address to listen on.
    static func read(_ mapping: inout YAMLMapping, _ key: String) -> String? {
        guard let address = mapping.text(key) else { return nil }
        if IPNetwork(address) == nil || address.contains("/") {
            mapping.fault(
                key, "\"\(address)\" is no address", cure: "write 127.0.0.1, 0.0.0.0 or one of this machine")
        }
        return address
    }
}
