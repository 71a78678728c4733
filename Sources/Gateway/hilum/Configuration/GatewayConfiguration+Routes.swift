/// What a route may look at in a study, a series or an image.
struct ImagingSubject: Sendable, Hashable {
    /// Modality (0008,0060); of a study one of those in it.
    var modality = ""
    /// Study Description (0008,1030) and Series Description (0008,103E).
    var descriptions: [String] = []
    /// Body Part Examined (0018,0015).
    var bodyPart = ""
    /// AE title of the sender.
    var calling = ""
}

extension GatewayConfiguration {
    /// Ids of the destinations of a device's patient results, in the order of the file.
    func destinations(device: String, kind: String) -> [String] {
        routed(destinations.filter { !$0.takesImages }.map(\.id)) { route in
            !route.isAboutImages && route.matches(device: device, kind: kind)
        }
    }

    /// Ids of the destinations that are told of a study, in the order of the file. A study has as many subjects as series.
    func studyDestinations(device: String, kind: String, subjects: [ImagingSubject]) -> [String] {
        routed(destinations.filter { !$0.takesImages }.map(\.id)) { route in
            route.matches(device: device, kind: kind)
                && (!route.isAboutImages || subjects.contains { route.matches($0) })
        }
    }

    /// Ids of the archives that an image goes to, in the order of the file.
    func imageDestinations(device: String, kind: String, subject: ImagingSubject) -> [String] {
        routed(destinations.filter(\.takesImages).map(\.id)) { route in
            route.matches(device: device, kind: kind) && route.matches(subject)
        }
    }

    /// Those of the candidates that a matching route leads to; all of them where there are no routes.
    private func routed(_ candidates: [String], _ matches: (RouteEntry) -> Bool) -> [String] {
        guard let routes else { return candidates }
        let wanted = Set(routes.filter(matches).flatMap(\.to))
        return candidates.filter { wanted.contains($0) }
    }
}

extension RouteEntry {
    /// True when the route is for this device.
    func matches(device: String, kind: String) -> Bool {
        (devices.isEmpty || devices.contains { Wildcard.matches($0, device) })
            && (kinds.isEmpty || kinds.contains(kind))
    }

    /// True when it looks at what only images have.
    var isAboutImages: Bool { !(modalities.isEmpty && descriptions.isEmpty && bodyParts.isEmpty && calling.isEmpty) }

    /// True when the route is for such images. Upper and lower case are alike: technicians type descriptions.
    func matches(_ subject: ImagingSubject) -> Bool {
        (modalities.isEmpty || modalities.contains(subject.modality))
            && (descriptions.isEmpty || subject.descriptions.contains { Self.any(descriptions, $0) })
            && (bodyParts.isEmpty || Self.any(bodyParts, subject.bodyPart))
            && (calling.isEmpty || calling.contains { Wildcard.matches($0, subject.calling) })
    }

    private static func any(_ patterns: [String], _ text: String) -> Bool {
        let text = text.lowercased()
        return patterns.contains { Wildcard.matches($0.lowercased(), text) }
    }
}

/// Modality (0008,0060): a code string (PS3.5 6.2, CS).
enum Modality {
    /// Capital letters, digits, underscore, blank inside; at most 16.
    static func isPossible(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 >= 0x41 && $0 <= 0x5A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F || $0 == 0x20 }
    }
}
