extension SpecificCharacterSet {
    /// The set that an element (0008,0005) declares; nil for an element without bytes.
    init?(declaration element: Element) {
        guard case .bytes(let bytes) = element.value else { return nil }
        self.init(declared: String(decoding: bytes, as: UTF8.self))
    }

    /// A character set by the text of (0008,0005): terms with backslashes between.
    public init(declared text: String) {
        var terms = text.split(separator: "\\", omittingEmptySubsequences: false).map {
            DataSet.trimmed(String($0), .CS)
        }
        if terms.allSatisfy(\.isEmpty) { terms = [] }
        self.init(terms: terms)
    }

    /// The text of (0008,0005).
    public var declaration: String { terms.joined(separator: "\\") }
}
