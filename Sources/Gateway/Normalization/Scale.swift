import DeviceProfile
import ResultModel

/// What becomes of the numbers of one result, and the unit they are in afterwards.
struct Scale {
    /// Unit for people.
    var unit: String
    /// UCUM; empty: none, or not known.
    var ucum: String
    /// False when a unit was sent that nobody knows.
    var isKnown: Bool
    private var factors: [ExactDecimal] = []
    private var decimals: Int?

    init(sent: String, code: CompiledProfile.Code?, profile: CompiledProfile) {
        unit = sent
        isKnown = true
        if sent.isEmpty {
            ucum = code?.rule.unit ?? ""
            unit = ucum
        } else {
            let known = profile.unit(sent)
            isKnown = known.isKnown
            ucum = known.ucum
            if !known.display.isEmpty { unit = known.display }
            if known.isNone {
                ucum = code?.rule.unit ?? ""
                unit = ucum
            }
            if let factor = known.factor { factors.append(factor) }
        }
        decimals = code?.rule.decimals
        guard let code else { return }
        if let factor = code.factor { factors.append(factor) }
        if !code.conversions.isEmpty, let factor = code.conversions[ucum] {
            factors.append(factor)
            ucum = code.convertedUnit
            unit = ucum
            decimals = code.convertedDecimals
        }
    }

    /// True when numbers are multiplied.
    var changesNumbers: Bool { !factors.isEmpty }

    /// The number afterwards; nil when it has more digits than fit.
    func apply(_ number: ExactDecimal) -> ExactDecimal? {
        var result = number
        for factor in factors {
            guard let product = result.multiplied(by: factor) else { return nil }
            result = product
        }
        if let decimals { result = result.rounded(decimals: decimals) }
        return result
    }
}
