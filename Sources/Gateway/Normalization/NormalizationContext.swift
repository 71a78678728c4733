import DeviceProfile
import Terminology

/// What the normaliser needs to know besides the message and the profile.
public struct NormalizationContext: Sendable {
    /// The device's id in hilum.yaml.
    public var device: String
    /// When the message was received: microseconds since 1970, UTC.
    public var receivedAt: Int64
    /// Zone of the device's clock: the profile's `timezone` where it has one, else the site's.
    public var zone: any ZoneRules
    /// What the site says about unknown codes; nil: as the profile says.
    public var unmapped: UnmappedPolicy?

    /// A context from its parts.
    public init(device: String, receivedAt: Int64, zone: any ZoneRules, unmapped: UnmappedPolicy? = nil) {
        self.device = device
        self.receivedAt = receivedAt
        self.zone = zone
        self.unmapped = unmapped
    }
}
