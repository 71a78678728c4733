extension SpecificCharacterSet {
    /// The set that an element (0008,0005) declares; nil for an element without bytes.
    init?(declaration element: Element) {
        guard case .bytes(let bytes) = element.value else { return nil }
        if let known = SpecificCharacterSet.usual.first(where: { $0.bytes.elementsEqual(bytes) }) {
            self = known.set
        } else {
            self.init(declared: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Declarations that nearly all files have, read once.
    private static let usual: [(bytes: [UInt8], set: SpecificCharacterSet)] =
        [
            "ISO_IR 100", "ISO_IR 192", "GB18030 ", "ISO_IR 6", "ISO_IR 6 ", "GBK ", "", "\\ISO 2022 IR 87",
            "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
        ].map { (Array($0.utf8), SpecificCharacterSet(declared: $0)) }

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

    /// For people: the declaration, or that there is none.
    public var name: String { terms.isEmpty ? "the default repertoire (ASCII)" : declaration }
}
