import DriverKit
import DriverWire
import JSONText

/// `when`: every column named must hold a text that fits one of its patterns.
struct Condition {
    private struct Term {
        enum Subject {
            case place(Place.Source)
            case code
            case value
        }
        var subject: Subject
        var patterns: [Glob]
        var isNegated: Bool
    }
    private var terms: [Term] = []

    init(_ value: JSONValue, name: String, _ places: PlaceReader) throws(OptionsFault) {
        for member in try OptionReader(value, name: name).members {
            var patterns = member.value
            var isNegated = false
            if case .object = patterns {
                var reader = try OptionReader(patterns, name: "\(name).\(member.key)")
                guard let negated = reader.value("not") else {
                    throw OptionsFault("\(name).\(member.key): write a pattern, a list of patterns, or {not: …}")
                }
                try reader.finish()
                patterns = negated
                isNegated = true
            }
            let subject: Term.Subject
            switch member.key {
            case "@code": subject = .code
            case "@value": subject = .value
            default:
                let key: JSONValue = Int(member.key) == nil ? .string(member.key) : .number(member.key)
                guard let source = try places.sources(key, name: name).first else { continue }
                subject = .place(source)
            }
            let globs = try OptionReader.texts(patterns, name: "\(name).\(member.key)").map { Glob($0) }
            terms.append(Term(subject: subject, patterns: globs, isNegated: isNegated))
        }
        if terms.isEmpty {
            throw OptionsFault("\(name): write at least one column with a pattern, like {Type: Control}")
        }
    }

    /// Whether it looks at a result and not only at the record.
    var looksAtResult: Bool {
        terms.contains { if case .place = $0.subject { false } else { true } }
    }

    func holds(_ record: Record, code: String = "", value: String = "") -> Bool {
        terms.allSatisfy { term in
            let text: String
            switch term.subject {
            case .code: text = code
            case .value: text = value
            case .place(let source):
                switch source {
                case .column(let index): text = Condition.trimmed(record.cell(index) ?? "")
                case .named(let name):
                    text = Condition.trimmed(record.head?.index(name).flatMap { record.cell($0) } ?? "")
                case .preamble(let key): text = record.preamble.last { key.matches($0.key) }?.value ?? ""
                }
            }
            return term.patterns.contains { $0.matches(text) } != term.isNegated
        }
    }

    static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.value <= 0x20 || scalar == "\u{A0}" }
        guard let start = scalars.firstIndex(where: { !isBlank($0) }),
            let end = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(scalars[start...end])
    }
}

/// `skip`, `qc`, `rows`, `empty`: what records and results are good for.
struct RecordRules {
    /// Records that are no results.
    var skip: [Condition] = []
    var qc: [Condition] = []
    var rows: [RowRule] = []
    /// Values that mean that nothing stands there: no row.
    var empty: [Glob] = []

    struct RowRule {
        var condition: Condition
        var role: DeviceMessage.Result.Role?
        var isLeftOut: Bool?
        var isUsable: Bool?
        var absentReason: String?
        var isQC: Bool?
        var flag: String?
    }

    init(_ reader: inout OptionReader, _ places: PlaceReader) throws(OptionsFault) {
        skip = try RecordRules.conditions("skip", &reader, places)
        qc = try RecordRules.conditions("qc", &reader, places)
        if let condition = skip.first(where: \.looksAtResult), condition.looksAtResult {
            throw OptionsFault("options.skip: it is about whole rows; for a single result use rows with role: none")
        }
        empty = (try reader.texts("empty") ?? []).map { Glob($0) }
        for var rule in try reader.objects("rows") ?? [] {
            guard let when = rule.value("when") else {
                throw OptionsFault("\(rule.name): write when, like when: {Unit: RLU}")
            }
            var row = RowRule(condition: try Condition(when, name: "\(rule.name).when", places))
            let roles: KeyValuePairs<String, DeviceMessage.Result.Role?> = [
                "result": .result, "raw": .raw, "info": .info, "none": nil,
            ]
            if let role = try rule.choice("role", roles) {
                row.role = role
                row.isLeftOut = role == nil
            }
            row.isUsable = try rule.flag("usable")
            row.absentReason = try rule.text("absent")
            if row.absentReason != nil, row.isUsable == nil { row.isUsable = false }
            row.isQC = try rule.flag("qc")
            row.flag = try rule.text("flag")
            try rule.finish()
            rows.append(row)
        }
    }

    private static func conditions(
        _ key: String, _ reader: inout OptionReader, _ places: PlaceReader
    ) throws(OptionsFault) -> [Condition] {
        guard let value = reader.value(key) else { return [] }
        var conditions: [Condition] = []
        for (index, item) in (value.array ?? [value]).enumerated() {
            conditions.append(try Condition(item, name: "options.\(key)[\(index)]", places))
        }
        return conditions
    }
}
