import DICOM
import Delivery

extension DICOMDestinationSpec {
    /// Reads `dicom:` of a destination.
    static func read(_ dicom: inout YAMLMapping) -> DICOMDestinationSpec? {
        let host = dicom.text("host", required: true)
        let port = dicom.integer("port", in: 1...65535, required: true)
        let called = ApplicationEntityTitle.read(&dicom, "ae", required: true)
        var spec = DICOMDestinationSpec(host: host ?? "", port: port ?? 0, called: called ?? "")
        spec.calling = ApplicationEntityTitle.read(&dicom, "calling_ae") ?? ""
        spec.usesTLS = dicom.flag("tls") ?? false
        spec.answerTimeout = dicom.duration("timeout", in: .seconds(1)...(.seconds(3600))) ?? spec.answerTimeout
        spec.instancesAnAssociation =
            dicom.integer("instances_an_association", in: 1...100_000) ?? spec.instancesAnAssociation
        spec.commitment = readCommitment(&dicom)
        spec.coercion = dicom.map("coerce") { coerce in Coercion.read(&coerce) } ?? Coercion()
        return host == nil || port == nil || called == nil ? nil : spec
    }

    private static func readCommitment(_ dicom: inout YAMLMapping) -> Commitment? {
        guard dicom.node("commitment")?.scalar == nil else {
            return dicom.flag("commitment") == true ? Commitment() : nil
        }
        return dicom.map("commitment") { mapping in
            var commitment = Commitment()
            let range: ClosedRange<Duration> = .seconds(1)...(.seconds(7 * 86_400))
            commitment.wait = mapping.duration("wait", in: .zero...(.seconds(3600))) ?? commitment.wait
            commitment.again = mapping.duration("again", in: range) ?? commitment.again
            commitment.delay = mapping.duration("delay", in: .zero...(.seconds(86_400))) ?? commitment.delay
            return commitment
        }
    }
}

extension STOWDestinationSpec {
    /// Reads `stow:` of a destination.
    static func read(_ stow: inout YAMLMapping, base: String) -> STOWDestinationSpec? {
        var url = stow.text("url", required: true)
        while url?.hasSuffix("/") == true { url?.removeLast() }
        if url?.hasSuffix("/studies") == true {
            stow.fault("url", "ends in /studies, which is added by the gateway", cure: "write what stands before it")
        }
        var spec = STOWDestinationSpec(base: url ?? "")
        spec.credentials = stow.map("auth") { FHIRDestinationSpec.readCredentials(&$0, base: base) } ?? .none
        FHIRDestinationSpec.check(
            url: url, hasCredentials: spec.credentials != .none, &stow, what: "DICOMweb server",
            example: "https://pacs.example/dicom-web")
        if stow.has("tls") { spec.tls = TLSSpec.read(&stow, "tls", base: base) }
        spec.answerTimeout = stow.duration("timeout", in: .seconds(1)...(.seconds(3600))) ?? spec.answerTimeout
        spec.headers = FHIRDestinationSpec.readHeaders(&stow)
        spec.coercion = stow.map("coerce") { coerce in Coercion.read(&coerce) } ?? Coercion()
        spec.instancesARequest = stow.integer("instances_a_request", in: 1...10_000) ?? spec.instancesARequest
        spec.bytesARequest =
            stow.size("bytes_a_request", in: (1 << 20)...(1 << 40)).map { Int64($0) } ?? spec.bytesARequest
        return url == nil ? nil : spec
    }
}

extension Coercion {
    /// Elements by which instances are known, and without which they cannot be read: never changed on the way.
    static let untouchable: [Tag] = [
        .specificCharacterSet, .sopClassUID, .sopInstanceUID, .studyInstanceUID, .seriesInstanceUID,
    ]

    /// Reads `coerce: {set: {StationName: CT-NORTH, "0008,0080": …}, remove: [InstitutionAddress]}`.
    static func read(_ coerce: inout YAMLMapping) -> Coercion {
        var coercion = Coercion()
        _ = coerce.map("set") { set -> Bool? in
            for key in set.keys {
                guard let value = set.text(key), let tag = ElementName.tag(key, key, &set) else { continue }
                if !value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
                    // The images' character set is theirs; bytes of another one would read as something else.
                    set.fault(key, "holds characters that not every image's character set has", cure: "write ASCII")
                } else if value.utf8.count > 1024 {
                    set.fault(key, "is longer than 1024 characters", cure: "shorten it")
                } else {
                    coercion.set.append(Replacement(tag: tag.written, value: value))
                }
            }
            return true
        }
        for name in coerce.texts("remove") ?? [] {
            if let tag = ElementName.tag(name, "remove", &coerce) { coercion.remove.append(tag.written) }
        }
        if coercion.isEmpty, !coerce.document.hasErrors {
            coerce.document.fault(
                .warning, line: coerce.line, "\(coerce.path): changes nothing",
                cure: "write set: or remove:, or take it out")
        }
        return coercion
    }
}

/// Elements of a data set as people name them: `StationName`, `0008,1010`, `(0008,1010)`, `00081010`.
enum ElementName {
    /// The tag; nil with a fault recorded where there is none of that name, or where it must not be changed.
    static func tag(_ name: String, _ key: String, _ mapping: inout YAMLMapping) -> Tag? {
        guard let tag = Tag(name) ?? Tag(keyword: name) else {
            mapping.fault(
                key, "\"\(name)\" names no element",
                cure: "write its keyword (StationName) or its tag (0008,1010), as PS3.6 has them")
            return nil
        }
        if Coercion.untouchable.contains(tag) || tag.group < 0x0008 || tag.element == 0 || tag.group == 0x7FE0 {
            mapping.fault(
                key, "\(name) cannot be changed on the way", cure: "instances are known and read by it: take it out")
            return nil
        }
        return tag
    }
}

extension Tag {
    /// `0008,1010`.
    var written: String {
        func four(_ value: UInt16) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "\(four(group)),\(four(element))"
    }
}
