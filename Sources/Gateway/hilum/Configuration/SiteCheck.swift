import DeviceProfile
import Glibc

/// Everything that can be known about a configuration without connecting to anything.
struct SiteCheck: Sendable {
    /// The configuration as far as it could be read.
    var configuration: GatewayConfiguration?
    /// Errors and warnings of the configuration and of the profiles it uses, in the order of files and lines.
    var faults: [ConfigurationFault]
    /// The profiles that the configuration uses.
    var library: ProfileLibrary

    /// True when the gateway cannot start with it.
    var hasErrors: Bool { faults.contains { $0.severity == .error } }

    /// Reads and checks a file.
    static func run(file: String, profiles: [String] = Installation.profileFolders([])) -> SiteCheck {
        let (configuration, faults) = GatewayConfiguration.read(file: file)
        return SiteCheck(configuration, faults: faults, profiles: profiles)
    }

    /// Checks a configuration that was read.
    init(_ configuration: GatewayConfiguration?, faults: [ConfigurationFault], profiles: [String]) {
        self.configuration = configuration
        self.faults = faults
        library = ProfileLibrary(profiles: [])
        guard let configuration else { return }
        if let fault = StateFolder.fault(configuration) { self.faults.append(fault) }
        library = ProfileLibrary(
            folders: configuration.profileFolders.map(\.path) + profiles,
            only: Set(configuration.devices.map(\.profile)))
        for device in configuration.devices { check(device) }
        for route in configuration.routes ?? [] { check(route) }
        if let fault = ImageFolder.fault(configuration) { self.faults.append(fault) }
        self.faults.sort { $0.place.line < $1.place.line }
        self.faults += library.issues.map { issue in
            ConfigurationFault(
                issue.severity == .error ? .error : .warning, at: Place(file: issue.file, line: issue.line),
                issue.problem, cure: issue.cure)
        }
    }

    private mutating func check(_ device: DeviceEntry) {
        guard let profile = library[device.profile] else {
            // A profile that is there but broken is told of by its own lines.
            let isBroken = library.errors.contains { $0.file.contains("/\(device.profile)/") }
            let known = library.suggestion(for: device.profile).map { "did you mean \"\($0)\"?" }
            faults.append(
                ConfigurationFault(
                    at: device.profilePlace,
                    isBroken
                        ? "the profile \"\(device.profile)\" cannot be used"
                        : "there is no profile \"\(device.profile)\"",
                    cure: isBroken ? "see its errors below" : known ?? "see `hilum profile list`"))
            return
        }
        let resolved = profile.resolved(variant: device.variant ?? "") ?? profile
        if resolved.isImaging != (device.link.dicom != nil) {
            faults.append(
                ConfigurationFault(
                    at: device.place,
                    resolved.isImaging
                        ? "profile \"\(profile.id)\" is one of a modality, but the link of \"\(device.id)\" is none of DICOM"
                        : "the link of \"\(device.id)\" is one of DICOM, but profile \"\(profile.id)\" is no modality's",
                    cure: resolved.isImaging
                        ? "write link: {dicom: {ae: …, peer: …}}"
                        : "see `hilum profile list` for those with driver dicom"))
        }
        if let variant = device.variant, profile.resolved(variant: variant) == nil {
            let names = profile.variants.map(\.name)
            faults.append(
                ConfigurationFault(
                    at: device.place, "profile \"\(profile.id)\" has no variant \"\(variant)\"",
                    cure: names.isEmpty ? "remove `variant:`" : Spelling.cure(for: variant, among: names)))
        }
    }

    private mutating func check(_ route: RouteEntry) {
        let known = DeviceKind.allCases.map(\.rawValue)
        for kind in route.kinds where !known.contains(kind) {
            faults.append(
                ConfigurationFault(
                    at: route.place, "there is no kind of device \"\(kind)\"",
                    cure: Spelling.cure(for: kind, among: known)))
        }
    }

    /// The last line.
    func summary(terminal: Terminal) -> String {
        let errors = faults.count { $0.severity == .error }
        let warnings = faults.count - errors
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        if errors > 0 { return terminal.styled("\(count(errors, "error")), \(count(warnings, "warning"))", .bad) }
        let devices = count(configuration?.devices.count ?? 0, "device")
        let destinations = count(configuration?.destinations.count ?? 0, "destination")
        let end = warnings == 0 ? "" : ", \(count(warnings, "warning"))"
        return terminal.styled("well: \(devices), \(destinations)\(end)", warnings == 0 ? .good : .warning)
    }
}

/// The folder that holds everything the gateway keeps.
enum StateFolder {
    /// Why the gateway could not keep its state there; nil: it can.
    static func fault(_ configuration: GatewayConfiguration) -> ConfigurationFault? {
        let path = configuration.state
        guard !path.isEmpty else { return nil }
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                return ConfigurationFault(
                    at: configuration.statePlace, "state: \(path) is no folder", cure: "name a folder")
            }
            if access(path, W_OK | X_OK) != 0 {
                return ConfigurationFault(
                    at: configuration.statePlace,
                    "state: \(path) cannot be written: \(String(cString: strerror(errno)))",
                    cure: "give it to the user that runs the gateway: chown USER \(path)")
            }
            return nil
        }
        // It will be made; the nearest folder above must be there and writable.
        var parent = path
        repeat { parent = Path.folder(of: parent) } while parent != "/" && parent != "." && access(parent, F_OK) != 0
        guard access(parent, W_OK | X_OK) != 0 else { return nil }
        return ConfigurationFault(
            at: configuration.statePlace, "state: \(path) cannot be made: \(String(cString: strerror(errno)))",
            cure: "make it and give it to the user that runs the gateway")
    }
}

/// The folder that holds the images.
enum ImageFolder {
    /// Why images could not be kept there; nil: they can, or there are none.
    static func fault(_ configuration: GatewayConfiguration) -> ConfigurationFault? {
        guard let dicom = configuration.dicom, !dicom.folder.isEmpty else { return nil }
        var status = stat()
        guard stat(dicom.folder, &status) == 0 else {
            // Under the state folder it is made with it; another one must be there, as a disk that is not mounted is not.
            if dicom.folder.hasPrefix(configuration.state) { return nil }
            return ConfigurationFault(
                at: dicom.place, "dicom.folder: there is no folder \(dicom.folder)",
                cure: "make it, or mount its disk, and give it to the user that runs the gateway")
        }
        if status.st_mode & S_IFMT != S_IFDIR {
            return ConfigurationFault(
                at: dicom.place, "dicom.folder: \(dicom.folder) is no folder", cure: "name a folder")
        }
        if access(dicom.folder, W_OK | X_OK) != 0 {
            return ConfigurationFault(
                at: dicom.place,
                "dicom.folder: \(dicom.folder) cannot be written: \(String(cString: strerror(errno)))",
                cure: "give it to the user that runs the gateway: chown USER \(dicom.folder)")
        }
        return nil
    }
}
