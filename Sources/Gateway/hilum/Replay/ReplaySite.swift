import DeviceProfile
import Store

/// How each device is read in a replay: with its profile as it is now, or with another one.
struct ReplaySite {
    private let configuration: GatewayConfiguration?
    private let library: ProfileLibrary
    /// The profile that takes the place of the present one; nil: as it is now.
    private let other: DeviceProfile?
    private let variant: String?
    private let zone: SystemZone
    /// The devices that were named; empty: none was.
    private let named: [String]

    /// - Throws: `CommandFailure` where the other profile cannot be used.
    init(config file: String, profile: String?, variant: String?, timezone: String?, devices: [String]) throws {
        let check = SiteCheck.run(file: file)
        configuration = check.configuration
        library = check.library
        let own = check.configuration?.profileFolders.map(\.path) ?? []
        other = try profile.map { try ProfileLookup.profile($0, folders: own) }
        self.variant = variant
        named = devices
        let name = timezone ?? check.configuration?.site.timezone ?? ""
        guard let zone = SystemZone(name) else {
            throw CommandFailure(.wrong, "there is no time zone \(name)", cure: "write for instance Asia/Shanghai")
        }
        self.zone = zone
        if let other, other.isImaging {
            throw CommandFailure(.wrong, "\(other.id) is a modality's profile: studies are not replayed")
        }
    }

    /// Devices of a store that are meant where none is named: all, or with another profile those that have it now.
    func devices(in store: [String]) throws -> [String] {
        for name in named where !store.contains(name) {
            throw CommandFailure(
                .wrong, "no conversation of a device \(name) is stored", cure: Spelling.cure(for: name, among: store))
        }
        if !named.isEmpty { return named }
        guard let other else { return store }
        let own = configuration?.devices.filter { entry in
            let ids = [entry.profile, library[entry.profile]?.id ?? ""]
            return ids.contains(other.id) || other.aliases.contains { ids.contains($0) }
        }
        let users = store.filter { name in own?.contains { $0.id == name } ?? false }
        if users.isEmpty {
            throw CommandFailure(
                .usage, "no device of this site has the profile \(other.id)",
                cure: "name the devices that it is to read with --device")
        }
        return users
    }

    /// How a device is read.
    ///
    /// - Parameter stored: id of the profile of its newest stored report, where the site does not say.
    /// - Throws: `CommandFailure` with why it cannot be read.
    func reading(of device: String, stored: String) throws -> DeviceReading {
        let entry = configuration?.devices.first { $0.id == device }
        let profile: DeviceProfile
        if let other {
            profile = other
        } else if let entry {
            guard let own = library[entry.profile] else {
                throw CommandFailure(
                    .wrong, "\(device): its profile \(entry.profile) cannot be used", cure: "run hilum check")
            }
            profile = own
        } else if !stored.isEmpty {
            profile = try ProfileLookup.profile(
                stored, folders: configuration?.profileFolders.map(\.path) ?? [])
        } else {
            throw CommandFailure(
                .wrong, "\(device) is in no configuration and has no result", cure: "name a profile with --profile")
        }
        let name = variant ?? entry?.variant ?? ""
        guard let resolved = profile.resolved(variant: name) else {
            throw CommandFailure(
                .wrong, "\(device): the profile \(profile.id) has no variant \(name)",
                cure: profile.variants.isEmpty
                    ? "leave the variant out" : Spelling.cure(for: name, among: profile.variants.map(\.name)))
        }
        return DeviceReading(device: device, entry: entry, profile: resolved, zone: zone)
    }

    /// Settings of the site for driver processes.
    var drivers: DriverSettings? { configuration?.drivers }
}
