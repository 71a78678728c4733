extension ProfileReader {
    static let imagingKeys = [
        "charset", "undeclared_charset", "detect_charset", "accession", "accession_first", "patient_id", "issuer",
        "locations", "ignore", "quiet", "expected_instances",
    ]
    static let sourceKeys = ["tag", "creator"]

    mutating func imaging(_ node: SourceNode) -> ImagingRules {
        let keys = section(node, "imaging", keys: ProfileReader.imagingKeys)
        var rules = ImagingRules()
        rules.charset = charset(keys["charset"], "charset")
        rules.undeclaredCharset = charset(keys["undeclared_charset"], "undeclared_charset")
        rules.detectsCharset = flag(keys["detect_charset"], "detect_charset", default: true)
        rules.accession = list(keys["accession"], "accession").compactMap { source($0, "accession") }
        rules.accessionFirst = flag(keys["accession_first"], "accession_first", default: false)
        rules.patientID = list(keys["patient_id"], "patient_id").compactMap { source($0, "patient_id") }
        rules.issuer = text(keys["issuer"], "issuer", longest: 64)
        for member in entries(keys["locations"], "locations", cure: "write a map: station name, then where it stands") {
            rules.locations[member.key] = text(member.value, "the location of \"\(member.key)\"")
        }
        for node in list(keys["ignore"], "ignore") {
            let uid = text(node, "ignore", longest: 64)
            if ProfileReader.isUID(uid) {
                rules.ignored.append(uid)
            } else if !uid.isEmpty {
                error(
                    node, "\"\(uid)\" is no SOP Class UID",
                    cure: "write digits and points, as PS3.4 B.5 lists them: 1.2.840.10008.5.1.4.1.1.66")
            }
        }
        rules.quietSeconds = quiet(keys["quiet"])
        rules.expectedInstances = integer(keys["expected_instances"], "expected_instances", in: 1...1_000_000)
        if rules.accessionFirst, rules.accession.isEmpty, let node = keys["accession_first"] {
            error(
                node, "accession_first without accession",
                cure: "write where the accession number is: accession: StudyID")
        }
        return rules
    }

    private mutating func charset(_ node: SourceNode?, _ name: String) -> String {
        let term = text(node, name, longest: 128)
        guard let node, !term.isEmpty, !CharacterSetTerm.isPossible(term) else { return term }
        let meant = CharacterSetTerm.meant[term.uppercased()] ?? closestName(to: term, among: CharacterSetTerm.known)
        error(
            node, "\(name) \"\(term)\" is no defined term of Specific Character Set",
            cure: meant.map { "did you mean \($0)?" }
                ?? "write GB18030, GBK, ISO_IR 192 (UTF-8), ISO_IR 100 (Latin 1) …")
        return ""
    }

    /// `StudyID`, `"0040,1001"`, `RequestAttributesSequence.RequestedProcedureID`, `{tag: "0009,1010", creator: ACME}`.
    private mutating func source(_ node: SourceNode, _ name: String) -> ElementSource? {
        var tagNode = node
        var creator = ""
        if node.scalar == nil {
            let keys = section(node, name, keys: ProfileReader.sourceKeys)
            creator = text(keys["creator"], "creator", longest: 64)
            guard let tag = keys["tag"] else {
                error(node, "\(name) names no element", cure: "write tag: and its keyword or number")
                return nil
            }
            tagNode = tag
        }
        let written = text(tagNode, name)
        var path: [String] = []
        for part in written.split(separator: ".", omittingEmptySubsequences: false) {
            guard let tag = ElementKeyword.tag(String(part)) else {
                let near = closestName(to: String(part), among: ElementKeyword.tags.keys.sorted())
                error(
                    tagNode, "\(name): \"\(part)\" names no element",
                    cure: near.map { "did you mean \($0)?" } ?? "write its number as PS3.6 has it: \"0040,1001\"")
                return nil
            }
            path.append(tag)
        }
        guard let last = path.last else { return nil }
        // The last digit of the group tells: an odd group is private (PS3.5 7.8).
        let isPrivate = last.utf8.dropFirst(3).first.map { $0 >= 0x41 ? $0 & 1 == 0 : $0 & 1 == 1 } ?? false
        if isPrivate, creator.isEmpty {
            error(
                tagNode, "\(name): \(written) is a private element, and nothing says whose",
                cure: "write {tag: \"\(written)\", creator: \"…\"} with the text of its private creator (gggg,0010)")
            return nil
        }
        if !isPrivate, !creator.isEmpty {
            error(tagNode, "\(name): \(written) is no private element", cure: "take creator: out")
            return nil
        }
        return ElementSource(path: path, creator: creator)
    }

    private mutating func quiet(_ node: SourceNode?) -> Int? {
        guard let node, !node.isNull else { return nil }
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let written = text(node, "quiet", longest: 16)
        if let unit = written.last.flatMap({ units[$0] }), let number = Int(written.dropLast()),
            (1...86_400).contains(number)
        {
            return number * unit
        }
        error(node, "quiet is \(node.kindName)", cure: "write a span of time: 90s, 5m, 1h")
        return nil
    }

    /// PS3.5 9.1: digits and points, at most 64, no part with a leading zero.
    static func isUID(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && (part == "0" || !part.hasPrefix("0"))
        }
    }
}
