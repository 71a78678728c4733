import ResultModel
import Terminology

/// Reads a resolved tree into a `DeviceProfile`, noting everything that is wrong with it instead of stopping at the first.
struct ProfileReader {
    /// Paths of the files that nodes point into.
    let files: [String]
    private(set) var issues: [ProfileIssue] = []

    init(files: [String]) { self.files = files }

    func path(_ file: Int) -> String { files.indices.contains(file) ? files[file] : "" }

    mutating func error(_ node: SourceNode, _ problem: String, cure: String = "") {
        issues.append(ProfileIssue(.error, file: path(node.file), line: node.line, problem, cure: cure))
    }

    mutating func warning(_ node: SourceNode, _ problem: String, cure: String = "") {
        issues.append(ProfileIssue(.warning, file: path(node.file), line: node.line, problem, cure: cure))
    }

    // MARK: Maps

    /// The members of a map whose keys are fixed; unknown ones are complained about and left out.
    mutating func section(_ node: SourceNode, _ name: String, keys: [String]) -> [String: SourceNode] {
        if node.isNull { return [:] }
        guard let members = node.members else {
            error(
                node, "\(name) is \(node.kindName)", cure: "write a map with some of: \(keys.joined(separator: ", "))")
            return [:]
        }
        var found: [String: SourceNode] = [:]
        for member in members {
            guard keys.contains(member.key) else {
                let place = SourceNode(content: .null, file: member.file, line: member.line)
                let cure =
                    if let close = closestName(to: member.key, among: keys) {
                        "did you mean \"\(close)\"?"
                    } else {
                        "known here: \(keys.joined(separator: ", "))"
                    }
                error(place, "unknown key \"\(member.key)\" in \(name)", cure: cure)
                continue
            }
            found[member.key] = member.value
        }
        return found
    }

    /// The members of a map whose keys are the device's words.
    mutating func entries(_ node: SourceNode?, _ name: String, cure: String) -> [SourceNode.Member] {
        guard let node, !node.isNull else { return [] }
        guard let members = node.members else {
            error(node, "\(name) is \(node.kindName)", cure: cure)
            return []
        }
        return members.filter { !$0.value.isNull }
    }

    /// The elements of a list; one thing alone counts as a list of one.
    mutating func list(_ node: SourceNode?, _ name: String) -> [SourceNode] {
        guard let node, !node.isNull else { return [] }
        if let elements = node.elements { return elements }
        return [node]
    }

    // MARK: Scalars

    mutating func text(_ node: SourceNode?, _ name: String, longest: Int = 400) -> String {
        guard let node, !node.isNull else { return "" }
        guard let text = node.scalar else {
            error(node, "\(name) is \(node.kindName)", cure: "write one text")
            return ""
        }
        if text.utf8.count > longest {
            error(node, "\(name) has \(text.utf8.count) bytes, more than \(longest)", cure: "shorten it")
            return ""
        }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            error(node, "\(name) holds a control character", cure: "remove it")
            return ""
        }
        return text
    }

    mutating func texts(_ node: SourceNode?, _ name: String) -> [String] {
        list(node, name).map { text($0, name) }.filter { !$0.isEmpty }
    }

    mutating func flag(_ node: SourceNode?, _ name: String, default value: Bool) -> Bool {
        guard let node, !node.isNull else { return value }
        switch node.scalar {
        case "true": return true
        case "false": return false
        default:
            error(node, "\(name) is \(node.kindName)", cure: "write true or false")
            return value
        }
    }

    mutating func integer(_ node: SourceNode?, _ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let node, !node.isNull else { return nil }
        guard let text = node.scalar, let number = Int(text), range.contains(number) else {
            error(
                node, "\(name) is \(node.kindName)",
                cure: "write a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A decimal other than 0, as text.
    mutating func decimal(_ node: SourceNode?, _ name: String) -> String {
        guard let node, !node.isNull else { return "" }
        guard let text = node.scalar, let number = ExactDecimal(text), number.coefficient != 0 else {
            error(node, "\(name) is \(node.kindName)", cure: "write a decimal number such as 10 or 0.0113")
            return ""
        }
        return text
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: SourceNode?, _ name: String, _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let node, !node.isNull else { return nil }
        if let text = node.scalar, let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue)
        let close = node.scalar.flatMap { closestName(to: $0, among: known) }
        error(
            node, "\(name) is \(node.kindName)",
            cure: close.map { "did you mean \"\($0)\"?" } ?? "write one of: \(known.joined(separator: ", "))")
        return nil
    }

    mutating func glob(_ node: SourceNode, _ name: String) -> Glob? {
        let pattern = text(node, name)
        if pattern.isEmpty {
            error(node, "\(name) is an empty pattern", cure: "write what to look for; * is any text, ? one character")
            return nil
        }
        let glob = Glob(pattern)
        if glob.matchesEverything {
            warning(
                node, "the pattern \"\(pattern)\" of \(name) matches everything",
                cure: "write \\* or \\? for a star or question mark that is meant as such")
        }
        return glob
    }

    mutating func ucum(_ node: SourceNode?, _ name: String) -> String {
        guard let node, !node.isNull else { return "" }
        let unit = text(node, name)
        if unit.isEmpty || unit == "1" { return "" }
        if let problem = UCUM.problem(unit) {
            error(
                node, "\(name) \"\(unit)\": \(problem)",
                cure: "see https://ucum.org for the units; 10*9/L, g/dL, [IU]/mL")
            return ""
        }
        if let meant = UnitSpellings.misleading(unit) {
            warning(node, "\(name) \"\(unit)\" means something else in UCUM", cure: "write \(meant)")
        }
        return unit
    }

    mutating func interpretation(_ node: SourceNode?, _ name: String) -> String {
        let code = text(node, name)
        guard let node, !code.isEmpty else { return "" }
        if Interpretation.codes.contains(code) { return code }
        error(
            node, "\(name) \"\(code)\" is no code of ObservationInterpretation",
            cure: "write one of H, L, HH, LL, A, AA, N, <, >, U, D, B, W, POS, NEG, IND, S, R, I …")
        return ""
    }

    mutating func absence(_ node: SourceNode?, _ name: String) -> ObservationValue.AbsentReason? {
        guard let node, !node.isNull else { return nil }
        if node.scalar == "true" { return .error }
        if let text = node.scalar, let reason = ObservationValue.AbsentReason(rawValue: text) { return reason }
        let known: [ObservationValue.AbsentReason] = [
            .unknown, .error, .notPerformed, .notANumber, .notApplicable, .temporarilyUnknown,
        ]
        error(
            node, "\(name) is \(node.kindName)",
            cure: "write why there is no value: \(known.map(\.rawValue).joined(separator: ", "))")
        return nil
    }
}
