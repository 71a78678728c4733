import DeviceProfile
import DriverWire
import JSONText
import Normalization
import Terminology

/// How what one configured device says is read: the options of its driver and the rules for its messages, made from its
/// entry in hilum.yaml and its profile. The same while the gateway runs and when what is stored is read again.
struct DeviceReading: Sendable {
    /// The device's id in hilum.yaml.
    let device: String
    /// Its profile, the variant chosen.
    let profile: DeviceProfile
    /// The options of its driver, those of the entry laid over those of the profile.
    let options: JSONObject
    /// Zone of the device's clock.
    let zone: any ZoneRules
    private let compiled: CompiledProfile
    private let unmapped: UnmappedPolicy?

    /// - Parameters:
    ///   - entry: nil: the device is not in hilum.yaml.
    ///   - compiled: the profile made ready; nil: it is made ready here.
    ///   - zone: of the site.
    init(
        device: String, entry: DeviceEntry?, profile: DeviceProfile, compiled: CompiledProfile? = nil,
        zone: any ZoneRules
    ) {
        self.device = device
        self.profile = profile
        self.compiled = compiled ?? CompiledProfile(profile)
        options = profile.options.overlaid(by: entry?.options ?? JSONObject())
        let name = entry?.timezone ?? profile.timezone
        self.zone = name.isEmpty ? zone : SystemZone(name) ?? zone
        unmapped =
            switch entry?.unmapped {
            case .post: .post
            case .hold: .hold
            case nil: nil
            }
    }

    /// What a message comes to. `receivedAt`: microseconds since 1970, UTC.
    func normalize(_ message: DeviceMessage, receivedAt: Int64) -> NormalizedMessage {
        let context = NormalizationContext(device: device, receivedAt: receivedAt, zone: zone, unmapped: unmapped)
        return Normalizer.normalize(message, profile: compiled, context: context)
    }
}
