import Transport

extension GatewayConfiguration {
    /// What only shows when `dicom:` is seen together with devices and destinations.
    func checkDICOM(_ document: YAMLDocument) {
        let peers = devices.filter { $0.isEnabled && $0.link.dicom != nil }
        let archives = destinations.filter(\.takesImages)
        guard let dicom else {
            for device in peers {
                document.fault(
                    line: device.place.line, "device \"\(device.id)\" speaks DICOM, but the gateway has no port for it",
                    cure: "add `dicom: {ae_title: HILUM, port: 11112}` at the top of the file")
            }
            for archive in archives where !document.hasErrors && peers.isEmpty {
                document.fault(
                    .warning, line: archive.place.line, "\"\(archive.id)\" takes images, but nothing can send any",
                    cure: "add `dicom:` and a device with link: {dicom: {ae: …}}")
            }
            return
        }
        checkPorts(dicom, document)
        checkCallingTLS(dicom, peers, document)
        checkPeers(peers, dicom, document)
        for id in dicom.commitmentWaitsFor {
            guard let archive = destinations.first(where: { $0.id == id }) else {
                document.fault(
                    line: dicom.place.line, "dicom.commitment.wait_for: there is no destination \"\(id)\"",
                    cure: Spelling.cure(for: id, among: archives.map(\.id)))
                continue
            }
            if !archive.asksForCommitment {
                document.fault(
                    line: dicom.place.line, "dicom.commitment.wait_for: \"\(id)\" is never asked to commit",
                    cure: "write `commitment: true` in its dicom:, or take it out here")
            }
        }
        if peers.isEmpty, !document.hasErrors {
            document.fault(
                .warning, line: dicom.place.line, "dicom: no device may connect",
                cure: "add a device with link: {dicom: {ae: …, peer: …}}")
        }
    }

    /// Whoever is called with TLS must be vouched for.
    private func checkCallingTLS(_ dicom: DICOMSettings, _ peers: [DeviceEntry], _ document: YAMLDocument) {
        guard dicom.tlsForCalling == nil else { return }
        let secure =
            destinations.filter { if case .dicom(let archive) = $0.written.kind { archive.usesTLS } else { false } }
            .map { (id: $0.id, place: $0.place) }
            + peers.filter { $0.link.dicom?.isSecure == true }.map { (id: $0.id, place: $0.place) }
            + dicom.moveDestinations.filter(\.isSecure).map { (id: $0.title, place: dicom.place) }
        for (id, place) in secure {
            document.fault(
                line: place.line, "\"\(id)\" is called with TLS, but nobody vouches for its certificate",
                cure: "add `calling_tls: {authority: FILE.pem}` to dicom: (certificate and key where it asks for ours)")
        }
    }

    /// One port, one listener.
    private func checkPorts(_ dicom: DICOMSettings, _ document: YAMLDocument) {
        typealias Bound = (what: String, place: Place, address: String, port: Int)
        var bound: [Bound] = devices.filter(\.isEnabled).compactMap { device in
            guard case .listen(let settings) = device.link else { return nil }
            return ("device \"\(device.id)\"", device.place, settings.address, settings.port)
        }
        let own: [Bound] =
            dicom.listeners.map { ("dicom", $0.place, $0.address, $0.port) }
            + (dicom.web.map { [("dicom.web", $0.place, $0.address, $0.port)] } ?? [])
        for listener in own {
            let everywhere = ["0.0.0.0", "::"]
            let earlier = bound.first { other in
                other.port == listener.port
                    && (other.address == listener.address || everywhere.contains(other.address)
                        || everywhere.contains(listener.address))
            }
            if let earlier {
                document.fault(
                    line: listener.place.line,
                    "\(listener.what): port \(listener.port) is used by \(earlier.what) (line \(earlier.place.line))",
                    cure: "choose another port")
            }
            bound.append(listener)
        }
    }

    /// Who a device is must be certain, and who may connect must be said where others can reach the port.
    private func checkPeers(_ peers: [DeviceEntry], _ dicom: DICOMSettings, _ document: YAMLDocument) {
        let isOpen = dicom.listeners.contains { !(IPNetwork($0.address)?.isLoopback ?? false) }
        for (index, device) in peers.enumerated() {
            guard let link = device.link.dicom else { continue }
            if isOpen, link.peers.isEmpty {
                document.fault(
                    line: device.place.line,
                    "device \"\(device.id)\": an AE title alone is no proof of who it is, and the port is open to the network",
                    cure: "add `peer:` with the modality's address, a network such as 10.0.0.0/24, or any")
            }
            let title = dicom.takesAnyTitle || link.called.isEmpty ? dicom.title : link.called
            for earlier in peers[..<index] {
                guard let other = earlier.link.dicom, other.title == link.title, Self.share(other.peers, link.peers)
                else {
                    continue
                }
                let otherTitle = dicom.takesAnyTitle || other.called.isEmpty ? dicom.title : other.called
                guard otherTitle == title else { continue }
                document.fault(
                    line: device.place.line,
                    "device \"\(device.id)\" cannot be told from \"\(earlier.id)\" (line \(earlier.place.line)): same AE "
                        + "title, same address",
                    cure: "give each modality an AE title of its own, or `peer:` with its address")
            }
        }
    }

    /// True when both name the same address or network; a closer one is told from a wider one.
    private static func share(_ left: [NetworkPeer], _ right: [NetworkPeer]) -> Bool {
        let (left, right) = (left.isEmpty ? [.any] : left, right.isEmpty ? [.any] : right)
        return left.contains { right.contains($0) }
    }
}
