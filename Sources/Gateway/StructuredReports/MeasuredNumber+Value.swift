import ResultModel
import Terminology

extension MeasuredNumber {
    /// The number as a value of an observation, digits as sent; what is no number is absent with its reason.
    var value: ObservationValue {
        guard !text.isEmpty else {
            return .absent(reason: MeasuredNumber.reason(qualifier), text: qualifier?.words ?? "")
        }
        guard let number = MeasuredNumber.plain(text) else { return .absent(reason: .notANumber, text: text) }
        return .quantity(Quantity(number: number, unit: unitWords, ucum: ucum))
    }

    /// Comment on a number that stands there although something is wrong with it.
    var remark: String? {
        guard !text.isEmpty, let qualifier else { return nil }
        return qualifier.words
    }

    /// UCUM of the unit; empty when it is not known for certain.
    var ucum: String {
        guard let unit, unit.scheme == "UCUM" else { return "" }
        if UCUM.isValid(unit.value) { return unit.value }
        // Not few devices say UCUM and write their own spelling: mmHg, mGycm, Gy.cm^2, cm/sec.
        if let known = MeasuredNumber.spellings[unit.value] ?? UnitSpellings.ucum(for: unit.value) { return known }
        let plain = unit.value.replacing("^", with: "").replacing("*", with: ".").replacing("sec", with: "s")
        return UCUM.isValid(plain) ? plain : ""
    }

    /// Spellings of modalities that no rule makes UCUM of.
    private static let spellings: [String: String] = [
        "mGycm": "mGy.cm", "mGycm2": "mGy.cm2", "Gycm2": "Gy.cm2", "Gym2": "Gy.m2", "uGym2": "uGy.m2",
        "dGycm2": "dGy.cm2", "cGycm2": "cGy.cm2", "bpm": "{H.B.}/min", "BPM": "{H.B.}/min", "degrees": "deg",
        "HU": "[hnsf'U]", "pixels": "{pixels}", "frames": "{frames}", "events": "{events}",
    ]

    /// Unit for people: the code where it reads as one, else the meaning.
    private var unitWords: String {
        guard let unit, unit.value != "1" else { return "" }
        let isReadable = unit.scheme == "UCUM" && !unit.value.contains("{") && !unit.value.contains("[")
        return isReadable ? unit.value : unit.words
    }

    /// DS (PS3.5 6.2) as plain decimal text: no exponent, no sign in front of a positive number. Nil for what is none.
    static func plain(_ text: String) -> String? {
        var mantissa = text[...]
        var exponent = 0
        if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let power = Int(text[text.index(after: mark)...]), (-40...40).contains(power) else { return nil }
            mantissa = text[..<mark]
            exponent = power
        }
        var isNegative = false
        if let sign = mantissa.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            mantissa.removeFirst()
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        let isDigits = { (part: Substring) in part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
        guard isDigits(whole), isDigits(fraction), whole.utf8.count + fraction.utf8.count > 0 else { return nil }
        // The point moves by the exponent; digits stay as many as they were.
        var digits = String(whole + fraction)
        var place = whole.utf8.count + exponent
        if place > digits.utf8.count { digits += String(repeating: "0", count: place - digits.utf8.count) }
        if place < 1 {
            digits = String(repeating: "0", count: 1 - place) + digits
            place = 1
        }
        let point = digits.index(digits.startIndex, offsetBy: place)
        var before = digits[..<point]
        while before.utf8.count > 1, before.first == "0" { before.removeFirst() }
        let after = digits[point...]
        return (isNegative ? "-" : "") + before + (after.isEmpty ? "" : "." + after)
    }

    /// CID 42 as FHIR says it.
    private static func reason(_ qualifier: CodedConcept?) -> ObservationValue.AbsentReason {
        guard let qualifier, qualifier.scheme == "DCM" else { return .unknown }
        switch qualifier.value {
        // Not a number, infinities.
        case "114000", "114001", "114002": return .notANumber
        // Division by zero, underflow, overflow, failures, out of range.
        case "114003", "114004", "114005", "114006", "114008", "114009": return .error
        // Not attempted.
        case "114007": return .notPerformed
        default: return .unknown
        }
    }
}
