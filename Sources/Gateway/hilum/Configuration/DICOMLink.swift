import DeviceProfile
import Transport

/// `link: {dicom: …}` of a device: who it is on the network, and what it may do.
struct DICOMLink: Sendable, Equatable {
    /// AE title with which it calls; empty: any.
    var title = ""
    /// Addresses and networks from which it calls; empty: any.
    var peers: [NetworkPeer] = []
    /// AE title that it calls us by; empty: that of the gateway.
    var called = ""
    /// Host on which it listens itself; empty: none known.
    var host = ""
    /// Port on which it listens itself, for commitment reports and C-MOVE; nil: it does not.
    var port: Int?
    /// It listens with TLS.
    var isSecure = false
    /// Associations at a time; nil: as the profile says.
    var associations: Int?
    /// What it may do; nil: as the profile says.
    var may: [DICOMService]?

    /// Associations at a time where neither site nor profile says more.
    static let usualAssociations = 8
    /// What a device may do where neither site nor profile says more: to read what others have sent must be allowed.
    static let usualServices: [DICOMService] = [.store, .worklist, .mpps, .commit]

    /// `CT1 from 10.20.30.9`, for people.
    var summary: String {
        let who = title.isEmpty ? "any AE" : title
        let place = peers.isEmpty ? "anywhere" : peers.map(\.description).joined(separator: ", ")
        return "DICOM \(who) from \(place)"
    }
}

extension DICOMLink {
    /// Reads `dicom:` of a link.
    static func read(_ entry: inout YAMLMapping) -> DICOMLink? {
        var link = DICOMLink()
        let written = entry.text("ae", required: true)
        if let written, written != "any" { link.title = ApplicationEntityTitle.checked(written, "ae", &entry) ?? "" }
        for text in entry.texts("peer") ?? [] {
            if let peer = NetworkPeer(text) {
                link.peers.append(peer)
            } else {
                entry.fault(
                    "peer", "\"\(text)\" is neither an address nor a network",
                    cure: "write the modality's address (10.0.0.7), a network (10.0.0.0/24) or any; names are not taken"
                )
            }
        }
        link.called = ApplicationEntityTitle.read(&entry, "called") ?? ""
        link.host = entry.text("host") ?? ""
        link.port = entry.integer("port", in: 1...65535)
        link.isSecure = entry.flag("tls") ?? false
        link.associations = entry.integer("associations", in: 1...1000)
        if entry.has("may") { link.may = readServices(&entry) }
        if link.port != nil, link.host.isEmpty {
            link.host = link.peers.count == 1 ? link.peers[0].singleAddress ?? "" : ""
            if link.host.isEmpty {
                entry.fault(
                    "port", "the gateway must know at which host the modality listens", cure: "add `host:` beside it")
            }
        } else if link.port == nil, !link.host.isEmpty {
            entry.fault("host", "the gateway must know on which port the modality listens", cure: "add `port: 104`")
        }
        return written == nil ? nil : link
    }

    private static func readServices(_ entry: inout YAMLMapping) -> [DICOMService] {
        let known = DICOMService.allCases.map(\.rawValue)
        return (entry.texts("may") ?? []).compactMap { word in
            if let service = DICOMService(rawValue: word) { return service }
            entry.fault("may", "\"\(word)\" is not possible here", cure: Spelling.cure(for: word, among: known))
            return nil
        }
    }
}

extension NetworkPeer {
    /// The address where this is one and no network.
    var singleAddress: String? {
        guard case .network(let network) = self, !network.description.contains("/") else { return nil }
        return network.description
    }
}
