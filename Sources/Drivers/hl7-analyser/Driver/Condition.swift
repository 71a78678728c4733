import DriverKit
import HL7v2
import JSONText

/// `when`: every path named must hold a text that fits one of its patterns.
struct Condition {
    private struct Term {
        let path: HL7Path
        let isNegated: Bool
        private let patterns: [Glob]
        /// The patterns as bytes, where none has a wildcard.
        private let literals: [[UInt8]]

        init(_ path: HL7Path, _ patterns: [Glob], isNegated: Bool) {
            self.path = path
            self.isNegated = isNegated
            self.patterns = patterns
            let isLiteral = patterns.allSatisfy { !$0.pattern.contains("*") && !$0.pattern.contains("?") }
            literals = isLiteral ? patterns.map { Array($0.pattern.utf8) } : []
        }

        func holds(_ span: HL7Message.Span, in message: HL7Message) -> Bool {
            if literals.isEmpty || message.holdsEscape(span) {
                let text = message.string(span)
                return patterns.contains { $0.matches(text) } != isNegated
            }
            for literal in literals where message.equals(span, literal) { return !isNegated }
            return isNegated
        }
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
            terms.append(Term(path, globs, isNegated: isNegated))
        }
        if terms.isEmpty { throw OptionsFault("\(name): write at least one path with a pattern, like {OBX-2: IS}") }
    }

    /// A condition of one path.
    init(_ path: String, _ patterns: [String], isNegated: Bool = false) {
        guard let path = HL7Path(path) else { return }
        terms = [Term(path, patterns.map { Glob($0) }, isNegated: isNegated)]
    }

    /// Whether it looks at the OBX segment.
    var looksAtRow: Bool { terms.contains { $0.path.segment == .obx } }

    /// Whether the segments the reader is at fit.
    func holds(_ context: SegmentContext, in message: HL7Message) -> Bool {
        for term in terms where !term.holds(context.span(term.path, in: message), in: message) { return false }
        return true
    }
}
