/// A test that is known well enough to be proposed: its LOINC code, what that measures, and how makers call it.
///
/// A short list on purpose: common tests whose code follows from name, unit and material. It is no copy of LOINC.
public struct KnownTest: Sendable, Equatable {
    /// In what it is measured.
    public enum Material: String, Sendable {
        /// Blood: counts.
        case blood
        /// Serum or plasma.
        case serum
        /// Plasma with citrate: coagulation.
        case plasma
        /// Blood for gas analysis, arterial or not.
        case gas
    }

    /// LOINC code.
    public var loinc: String
    /// What it measures.
    public var property: TestProperty
    /// For people.
    public var name: String
    /// In what.
    public var material: Material
    /// Codes and names of makers, folded (`folded`).
    public var words: Set<String>

    /// The test of a LOINC code.
    public static func test(loinc: String) -> KnownTest? { byLOINC[loinc] }

    /// The tests that a device's code or name can stand for.
    public static func tests(named word: String) -> [KnownTest] {
        let key = folded(word)
        return key.isEmpty ? [] : all.filter { $0.words.contains(key) }
    }

    /// Letters small; blanks, hyphens, points and underscores out; `#` and `%` stay: they tell counts from fractions.
    public static func folded(_ word: String) -> String {
        String(word.lowercased().filter { !" -._*".contains($0) })
    }

    private static let byLOINC = Dictionary(all.map { ($0.loinc, $0) }, uniquingKeysWith: { first, _ in first })

    /// All of them.
    public static let all: [KnownTest] = table.map { line in
        KnownTest(
            loinc: line.0, property: line.1, name: line.2, material: line.3,
            words: Set(line.4.split(separator: " ").map(String.init) + [folded(line.2)]))
    }
}
