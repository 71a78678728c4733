import CharacterSets

/// Specific Character Set (0008,0005): by what the bytes of text are read and written (PS3.3 C.12.1.1.2, PS3.5 6.1).
///
/// Reading is total: what means nothing becomes U+FFFD. Terms as they should be are read (`ISO 2022 IR 87`), and as they are
/// met: `ISO IR 100`, `ISO_IR_100`, `ISO2022 IR 58`, `UTF-8`, `GB2312`, `windows-1252`.
public struct SpecificCharacterSet: Sendable, Hashable {
    /// Shared, so that the many data sets of a sequence hold one reference each.
    private final class Storage: Sendable {
        let terms: [String]
        let unknownTerms: [String]
        let coding: Coding

        init(_ terms: [String]) {
            let known = terms.map { Term($0) }
            self.terms = terms
            unknownTerms = zip(terms, known).compactMap { $0.1 == nil ? $0.0 : nil }
            coding = SpecificCharacterSet.coding(known)
        }
    }

    enum Coding: Sendable, Hashable {
        /// One set without code extensions.
        case plain(CharacterSet)
        /// Code extensions of ISO 2022: what is in G0 and G1 at the start, and what else is declared.
        case extended(g0: CodeElement, g1: CodeElement?, others: [CodeElement])
    }

    private let storage: Storage

    /// The default repertoire, ISO-IR 6: nothing declared.
    public static let `default` = SpecificCharacterSet(terms: [])
    /// ISO_IR 192.
    public static let utf8 = SpecificCharacterSet(terms: ["ISO_IR 192"])

    /// A character set of defined terms.
    public init(terms: [String]) { storage = Storage(terms) }

    /// The defined terms as declared, trimmed; the first may be empty, which stands for the default repertoire.
    public var terms: [String] { storage.terms }
    /// Terms that mean nothing; text is read without them.
    public var unknownTerms: [String] { storage.unknownTerms }
    /// How text is coded.
    var coding: Coding { storage.coding }

    /// True for nothing but ISO 646.
    public var isDefaultRepertoire: Bool { coding == .plain(.ascii) }

    /// Equal by what is declared.
    public static func == (left: SpecificCharacterSet, right: SpecificCharacterSet) -> Bool {
        left.storage === right.storage || left.terms == right.terms
    }

    /// Equal by what is declared.
    public func hash(into hasher: inout Hasher) { hasher.combine(terms) }

    private static func coding(_ terms: [Term?]) -> Coding {
        var g0 = CodeElement.ascii
        var g1: CodeElement?
        var others: [CodeElement] = []
        var isExtended = terms.count > 1
        for (place, term) in terms.enumerated() {
            switch term {
            case nil: break
            case .whole(let set)? where place == 0 && terms.dropFirst().allSatisfy { $0 == nil || $0 == term }:
                return .plain(set)
            case .whole(let set)?:
                // Not allowed beside others (PS3.3 C.12.1.1.2): whoever declares it means it.
                return .plain(set)
            case .elements(let elements, let hasEscapes)?:
                if hasEscapes { isExtended = true }
                for element in elements {
                    if place == 0, element.isG1 {
                        g1 = element
                    } else if place == 0, element != .ascii, element.width == 1 {
                        g0 = element
                    } else if element != g0 {
                        others.append(element)
                    }
                }
            }
        }
        if !isExtended, others.isEmpty {
            guard let g1 else { return .plain(.ascii) }
            if g1.isWholeSet, g0 == .ascii { return .plain(g1.set) }
        }
        return .extended(g0: g0, g1: g1, others: others)
    }
}

extension SpecificCharacterSet {
    /// What a defined term stands for.
    enum Term: Hashable {
        /// A set by itself, without code extensions.
        case whole(CharacterSet)
        /// Code elements; whether the term says that escape sequences occur.
        case elements([CodeElement], hasEscapes: Bool)

        /// Reads a term in its many spellings; nil for what is none.
        init?(_ term: String) {
            var letters = ""
            for byte in term.utf8 where (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) {
                letters.unicodeScalars.append(Unicode.Scalar(byte >= 0x41 ? byte & 0xDF : byte))
                if letters.utf8.count > 24 { return nil }
            }
            if letters.isEmpty {
                self = .elements([.ascii], hasEscapes: false)
                return
            }
            var rest = letters[...]
            var hasEscapes = false
            if rest.hasPrefix("ISO2022") {
                hasEscapes = true
                rest = rest.dropFirst(7)
            } else if rest.hasPrefix("ISO") {
                rest = rest.dropFirst(3)
            }
            if rest.hasPrefix("IR"), let number = Int(rest.dropFirst(2)) {
                if number == 192 {
                    self = .whole(.utf8)
                    return
                }
                guard let elements = CodeElement.registered[number] else { return nil }
                self = .elements(elements, hasEscapes: hasEscapes)
                return
            }
            if let number = Int(rest), let elements = CodeElement.registered[number] {
                self = .elements(elements, hasEscapes: hasEscapes)
                return
            }
            // GB18030, GBK, ISO 2022 GBK, and names that are no defined terms.
            guard let set = CharacterSet(name: String(hasEscapes ? rest : letters[...])) else { return nil }
            self = .whole(set)
        }
    }
}
