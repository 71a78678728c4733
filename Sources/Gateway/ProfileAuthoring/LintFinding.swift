/// Something in a profile folder that a colleague would ask about. Unlike a `ProfileIssue` it does not stand in the way.
public struct LintFinding: Sendable, Hashable, Comparable {
    /// What kind of thing it is.
    public enum Rule: String, Sendable, CaseIterable {
        /// The unit is none of the property that the LOINC code measures: a result would be read wrongly.
        case unitProperty = "unit-property"
        /// A capture holds a result whose code has no entry.
        case unmappedCode = "unmapped-code"
        /// A capture holds a unit that was not understood.
        case unknownUnit = "unknown-unit"
        /// NOTES.md does not say something that the next person needs.
        case notesSection = "notes-section"
        /// Nothing says what the profile was written from.
        case noDocument = "no-document"
        /// The support level says more than the captures prove.
        case supportLevel = "support-level"
        /// An entry for a code that no capture holds.
        case codeNeverSeen = "code-never-seen"
    }

    /// How much it matters.
    public enum Severity: String, Sendable {
        /// Somebody should look.
        case warning
        /// Good to know.
        case note
    }

    /// What kind of thing it is.
    public var rule: Rule
    /// Path of the file that it is about.
    public var file: String
    /// Code, unit or section; empty: the file as a whole.
    public var subject: String
    /// What was found.
    public var problem: String
    /// What to do; may be empty.
    public var cure: String

    /// A finding from its parts.
    public init(_ rule: Rule, file: String, subject: String = "", _ problem: String, cure: String = "") {
        self.rule = rule
        self.file = file
        self.subject = subject
        self.problem = problem
        self.cure = cure
    }

    /// Follows from the rule: a profile written from a table of codes has more of them than its captures.
    public var severity: Severity { rule == .codeNeverSeen ? .note : .warning }

    /// By rule in the order of weight, then by file and text.
    public static func < (left: LintFinding, right: LintFinding) -> Bool {
        (place(left.rule), left.file, left.subject, left.problem)
            < (place(right.rule), right.file, right.subject, right.problem)
    }

    private static func place(_ rule: Rule) -> Int { Rule.allCases.firstIndex(of: rule) ?? 0 }
}
