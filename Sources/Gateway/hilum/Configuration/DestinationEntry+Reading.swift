import Delivery
import Glibc

extension DestinationEntry {
    static let ways = ["hl7", "fhir", "folder", "dicom", "stow"]

    /// Reads an entry of `destinations:`.
    static func read(_ entry: inout YAMLMapping, folder base: String) -> DestinationEntry? {
        let id = Identifier.read(&entry, "id")
        let name = entry.text("name") ?? ""
        let isEnabled = entry.flag("enabled") ?? true
        let lanes = entry.integer("lanes", in: 1...64)
        let retry = entry.map("retry") { retry in readRetry(&retry) } ?? RetryPolicy()
        guard let kind = readKind(&entry, base: base), let id else { return nil }
        let usual: Int
        switch kind {
        case .hl7, .folder: usual = 1
        case .dicom, .stow: usual = 2
        case .fhir: usual = 4
        }
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
        guard written.count == 1 else {
            entry.document.fault(
                line: entry.line, "\(entry.path): a destination is exactly one of \(ways.joined(separator: ", "))",
                cure: "write one of them")
            return nil
        }
        let hl7 = entry.map("hl7") { hl7 in readHL7(&hl7, base: base) }
        let fhir = entry.map("fhir") { fhir in readFHIR(&fhir, base: base) }
        let folder = entry.map("folder") { folder in readFolder(&folder, base: base) }
        let dicom = entry.map("dicom") { dicom in DICOMDestinationSpec.read(&dicom) }
        let stow = entry.map("stow") { stow in STOWDestinationSpec.read(&stow, base: base) }
        return hl7.map { .hl7($0) } ?? fhir.map { .fhir($0) } ?? folder.map { .folder($0) } ?? dicom.map { .dicom($0) }
            ?? stow.map { .stow($0) }
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
        spec.credentials = fhir.map("auth") { auth in FHIRDestinationSpec.readCredentials(&auth, base: base) } ?? .none
        if fhir.has("tls") { spec.tls = TLSSpec.read(&fhir, "tls", base: base) }
        spec.timeout = fhir.duration("timeout", in: .milliseconds(100)...(.seconds(3600))) ?? spec.timeout
        spec.headers = FHIRDestinationSpec.readHeaders(&fhir)
        spec.mapping = FHIRMappingSpec.read(&fhir)
        FHIRDestinationSpec.check(
            url: url, hasCredentials: spec.credentials != .none, &fhir, what: "FHIR server",
            example: "https://emr.example/fhir")
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
}
