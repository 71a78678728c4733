/// What a LOINC code measures (LOINC Users' Guide, "Kind of property"), as far as a unit can tell.
public enum TestProperty: String, Sendable, CaseIterable {
    /// MCnc
    case massConcentration = "mass concentration"
    /// SCnc
    case substanceConcentration = "substance concentration"
    /// CCnc
    case catalyticConcentration = "catalytic concentration"
    /// ACnc
    case arbitraryConcentration = "arbitrary concentration"
    /// NCnc
    case numberConcentration = "number concentration"
    /// VFr, NFr, and ratios of like things
    case fraction = "fraction"
    /// MFr
    case massFraction = "mass fraction"
    /// SFr
    case substanceFraction = "substance fraction"
    /// EntVol
    case entiticVolume = "entitic volume"
    /// EntMass
    case entiticMass = "entitic mass"
    /// Time
    case time = "time"
    /// PPres
    case partialPressure = "partial pressure"

    /// A unit that fits, to show people.
    public var example: String {
        switch self {
        case .massConcentration: "mg/dL, g/L"
        case .substanceConcentration: "mmol/L, meq/L"
        case .catalyticConcentration: "U/L, ukat/L"
        case .arbitraryConcentration: "[IU]/L, m[IU]/L"
        case .numberConcentration: "10*9/L, 10*3/uL"
        case .fraction: "%, L/L"
        case .massFraction: "%"
        case .substanceFraction: "mmol/mol"
        case .entiticVolume: "fL"
        case .entiticMass: "pg"
        case .time: "s"
        case .partialPressure: "mm[Hg], kPa"
        }
    }

    /// Whether a number in a UCUM unit can be of this property; nil: the unit is not known, or there is none.
    public func fits(_ ucum: String) -> Bool? {
        guard !ucum.isEmpty, let dimension = UnitDimension(ucum: ucum) else { return nil }
        let powers = dimension.powers
        switch self {
        case .massConcentration: return powers == [.mass: 1, .volume: -1]
        case .substanceConcentration: return powers == [.substance: 1, .volume: -1]
        // Enzymes are sent in IU as often as in U, hormones in U as often as in IU: that is no fault of the code.
        case .catalyticConcentration, .arbitraryConcentration:
            return powers == [.catalytic: 1, .volume: -1] || powers == [.arbitrary: 1, .volume: -1]
                || powers == [.catalytic: 1, .volume: -1, .time: -1]
        case .numberConcentration: return powers == [.volume: -1]
        case .fraction: return powers.isEmpty
        case .massFraction: return powers.isEmpty && !dimension.named.contains(.substance)
        case .substanceFraction: return powers.isEmpty && dimension.named.contains(.substance)
        case .entiticVolume: return powers == [.volume: 1]
        case .entiticMass: return powers == [.mass: 1]
        case .time: return powers == [.time: 1]
        case .partialPressure: return powers == [.pressure: 1]
        }
    }
}
