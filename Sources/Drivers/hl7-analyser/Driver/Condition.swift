import DriverKit
import HL7v2
import JSONText

/// `when`: every path named must hold a text that fits one of its patterns.
struct Condition {
    private struct Term {
        var path: HL7Path
        var patterns: [Glob]
        var isNegated: Bool
    }
    private var terms: [Term] = []

    init(_ value: JSONValue, name: String) throws(OptionsFault) {
        for member in try OptionReader(value, name: name).members {
            guard let path = HL7Path(member.key) else {
                throw OptionsFault("\(name): \"\(member.key)\" is no path; write for example OBX-2 or MSH-16")
            }
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
            let globs = try OptionReader.texts(patterns, name: "\(name).\(member.key)").map { Glob($0) }
            terms.append(Term(path: path, patterns: globs, isNegated: isNegated))
        }
        if terms.isEmpty { throw OptionsFault("\(name): write at least one path with a pattern, like {OBX-2: IS}") }
    }

    /// A condition of one path.
    init(_ path: String, _ patterns: [String], isNegated: Bool = false) {
        guard let path = HL7Path(path) else { return }
        terms = [Term(path: path, patterns: patterns.map { Glob($0) }, isNegated: isNegated)]
    }

    /// Whether it looks at the OBX segment.
    var looksAtRow: Bool { terms.contains { $0.path.segment == .obx } }

    /// Whether the segments the reader is at fit.
    func holds(_ context: SegmentContext, in message: HL7Message) -> Bool {
        for term in terms {
            let text = context.string(term.path, in: message)
            if term.patterns.contains(where: { $0.matches(text) }) == term.isNegated { return false }
        }
        return true
    }
}
