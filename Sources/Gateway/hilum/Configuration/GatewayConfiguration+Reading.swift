import Foundation
import JSONText

extension GatewayConfiguration {
    /// Keys that later versions know.
    static let later = ["inbound", "console", "security"]

    /// Reads a file.
    ///
    /// - Returns: the configuration as far as it could be read, nil where there is none; and everything wrong with it.
    static func read(file: String) -> (configuration: GatewayConfiguration?, faults: [ConfigurationFault]) {
        let place = Place(file: file, line: 0)
        guard let data = FileManager.default.contents(atPath: file) else {
            let exists = FileManager.default.fileExists(atPath: file)
            return (
                nil,
                [
                    ConfigurationFault(
                        at: place, exists ? "cannot be read" : "there is no such file",
                        cure: exists ? "check its permissions" : "name it with --config FILE")
                ]
            )
        }
        guard let text = String(data: data, encoding: .utf8) else {
            return (nil, [ConfigurationFault(at: place, "is not UTF-8", cure: "save the file as UTF-8 text")])
        }
        return read(text: text, file: file)
    }

    /// Reads a text; `file` stands in messages, and relative paths count from its folder.
    static func read(text: String, file: String) -> (configuration: GatewayConfiguration?, faults: [ConfigurationFault])
    {
        let document = YAMLDocument(file: file)
        guard var top = document.top(of: text) else { return (nil, document.faults) }
        var configuration = GatewayConfiguration(file: file)
        let base = Path.folder(of: file)
        configuration.site = top.map("site") { site in SiteSettings.read(&site) } ?? SiteSettings()
        configuration.statePlace = top.place("state")
        configuration.state = Path.resolved(top.text("state", required: true) ?? "", in: base)
        configuration.profileFolders = folders(&top, "profiles", base: base)
        configuration.drivers =
            top.map("drivers") { drivers in
                var settings = DriverSettings()
                settings.folders = folders(&drivers, "folders", base: base)
                settings.memory = drivers.size("memory", in: (16 << 20)...(64 << 30)) ?? settings.memory
                settings.answerWithin =
                    drivers.duration("answer_within", in: .milliseconds(100)...(.seconds(60))) ?? settings.answerWithin
                return settings
            } ?? DriverSettings()
        configuration.devices = top.maps("devices") { entry in DeviceEntry.read(&entry, folder: base) }
        configuration.destinations = top.maps("destinations") { entry in DestinationEntry.read(&entry, folder: base) }
        if top.has("routes") { configuration.routes = top.maps("routes") { entry in RouteEntry.read(&entry) } }
        configuration.dicom = top.map("dicom") { dicom in
            DICOMSettings.read(&dicom, base: base, state: configuration.state)
        }
        configuration.retention =
            top.map("retention") { retention in RetentionSettings.read(&retention) } ?? RetentionSettings()
        configuration.limits =
            top.map("limits") { limits in
                var settings = LimitSettings()
                settings.freeDisk = limits.size("free_disk", in: 0...(1 << 50)) ?? settings.freeDisk
                return settings
            } ?? LimitSettings()
        top.finish(later: later)
        configuration.checkAcrossEntries(document)
        return (configuration, document.faults.sorted { $0.place.line < $1.place.line })
    }

    private static func folders(_ mapping: inout YAMLMapping, _ key: String, base: String) -> [FolderEntry] {
        (mapping.texts(key) ?? []).map { text in
            let path = Path.resolved(text, in: base)
            var isFolder: ObjCBool = false
            if !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue {
                mapping.fault(key, "there is no folder \(path)", cure: "correct the path, or make the folder")
            }
            return FolderEntry(place: mapping.place(key), path: path)
        }
    }
}

extension SiteSettings {
    /// Reads `site:`.
    static func read(_ site: inout YAMLMapping) -> SiteSettings {
        var settings = SiteSettings()
        settings.name = site.text("name") ?? ""
        settings.timezone = TimeZoneName.read(&site, "timezone") ?? ""
        settings.language = site.choice("language", of: SiteLanguage.self) ?? settings.language
        if settings.language == .chinese {
            site.fault("language", "texts are in English in this version", cure: "nothing to do", .warning)
        }
        return settings
    }
}

/// Names of time zones.
enum TimeZoneName {
    /// Reads an IANA name, `UTC` or an offset such as `+08:00`.
    static func read(_ mapping: inout YAMLMapping, _ key: String) -> String? {
        guard let name = mapping.text(key) else { return nil }
        // Abbreviations such as CST mean different zones to different people.
        if name == "UTC" || (name.contains("/") && TimeZone(identifier: name) != nil) { return name }
        let known = TimeZone.knownTimeZoneIdentifiers
        let near = Spelling.closest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        mapping.fault(key, "there is no time zone \"\(name)\"", cure: near ?? "write for instance Asia/Shanghai or UTC")
        return nil
    }
}

extension RouteEntry {
    /// Reads an entry of `routes:`.
    static func read(_ entry: inout YAMLMapping) -> RouteEntry? {
        var route = RouteEntry(place: entry.place())
        route.devices = entry.texts("devices") ?? []
        route.kinds = entry.texts("kinds") ?? []
        route.modalities = entry.texts("modalities") ?? []
        route.descriptions = entry.texts("descriptions") ?? []
        route.bodyParts = entry.texts("body_parts") ?? []
        route.calling = entry.texts("calling") ?? []
        route.to = entry.texts("to") ?? []
        for modality in route.modalities where !Modality.isPossible(modality) {
            entry.fault(
                "modalities", "\"\(modality)\" is no modality",
                cure: "write what the images say: CT, MR, US, DX, XA, SR …")
        }
        if entry.has("qc") {
            entry.fault("qc", "results of control material are kept and shown, never sent", cure: "remove it")
        }
        if !entry.has("to") {
            entry.document.fault(
                line: entry.line, "\"to\" is missing in \(entry.path)",
                cure: "add `to: [id of a destination]`, or `to: []` to send nowhere")
        }
        return route
    }
}

extension RetentionSettings {
    /// Reads `retention:`.
    static func read(_ retention: inout YAMLMapping) -> RetentionSettings {
        var settings = RetentionSettings()
        settings.raw = span(&retention, "raw", settings.raw)
        settings.results = span(&retention, "results", settings.results)
        settings.images = span(&retention, "images", settings.images)
        settings.resendWindow =
            retention.duration("resend_window", in: .seconds(3600)...(.seconds(366 * 86_400))) ?? settings.resendWindow
        return settings
    }

    private static func span(_ retention: inout YAMLMapping, _ key: String, _ usual: Duration?) -> Duration? {
        if retention.node(key)?.scalar?.string == "forever" { return nil }
        return retention.duration(key, in: .seconds(3600)...(.seconds(36_500 * 86_400))) ?? usual
    }
}
