/// What is known about one test code of a device.
public struct CodeRule: Sendable, Equatable {
    /// LOINC code; empty: none known.
    public var loinc = ""
    /// Name for people.
    public var name = ""
    /// The laboratory's own code.
    public var local = ""
    /// UCUM unit when the device sends none.
    public var unit = ""
    /// Most decimals shown; nil: as sent. A number is rounded half away from zero, never padded.
    public var decimals: Int?
    /// Decimal by which every number of this code is multiplied, for a device that sends scaled numbers; empty: 1.
    public var factor = ""
    /// Conversion into another unit.
    public var convert: Conversion?
    /// What the rows of this code are good for; nil: as the driver says.
    public var role: RuleRole?
    /// The form that values have.
    public var value = ValueForm.automatic
    /// False: kept, but never posted.
    public var report = true
    /// What words mean for this code, before the words for all codes.
    public var words: [String: WordRule] = [:]
    /// URI of the code system of `words`' codes.
    public var system = ""
    /// Code of HL7 table 0487 for results whose specimen type the device does not say.
    public var specimen = ""
    /// An empty rule.
    public init() {}
}

/// Conversion of a number into another unit.
public struct Conversion: Sendable, Equatable {
    /// UCUM unit afterwards.
    public var to = ""
    /// Decimal factor by the UCUM unit before. A number in a unit that is not here stays as it is.
    public var factors: [String: String] = [:]
    /// Most decimals afterwards; nil: as the product has, at most as many as `CodeRule.decimals`.
    public var decimals: Int?
    /// An empty conversion.
    public init() {}
}

/// What a rule makes of a row.
public enum RuleRole: String, Sendable, CaseIterable {
    /// A reportable result.
    case result
    /// A signal behind a result.
    case raw
    /// A setting, a suspect flag.
    case info
    /// A graph, an image, a document.
    case attachment
    /// Left out of the report; the raw bytes stay in the journal.
    case ignore
}

/// The form that the values of a code have.
public enum ValueForm: String, Sendable, CaseIterable {
    /// Told by the text itself.
    case automatic = "auto"
    /// A number; `+1` is 1.
    case number
    /// A grade or word with a place in an order.
    case ordinal
    /// 1:160
    case titre
    /// Words, whatever they look like.
    case text
    /// A code.
    case code
}

/// The rules for codes: exact ones first, then patterns in the order written.
public struct CodeRules: Sendable, Equatable {
    /// By exact code.
    public var exact: [String: CodeRule] = [:]
    /// By pattern.
    public var patterns: [Pattern] = []
    /// No rules.
    public init() {}

    /// A rule for all codes that a pattern matches.
    public struct Pattern: Sendable, Equatable {
        /// The pattern.
        public var glob: Glob
        /// The rule.
        public var rule: CodeRule
        /// A pattern rule from its parts.
        public init(glob: Glob, rule: CodeRule) {
            self.glob = glob
            self.rule = rule
        }
    }

    /// The rule for a code.
    public func rule(for code: String) -> CodeRule? {
        exact[code] ?? patterns.first { $0.glob.matches(code) }?.rule
    }

    /// Number of rules.
    public var count: Int { exact.count + patterns.count }
}

/// What a unit's spelling means.
public struct UnitRule: Sendable, Equatable {
    /// UCUM; empty: no unit.
    public var ucum = ""
    /// For people; empty: as sent.
    public var display = ""
    /// Decimal that numbers in this spelling are multiplied by; empty: 1.
    public var factor = ""
    /// An empty rule: no unit.
    public init() {}
}
