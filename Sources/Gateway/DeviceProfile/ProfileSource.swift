import Yams

/// Text of a profile to a tree with places. Everything that could make reading expensive is refused first: size, depth,
/// anchors and aliases (an alias bomb is text of a few hundred bytes that stands for gigabytes).
enum ProfileSource {
    /// Longest file read. The largest profile known has 40 KB.
    static let longestFile = 1 << 20
    /// Deepest nesting accepted.
    static let deepestNesting = 40
    /// Most nodes accepted.
    static let mostNodes = 100_000

    /// Reads one file's text.
    ///
    /// - Returns: nil when it cannot be read; then `issues` says why.
    static func parse(_ bytes: [UInt8], path: String, file: Int, issues: inout [ProfileIssue]) -> SourceNode? {
        guard bytes.count <= longestFile else {
            issues.append(
                ProfileIssue(
                    .error, file: path, "the file has \(bytes.count) bytes, more than \(longestFile)",
                    cure: "a profile of that size is a mistake: look what was written into it"))
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            issues.append(
                ProfileIssue(
                    .error, file: path, line: lineOfInvalidUTF8(bytes), "the text is not UTF-8",
                    cure: "save the file as UTF-8"))
            return nil
        }
        if let found = ProfileScan.firstRefusal(bytes) {
            issues.append(ProfileIssue(.error, file: path, line: found.line, found.problem, cure: found.cure))
            return nil
        }
        do {
            // Without rules of resolution: types are told here, and the usual rules are regular expressions run on each key.
            guard let root = try Yams.compose(yaml: text, .basic) else {
                issues.append(
                    ProfileIssue(.error, file: path, line: 1, "the file is empty", cure: "write at least id and driver")
                )
                return nil
            }
            var budget = mostNodes
            guard let node = convert(root, file: file, line: 1, budget: &budget), budget > 0 else {
                issues.append(
                    ProfileIssue(.error, file: path, "more than \(mostNodes) entries", cure: "divide the profile"))
                return nil
            }
            return node
        } catch let fault as YamlError {
            issues.append(issue(fault, path: path))
        } catch {
            issues.append(ProfileIssue(.error, file: path, "not YAML: \(error)"))
        }
        return nil
    }

    private static func convert(_ node: Node, file: Int, line: Int, budget: inout Int) -> SourceNode? {
        budget -= 1
        if budget <= 0 { return nil }
        let line = node.mark?.line ?? line
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain, scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null" {
                return SourceNode(content: .null, file: file, line: line)
            }
            return SourceNode(content: .scalar(scalar.string, isPlain: isPlain), file: file, line: line)
        case .sequence(let sequence):
            var elements: [SourceNode] = []
            for element in sequence {
                guard let child = convert(element, file: file, line: line, budget: &budget) else { return nil }
                elements.append(child)
            }
            return SourceNode(content: .sequence(elements), file: file, line: line)
        case .mapping(let mapping):
            var members: [SourceNode.Member] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard let child = convert(value, file: file, line: keyLine, budget: &budget) else { return nil }
                // A key that is itself a list or map becomes a name that no section knows, and is complained about there.
                members.append(.init(key: key.scalar?.string ?? "?", file: file, line: keyLine, value: child))
            }
            return SourceNode(content: .mapping(members), file: file, line: line)
        case .alias:
            return SourceNode(content: .null, file: file, line: line)
        }
    }

    private static func lineOfInvalidUTF8(_ bytes: [UInt8]) -> Int {
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where String(validating: line, as: UTF8.self) == nil { return index + 1 }
        return 0
    }

    private static func issue(_ fault: YamlError, path: String) -> ProfileIssue {
        switch fault {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ProfileIssue(
                .error, file: path, line: mark.line, "not YAML at column \(mark.column): \(problem)",
                cure: cure(problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return ProfileIssue(
                .error, file: path, line: context.mark.line, "written twice in the map that starts here: \(keys)",
                cure: "keep one of them")
        case .reader(let problem, _, _, _):
            return ProfileIssue(.error, file: path, "not YAML: \(problem)", cure: "remove control characters")
        default:
            return ProfileIssue(.error, file: path, "not YAML: \(fault)")
        }
    }

    private static func cure(_ problem: String) -> String {
        if problem.contains("mapping values are not allowed") { return "put text that holds \": \" into quotes" }
        if problem.contains("cannot start any token") {
            return "put text that begins with @, `, % or a tab into quotes, and indent with blanks"
        }
        if problem.contains("did not find expected") { return "check the indentation and the quotes above this line" }
        if problem.contains("tab") { return "indent with blanks" }
        return ""
    }
}
