/// The grammar of UCUM, case sensitive (The Unified Code for Units of Measure, version 2.1, sections 2 and 3): prefixes,
/// atoms, annotations, exponents, `.`, `/`, parentheses.
public enum UCUM {
    /// Longest expression accepted.
    public static let longest = 64

    /// Checks an expression.
    ///
    /// - Returns: what is wrong, or nil when it is well formed of known units.
    public static func problem(_ expression: String) -> String? {
        if expression.isEmpty { return "a UCUM unit may not be empty: write 1 for a number without unit" }
        if expression.utf8.count > longest { return "a UCUM unit longer than \(longest) characters" }
        var parser = UCUMParser(Array(expression.utf8))
        return parser.problem()
    }

    /// True when `problem` finds nothing.
    public static func isValid(_ expression: String) -> Bool { problem(expression) == nil }
}

/// Recursive descent over one expression.
struct UCUMParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func problem() -> String? {
        // Annotations are ASCII without blanks as well (section 2.1, ■6).
        if let bad = bytes.first(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            return bad >= 0x7F ? "UCUM is ASCII: write u for µ" : "UCUM has no blanks"
        }
        // A leading slash is a unary operator (section 2, production main-term).
        if current == UInt8(ascii: "/") { position += 1 }
        if let problem = term() { return problem }
        return position == bytes.count ? nil : "unexpected \"\(rest)\""
    }

    private var rest: String { String(decoding: bytes[position...], as: UTF8.self) }

    private mutating func term() -> String? {
        if let problem = component() { return problem }
        while let byte = current, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") {
            position += 1
            if let problem = component() { return problem }
        }
        return nil
    }

    private mutating func component() -> String? {
        switch current {
        case nil: return "a unit is missing at the end"
        case UInt8(ascii: "("):
            depth += 1
            defer { depth -= 1 }
            if depth > 8 { return "parentheses nested deeper than 8" }
            position += 1
            if let problem = term() { return problem }
            guard current == UInt8(ascii: ")") else { return "a closing parenthesis is missing" }
            position += 1
            return nil
        case UInt8(ascii: "{"): return annotation()
        default: return annotatable()
        }
    }

    private mutating func annotation() -> String? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
            return "a closing brace is missing"
        }
        if bytes[(position + 1)..<end].contains(UInt8(ascii: "{")) { return "braces inside braces" }
        position = end + 1
        return nil
    }

    private mutating func annotatable() -> String? {
        // 10* and 10^ are atoms that begin with digits; other digits are factors.
        let start = position
        if !(bytes[position...].starts(with: "10*".utf8) || bytes[position...].starts(with: "10^".utf8)) {
            while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
            if position > start { return current == UInt8(ascii: "{") ? annotation() : nil }
        }
        let end = endOfSymbol()
        // The exponent's digits belong to the symbol unless the symbol ends in them ("m[H2O]", "B[10.nV]" end in brackets).
        var symbolEnd = end
        while symbolEnd > start, bytes[symbolEnd - 1] >= 0x30, bytes[symbolEnd - 1] <= 0x39 { symbolEnd -= 1 }
        if symbolEnd > start, symbolEnd < end,
            bytes[symbolEnd - 1] == UInt8(ascii: "-") || bytes[symbolEnd - 1] == UInt8(ascii: "+")
        {
            symbolEnd -= 1
        }
        let symbol = String(decoding: bytes[start..<symbolEnd], as: UTF8.self)
        if symbol.isEmpty { return "unexpected \"\(rest)\"" }
        guard UCUMUnits.isUnit(symbol) else { return unknown(symbol) }
        position = end
        return current == UInt8(ascii: "{") ? annotation() : nil
    }

    /// One past the symbol with its exponent: up to an operator outside square brackets.
    private func endOfSymbol() -> Int {
        var at = position
        var brackets = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "["): brackets += 1
            case UInt8(ascii: "]"): brackets -= 1
            case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"),
                UInt8(ascii: "}"):
                if brackets <= 0 { return at }
            default: break
            }
            at += 1
        }
        return at
    }

    private func unknown(_ symbol: String) -> String {
        if let known = UnitSpellings.listed(symbol), known != symbol {
            return "\"\(symbol)\" is no UCUM unit, write \(known)"
        }
        return "\"\(symbol)\" is no UCUM unit; a unit of the maker's own is written in braces, {\(symbol)}"
    }
}
