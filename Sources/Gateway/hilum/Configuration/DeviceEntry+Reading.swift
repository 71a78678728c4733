import JSONText

extension DeviceEntry {
    /// Reads an entry of `devices:`.
    static func read(_ entry: inout YAMLMapping, folder base: String) -> DeviceEntry? {
        let id = Identifier.read(&entry, "id")
        let profile = entry.text("profile", required: true)
        let name = entry.text("name") ?? ""
        let isEnabled = entry.flag("enabled") ?? true
        let variant = entry.text("variant")
        let link = entry.map("link", required: true) { link in
            LinkEntry.read(&link, folder: base)
        }
        var options = JSONObject()
        if let written = entry.json("options") {
            if let object = written.object {
                options = object
            } else {
                entry.fault("options", "must be a map", cure: "write the options of the driver's README, one a line")
            }
        }
        let unmapped = entry.choice("unmapped", of: UnmappedTreatment.self)
        let timezone = TimeZoneName.read(&entry, "timezone")
        let process = entry.choice("process", of: DriverProcess.self) ?? .shared
        guard let id, let profile, let link else { return nil }
        var device = DeviceEntry(
            place: entry.place(), profilePlace: entry.place("profile"), id: id, profile: profile, link: link)
        device.name = name
        device.isEnabled = isEnabled
        device.variant = variant
        device.options = options
        device.unmapped = unmapped
        device.timezone = timezone
        device.process = process
        return device
    }
}
