import Transport

extension GatewayConfiguration {
    /// What only shows when entries are seen together.
    func checkAcrossEntries(_ document: YAMLDocument) {
        checkUnique(devices.map { ($0.id, $0.place) }, "device", document)
        checkUnique(destinations.map { ($0.id, $0.place) }, "destination", document)
        checkListeners(document)
        checkDICOM(document)
        checkPlaces(document)
        checkRoutes(document)
        // Where entries could not be read, that is said already.
        if devices.isEmpty, !document.hasErrors {
            document.fault(.warning, line: 0, "no device is configured", cure: "add an entry to `devices:`")
        }
        if destinations.isEmpty, !document.hasErrors {
            document.fault(
                .warning, line: 0, "no destination is configured: results are stored and posted nowhere",
                cure: "add an entry to `destinations:`")
        }
    }

    private func checkUnique(_ ids: [(id: String, place: Place)], _ what: String, _ document: YAMLDocument) {
        var seen: [String: Place] = [:]
        for (id, place) in ids {
            // Ids that differ in case only would be confused by people and by some file systems.
            if let earlier = seen[id.lowercased()] {
                document.fault(
                    line: place.line, "\(what) \"\(id)\" is there twice, first in line \(earlier.line)",
                    cure: "give each an id of its own")
            } else {
                seen[id.lowercased()] = place
            }
        }
    }

    /// Devices on one port are told apart by the peer, so no two may claim the same one.
    private func checkListeners(_ document: YAMLDocument) {
        var ports: [Int: [(device: DeviceEntry, settings: TCPListenSettings)]] = [:]
        for device in devices where device.isEnabled {
            if case .listen(let settings) = device.link { ports[settings.port, default: []].append((device, settings)) }
        }
        for (port, all) in ports where all.count > 1 {
            for (index, later) in all.enumerated() {
                for earlier in all[..<index] where Self.meet(earlier.settings, later.settings) {
                    let (first, second) = (earlier.device, later.device)
                    if Self.clash(earlier.settings, later.settings) {
                        document.fault(
                            line: second.place.line,
                            "device \"\(second.id)\" cannot be told from \"\(first.id)\" (line \(first.place.line)): both "
                                + "listen on port \(port) for the same peer",
                            cure: "give each its own port, or `peer:` with its address")
                    } else if earlier.settings.options.tls != later.settings.options.tls {
                        document.fault(
                            line: second.place.line,
                            "port \(port) has other TLS settings for \"\(second.id)\" than for \"\(first.id)\"",
                            cure: "write the same `tls:` for both, or give each its own port")
                    }
                }
            }
        }
    }

    /// True when the two listen on a common local address.
    private static func meet(_ left: TCPListenSettings, _ right: TCPListenSettings) -> Bool {
        let everywhere = ["0.0.0.0", "::"]
        return left.address == right.address || everywhere.contains(left.address) || everywhere.contains(right.address)
    }

    private static func clash(_ left: TCPListenSettings, _ right: TCPListenSettings) -> Bool {
        let peers = (left.peers, right.peers)
        if peers.0.isEmpty || peers.1.isEmpty { return peers.0.isEmpty && peers.1.isEmpty }
        for one in peers.0 {
            for other in peers.1 {
                switch (one, other) {
                case (.any, .any): return true
                // `any` takes whoever no other entry names more closely, but only where it is alone on the port.
                case (.any, _), (_, .any): return true
                case (.network(let a), .network(let b)): if a == b { return true }
                }
            }
        }
        return false
    }

    /// One serial port, one folder, one server each.
    private func checkPlaces(_ document: YAMLDocument) {
        var seen: [String: (id: String, line: Int)] = [:]
        for device in devices where device.isEnabled {
            let key: String
            switch device.link {
            case .serial(let entry): key = "serial port \(entry.path)"
            case .folder(let settings, _): key = "folder \(settings.path) with pattern \(settings.pattern)"
            case .connect(let settings): key = "connection to \(settings.host):\(settings.port)"
            case .listen, .dicom: continue
            }
            if let earlier = seen[key] {
                document.fault(
                    line: device.place.line, "\(key) is used by \"\(earlier.id)\" (line \(earlier.line)) as well",
                    cure: "give each device its own")
            } else {
                seen[key] = (device.id, device.place.line)
            }
        }
    }

    private func checkRoutes(_ document: YAMLDocument) {
        guard let routes else { return }
        let destinationIDs = destinations.map(\.id)
        let deviceIDs = devices.map(\.id)
        for route in routes {
            for id in route.to where !destinationIDs.contains(id) {
                document.fault(
                    line: route.place.line, "there is no destination \"\(id)\"",
                    cure: Spelling.cure(for: id, among: destinationIDs))
            }
            for pattern in route.devices {
                let isKnown =
                    pattern.contains { $0 == "*" || $0 == "?" }
                    ? deviceIDs.contains { Wildcard.matches(pattern, $0) } : deviceIDs.contains(pattern)
                if !isKnown {
                    document.fault(
                        line: route.place.line, "there is no device \"\(pattern)\"",
                        cure: Spelling.cure(for: pattern, among: deviceIDs))
                }
            }
        }
        for destination in destinations where !routes.contains(where: { $0.to.contains(destination.id) }) {
            document.fault(
                .warning, line: destination.place.line, "no route leads to \"\(destination.id)\"",
                cure: "add it to a route's `to:`")
        }
    }
}

/// `*` any run, `?` any one character.
enum Wildcard {
    /// Linear in the length of the text for one `*`; never worse than pattern times text.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (p, t) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                p = last.pattern + 1
                t = last.text + 1
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }
}
