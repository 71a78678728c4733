import DriverKit
import JSONText
import LIS02

/// `when`: every path named must hold a text that fits one of its patterns.
struct Condition {
    private struct Term {
        var path: LIS02Path
        var patterns: [Glob]
        var isNegated: Bool
    }
    private var terms: [Term] = []

    /// Letters of the records that the condition looks at.
    private(set) var types: Set<UInt8> = []

    init(_ value: JSONValue, name: String) throws(OptionsFault) {
        for member in try OptionReader(value, name: name).members {
            guard let path = LIS02Path(member.key) else {
                throw OptionsFault("\(name): \"\(member.key)\" is no path; write for example R.3.8 or H.12")
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
            types.insert(path.type)
        }
        if terms.isEmpty {
            throw OptionsFault("\(name): write at least one path with a pattern, like {\"O.12\": \"Q\"}")
        }
    }

    /// A condition of one path and one pattern.
    init(_ path: String, _ pattern: String) {
        guard let path = LIS02Path(path) else { return }
        terms = [Term(path: path, patterns: [Glob(pattern)], isNegated: false)]
        types = [path.type]
    }

    /// Whether the records the reader is at fit.
    func holds(_ context: RecordContext, in message: LIS02Message) -> Bool {
        for term in terms {
            let text = message.string(context.span(term.path, in: message))
            if term.patterns.contains(where: { $0.matches(text) }) == term.isNegated { return false }
        }
        return true
    }
}
