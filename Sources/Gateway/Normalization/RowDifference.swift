/// One row in which what came out of a capture is not what must come out.
public struct RowDifference: Sendable, Equatable, CustomStringConvertible {
    /// In what way.
    public enum Kind: String, Sendable {
        /// It came, with other words.
        case wrong
        /// It did not come.
        case missing
        /// It came and was not expected.
        case extra
    }

    /// A key with two values, both as JSON text.
    public struct Field: Sendable, Equatable, CustomStringConvertible {
        /// Key of the row.
        public var key: String
        /// What must come out.
        public var expected: String
        /// What came out.
        public var got: String
        /// A field from its parts.
        public init(_ key: String, expected: String, got: String) {
            self.key = key
            self.expected = expected
            self.got = got
        }
        /// `unit: expected "g/L", got "g/dL"`
        public var description: String { "\(key): expected \(expected), got \(got)" }
    }

    /// In what way it differs.
    public var kind: Kind
    /// Number of the expected result, counted from 1; 0: an extra row.
    public var number = 0
    /// Identifier of the specimen.
    public var specimen: String
    /// The device's code.
    public var code: String
    /// The value expected, of an extra row the value that came.
    public var value = ""
    /// What differs in a wrong row.
    public var fields: [Field] = []

    /// A difference of no particular row.
    public init(kind: Kind, specimen: String, code: String) {
        self.kind = kind
        self.specimen = specimen
        self.code = code
    }

    /// One line: `wrong   result 2, S1 GLU: unit: expected "g/L", got "g/dL"`.
    public var description: String {
        switch kind {
        case .wrong:
            "wrong   result \(number), \(specimen) \(code): " + fields.map(\.description).joined(separator: "; ")
        case .missing: "missing result \(number), \(specimen) \(code): \(value)"
        case .extra: "extra   \(specimen) \(code): \(value)"
        }
    }
}
