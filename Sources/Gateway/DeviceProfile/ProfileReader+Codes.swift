import ResultModel
import Terminology

extension ProfileReader {
    static let codeKeys = [
        "loinc", "name", "local", "unit", "decimals", "factor", "convert", "role", "value", "report", "words", "system",
        "specimen",
    ]
    static let convertKeys = ["to", "from", "factor", "decimals"]
    static let unitKeys = ["ucum", "display", "factor"]

    mutating func codes(_ node: SourceNode?) -> CodeRules {
        var rules = CodeRules()
        let cure = "write a map: the device's code, then what it means: WBC: {loinc: 6690-2, name: Leukocytes}"
        for member in entries(node, "codes", cure: cure) {
            let rule = code(member)
            let glob = Glob(member.key)
            if glob.hasWildcard {
                let place = SourceNode(content: .null, file: member.file, line: member.line)
                if glob.matchesEverything {
                    warning(
                        place, "the code pattern \"\(member.key)\" matches every code",
                        cure: "write \\* or \\? for a star or question mark that is part of a code")
                }
                rules.patterns.append(.init(glob: glob, rule: rule))
            } else {
                rules.exact[glob.literal] = rule
            }
        }
        return rules
    }

    private mutating func code(_ member: SourceNode.Member) -> CodeRule {
        var rule = CodeRule()
        let name = "the code \"\(member.key)\""
        // A text alone is the LOINC code.
        if member.value.scalar != nil {
            rule.loinc = loinc(member.value)
            return rule
        }
        let keys = section(member.value, name, keys: ProfileReader.codeKeys)
        rule.loinc = loinc(keys["loinc"])
        rule.name = text(keys["name"], "name")
        rule.local = text(keys["local"], "local", longest: 64)
        rule.unit = ucum(keys["unit"], "unit")
        rule.decimals = integer(keys["decimals"], "decimals", in: 0...9)
        rule.factor = decimal(keys["factor"], "factor")
        if let node = keys["convert"], !node.isNull { rule.convert = conversion(node, unit: rule.unit) }
        rule.role = choice(keys["role"], "role", RuleRole.self)
        rule.value = choice(keys["value"], "value", ValueForm.self) ?? .automatic
        rule.report = flag(keys["report"], "report", default: true)
        rule.words = words(keys["words"])
        rule.system = uri(keys["system"])
        rule.specimen = specimenCode(keys["specimen"], "specimen")
        if rule.decimals != nil || !rule.factor.isEmpty || rule.convert != nil,
            [.text, .code, .titre].contains(rule.value), let node = keys["value"]
        {
            warning(
                node,
                "\(name) has values of the form \(rule.value.rawValue), to which decimals, factor and convert mean nothing",
                cure: "remove them, or write value: number")
        }
        return rule
    }

    private mutating func loinc(_ node: SourceNode?) -> String {
        let code = text(node, "loinc", longest: 20)
        guard let node, !code.isEmpty else { return "" }
        if let problem = LOINCCode.problem(code) {
            error(node, problem, cure: "look the test up at https://loinc.org, or leave loinc out")
            return ""
        }
        return code
    }

    private mutating func uri(_ node: SourceNode?) -> String {
        let uri = text(node, "system")
        guard let node, !uri.isEmpty else { return "" }
        if !uri.contains(":") || uri.contains(" ") {
            error(node, "system \"\(uri)\" is no URI", cure: "write the code system's URI: http://snomed.info/sct")
            return ""
        }
        return uri
    }

    private mutating func conversion(_ node: SourceNode, unit: String) -> Conversion? {
        let keys = section(node, "convert", keys: ProfileReader.convertKeys)
        var conversion = Conversion()
        conversion.to = ucum(keys["to"], "to")
        if conversion.to.isEmpty {
            if keys["to"] == nil { error(node, "convert has no `to`", cure: "write the UCUM unit afterwards: to: g/L") }
            return nil
        }
        conversion.decimals = integer(keys["decimals"], "decimals", in: 0...9)
        if let from = keys["from"], from.members != nil {
            for member in entries(from, "from", cure: "") {
                if let problem = UCUM.problem(member.key) {
                    error(member.value, "from \"\(member.key)\": \(problem)", cure: "write the UCUM unit before")
                }
                let factor = decimal(member.value, "the factor from \(member.key)")
                if !factor.isEmpty { conversion.factors[member.key] = factor }
            }
            if let node = keys["factor"] {
                error(
                    node, "factor beside a map of factors", cure: "write from: {g/dL: 10}, or from: g/dL and factor: 10"
                )
            }
        } else {
            var before = ucum(keys["from"], "from")
            if before.isEmpty { before = unit }
            let factor = decimal(keys["factor"], "factor")
            if before.isEmpty {
                error(
                    node,
                    "convert does not say from which unit: a factor applied to the wrong unit gives a wrong result",
                    cure: "write from: and the UCUM unit that the device uses")
            }
            if keys["factor"] == nil { error(node, "convert has no factor", cure: "write factor: 10") }
            if !before.isEmpty, !factor.isEmpty { conversion.factors[before] = factor }
        }
        if conversion.factors[conversion.to] != nil {
            error(node, "convert from \(conversion.to) to \(conversion.to)", cure: "check both units")
        }
        return conversion
    }

    mutating func units(_ node: SourceNode?) -> [String: UnitRule] {
        var rules: [String: UnitRule] = [:]
        for member in entries(
            node, "units", cure: "write a map: the device's spelling, then UCUM: \"10e3/uL\": 10*3/uL")
        {
            var rule = UnitRule()
            if member.value.scalar != nil {
                rule.ucum = ucum(member.value, "the unit \"\(member.key)\"")
            } else {
                let keys = section(member.value, "the unit \"\(member.key)\"", keys: ProfileReader.unitKeys)
                rule.ucum = ucum(keys["ucum"], "ucum")
                rule.display = text(keys["display"], "display", longest: 64)
                rule.factor = decimal(keys["factor"], "factor")
            }
            rules[member.key] = rule
        }
        return rules
    }
}
