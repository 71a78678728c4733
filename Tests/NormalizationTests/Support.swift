import DeviceProfile
import DriverWire
import Normalization
import ResultModel
import Terminology
import Testing

/// Random numbers that come again (SplitMix64).
struct TestRandom: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func profile(_ yaml: String = "") throws -> CompiledProfile {
    let text = "id: test\ndriver: lis\n" + yaml
    return CompiledProfile(try ProfileLibrary.parse(Array(text.utf8)).profile)
}

/// A message with one specimen and these results.
func message(
    _ results: [DeviceMessage.Result], protocolName: String = "LIS2-A2", specimen: String = "S1",
    _ change: (inout DeviceMessage) -> Void = { _ in }
) -> DeviceMessage {
    var message = DeviceMessage(protocolName: protocolName, controlID: "7")
    var order = DeviceMessage.Order()
    order.specimenID = specimen
    message.orders = [order]
    message.results = results.map { result in
        var result = result
        if result.order == nil { result.order = 0 }
        return result
    }
    change(&message)
    return message
}

func result(_ code: String, _ value: String, _ change: (inout DeviceMessage.Result) -> Void = { _ in })
    -> DeviceMessage.Result
{
    var result = DeviceMessage.Result()
    result.code = code
    result.value = value
    change(&result)
    return result
}

func normalized(
    _ message: DeviceMessage, _ profile: CompiledProfile, unmapped: UnmappedPolicy? = nil,
    zone: any ZoneRules = FixedZone(offset: 28_800)
) -> NormalizedMessage {
    Normalizer.normalize(
        message, profile: profile,
        context: NormalizationContext(device: "dev", receivedAt: 1_700_000_000_000_000, zone: zone, unmapped: unmapped))
}

/// The first observation that comes out.
func observation(
    _ sent: DeviceMessage.Result, _ yaml: String = "", protocolName: String = "LIS2-A2"
) throws -> Observation {
    let output = normalized(message([sent], protocolName: protocolName), try profile(yaml))
    return try #require(output.reports.first?.observations.first)
}

/// A value as short text, for tables.
func short(_ value: ObservationValue) -> String {
    switch value {
    case .quantity(let quantity):
        "q " + (quantity.comparator?.rawValue ?? "") + quantity.number
            + (quantity.ucum.isEmpty ? "" : " " + quantity.ucum)
    case .ratio(let comparator, let numerator, let denominator):
        "r \(comparator?.rawValue ?? "")\(numerator):\(denominator)"
    case .range(let low, let high): "i \(low.number)..\(high.number)" + (low.ucum.isEmpty ? "" : " " + low.ucum)
    case .coded(let text, let coding): "c \(text)" + (coding.map { " [\($0.code)]" } ?? "")
    case .text(let text): "t \(text)"
    case .attachment(let attachment): "a \(attachment.title) \(attachment.contentType) \(attachment.data.count)"
    case .absent(let reason, let text): "- \(reason.rawValue) \(text)"
    }
}
