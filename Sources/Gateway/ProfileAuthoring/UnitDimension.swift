/// What a UCUM unit measures, as powers of the few dimensions that laboratory results have.
///
/// Reads units in which numbers come from analysers; of an expression that it does not know in full it says nothing.
public struct UnitDimension: Sendable, Equatable {
    /// Powers by dimension, without zeros.
    public private(set) var powers: [Dimension: Int] = [:]
    /// Dimensions that are named, even where they cancel out: `mmol/mol` names substance.
    public private(set) var named: Set<Dimension> = []

    /// A dimension of its own.
    public enum Dimension: String, Sendable {
        /// g
        case mass
        /// mol, and eq, which differs from it by the charge alone
        case substance
        /// L, m³
        case volume
        /// U, kat
        case catalytic
        /// [IU], {AU}: defined by a preparation
        case arbitrary
        /// s
        case time
        /// Pa, m[Hg]
        case pressure
        /// osm
        case osmole
    }

    /// The dimension of a UCUM expression; nil: it holds something that is not known here.
    public init?(ucum: String) {
        var sign = 1
        var atom = ""
        var depth = 0
        func isSeparator(_ character: Character) -> Bool { character == "/" || character == "." }
        for character in ucum + "." {
            if character == "{" || character == "[" { depth += 1 }
            if character == "}" || character == "]" { depth -= 1 }
            guard depth == 0, isSeparator(character) else {
                atom.append(character)
                continue
            }
            guard add(atom, sign: sign) else { return nil }
            atom = ""
            // In UCUM a solidus turns what follows it, a point goes on (7.4.4): a/b.c is (a/b).c.
            sign = character == "/" ? -1 : 1
        }
        guard depth == 0, atom.isEmpty else { return nil }
        powers = powers.filter { $0.value != 0 }
    }

    private mutating func add(_ written: String, sign: Int) -> Bool {
        var atom = written[...]
        var note: Substring = ""
        if let open = atom.firstIndex(of: "{") {
            note = atom[open...]
            atom = atom[..<open]
            guard note.last == "}" else { return false }
        }
        if atom.isEmpty {
            // {AU} in the numerator is a unit of somebody's own, {cells} of a count; only what is above the line tells.
            if !note.isEmpty, sign > 0, UnitDimension.arbitraryNotes.contains(note.dropFirst().dropLast().lowercased())
            {
                put(.arbitrary, 1)
            }
            return true
        }
        if ["%", "1", "[pH]", "[ppth]", "[ppm]"].contains(atom) || atom.hasPrefix("10*") || atom.hasPrefix("10^")
            || atom.allSatisfy({ $0.isNumber })
        {
            return true
        }
        var exponent = 1
        if let last = atom.last, let digit = last.wholeNumberValue, digit > 0 {
            exponent = digit
            atom = atom.dropLast()
        }
        for (name, dimension, power) in UnitDimension.atoms where atom.hasSuffix(name) {
            let prefix = atom.dropLast(name.count)
            guard UnitDimension.prefixes.contains(String(prefix)) else { continue }
            // A length is of interest as a volume only.
            if name == "m", exponent != 3 { return false }
            put(dimension, sign * (name == "m" ? 1 : power * exponent))
            return true
        }
        return false
    }

    private mutating func put(_ dimension: Dimension, _ power: Int) {
        powers[dimension, default: 0] += power
        named.insert(dimension)
    }

    private static let prefixes: Set<String> = ["", "k", "M", "G", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a"]
    /// Longer names first: `min` is no milli-inch, `m[Hg]` no length.
    private static let atoms: [(String, Dimension, Int)] = [
        ("m[Hg]", .pressure, 1), ("Pa", .pressure, 1), ("mol", .substance, 1), ("eq", .substance, 1),
        ("osm", .osmole, 1), ("kat", .catalytic, 1), ("[IU]", .arbitrary, 1), ("[iU]", .arbitrary, 1),
        ("[arb'U]", .arbitrary, 1), ("U", .catalytic, 1), ("min", .time, 1), ("g", .mass, 1), ("L", .volume, 1),
        ("l", .volume, 1), ("s", .time, 1), ("h", .time, 1), ("m", .volume, 1),
    ]
    private static let arbitraryNotes: Set<String> = ["au", "coi", "s/co", "index", "ru", "aeu"]
}
