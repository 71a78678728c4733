import ResultModel
import Terminology

extension ProfileReader {
    static let valueKeys = ["placeholders", "decimal_comma", "trim", "words"]
    static let wordKeys = ["text", "code", "system", "interpretation", "absent"]
    static let flagKeys = ["interpretation", "when_no_value", "absent", "doubtful", "resent", "hold", "comment"]
    static let statusKeys = ["status", "absent", "doubtful", "resent", "hold"]

    mutating func values(_ node: SourceNode) -> ValueRules {
        let keys = section(node, "values", keys: ProfileReader.valueKeys)
        var rules = ValueRules()
        rules.decimalComma = flag(keys["decimal_comma"], "decimal_comma", default: false)
        rules.trim = text(keys["trim"], "trim", longest: 16)
        rules.words = words(keys["words"])
        guard let node = keys["placeholders"], !node.isNull else { return rules }
        if node.members != nil {
            for member in entries(node, "placeholders", cure: "") {
                guard let reason = absence(member.value, "the reason for \"\(member.key)\"") else { continue }
                let key = SourceNode(content: .scalar(member.key, isPlain: false), file: member.file, line: member.line)
                if let glob = placeholder(key) { rules.placeholders.append(.init(glob: glob, reason: reason)) }
            }
        } else {
            for element in list(node, "placeholders") {
                if let glob = placeholder(element) {
                    rules.placeholders.append(.init(glob: glob, reason: .error))
                }
            }
        }
        return rules
    }

    /// A row of stars is what devices print in place of a value, never a pattern for everything.
    private mutating func placeholder(_ node: SourceNode) -> Glob? {
        if let text = node.scalar, !text.isEmpty, text.allSatisfy({ $0 == "*" }) {
            return Glob(String(repeating: "\\*", count: text.count))
        }
        return glob(node, "placeholders")
    }

    mutating func words(_ node: SourceNode?) -> [String: WordRule] {
        var rules: [String: WordRule] = [:]
        for member in entries(node, "words", cure: "write a map: the device's word, then ours: Positif: POS") {
            var rule = WordRule()
            if member.value.scalar != nil {
                rule.text = text(member.value, "the word \"\(member.key)\"")
            } else {
                let keys = section(member.value, "the word \"\(member.key)\"", keys: ProfileReader.wordKeys)
                rule.text = text(keys["text"], "text")
                rule.code = text(keys["code"], "code", longest: 64)
                rule.system = text(keys["system"], "system")
                rule.interpretation = interpretation(keys["interpretation"], "interpretation")
                rule.absent = absence(keys["absent"], "absent")
                if rule.text.isEmpty { rule.text = member.key }
            }
            rules[OrdinalWords.lowercased(member.key)] = rule
        }
        return rules
    }

    mutating func flags(_ node: SourceNode?) -> [String: FlagRule] {
        var rules: [String: FlagRule] = [:]
        for member in entries(node, "flags", cure: "write a map: the device's flag, then what it means: \"+\": H") {
            var rule = FlagRule()
            switch member.value.scalar {
            case "ignore", "none": break
            case "doubtful": rule.isDoubtful = true
            case "resent": rule.isResent = true
            case "absent": rule.absent = .error
            case .some: rule.interpretation = interpretation(member.value, "the flag \"\(member.key)\"")
            case nil:
                let keys = section(member.value, "the flag \"\(member.key)\"", keys: ProfileReader.flagKeys)
                rule.interpretation = interpretation(keys["interpretation"], "interpretation")
                rule.whenNoValue = absence(keys["when_no_value"], "when_no_value")
                rule.absent = absence(keys["absent"], "absent")
                rule.isDoubtful = flag(keys["doubtful"], "doubtful", default: false)
                rule.isResent = flag(keys["resent"], "resent", default: false)
                rule.hold = text(keys["hold"], "hold")
                rule.comment = text(keys["comment"], "comment")
            }
            rules[member.key] = rule
        }
        return rules
    }

    static let statusWords: [String: Observation.Status] = [
        "registered": .registered, "preliminary": .preliminary, "final": .final, "corrected": .corrected,
        "amended": .amended,
        "cancelled": .cancelled, "entered-in-error": .enteredInError,
    ]

    mutating func statuses(_ node: SourceNode?) -> [String: StatusRule] {
        var rules: [String: StatusRule] = [:]
        for member in entries(node, "status", cure: "write a map: the device's status, then ours: V: final") {
            var rule = StatusRule()
            if member.value.scalar != nil {
                rule.status = statusWord(member.value)
            } else {
                let keys = section(member.value, "the status \"\(member.key)\"", keys: ProfileReader.statusKeys)
                if let node = keys["status"] { rule.status = statusWord(node) }
                rule.absent = absence(keys["absent"], "absent")
                rule.isDoubtful = flag(keys["doubtful"], "doubtful", default: false)
                rule.isResent = flag(keys["resent"], "resent", default: false)
                rule.hold = text(keys["hold"], "hold")
            }
            rules[member.key] = rule
        }
        return rules
    }

    private mutating func statusWord(_ node: SourceNode) -> Observation.Status {
        if let word = node.scalar, let status = ProfileReader.statusWords[word] { return status }
        let known = ProfileReader.statusWords.keys.sorted()
        let close = node.scalar.flatMap { closestName(to: $0, among: known) }
        error(
            node, "a status is \(node.kindName)",
            cure: close.map { "did you mean \"\($0)\"?" } ?? "write one of: \(known.joined(separator: ", "))")
        return .final
    }

    mutating func specimens(_ node: SourceNode?) -> [String: String] {
        var codes: [String: String] = [:]
        for member in entries(node, "specimens", cure: "write a map: the device's word, then the code: S1: SER") {
            codes[member.key] = specimenCode(member.value, "the specimen \"\(member.key)\"")
        }
        return codes
    }

    mutating func specimenCode(_ node: SourceNode?, _ name: String) -> String {
        let code = text(node, name, longest: 20)
        guard let node, !code.isEmpty else { return "" }
        if SpecimenTypes.codes.contains(code) { return code }
        let close = closestName(to: code, among: SpecimenTypes.codes.sorted()) ?? SpecimenTypes.code(for: code)
        error(
            node, "\(name) \"\(code)\" is no code of HL7 table 0487",
            cure: close.map { "did you mean \($0)?" } ?? "write SER, PLAS, BLD, UR, CSF …")
        return ""
    }

    mutating func qcRule(_ node: SourceNode) -> QCRule? {
        var rule = QCRule()
        let keys = QCSubject.allCases.map(\.rawValue)
        for (key, value) in section(node, "a rule of qc", keys: keys) where !value.isNull {
            guard let subject = QCSubject(rawValue: key), let glob = glob(value, key) else { continue }
            rule.match[subject] = glob
        }
        if rule.match.isEmpty {
            error(node, "a rule of qc without a pattern", cure: "write what to look at: {specimen_id: \"QC-*\"}")
            return nil
        }
        return rule
    }

    static let rowActions = ["role", "absent", "report", "hold"]

    mutating func rowRule(_ node: SourceNode) -> RowRule? {
        var rule = RowRule()
        let subjects = RowRule.Subject.allCases.map(\.rawValue)
        let keys = section(node, "a rule of rows", keys: subjects + ProfileReader.rowActions)
        for (key, value) in keys where !value.isNull {
            guard let subject = RowRule.Subject(rawValue: key), let glob = glob(value, key) else { continue }
            rule.match[subject] = glob
        }
        rule.role = choice(keys["role"], "role", RuleRole.self)
        rule.absent = absence(keys["absent"], "absent")
        if keys["report"] != nil { rule.report = flag(keys["report"], "report", default: true) }
        rule.hold = text(keys["hold"], "hold")
        if rule.match.isEmpty {
            error(
                node, "a rule of rows without a pattern", cure: "write what to look at: {code: \"*_PLTO\", role: info}")
            return nil
        }
        if rule.role == nil, rule.absent == nil, rule.report == nil, rule.hold.isEmpty {
            error(node, "a rule of rows that does nothing", cure: "write role, absent, report or hold")
            return nil
        }
        return rule
    }
}
