import Contracts
import DeviceProfile
import Normalization
import Synchronization

/// Makes what devices need to run from the configuration and the profiles of the moment.
final class DeviceRuntimeFactory: Sendable {
    private let configuration: GatewayConfiguration
    private let zone: SystemZone
    private let unknown: UnknownCodes
    /// Profiles made ready, by revision: devices with one profile share it.
    private let compiled = Mutex<[String: CompiledProfile]>([:])

    private let orders: any OrderBook
    private let alarms: any AlarmSink

    init(
        _ configuration: GatewayConfiguration, zone: SystemZone, unknown: UnknownCodes, orders: any OrderBook,
        alarms: any AlarmSink
    ) {
        self.orders = orders
        self.alarms = alarms
        self.configuration = configuration
        self.zone = zone
        self.unknown = unknown
    }

    /// All devices whose profile is there.
    func runtimes(_ library: ProfileLibrary) -> [DeviceRuntime] {
        configuration.devices.compactMap { entry in
            guard let profile = library[entry.profile]?.resolved(variant: entry.variant ?? ""),
                // Modalities are the imaging node's: the DICOM driver owns their associations.
                let link = entry.link.spec(device: entry.id, defaults: profile.link)
            else { return nil }
            return DeviceRuntime(
                entry,
                reading: DeviceReading(
                    device: entry.id, entry: entry, profile: profile, compiled: ready(profile), zone: zone),
                link: link, destinations: configuration.destinations(device: entry.id, kind: profile.kind.rawValue),
                unknown: unknown,
                desk: OrderDesk(device: entry.id, profile: profile, book: orders, alarms: alarms))
        }
    }

    private func ready(_ profile: DeviceProfile) -> CompiledProfile {
        if let known = compiled.withLock({ $0[profile.revision] }), known.profile == profile { return known }
        let made = CompiledProfile(profile)
        compiled.withLock { $0[profile.revision] = made }
        return made
    }
}
