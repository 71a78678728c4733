import DeviceProfile
import ResultModel
import Synchronization
import Terminology

/// A profile made ready for use: maps turned into what a result needs, once, when the profile is loaded.
public final class CompiledProfile: Sendable {
    /// The profile it was made of.
    public let profile: DeviceProfile

    let codes: [String: Code]
    let patterns: [(glob: Glob, code: Code)]
    let units: [String: Unit]
    let words: WordTable
    let placeholders: [String: ObservationValue.AbsentReason]
    let placeholderPatterns: [ValueRules.Placeholder]
    let trim: [Unicode.Scalar]
    /// QC rules that look at the specimen and patient only.
    let orderQC: [QCRule]
    /// QC rules that look at results (and perhaps at the specimen).
    let resultQC: [QCRule]

    /// Usual spellings that were looked up before: looking one up costs more than all the rest of a result.
    private let usualUnits = Mutex<[String: Unit]>([:])
    private static let mostUsualUnits = 512

    /// What is known about a code.
    final class Code: Sendable {
        let rule: CodeRule
        let loinc: Coding?
        let factor: ExactDecimal?
        let conversions: [String: ExactDecimal]
        let convertedUnit: String
        let convertedDecimals: Int?
        let words: WordTable

        init(_ rule: CodeRule) {
            self.rule = rule
            loinc = rule.loinc.isEmpty ? nil : Coding(system: Coding.loinc, code: rule.loinc, display: rule.name)
            factor = rule.factor.isEmpty ? nil : ExactDecimal(rule.factor)
            conversions = (rule.convert?.factors ?? [:]).compactMapValues { ExactDecimal($0) }
            convertedUnit = rule.convert?.to ?? ""
            convertedDecimals = rule.convert?.decimals ?? rule.decimals
            words = WordTable(rule.words)
        }
    }

    /// What is known about a spelling of a unit.
    struct Unit: Sendable {
        /// UCUM; "" for none or when it is not known.
        var ucum: String
        /// For people; empty: as sent.
        var display: String
        var factor: ExactDecimal?
        var isKnown: Bool
        /// The spelling says that there is no unit.
        var isNone: Bool
    }

    /// Makes a profile ready.
    public init(_ profile: DeviceProfile) {
        self.profile = profile
        codes = profile.codes.exact.mapValues { Code($0) }
        patterns = profile.codes.patterns.map { ($0.glob, Code($0.rule)) }
        units = profile.units.mapValues { rule in
            Unit(
                ucum: rule.ucum, display: rule.display, factor: rule.factor.isEmpty ? nil : ExactDecimal(rule.factor),
                isKnown: true, isNone: rule.ucum.isEmpty)
        }
        words = WordTable(profile.values.words)
        var exact: [String: ObservationValue.AbsentReason] = [:]
        var globs: [ValueRules.Placeholder] = []
        for placeholder in profile.values.placeholders {
            if placeholder.glob.hasWildcard {
                globs.append(placeholder)
            } else {
                exact[placeholder.glob.literal] = placeholder.reason
            }
        }
        placeholders = exact
        placeholderPatterns = globs
        trim = Array(profile.values.trim.unicodeScalars)
        let ofResults: Set<QCSubject> = [.code, .name, .flag]
        orderQC = profile.qc.filter { ofResults.isDisjoint(with: $0.match.keys) }
        resultQC = profile.qc.filter { !ofResults.isDisjoint(with: $0.match.keys) }
    }

    func code(_ code: String) -> Code? {
        if let known = codes[code] { return known }
        for pattern in patterns where pattern.glob.matches(code) { return pattern.code }
        return nil
    }

    func unit(_ spelling: String) -> Unit {
        if let known = units[spelling] { return known }
        return usualUnits.withLock { cache in
            if let known = cache[spelling] { return known }
            let ucum = UnitSpellings.ucum(for: spelling)
            let unit = Unit(
                ucum: ucum ?? "", display: "", factor: nil, isKnown: ucum != nil, isNone: ucum?.isEmpty ?? false)
            // A device that sends ever new text as unit must not fill the memory.
            if cache.count < CompiledProfile.mostUsualUnits { cache[spelling] = unit }
            return unit
        }
    }
}
