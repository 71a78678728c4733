/// Words and grades that devices send in place of a number, and what they mean: positive, negative, traces, indeterminate.
public enum OrdinalWords {
    /// What a word means.
    public enum Meaning: Sendable, Equatable {
        /// Found.
        case positive
        /// Not found.
        case negative
        /// Neither.
        case indeterminate
        /// Detected, of molecular tests.
        case detected
        /// Not detected.
        case notDetected
        /// Reactive, of serology.
        case reactive
        /// Not reactive.
        case nonreactive
        /// A trace, a grade, or normal: a place in an order and no more.
        case grade

        /// v3 ObservationInterpretation; empty for a grade.
        public var code: String {
            switch self {
            case .positive: "POS"
            case .negative: "NEG"
            case .indeterminate: "IND"
            case .detected: "DET"
            case .notDetected: "ND"
            case .reactive: "RR"
            case .nonreactive: "NR"
            case .grade: ""
            }
        }
    }

    /// Meaning of a text that was trimmed; nil when it is no such word.
    public static func meaning(of text: String) -> Meaning? {
        if text.utf8.count > 24 { return nil }
        if isGrade(text) { return .grade }
        return words[lowercased(text)]
    }

    /// ASCII letters in lower case; everything else as it is.
    public static func lowercased(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value + 0x20)) : scalar)
        }
        return String(scalars)
    }

    /// `+`, `++++`, `1+`, `+1`, `+-`, `±`, `(+)`, `-` alone.
    private static func isGrade(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let plus = UInt8(ascii: "+")
        let minus = UInt8(ascii: "-")
        if !bytes.isEmpty, bytes.count <= 5, bytes.allSatisfy({ $0 == plus }) { return true }
        switch bytes {
        case [minus], [plus, minus], [plus, UInt8(ascii: "/"), minus], [minus, plus]: return true
        case [UInt8(ascii: "("), plus, UInt8(ascii: ")")]: return true
        case [UInt8(ascii: "("), minus, UInt8(ascii: ")")]: return true
        default: break
        }
        if text == "\u{B1}" { return true }
        if bytes.count == 2 {
            let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
            return bytes[1] == plus && isDigit(bytes[0]) || bytes[0] == plus && isDigit(bytes[1])
        }
        return false
    }

    private static let words: [String: Meaning] = Dictionary(
        [
            ("pos", .positive), ("pos.", .positive), ("positive", .positive), ("positif", .positive),
            ("positiv", .positive),
            ("positivo", .positive), ("阳性", .positive), ("陽性", .positive),
            ("neg", .negative), ("neg.", .negative), ("negative", .negative), ("négatif", .negative),
            ("negatif", .negative),
            ("negativ", .negative), ("negativo", .negative), ("阴性", .negative), ("陰性", .negative),
            ("detected", .detected), ("not detected", .notDetected), ("reactive", .reactive),
            ("non-reactive", .nonreactive),
            ("nonreactive", .nonreactive), ("non reactive", .nonreactive), ("indeterminate", .indeterminate),
            ("equivocal", .indeterminate), ("borderline", .indeterminate), ("grayzone", .indeterminate),
            ("弱阳性", .positive),
            ("可疑", .indeterminate), ("trace", .grade), ("tr", .grade), ("tr.", .grade), ("traces", .grade),
            ("微量", .grade),
            ("norm", .grade), ("norm.", .grade), ("normal", .grade), ("正常", .grade), ("abnormal", .grade),
        ], uniquingKeysWith: { first, _ in first })
}
