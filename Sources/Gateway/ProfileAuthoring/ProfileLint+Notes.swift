import DeviceProfile

extension ProfileLint {
    /// What NOTES.md must tell, by beginnings of headings that tell it, in small letters.
    private static let sections: [(name: String, headings: [String])] = [
        ("Set up", ["set up", "setting", "setup", "at the modality", "at the device", "at the analyser"]),
        (
            "What it sends",
            ["what it sends", "two formats", "variant", "where the captures", "hl7", "astm", "what comes"]
        ),
        ("Known to go wrong", ["known to go wrong", "what is known to go wrong", "what goes wrong"]),
    ]

    static func notesFindings(_ folder: ProfileFolder, notes: String?) -> [LintFinding] {
        // A missing file is told by `hilum profile check`.
        guard let notes else { return [] }
        let headings = notes.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("#") }
            .map { String($0.drop { $0 == "#" || $0 == " " }).lowercased() }
        var found: [LintFinding] = []
        for section in sections
        where !headings.contains(where: { heading in section.headings.contains { heading.hasPrefix($0) } }) {
            // A standard is not set up, and what a modality sends is described by DICOM.
            if folder.profile.kind == .generic || folder.profile.isImaging { continue }
            found.append(
                LintFinding(
                    .notesSection, file: folder.path + "/NOTES.md", subject: section.name,
                    "there is no section \"\(section.name)\"", cure: "add ## \(section.name)"))
        }
        return found
    }

    /// Captures called `synth-…` were made up; where real ones may not be kept with the profile, its texts say where they are.
    static func supportFindings(_ folder: ProfileFolder, notes: String) -> [LintFinding] {
        let profile = folder.profile
        let file = folder.path + "/profile.yaml"
        let real = folder.cases.filter { !$0.name.hasPrefix("synth") }
        let texts = [notes] + profile.documents.flatMap { [$0.title, $0.note] }
        switch profile.support {
        case .captured, .site:
            guard real.isEmpty, !texts.contains(where: { $0.lowercased().contains("capture") }) else { return [] }
            return [
                LintFinding(
                    .supportLevel, file: file, subject: profile.support.rawValue,
                    "support is \(profile.support.rawValue), but the only captures here are made up",
                    cure: "add a real capture, say in NOTES.md where it is kept, or write support: sample")
            ]
        // To say less than the captures prove is a decision: they may show the form of a message only.
        case .claimed, .sample: return []
        }
    }
}
