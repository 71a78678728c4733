import CharacterSets

/// Specific Character Set (0008,0005): by what the bytes of text are read and written (PS3.3 C.12.1.1.2, PS3.5 6.1).
public struct SpecificCharacterSet: Sendable, Hashable {
    /// The defined terms as declared, trimmed; the first may be empty, which stands for the default repertoire.
    public let terms: [String]

    /// The default repertoire, ISO-IR 6: nothing declared.
    public static let `default` = SpecificCharacterSet(terms: [])
    /// ISO_IR 192.
    public static let utf8 = SpecificCharacterSet(terms: ["ISO_IR 192"])

    /// A character set of defined terms.
    public init(terms: [String]) {
        self.terms = terms
    }
}
