import JSONText

/// hilum.yaml: what one gateway is, which devices it hears and where it posts.
struct GatewayConfiguration: Sendable {
    /// Path of the file as given.
    var file: String
    /// The site.
    var site = SiteSettings()
    /// State folder, absolute or relative to the working folder.
    var state = ""
    /// Where `state` was written.
    var statePlace: Place
    /// Folders of profiles, besides those that come with the program.
    var profileFolders: [FolderEntry] = []
    /// Driver modules.
    var drivers = DriverSettings()
    /// Devices in the order written.
    var devices: [DeviceEntry] = []
    /// Destinations in the order written.
    var destinations: [DestinationEntry] = []
    /// Routes in the order written; nil: every patient result goes to every destination.
    var routes: [RouteEntry]?
    /// The gateway as a DICOM application; nil: it is none.
    var dicom: DICOMSettings?
    /// How long things are kept.
    var retention = RetentionSettings()
    /// Limits.
    var limits = LimitSettings()

    init(file: String) {
        self.file = file
        statePlace = Place(file: file, line: 0)
    }
}

/// A folder named in the configuration.
struct FolderEntry: Sendable, Hashable {
    /// Where it was written.
    var place: Place
    /// Path.
    var path: String
}

/// Language of alarms and of the console.
enum SiteLanguage: String, Sendable, CaseIterable {
    /// English.
    case english = "en"
    /// Simplified Chinese.
    case chinese = "zh"
}

/// `site:`
struct SiteSettings: Sendable, Hashable {
    /// Name for people.
    var name = ""
    /// IANA name of the time zone in which devices tell local times; empty: the machine's.
    var timezone = ""
    /// Language.
    var language = SiteLanguage.english
}

/// `drivers:`
struct DriverSettings: Sendable, Hashable {
    /// Folders searched for driver modules before those that come with the program.
    var folders: [FolderEntry] = []
    /// Memory that a driver process may take.
    var memory = 256 << 20
    /// Time that a driver may take for one input before it counts as hung.
    var answerWithin = Duration.seconds(2)
}

/// Whether the process of a driver is shared.
enum DriverProcess: String, Sendable, CaseIterable {
    /// One process for all devices of a driver.
    case shared
    /// One for this device.
    case own
}

/// What happens to a report with a code that the profile does not know.
enum UnmappedTreatment: String, Sendable, CaseIterable {
    /// Posted with the device's own code.
    case post
    /// Held for a person.
    case hold
}

/// An entry of `devices:`.
struct DeviceEntry: Sendable {
    /// Where it begins.
    var place: Place
    /// Where `profile` was written.
    var profilePlace: Place
    /// Id, unique in the file, stable: results are stored under it.
    var id: String
    /// Name for people; empty: the id.
    var name = ""
    /// False: configured, not connected.
    var isEnabled = true
    /// Id or alias of the profile.
    var profile: String
    /// Another protocol of the same device.
    var variant: String?
    /// How it is reached.
    var link: LinkEntry
    /// Overrides of the driver's options in the profile.
    var options = JSONObject()
    /// Override of the profile's treatment of unknown codes.
    var unmapped: UnmappedTreatment?
    /// Override of the site's time zone.
    var timezone: String?
    /// Process of the driver.
    var process = DriverProcess.shared
}

/// An entry of `routes:`: results, studies and images that match everything it says go to its destinations.
struct RouteEntry: Sendable, Hashable {
    /// Where it begins.
    var place: Place
    /// Ids of devices, `*` and `?` allowed; empty: all.
    var devices: [String] = []
    /// Kinds of devices as profiles name them; empty: all.
    var kinds: [String] = []
    /// Modalities (0008,0060); empty: all.
    var modalities: [String] = []
    /// Patterns of the study's or series' description, `*` and `?` allowed; empty: all.
    var descriptions: [String] = []
    /// Body parts (0018,0015), `*` and `?` allowed; empty: all.
    var bodyParts: [String] = []
    /// AE titles of senders, `*` and `?` allowed; empty: all.
    var calling: [String] = []
    /// Ids of destinations.
    var to: [String] = []
}

/// `retention:`
struct RetentionSettings: Sendable, Hashable {
    /// Raw bytes of conversations; nil: for ever.
    var raw: Duration? = .seconds(90 * 86_400)
    /// Results and what became of them; nil: for ever.
    var results: Duration? = .seconds(400 * 86_400)
    /// Images that every destination has taken, and committed where it is asked to; nil: for ever.
    var images: Duration?
    /// A resend of a result is recognised for so long.
    var resendWindow = Duration.seconds(7 * 86_400)
}

/// `limits:`
struct LimitSettings: Sendable, Hashable {
    /// Free space on the disk of the state folder under which an alarm is raised, in bytes.
    var freeDisk = 1 << 30
}
