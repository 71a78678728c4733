/// How laboratory devices usually spell units, and what UCUM calls them.
///
/// Only what has one meaning is here. `G/L` is giga per litre in France and grams per litre on a device that prints capitals;
/// `AU` is a unit of the maker's here and an astronomical unit in UCUM: a profile has to say what such a spelling means.
public enum UnitSpellings {
    /// UCUM for a spelling; "" when the spelling means a number without unit; nil when it is not known.
    public static func ucum(for spelling: String) -> String? {
        if let known = listed(spelling) { return known }
        return !ambiguous.contains(spelling) && UCUM.isValid(spelling) ? spelling : nil
    }

    /// UCUM for a spelling of the tables here.
    static func listed(_ spelling: String) -> String? {
        if let known = exact[spelling] { return known }
        if ambiguous.contains(spelling) || spelling.utf8.count > UCUM.longest { return nil }
        let folded = fold(spelling)
        return byFold[folded] ?? compose(folded)
    }

    /// What a laboratory means by an expression that UCUM allows but reads otherwise: `K/uL` is kelvin per microlitre there.
    /// nil: nothing misleading.
    public static func misleading(_ unit: String) -> String? {
        guard let meant = exact[unit], OrdinalWords.lowercased(meant) != OrdinalWords.lowercased(unit) else {
            return nil
        }
        // g% and mg% mean the same in both.
        return unit.hasSuffix("%") ? nil : meant
    }

    /// Spellings that could mean two things, also where UCUM happens to know one of them.
    static let ambiguous: Set<String> = [
        "G/L", "G/DL", "MU/L", "MU/ML", "MIU/L", "MIU/ML", "AU", "AU/mL", "AU/ml", "AU/L", "M", "G", "T", "K", "C", "S",
        "s/co", "B", "P",
        "PT", "R", "h", "d", "a", "b", "t", "u", "st", "N", "A", "F", "V", "W", "J", "H",
    ]

    /// Spellings in which upper and lower case matter.
    static let exact: [String: String] = Dictionary(
        [
            ("", ""), ("K/uL", "10*3/uL"), ("K/µL", "10*3/uL"), ("K/μL", "10*3/uL"), ("K/mm3", "10*3/uL"),
            ("M/uL", "10*6/uL"),
            ("M/µL", "10*6/uL"), ("M/μL", "10*6/uL"), ("M/mm3", "10*6/uL"), ("G/l", "10*9/L"), ("Giga/L", "10*9/L"),
            ("Gpt/L", "10*9/L"),
            ("Gpt/l", "10*9/L"), ("T/l", "10*12/L"), ("T/L", "10*12/L"), ("Tera/L", "10*12/L"), ("Tpt/L", "10*12/L"),
            ("Tpt/l", "10*12/L"),
            ("U", "U"), ("IU", "[IU]"), ("mU/L", "mU/L"), ("mU/l", "mU/L"), ("mU/mL", "mU/mL"), ("mU/ml", "mU/mL"),
            ("mIU/L", "m[IU]/L"), ("mIU/l", "m[IU]/L"), ("mIU/mL", "m[IU]/mL"), ("mIU/ml", "m[IU]/mL"),
            ("S/CO", "{s_co_ratio}"),
            ("S/C.O.", "{s_co_ratio}"), ("g%", "g/dL"), ("mg%", "mg/dL"), ("U/I", "U/L"), ("mEq/L", "meq/L"),
            ("mEq/l", "meq/L"),
        ], uniquingKeysWith: { first, _ in first })

    /// Spellings after folding.
    static let byFold: [String: String] = Dictionary(
        [
            // Shares and ratios.
            ("%", "%"), ("percent", "%"), ("‰", "[ppth]"), ("promille", "[ppth]"), ("ratio", "{ratio}"),
            ("index", "{index}"),
            ("inr", "{INR}"), ("ph", "[pH]"), ("s/co", "{s_co_ratio}"), ("coi", "{COI}"), ("rlu", "{RLU}"),
            ("ppm", "[ppm]"),
            ("%nrbc", "%"), ("/100wbc", "/100{WBC}"),
            // Blood cells.
            ("fl", "fL"), ("um3", "fL"), ("um*3", "fL"), ("u3", "fL"), ("pg", "pg"), ("/ul", "/uL"), ("/mm3", "/uL"),
            ("/cmm", "/uL"),
            ("/l", "/L"), ("/ml", "/mL"), ("cells/ul", "{cells}/uL"), ("cell/ul", "{cells}/uL"), ("leu/ul", "{leu}/uL"),
            ("wbc/ul", "{leu}/uL"), ("ery/ul", "{ery}/uL"), ("rbc/ul", "{ery}/uL"), ("/hpf", "/[HPF]"),
            ("/lpf", "/[LPF]"),
            ("個/ul", "{cells}/uL"), ("个/ul", "{cells}/uL"), ("个/hp", "/[HPF]"), ("个/lp", "/[LPF]"),
            // Time, temperature, pressure, length.
            ("sec", "s"), ("sec.", "s"), ("secs", "s"), ("second", "s"), ("seconds", "s"), ("秒", "s"), ("s", "s"),
            ("min", "min"),
            ("mm/h", "mm/h"), ("mm/hr", "mm/h"), ("mm/1h", "mm/h"), ("mmhg", "mm[Hg]"), ("mm(hg)", "mm[Hg]"),
            ("kpa", "kPa"),
            ("°c", "Cel"), ("degc", "Cel"), ("℃", "Cel"), ("cel", "Cel"), ("um", "um"), ("mm", "mm"),
            // Amounts by mass and by substance that do not come apart into two table entries.
            ("mmol/mol", "mmol/mol"), ("mg/g", "mg/g"), ("mg/mmol", "mg/mmol"), ("ng/mlfeu", "ng/mL{FEU}"),
            ("mg/lfeu", "mg/L{FEU}"),
            ("ug/mlfeu", "ug/mL{FEU}"), ("mosm/kg", "mosm/kg"), ("mosmol/kg", "mosm/kg"), ("mosm/l", "mosm/L"),
            ("kua/l", "k[IU]/L{A}"),
            ("ml/min", "mL/min"), ("ml/min/1.73m2", "mL/min/{1.73_m2}"), ("u/ghb", "U/g{Hb}"), ("u/gh", "U/g{Hb}"),
            ("u/10*12rbc", "U/10*12{RBC}"),
            ("gcm3", "g/cm3"), ("g/cm3", "g/cm3"), ("md/dl", "mg/dL"),
            // Arbitrary units.
            ("arbu/ml", "[arb'U]/mL"), ("gpl", "[GPL'U]"), ("mpl", "[MPL'U]"), ("apl", "[APL'U]"),
            ("gpl/ml", "[GPL'U]/mL"),
            ("mpl/ml", "[MPL'U]/mL"), ("ru/ml", "{RU}/mL"), ("bau/ml", "{BAU}/mL"), ("cfu/ml", "[CFU]/mL"),
            ("pfu/ml", "[PFU]/mL"),
            ("copies/ml", "{copies}/mL"), ("cp/ml", "{copies}/mL"), ("copies", "{copies}"), ("拷贝/ml", "{copies}/mL"),
            ("log10copies/ml", "{Log_copies}/mL"), ("logcopies/ml", "{Log_copies}/mL"), ("ehrlich", "{EU}"),
            ("eu/dl", "{Ehrlich_U}/dL"),
            ("titer", "{titer}"), ("titre", "{titer}"),
        ], uniquingKeysWith: { first, _ in first })

    /// What stands before the slash, after folding. Folding is safe here: `MG` is never megagram in a laboratory.
    static let amounts: [String: String] = [
        "kg": "kg", "g": "g", "gm": "g", "mg": "mg", "ug": "ug", "mcg": "ug", "ng": "ng", "pg": "pg", "fg": "fg",
        "mol": "mol", "mmol": "mmol",
        "umol": "umol", "nmol": "nmol", "pmol": "pmol", "fmol": "fmol", "u": "U", "ku": "kU", "uu": "uU", "iu": "[IU]",
        "ui": "[IU]",
        "kiu": "k[IU]", "uiu": "u[IU]", "meq": "meq", "ueq": "ueq", "ukat": "ukat", "nkat": "nkat", "kat": "kat",
        "pkat": "pkat",
        "克": "g", "毫克": "mg", "微克": "ug", "纳克": "ng", "皮克": "pg", "摩尔": "mol", "毫摩尔": "mmol", "微摩尔": "umol",
        "纳摩尔": "nmol",
        "皮摩尔": "pmol", "单位": "U", "国际单位": "[IU]",
    ]

    /// What stands behind the slash, after folding.
    static let volumes: [String: String] = [
        "l": "L", "dl": "dL", "cl": "cL", "ml": "mL", "ul": "uL", "nl": "nL", "mm3": "uL", "mm*3": "uL", "cmm": "uL",
        "100ml": "dL", "kg": "kg",
        "g": "g", "h": "h", "hr": "h", "d": "d", "day": "d", "24h": "(24.h)", "24hr": "(24.h)", "min": "min", "升": "L",
        "分升": "dL", "毫升": "mL",
        "微升": "uL",
    ]

    /// `10*9/l`, `mg/dl`, `10*3ul`.
    private static func compose(_ folded: String) -> String? {
        let parts = folded.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return nil }
        if first.hasPrefix("10*") {
            let power = first.dropFirst(3)
            let digits = power.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, digits.count <= 2 else { return nil }
            if parts.count == 2 {
                guard digits.count == power.count, let volume = volumes[String(parts[1])] else { return nil }
                return "10*\(digits)/\(volume)"
            }
            if digits.count == power.count { return "10*\(digits)" }
            // A slash left out: 10*3ul.
            return volumes[String(power.dropFirst(digits.count))].map { "10*\(digits)/\($0)" }
        }
        guard let amount = amounts[String(first)] else { return nil }
        if parts.count == 1 { return amount }
        return volumes[String(parts[1])].map { "\(amount)/\($0)" }
    }

    /// Lower case, without blanks, with one spelling of µ, of powers and of the multiplication sign.
    static func fold(_ spelling: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in spelling.unicodeScalars {
            switch scalar {
            case " ", "\u{A0}", "\u{3000}", "[", "]": continue
            // Micro sign, Greek mu, and what is left of them after a wrong code page.
            case "\u{B5}", "\u{3BC}", "\u{FFFD}", "\u{39C}": folded.append("u")
            case "\u{B2}": folded.append("2")
            case "\u{B3}": folded.append("3")
            case "\u{B9}": folded.append("1")
            case "\u{2070}"..."\u{2079}": folded.append(Unicode.Scalar(UInt8(0x30 + scalar.value - 0x2070)))
            case "\u{D7}": folded.append("x")
            case "A"..."Z": folded.append(Unicode.Scalar(UInt8(scalar.value + 0x20)))
            case "\u{FF01}"..."\u{FF5E}":
                // Full-width forms of ASCII.
                let ascii = UInt8(scalar.value - 0xFEE0)
                folded.append(Unicode.Scalar(ascii >= 0x41 && ascii <= 0x5A ? ascii + 0x20 : ascii))
            default: folded.append(scalar)
            }
        }
        return power(Array(folded))
    }

    /// `x10^9/l`, `*10e9/l`, `10**9/l`, `109/l` from `10⁹/l`: all `10*9/l`.
    private static func power(_ scalars: [Unicode.Scalar]) -> String {
        var rest = scalars[...]
        if let first = rest.first, first == "x" || first == "*", rest.dropFirst().starts(with: ["1", "0"]) {
            rest = rest.dropFirst()
        }
        var text = String.UnicodeScalarView()
        guard rest.starts(with: ["1", "0"]) else {
            text.append(contentsOf: rest)
            return String(text)
        }
        let tail = rest.dropFirst(2)
        guard let sign = tail.first else { return "10" }
        var digits = tail
        while let next = digits.first, next == "^" || next == "*" || next == "e" || next == "(" {
            digits = digits.dropFirst()
        }
        let isPower = digits.count < tail.count || ("0"..."9").contains(sign)
        guard isPower, let digit = digits.first, ("0"..."9").contains(digit), !tail.starts(with: ["0"]) else {
            text.append(contentsOf: rest)
            return String(text)
        }
        text.append(contentsOf: ["1", "0", "*"])
        text.append(contentsOf: digits.filter { $0 != ")" })
        return String(text)
    }
}
